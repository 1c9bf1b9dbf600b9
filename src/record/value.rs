//! One recorded value.

use crate::text::number::push_integer;
use std::fmt::{self, Write};

/// The value of a field, of the type that it was recorded with.
///
/// Values recorded through `Debug`, `Display` or as an error are [`Str`](Value::Str).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A truth value.
    Bool(bool),
    /// A signed integer of up to 64 bits.
    I64(i64),
    /// An unsigned integer of up to 64 bits.
    U64(u64),
    /// A signed integer of 128 bits.
    I128(i128),
    /// An unsigned integer of 128 bits.
    U128(u128),
    /// A floating-point number; may be NaN or infinite.
    F64(f64),
    /// Text.
    Str(&'a str),
}

/// The value's text without quotes: integers with all their digits, floating-point numbers in the
/// shortest form that reads back the same.
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

/// A value as JSON knows it: integers beyond 64 bits, NaN and infinities have no number of their
/// own and are text.
pub(crate) enum JsonType<'a> {
    /// What is written without quotes.
    Number(Value<'a>),
    Text(&'a str),
    /// What is written in quotes, and needs no escapes.
    Digits(Value<'a>),
}

pub(crate) fn json_type(value: Value<'_>) -> JsonType<'_> {
    match value {
        Value::Str(text) => JsonType::Text(text),
        Value::I128(_) | Value::U128(_) => JsonType::Digits(value),
        Value::F64(number) if !number.is_finite() => JsonType::Digits(value),
        value => JsonType::Number(value),
    }
}

/// Appends a value as JSON has it, a text by `push_text`.
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

/// Appends one of the types that are rare: wide integers and floating-point numbers.
#[inline(never)]
fn push_wide(out: &mut String, value: Value<'_>) {
    match json_type(value) {
        JsonType::Text(text) => out.push_str(text),
        JsonType::Number(value) => push_number(out, value),
        JsonType::Digits(value) => _ = write!(out, "\"{value}\""),
    }
}

/// Appends a number or truth value; floating-point numbers keep a decimal point or exponent, so
/// that they read back as such.
pub(crate) fn push_number(out: &mut String, value: Value<'_>) {
    match value {
        Value::I64(number) => push_integer(out, number),
        Value::U64(number) => push_integer(out, number),
        Value::F64(number) => _ = write!(out, "{number:?}"),
        value => _ = write!(out, "{value}"),
    }
}
