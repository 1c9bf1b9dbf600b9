//! Whether a dispatch span failed, which signal says so, and what the cause was.

use crate::{
    observe::fields::{CLASSIFICATION, Role},
    record::{
        cause::Cause,
        recording::{ERR_TEXT, ERR_TYPE, ERROR_EVENT_TEXT, ERROR_EVENT_TYPE, RESPONSE_TEXT, Recording, Slot},
        signal::{Signal, Signals},
        value::Value,
    },
};
use tracing::{Level, Metadata};

/// What was seen of a span so far: the lowest eight bits are those of the signals that events and
/// unwinding gave, those above are of its fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evidence(u16);

impl Evidence {
    const OK: u16 = 1 << 15;

    /// Notes the last value of a span's field. What a former value of it said no longer counts.
    pub(crate) fn note_field(&mut self, role: Role, value: Value<'_>) {
        match role {
            Role::StatusCode => {
                self.set(Self::OK, is_status(value, "ok"));
                self.set(bit(Signal::Status), is_status(value, "error"));
            }
            Role::Error
            | Role::ErrorMessage
            | Role::ExceptionMessage
            | Role::ErrorType
            | Role::ExceptionType => {
                self.set(1 << (8 + role as u16), is_error_value(value));
            }
            Role::StatusDescription | Role::TraceId => {}
        }
    }

    /// Notes what an event or an unwinding said.
    pub(crate) fn note(&mut self, signal: Signal) {
        self.set(bit(signal), true);
    }

    /// The first signal that says that the span failed.
    pub(crate) fn failure_signal(self, signals: Signals) -> Option<Signal> {
        let is_cleared = self.has(Self::OK) && signals.contains(Signal::Status);
        if is_cleared { None } else { self.active_signals(signals).first() }
    }

    /// Those of the signals that say that the span failed.
    fn active_signals(self, signals: Signals) -> Signals {
        let mut active_signals = Signals::from_bits(self.0.to_le_bytes()[0]);
        if self.has(Self::ANY_ERROR_FIELD) {
            active_signals = active_signals.with(Signal::ErrorField);
        }
        if !self.has(Self::OK) {
            active_signals = active_signals.with(Signal::Unfinished);
        }
        active_signals.and(signals)
    }

    const ANY_ERROR_FIELD: u16 = 1 << (8 + Role::Error as u16)
        | 1 << (8 + Role::ErrorMessage as u16)
        | 1 << (8 + Role::ExceptionMessage as u16)
        | 1 << (8 + Role::ErrorType as u16)
        | 1 << (8 + Role::ExceptionType as u16);

    fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }

    fn set(&mut self, bits: u16, on: bool) {
        if on { self.0 |= bits } else { self.0 &= !bits }
    }
}

const fn bit(signal: Signal) -> u16 {
    1 << signal as u16
}

/// Whether a value of `otel.status_code` is this one; the quotes are those of a `Debug`.
fn is_status(value: Value<'_>, name: &str) -> bool {
    matches!(value, Value::Str(text) if text.trim_matches('"').eq_ignore_ascii_case(name))
}

/// Whether an error field's value tells of an error. `false` and nothing may come as the texts that
/// their `Debug` gives.
fn is_error_value(value: Value<'_>) -> bool {
    !matches!(value, Value::Bool(false) | Value::Str("" | "\"\"" | "None" | "false"))
}

/// Whether an error field's value says that there is an error, and nothing about it.
fn is_bare_truth(value: Value<'_>) -> bool {
    matches!(value, Value::Bool(_) | Value::Str("true"))
}

/// Whether a value tells success from failure and nothing else.
pub(crate) fn is_verdict_only(role: Option<Role>, value: Value<'_>) -> bool {
    match role {
        None => false,
        Some(Role::StatusCode) => is_status(value, "ok") || is_status(value, "error"),
        Some(_) => is_bare_truth(value) || !is_error_value(value),
    }
}

