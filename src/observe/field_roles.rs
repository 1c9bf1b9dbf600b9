//! The names of fields that have a meaning for a failure.

/// The meaning of a span's field, besides its value.
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
    /// Returns the role of a field with this name.
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

/// A field that makes a span at an observed level a context span, even without a directive.
pub(crate) const TRACE_ID: &str = "trace_id";

/// The meaning of an event's field for the failure of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventField {
    Message,
    ErrorText,
    ErrorType,
    Classification,
}

/// The fields of events that have a meaning, by their names.
pub(crate) const EVENT_FIELDS: [(&str, EventField); 7] = [
    ("message", EventField::Message),
    ("error", EventField::ErrorText),
    ("err", EventField::ErrorText),
    ("exception.message", EventField::ErrorText),
    ("error.type", EventField::ErrorType),
    ("exception.type", EventField::ErrorType),
    (CLASSIFICATION, EventField::Classification),
];

/// The field in which tower-http's failure event says why the response failed.
pub(crate) const CLASSIFICATION: &str = "classification";
