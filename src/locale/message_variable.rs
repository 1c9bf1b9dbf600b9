//! The variables that a message can use, and their values in a record.

use crate::record::{failure::Failure, value::Value};

/// A variable of a message, resolved by name once, when the file is loaded.
#[derive(Debug)]
pub(super) enum Variable {
    Error,
    Signal,
    Span,
    Target,
    DurationMs,
    /// The first field whose variable has this name.
    Field(Box<str>),
}

impl Variable {
    /// Returns the variable with this name. Reserved names win over fields.
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            "error" => Self::Error,
            "signal" => Self::Signal,
            "span" => Self::Span,
            "target" => Self::Target,
            "duration_ms" => Self::DurationMs,
            _ => Self::Field(name.into()),
        }
    }

    /// Returns the variable's name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Error => "error",
            Self::Signal => "signal",
            Self::Span => "span",
            Self::Target => "target",
            Self::DurationMs => "duration_ms",
            Self::Field(name) => name,
        }
    }

    /// Returns the variable's value in a record, or `None` if the record lacks it.
    #[inline]
    pub(super) fn value_in<'a>(&self, failure: &'a Failure) -> Option<Value<'a>> {
        match self {
            // By name, because a field has a different slot in each callsite.
            Self::Field(name) => failure.field_by_variable(name),
            Self::Error => failure.error().map(Value::Str),
            Self::Signal => Some(Value::Str(failure.signal().name())),
            Self::Span => Some(Value::Str(failure.span())),
            Self::Target => Some(Value::Str(failure.target())),
            Self::DurationMs => Some(Value::F64(milliseconds(failure))),
        }
    }
}

/// Returns the duration as a record shows it: in milliseconds with three decimals.
fn milliseconds(failure: &Failure) -> f64 {
    // A double is exact up to 2^53 microseconds, which is 285 years.
    failure.duration().as_micros() as f64 / 1000.0
}
