//! Decides whether a dispatch span failed, by which signal, and from which cause.

use crate::{
    observe::field_roles::{CLASSIFICATION, Role},
    record::{
        cause::Cause,
        recording::{ERR_TEXT, ERR_TYPE, ERROR_EVENT_TEXT, ERROR_EVENT_TYPE, RESPONSE_TEXT, Recording, Slot},
        signal::{Signal, Signals},
        value::Value,
    },
};
use tracing::{Level, Metadata};

/// The evidence that an open span failed, as one bit for each fact.
///
/// The lowest eight bits are signals, by their number. From bit 8 on, each error field has a bit, by its role. The
/// highest bit says that the span's status is `OK`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evidence(u16);

impl Evidence {
    const OK: u16 = 1 << 15;

    /// Notes the last value of a span's field, which replaces the evidence of an earlier value.
    pub(crate) fn note_field(&mut self, role: Role, value: Value<'_>) {
        match role {
            Role::StatusCode => {
                self.set(Self::OK, is_status(value, "ok"));
                self.set(bit(Signal::Status), is_status(value, "error"));
            }
            // A bit for each field, so that a field that becomes empty withdraws only its own evidence.
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

    /// Notes the signal of an event, or of a panic that unwinds through the span.
    pub(crate) fn note_signal(&mut self, signal: Signal) {
        self.set(bit(signal), true);
    }

    /// Returns the first active signal; `None` if the span did not fail.
    pub(crate) fn failure_signal(self, signals: Signals) -> Option<Signal> {
        // Without the signal `status`, `OK` clears nothing. It still means that the span finished.
        let is_cleared = self.has(Self::OK) && signals.contains(Signal::Status);
        if is_cleared { None } else { self.active_signals(signals).first() }
    }

    /// Returns the reporter's signals for which there is evidence.
    fn active_signals(self, signals: Signals) -> Signals {
        let mut active_signals = Signals::from_bits(self.0.to_le_bytes()[0]);
        if self.has(Self::ANY_ERROR_FIELD) {
            active_signals = active_signals.with(Signal::ErrorField);
        }
        // Any span without `OK` is unfinished; only the reporter's signals decide whether that counts.
        if !self.has(Self::OK) {
            active_signals = active_signals.with(Signal::Unfinished);
        }
        active_signals.intersection(signals)
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

/// Whether a value of `otel.status_code` is this status, in any case. A value's `Debug` may put it in quotes.
fn is_status(value: Value<'_>, name: &str) -> bool {
    matches!(value, Value::Str(text) if text.trim_matches('"').eq_ignore_ascii_case(name))
}

/// Whether the value of an error field is an error. With `%` or `?` in the macro, `false`, `None` and an empty text
/// come as texts.
fn is_error_value(value: Value<'_>) -> bool {
    !matches!(value, Value::Bool(false) | Value::Str("" | "\"\"" | "None" | "false"))
}

/// Whether the value of an error field is only a flag, without a text that could be the cause.
fn is_flag(value: Value<'_>) -> bool {
    matches!(value, Value::Bool(_) | Value::Str("true"))
}

/// Whether a value of a field with this role tells success from failure and contains nothing else. Such a value is
/// never redacted.
pub(crate) fn is_verdict_only(role: Option<Role>, value: Value<'_>) -> bool {
    match role {
        None => false,
        Some(Role::StatusCode) => is_status(value, "ok") || is_status(value, "error"),
        Some(_) => is_flag(value) || !is_error_value(value),
    }
}

impl Evidence {
    /// Returns the slots of the error's text and type, each from the first active signal that has one.
    ///
    /// `slot_for` returns the slot of the field that has a role.
    pub(crate) fn cause(
        self,
        signals: Signals,
        slot_for: impl Fn(Role) -> Option<Slot>,
        recording: &Recording,
    ) -> Cause {
        let cause_field = |role| {
            let slot = slot_for(role)?;
            recording.get(slot).is_some_and(is_error_value).then_some(slot)
        };
        let event_text = |slot| recording.contains(slot).then_some(slot);
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
                Signal::Err => (event_text(ERR_TEXT), event_text(ERR_TYPE)),
                Signal::Response => (event_text(RESPONSE_TEXT), None),
                Signal::ErrorEvent => (event_text(ERROR_EVENT_TEXT), event_text(ERROR_EVENT_TYPE)),
                // The panic hook has a panic's message; the layer does not see it.
                Signal::Panic | Signal::Unfinished => (None, None),
            };
            // `error = true` fails the span, but the text comes from a later signal.
            let is_text = |slot: &Slot| recording.get(*slot).is_some_and(|value| !is_flag(value));
            cause.error = cause.error.or(error.filter(is_text));
            cause.error_type = cause.error_type.or(error_type);
        }
        cause
    }
}

/// The message of the event that tower-http's `DefaultOnFailure` emits
/// (`tower-http/src/trace/on_failure.rs`).
pub(crate) const RESPONSE_FAILED: &str = "response failed";

/// Whether an event of this callsite can be a signal of failure for its span. The layer asks this for every event of
/// the application.
pub(crate) fn can_signal_failure(event: &Metadata<'_>, signals: Signals) -> bool {
    if *event.level() == Level::ERROR {
        if signals.contains(Signal::ErrorEvent) || signals.contains(Signal::Err) && has_error_field(event) {
            return true;
        }
    } else if signals.contains(Signal::Err) && has_instrument_err_fields(event) {
        // `#[instrument(err(level = …))]` may emit its event at any level.
        return true;
    }
    // At any level, because an application may give tower-http's `TraceLayer` another one.
    signals.contains(Signal::Response) && event.fields().field(CLASSIFICATION).is_some()
}

/// Whether a callsite has the fields of `#[instrument(err)]`'s event: `error` alone.
fn has_instrument_err_fields(event: &Metadata<'_>) -> bool {
    event.fields().len() == 1 && event.fields().field("error").is_some()
}

fn has_error_field(event: &Metadata<'_>) -> bool {
    // The most frequent name first, which needs one comparison for each field.
    event.fields().field("error").is_some()
        || event.fields().iter().any(|field| {
            let name = field.name();
            matches!(name, "err" | "error.type") || name.starts_with("exception.")
        })
}

/// Returns the signal that an event gives to the span that it is directly in.
pub(crate) fn event_signal(
    event: &Metadata<'_>,
    span: &Metadata<'_>,
    response_failed: bool,
) -> Option<Signal> {
    let is_error = *event.level() == Level::ERROR;
    // `#[instrument(err)]` gives span and event one location. A warning with a field `error`, as before a retry, has
    // another one, and is no failure.
    let is_at_span = || event.line().is_some() && event.line() == span.line() && event.file() == span.file();
    if is_error && has_error_field(event) || has_instrument_err_fields(event) && is_at_span() {
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
        evidence.note_signal(Signal::Panic);
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
