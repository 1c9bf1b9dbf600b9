//! What a Fluent variable stands for in a record.

use crate::{failure::Failure, value::Value};

/// The value of `$name`: one of the reserved names, else the first field whose name becomes `name`.
pub(super) fn get<'a>(failure: &'a Failure, name: &str) -> Option<Value<'a>> {
    match name {
        "error" => failure.error().map(Value::Str),
        "signal" => Some(Value::Str(failure.signal().name())),
        "span" => Some(Value::Str(failure.span())),
        "target" => Some(Value::Str(failure.target())),
        "duration_ms" => Some(Value::F64(milliseconds(failure))),
        _ => failure.fields().find_map(|(field, value)| is_named(field, name).then_some(value)),
    }
}

/// The duration as records have it: in milliseconds with three decimals.
fn milliseconds(failure: &Failure) -> f64 {
    // A span that is open for longer than 2^53 microseconds (285 years) loses digits.
    failure.duration().as_micros() as f64 / 1000.0
}

/// Whether a field's name becomes this variable's: what is none of `[A-Za-z0-9_-]` becomes `_`, and
/// a name that does not start with a letter gets `f_`.
fn is_named(field: &str, variable: &str) -> bool {
    let variable = match field.bytes().next() {
        Some(first) if first.is_ascii_alphabetic() => variable,
        _ => match variable.strip_prefix("f_") {
            Some(variable) => variable,
            None => return false,
        },
    };
    let becomes = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    field.chars().map(becomes).eq(variable.chars())
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn field_names_become_variable_names() {
        for (field, variable) in [
            ("session.id", "session_id"),
            ("http-code", "http-code"),
            ("1st", "f_1st"),
            ("_x", "f__x"),
            ("ключ", "f_____"),
            ("", "f_"),
        ] {
            assert!(is_named(field, variable), "{field:?} is not ${variable}");
        }
        assert!(!is_named("session.id", "session.id"));
        assert!(!is_named("1st", "1st"));
    }
}
