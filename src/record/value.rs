//! One recorded value.

use std::fmt;

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
