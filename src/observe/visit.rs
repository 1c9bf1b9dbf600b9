//! Reading the values of spans and events.

use crate::{
    observe::{
        callsite_plan::{CallsitePlan, FieldPlan},
        fields::EventField,
        observer::Observer,
        outcome::{self, Evidence, RESPONSE_FAILED},
        redact::REDACTED,
    },
    record::{
        entry::Kind,
        recording::{self, Recording, Slot},
        signal::Signal,
        value::Value,
    },
    text::bounded::{self, Written},
};
use std::{
    error::Error,
    fmt::{self, Debug, Write},
};
use tracing::field::{Field, Visit};

/// Keeps the values of a span's fields.
pub(crate) struct SpanVisitor<'a> {
    observer: &'a Observer,
    plan: &'a CallsitePlan,
    recording: &'a mut Recording,
    evidence: &'a mut Evidence,
}

impl<'a> SpanVisitor<'a> {
    pub(crate) fn new(
        observer: &'a Observer,
        plan: &'a CallsitePlan,
        recording: &'a mut Recording,
        evidence: &'a mut Evidence,
    ) -> Self {
        Self { observer, plan, recording, evidence }
    }

    #[inline]
    fn bits(&mut self, field: &Field, kind: Kind, bits: u64, value: impl FnOnce() -> Value<'static>) {
        match self.plan.plain_slot(field.index()) {
            Some(slot) => self.recording.set_bits(slot, kind, bits),
            None => self.keep(field, value()),
        }
    }

    fn value(&mut self, field: &Field, value: Value<'_>) {
        match self.plan.plain_slot(field.index()) {
            Some(slot) => self.recording.set(slot, value),
            None => self.keep(field, value),
        }
    }

    #[inline]
    fn written(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        let limit = self.observer.limits().field_bytes;
        let written = match self.plan.plain_slot(field.index()) {
            Some(slot) => self.recording.set_written(slot, limit, write),
            None => self.keep_written(field, write),
        };
        self.observer.counters().note(written);
    }

    /// Keeps a value of a field that is not [plain](CallsitePlan::plain_slot).
    #[cold]
    fn keep(&mut self, field: &Field, value: Value<'_>) {
        let Some(plan) = self.slot_of(field) else { return };
        let value = if plan.redacted && !outcome::is_verdict_only(plan.role, value) {
            Value::Str(REDACTED)
        } else {
            value
        };
        self.recording.set(plan.slot, value);
        if let Some(role) = plan.role {
            self.evidence.note_field(role, value);
        }
    }

    /// The same for one that has to be written out.
    #[cold]
    fn keep_written(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> Written {
        let Some(plan) = self.slot_of(field) else { return Written::Complete };
        // A redacted value is not even looked at, unless it decides over success and failure.
        if plan.redacted && plan.role.is_none() {
            self.recording.set_text(plan.slot, REDACTED);
            return Written::Complete;
        }
        let written = self.recording.set_written(plan.slot, self.observer.limits().field_bytes, write);
        if let (Some(role), Some(value)) = (plan.role, self.recording.get(plan.slot)) {
            self.evidence.note_field(role, value);
            if plan.redacted && !outcome::is_verdict_only(plan.role, value) {
                self.recording.set_text(plan.slot, REDACTED);
                self.evidence.note_field(role, Value::Str(REDACTED));
            }
        }
        written
    }

    /// The field's plan, where there is room for its value.
    fn slot_of(&self, field: &Field) -> Option<FieldPlan> {
        let plan = self.plan.field(field.index());
        // What decides over success and failure is kept in any case.
        let is_full = self.recording.fields() >= self.observer.limits().fields;
        let plan = plan.filter(|plan| plan.role.is_some() || !is_full);
        if plan.is_none() {
            self.observer.counters().note_cut();
        }
        plan
    }
}

impl Visit for SpanVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bits(field, Kind::Bool, u64::from(value), || Value::Bool(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bits(field, Kind::I64, u64::from_ne_bytes(value.to_ne_bytes()), || Value::I64(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bits(field, Kind::U64, value, || Value::U64(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.value(field, Value::I128(value));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value(field, Value::U128(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.bits(field, Kind::F64, value.to_bits(), || Value::F64(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if value.len() > self.observer.limits().field_bytes {
            return self.written(field, |out| out.write_str(value));
        }
        match self.plan.plain_slot(field.index()) {
            Some(slot) => self.recording.set_text(slot, value),
            None => self.keep(field, Value::Str(value)),
        }
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.written(field, |out| bounded::write_chain(value, out));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.written(field, |out| write!(out, "{value:?}"));
    }
}

/// A slot that nobody asks for.
const NOWHERE: Slot = Slot::MAX;

/// Reads from an event what it says about the failure of its span.
pub(crate) struct EventVisitor<'a> {
    observer: &'a Observer,
    fields: Recording,
    is_response_failed: bool,
}

impl<'a> EventVisitor<'a> {
    pub(crate) fn new(observer: &'a Observer) -> Self {
        Self { observer, fields: Recording::default(), is_response_failed: false }
    }

    /// Whether the event is the failure event of tower-http.
    pub(crate) fn is_response_failure(&self) -> bool {
        self.is_response_failed && self.get(EventField::Classification).is_some()
    }

    /// Puts the texts that belong to a signal in place of those of a former event.
    pub(crate) fn keep(&self, signal: Signal, recording: &mut Recording) {
        let get = |clue| self.get(clue);
        let mut put = |slot, value| match value {
            Some(value) => recording.set(slot, value),
            None => _ = recording.remove(slot),
        };
        match signal {
            Signal::Err => {
                put(recording::ERR_TEXT, get(EventField::ErrorText).or_else(|| get(EventField::Message)));
                put(recording::ERR_TYPE, get(EventField::ErrorType));
            }
            Signal::Response => put(recording::RESPONSE_TEXT, get(EventField::Classification)),
            Signal::ErrorEvent => {
                put(recording::ERROR_EVENT_TEXT, get(EventField::Message));
                put(recording::ERROR_EVENT_TYPE, get(EventField::ErrorType));
            }
            Signal::Status | Signal::ErrorField | Signal::Panic | Signal::Unfinished => {}
        }
    }

    fn get(&self, clue: EventField) -> Option<Value<'_>> {
        self.fields.get(clue as Slot)
    }

    fn value(&mut self, field: &Field, value: Value<'_>) {
        match value {
            Value::Str(text) => self.text(field, |out| out.write_str(text)),
            value => {
                let Some((clue, is_redacted)) = self.observer.clue(field) else { return };
                if !self.fields.has(clue as Slot) {
                    self.fields.set(clue as Slot, if is_redacted { Value::Str(REDACTED) } else { value });
                }
            }
        }
    }

    fn text(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        let Some((clue, is_redacted)) = self.observer.clue(field) else { return };
        // A later field of the same meaning is looked at for what it says, and not kept.
        let slot = if self.fields.has(clue as Slot) { NOWHERE } else { clue as Slot };
        let written = self.fields.set_written(slot, self.observer.limits().field_bytes, write);
        self.observer.counters().note(written);
        self.is_response_failed |=
            clue == EventField::Message && self.fields.get(slot) == Some(Value::Str(RESPONSE_FAILED));
        if is_redacted {
            self.fields.set_text(slot, REDACTED);
        }
    }
}

impl Visit for EventVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, Value::Bool(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, Value::I64(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, Value::U64(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.value(field, Value::I128(value));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value(field, Value::U128(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, Value::F64(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.value(field, Value::Str(value));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, |out| bounded::write_chain(value, out));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |out| write!(out, "{value:?}"));
    }
}
