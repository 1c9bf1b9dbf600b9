//! What a Fluent variable stands for in a record.

use crate::record::{failure::Failure, value::Value};

/// What a message can hold of a record.
#[derive(Debug)]
pub(super) enum Variable {
    Error,
    Signal,
    Span,
    Target,
    DurationMs,
    /// The first field that has this name as a variable.
    Field(Box<str>),
}

impl Variable {
    /// The variable of this name: one of the reserved ones, else that of a field.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "error" => Self::Error,
            "signal" => Self::Signal,
            "span" => Self::Span,
            "target" => Self::Target,
            "duration_ms" => Self::DurationMs,
            _ => Self::Field(name.into()),
        }
    }

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

    /// What it stands for in a record.
    #[inline]
    pub(super) fn of_record<'a>(&self, failure: &'a Failure) -> Option<Value<'a>> {
        match self {
            Self::Field(name) => failure.variable(name),
            Self::Error => failure.error().map(Value::Str),
            Self::Signal => Some(Value::Str(failure.signal().name())),
            Self::Span => Some(Value::Str(failure.span())),
            Self::Target => Some(Value::Str(failure.target())),
            Self::DurationMs => Some(Value::F64(milliseconds(failure))),
        }
    }
}

/// The duration as records have it: in milliseconds with three decimals.
fn milliseconds(failure: &Failure) -> f64 {
    // A span that is open for longer than 2^53 microseconds (285 years) loses digits.
    failure.duration().as_micros() as f64 / 1000.0
}
