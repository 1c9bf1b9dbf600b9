//! The format `json`: one JSON object on a line. It contains everything that the other formats need, so
//! they can be created from it later.

use crate::{
    locale::LocalizedMessage,
    record::{
        activity::push_id,
        event_definition::DISPATCH_SESSION_FAILED as EVENT,
        failure::{Failure, ProcessInfo},
        metadata::{RenderedFormat, SpanMetadata},
        value::push_value,
    },
    text::{
        escape,
        number::{push_integer, push_milliseconds, push_time},
    },
};
use std::{fmt::Write, sync::LazyLock};

/// Appends the JSON object of a failure.
pub(super) fn write(failure: &Failure, message: &LocalizedMessage<'_>, out: &mut String) {
    out.push_str("{\"schema\":1,\"timestamp\":\"");
    push_time(out, failure.timestamp());
    out.push_str(&EVENT_KEYS);
    push_text(out, &message.text, message.is_plain);
    out.push_str(",\"locale\":");
    // Language tags and signal names never need escapes.
    push_plain(out, message.locale);
    // All texts are checked at once, instead of one by one.
    let is_plain = failure.is_plain();
    push_optional(out, ",\"error\":", failure.error(), is_plain);
    push_optional(out, ",\"error_type\":", failure.error_type(), is_plain);
    out.push_str(",\"signal\":");
    push_plain(out, failure.signal().name());
    if let Some(suppressed) = failure.suppressed() {
        out.push_str(",\"suppressed\":");
        push_integer(out, suppressed);
    }
    out.push_str(",\"duration_ms\":");
    push_milliseconds(out, failure.duration());
    out.push_str(",\"activity_id\":\"");
    push_id(out, failure.activity_id());
    let metadata = failure.metadata();
    out.push_str(metadata.cache.get_or_render(RenderedFormat::Json, |out| push_span(out, metadata)));
    if failure.parents().len() > 0 {
        out.push_str(",\"parents\":");
        for (index, parent) in failure.parents().enumerate() {
            out.push(if index == 0 { '[' } else { ',' });
            // Span names are not among the record's texts, so `is_plain` does not cover them.
            push_text(out, parent, false);
        }
        out.push(']');
    }
    out.push_str(",\"fields\":{");
    let mut is_first = true;
    failure.for_each_field(|name, value| {
        if !std::mem::take(&mut is_first) {
            out.push(',');
        }
        // A key is rendered once for all records of its callsite.
        out.push_str(name.cache.get_or_render(RenderedFormat::Json, |out| {
            push_text(out, &name.text, false);
            out.push(':');
        }));
        push_value(out, value, |out, text| push_text(out, text, is_plain));
    });
    let process = &failure.process;
    out.push_str(process.cache.get_or_render(RenderedFormat::Json, |out| push_process(out, process)));
    // Not cached, because `fork` changes the id.
    push_integer(out, failure.pid());
    push_optional(out, ",\"thread\":", failure.thread(), is_plain);
    out.push_str("}\n");
}

/// The keys between the timestamp and the message, which are the same in every record.
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

/// Appends the part after the activity id that is the same in every record of a callsite.
fn push_span(out: &mut String, metadata: &SpanMetadata) {
    out.push_str("\",\"span\":{\"name\":");
    push_text(out, &metadata.span, false);
    push_optional(out, ",\"target\":", Some(&metadata.target), false);
    push_optional(out, ",\"file\":", metadata.file.as_deref(), false);
    if let Some(line) = metadata.line {
        out.push_str(",\"line\":");
        push_integer(out, line);
    }
    out.push('}');
}

/// Appends the part between the fields and the process id that is the same in every record of a reporter. The
/// id itself may change, by `fork`.
fn push_process(out: &mut String, process: &ProcessInfo) {
    out.push('}');
    push_optional(out, ",\"app\":", Some(&process.app), false);
    push_optional(out, ",\"host\":", process.host.as_deref(), false);
    out.push_str(",\"pid\":");
}

/// Appends a key with a string, if there is one. `key` includes the comma and the colon.
fn push_optional(out: &mut String, key: &str, text: Option<&str>, is_plain: bool) {
    if let Some(text) = text {
        out.push_str(key);
        push_text(out, text, is_plain);
    }
}

/// Appends a string that needs no escapes.
#[inline]
fn push_plain(out: &mut String, text: &str) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Appends a string. If `is_plain`, it is known to need no escapes.
#[inline]
fn push_text(out: &mut String, text: &str, is_plain: bool) {
    if is_plain { push_plain(out, text) } else { push_escaped(out, text) }
}

/// Appends a string with escapes. Besides what JSON requires (RFC 8259, section 7), it escapes characters
/// that could deceive a reader of the raw file, such as bidirectional controls.
fn push_escaped(out: &mut String, text: &str) {
    if escape::is_plain(text) {
        return push_plain(out, text);
    }
    out.push('"');
    for (plain, special) in escape::plain_runs(text) {
        out.push_str(plain);
        match special {
            None => {}
            // The short escapes of RFC 8259, section 7.
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            // All other special characters are in the Basic Multilingual Plane, so four digits are enough.
            Some(c) => _ = write!(out, "\\u{:04x}", u32::from(c)),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::value::Value;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_read_back_the_same(text in any::<String>()) {
            let mut out = String::new();
            push_text(&mut out, &text, false);
            prop_assert!(!out.chars().any(escape::needs_escape));
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn numbers_read_back_the_same(float in any::<f64>(), int in any::<i64>(), uint in any::<u64>()) {
            let read = |value| {
                let mut out = String::new();
                push_value(&mut out, value, |out, text| push_text(out, text, false));
                serde_json::from_str::<serde_json::Value>(&out).unwrap()
            };
            prop_assert_eq!(read(Value::I64(int)).as_i64(), Some(int));
            prop_assert_eq!(read(Value::U64(uint)).as_u64(), Some(uint));
            if float.is_finite() {
                // `serde_json` itself may be off by the last digit.
                let mut out = String::new();
                push_value(&mut out, Value::F64(float), |out, text| push_text(out, text, false));
                prop_assert!(read(Value::F64(float)).is_f64());
                prop_assert_eq!(out.parse::<f64>().unwrap().to_bits(), float.to_bits());
            }
        }
    }

    #[test]
    fn values_without_a_json_number_are_written_as_text() {
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
            push_value(&mut out, value, |out, text| push_text(out, text, false));
            assert_eq!(out, expected);
        }
    }
}
