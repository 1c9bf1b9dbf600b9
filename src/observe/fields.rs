//! The fields of spans and events that say something about a failure, by their names.

/// What a span's field says besides itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    StatusCode,
    StatusDescription,
    Error,
    ErrorMessage,
    ExceptionMessage,
    ErrorType,
    ExceptionType,
    TraceId,
}

impl Role {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "otel.status_code" => Self::StatusCode,
            "otel.status_description" => Self::StatusDescription,
            "error" => Self::Error,
            "error.message" => Self::ErrorMessage,
            "exception.message" => Self::ExceptionMessage,
            "error.type" => Self::ErrorType,
            "exception.type" => Self::ExceptionType,
            TRACE_ID => Self::TraceId,
            _ => return None,
        })
    }
}

/// The field that makes a span surroundings by itself.
pub(crate) const TRACE_ID: &str = "trace_id";

/// The fields of an event that say something about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventField {
    Message,
    ErrorText,
    ErrorType,
    Classification,
}

/// The names of an event's fields that say something.
pub(crate) const EVENT_FIELDS: [(&str, EventField); 7] = [
    ("message", EventField::Message),
    ("error", EventField::ErrorText),
    ("err", EventField::ErrorText),
    ("exception.message", EventField::ErrorText),
    ("error.type", EventField::ErrorType),
    ("exception.type", EventField::ErrorType),
    (CLASSIFICATION, EventField::Classification),
];

pub(crate) const CLASSIFICATION: &str = "classification";
