//! One JSON object a line: the record itself, from which the other formats can be made later.

use super::number::{Plain, plain, push_id, push_integer, push_milliseconds, push_number, push_time};
use crate::{escape, event::DISPATCH_SESSION_FAILED as EVENT, failure::Failure, value::Value};
use std::{fmt::Write, sync::LazyLock};

/// The version of the record.
const SCHEMA: u32 = 1;

pub(super) fn write(failure: &Failure, message: &str, locale: &str, out: &mut String) {
    out.push_str("{\"schema\":");
    push_integer(out, SCHEMA);
    out.push_str(",\"timestamp\":\"");
    push_time(out, failure.timestamp());
    out.push_str(&EVENT_KEYS);
    push_text(out, message);
    out.push_str(",\"locale\":");
    push_text(out, locale);
    push_optional(out, "error", failure.error());
    push_optional(out, "error_type", failure.error_type());
    push_optional(out, "signal", Some(failure.signal().name()));
    if let Some(suppressed) = failure.suppressed() {
        out.push_str(",\"suppressed\":");
        push_integer(out, suppressed);
    }
    out.push_str(",\"duration_ms\":");
    push_milliseconds(out, failure.duration());
    out.push_str(",\"activity_id\":\"");
    push_id(out, failure.activity_id());
    out.push_str("\",\"span\":{\"name\":");
    push_text(out, failure.span());
    push_optional(out, "target", Some(failure.target()));
    push_optional(out, "file", failure.file());
    if let Some(line) = failure.line() {
        out.push_str(",\"line\":");
        push_integer(out, line);
    }
    out.push('}');
    if failure.parents().len() > 0 {
        out.push_str(",\"parents\":");
        for (index, parent) in failure.parents().enumerate() {
            out.push(if index == 0 { '[' } else { ',' });
            push_text(out, parent);
        }
        out.push(']');
    }
    out.push_str(",\"fields\":{");
    for (index, (name, value)) in failure.fields().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_text(out, name);
        out.push(':');
        push_value(out, value);
    }
    out.push('}');
    push_optional(out, "app", Some(failure.app()));
    push_optional(out, "host", failure.host());
    out.push_str(",\"pid\":");
    push_integer(out, failure.pid());
    push_optional(out, "thread", failure.thread());
    out.push_str("}\n");
}

/// What is the same in every record, from behind the timestamp to the message.
static EVENT_KEYS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "\",\"level\":\"{}\",\"event\":{{\"id\":{},\"name\":\"{}\",\"provider\":\"{}\",\"channel\":\"{}\",\
         \"task\":\"{}\",\"keywords\":[\"{}\"]}},\"message\":",
        EVENT.level_name,
        EVENT.id,
        EVENT.name,
        EVENT.provider,
        EVENT.channel_name,
        EVENT.task_name,
        EVENT.keyword_name,
    )
});

fn push_optional(out: &mut String, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        out.push_str(",\"");
        out.push_str(key);
        out.push_str("\":");
        push_text(out, text);
    }
}

fn push_value(out: &mut String, value: Value<'_>) {
    match plain(value) {
        Plain::Text(text) => push_text(out, text),
        Plain::Number(value) => push_number(out, value),
        Plain::Digits(value) => _ = write!(out, "\"{value}\""),
    }
}

/// Appends a string; what could deceive a reader of the raw file is escaped as well.
fn push_text(out: &mut String, text: &str) {
    out.push('"');
    if escape::is_plain(text) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for (plain, special) in escape::runs(text) {
        out.push_str(plain);
        match special {
            None => {}
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            // All others lie in the basic plane.
            Some(c) => _ = write!(out, "\\u{:04x}", u32::from(c)),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_read_back_the_same(text in any::<String>()) {
            let mut out = String::new();
            push_text(&mut out, &text);
            prop_assert!(!out.chars().any(escape::is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn numbers_read_back_the_same(float in any::<f64>(), int in any::<i64>(), uint in any::<u64>()) {
            let read = |value| {
                let mut out = String::new();
                push_value(&mut out, value);
                serde_json::from_str::<serde_json::Value>(&out).unwrap()
            };
            prop_assert_eq!(read(Value::I64(int)).as_i64(), Some(int));
            prop_assert_eq!(read(Value::U64(uint)).as_u64(), Some(uint));
            if float.is_finite() {
                // `serde_json` itself may be off by the last digit.
                let mut out = String::new();
                push_value(&mut out, Value::F64(float));
                prop_assert!(read(Value::F64(float)).is_f64());
                prop_assert_eq!(out.parse::<f64>().unwrap().to_bits(), float.to_bits());
            }
        }
    }

    #[test]
    fn what_json_has_no_number_for_is_text() {
        for (value, expected) in [
            (Value::I128(i128::MIN), "\"-170141183460469231731687303715884105728\""),
            (Value::U128(7), "\"7\""),
            (Value::F64(f64::NAN), "\"NaN\""),
            (Value::F64(f64::NEG_INFINITY), "\"-inf\""),
            (Value::F64(1e300), "1e300"),
            (Value::F64(2.0), "2.0"),
            (Value::U64(u64::MAX), "18446744073709551615"),
        ] {
            let mut out = String::new();
            push_value(&mut out, value);
            assert_eq!(out, expected);
        }
    }
}