impl Evidence {
    /// Text and type of the error, each from the first signal that has one. `slot_of` tells where the field of a role
    /// is kept.
    pub(crate) fn cause(
        self,
        signals: Signals,
        slot_of: impl Fn(Role) -> Option<Slot>,
        recording: &Recording,
    ) -> Cause {
        let cause_field = |role| {
            let slot = slot_of(role)?;
            recording.get(slot).is_some_and(is_error_value).then_some(slot)
        };
        let kept = |slot| recording.has(slot).then_some(slot);
        let mut cause = Cause::default();
        for signal in self.active_signals(signals).iter() {
            let (error, error_type) = match signal {
                Signal::Status => (cause_field(Role::StatusDescription), None),
                Signal::ErrorField => (
                    [Role::Error, Role::ErrorMessage, Role::ExceptionMessage]
                        .into_iter()
                        .find_map(cause_field),
                    [Role::ErrorType, Role::ExceptionType].into_iter().find_map(cause_field),
                ),
                Signal::Err => (kept(ERR_TEXT), kept(ERR_TYPE)),
                Signal::Response => (kept(RESPONSE_TEXT), None),
                Signal::ErrorEvent => (kept(ERROR_EVENT_TEXT), kept(ERROR_EVENT_TYPE)),
                Signal::Panic | Signal::Unfinished => (None, None),
            };
            let is_text = |slot: &Slot| recording.get(*slot).is_some_and(|value| !is_bare_truth(value));
            cause.error = cause.error.or(error.filter(is_text));
            cause.error_type = cause.error_type.or(error_type);
        }
        cause
    }
}

/// The message of the event that tower-http's `DefaultOnFailure` emits
/// (`tower-http/src/trace/on_failure.rs`).
pub(crate) const RESPONSE_FAILED: &str = "response failed";

/// Whether an event can say something about the span that it stands in, judged by its callsite. This
/// is asked for every event of the application.
pub(crate) fn is_usable(event: &Metadata<'_>, signals: Signals) -> bool {
    if *event.level() == Level::ERROR {
        if signals.contains(Signal::ErrorEvent) || signals.contains(Signal::Err) && has_error_field(event) {
            return true;
        }
    } else if signals.contains(Signal::Err) && is_err_shape(event) {
        return true;
    }
    signals.contains(Signal::Response) && event.fields().field(CLASSIFICATION).is_some()
}

/// Whether the callsite looks like the event of `#[instrument(err)]`: the field `error` and nothing
/// else.
fn is_err_shape(event: &Metadata<'_>) -> bool {
    event.fields().len() == 1 && event.fields().field("error").is_some()
}

fn has_error_field(event: &Metadata<'_>) -> bool {
    // The most frequent first, as it is found without a look at the others.
    event.fields().field("error").is_some()
        || event.fields().iter().any(|field| {
            let name = field.name();
            matches!(name, "err" | "error.type") || name.starts_with("exception.")
        })
}

/// The signal that an event gives for the span that it directly stands in.
pub(crate) fn event_signal(
    event: &Metadata<'_>,
    span: &Metadata<'_>,
    response_failed: bool,
) -> Option<Signal> {
    let is_error = *event.level() == Level::ERROR;
    let is_own_place =
        || event.line().is_some() && event.line() == span.line() && event.file() == span.file();
    if is_error && has_error_field(event) || is_err_shape(event) && is_own_place() {
        Some(Signal::Err)
    } else if response_failed {
        Some(Signal::Response)
    } else {
        is_error.then_some(Signal::ErrorEvent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_field_counts() {
        let mut evidence = Evidence::default();
        evidence.note_field(Role::Error, Value::Str("refused"));
        assert_eq!(evidence.failure_signal(Signals::default()), Some(Signal::ErrorField));
        for nothing in [Value::Str(""), Value::Str("None"), Value::Bool(false)] {
            evidence.note_field(Role::Error, nothing);
            assert_eq!(evidence.failure_signal(Signals::default()), None, "{nothing:?}");
        }
    }

    #[test]
    fn status_ok_clears_a_failure_and_error_restores_it() {
        let mut evidence = Evidence::default();
        evidence.note(Signal::Panic);
        evidence.note_field(Role::StatusCode, Value::Str("Ok"));
        assert_eq!(evidence.failure_signal(Signals::default()), None);
        evidence.note_field(Role::StatusCode, Value::Str("\"ERROR\""));
        assert_eq!(evidence.failure_signal(Signals::default()), Some(Signal::Status));
        evidence.note_field(Role::StatusCode, Value::Str("whatever"));
        assert_eq!(evidence.failure_signal(Signals::default()), Some(Signal::Panic));
    }

    #[test]
    fn a_span_without_ok_fails_only_if_unfinished_is_a_signal() {
        let evidence = Evidence::default();
        assert_eq!(evidence.failure_signal(Signals::default()), None);
        let signals = Signals::default().with(Signal::Unfinished);
        assert_eq!(evidence.failure_signal(signals), Some(Signal::Unfinished));
    }
}
