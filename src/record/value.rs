//! The value of a field, and how JSON represents it.

use crate::text::number::push_integer;
use std::fmt::{self, Write};

/// The value of a field, with the type that the application recorded.
///
/// Values recorded by `Debug`, `Display` or as an error are [`Str`](Value::Str). They are within the
/// reporter's limits, and a text that was longer ends in `…[cut]`.
///
/// `Display` writes the value without quotes: integers with all their digits, floating-point numbers in the
/// shortest form that reads back the same.
///
/// # Example: values keep the type that was recorded
///
/// ```
/// use tracing_dispatch_failure::Value;
/// # use tracing_dispatch_failure::{MemorySink, Reporter};
/// # use tracing_subscriber::prelude::*;
/// # let memory = MemorySink::new();
/// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
///
/// drop(tracing::info_span!("dispatch_session", attempt = 3_u64, worker = ?Some("w-1"), error = true));
///
/// let record = &memory.take()[0];
/// assert_eq!(record.failure().field("attempt"), Some(Value::U64(3)));
/// assert_eq!(record.failure().field("worker"), Some(Value::Str(r#"Some("w-1")"#)));
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
///
/// # Example: numbers as text
///
/// ```
/// use tracing_dispatch_failure::Value;
///
/// assert_eq!(Value::U128(u128::MAX).to_string(), "340282366920938463463374607431768211455");
/// assert_eq!(Value::F64(0.1).to_string(), "0.1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A boolean.
    Bool(bool),
    /// A signed integer of at most 64 bits.
    I64(i64),
    /// An unsigned integer of at most 64 bits.
    U64(u64),
    /// A signed integer of 128 bits.
    I128(i128),
    /// An unsigned integer of 128 bits.
    U128(u128),
    /// A floating-point number. It may be NaN or infinite.
    F64(f64),
    /// A text.
    Str(&'a str),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::I128(value) => value.fmt(f),
            Self::U128(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
        }
    }
}

/// A value by its JSON type.
///
/// JSON (RFC 8259, section 6) has no NaN and no infinities, and many parsers read integers beyond 64 bits
/// inexactly. So these values are strings.
pub(crate) enum JsonType<'a> {
    /// A number or a boolean, written without quotes.
    Number(Value<'a>),
    /// A text, written in quotes and escaped.
    Text(&'a str),
    /// A number that is written in quotes. It needs no escapes.
    Digits(Value<'a>),
}

/// Returns a value with its JSON type.
pub(crate) fn json_type(value: Value<'_>) -> JsonType<'_> {
    match value {
        Value::Str(text) => JsonType::Text(text),
        Value::I128(_) | Value::U128(_) => JsonType::Digits(value),
        Value::F64(number) if !number.is_finite() => JsonType::Digits(value),
        value => JsonType::Number(value),
    }
}

/// Appends a value as JSON. A text is appended by `push_text`, because formats escape differently.
#[inline(always)]
pub(crate) fn push_value(out: &mut String, value: Value<'_>, push_text: impl FnOnce(&mut String, &str)) {
    match value {
        Value::Str(text) => push_text(out, text),
        Value::I64(number) => push_integer(out, number),
        Value::U64(number) => push_integer(out, number),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        value => push_wide(out, value),
    }
}

/// Appends a value of a rare type: a wide integer or a floating-point number. It is not inlined, so that the
/// common types stay small at each call.
#[inline(never)]
fn push_wide(out: &mut String, value: Value<'_>) {
    match json_type(value) {
        JsonType::Text(text) => out.push_str(text),
        JsonType::Number(value) => push_number(out, value),
        JsonType::Digits(value) => _ = write!(out, "\"{value}\""),
    }
}

/// Appends a number or boolean. Floating-point numbers always have a decimal point or an exponent, so they
/// read back as floating-point numbers.
pub(crate) fn push_number(out: &mut String, value: Value<'_>) {
    match value {
        Value::I64(number) => push_integer(out, number),
        Value::U64(number) => push_integer(out, number),
        // `Debug` writes `2.0`, `Display` would write `2`.
        Value::F64(number) => _ = write!(out, "{number:?}"),
        value => _ = write!(out, "{value}"),
    }
}
