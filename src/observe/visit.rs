//! Reads the values of spans and events.

use crate::{
    observe::{
        callsite_plan::{CallsitePlan, FieldPlan},
        field_roles::EventField,
        observer::Observer,
        outcome::{self, Evidence, RESPONSE_FAILED},
        redact::REDACTED,
    },
    record::{
        entry::ValueKind,
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

/// Stores the values of a span's fields, and their evidence of failure.
///
/// Most fields are [unchecked](CallsitePlan::unchecked_slot), and their values go directly into the recording. The
/// other fields take the slower functions `store` and `store_written`.
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

    /// Records a value of at most 64 bits. `value` makes the same value lazily, for a field that needs checks.
    #[inline]
    fn record_bits(
        &mut self,
        field: &Field,
        kind: ValueKind,
        bits: u64,
        value: impl FnOnce() -> Value<'static>,
    ) {
        match self.plan.unchecked_slot(field.index()) {
            // Skips `Value`, which is larger than the stored entry.
            Some(slot) => self.recording.set_bits(slot, kind, bits),
            None => self.store(field, value()),
        }
    }

    fn record_value(&mut self, field: &Field, value: Value<'_>) {
        match self.plan.unchecked_slot(field.index()) {
            Some(slot) => self.recording.set(slot, value),
            None => self.store(field, value),
        }
    }

    /// Records a text that the application's code writes.
    #[inline]
    fn record_written(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        let limit = self.observer.limits().field_bytes;
        let written = match self.plan.unchecked_slot(field.index()) {
            Some(slot) => self.recording.set_written(slot, limit, write),
            None => self.store_written(field, write),
        };
        self.observer.counters().note_written(written);
    }

    /// Stores a value of a field that is not [unchecked](CallsitePlan::unchecked_slot).
    #[cold]
    fn store(&mut self, field: &Field, value: Value<'_>) {
        let Some(plan) = self.plan_with_room(field) else { return };
        // A verdict alone reveals nothing, and the span's outcome depends on it.
        let value = if plan.is_redacted && !outcome::is_verdict_only(plan.role, value) {
            Value::Str(REDACTED)
        } else {
            value
        };
        self.recording.set(plan.slot, value);
        if let Some(role) = plan.role {
            self.evidence.note_field(role, value);
        }
    }

    /// Stores a text that the application's code writes, for a field that is not unchecked.
    #[cold]
    fn store_written(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> Written {
        let Some(plan) = self.plan_with_room(field) else { return Written::Complete };
        // A redacted value is not even formatted, unless it may decide whether the span failed.
        if plan.is_redacted && plan.role.is_none() {
            self.recording.set_text(plan.slot, REDACTED);
            return Written::Complete;
        }
        let written = self.recording.set_written(plan.slot, self.observer.limits().field_bytes, write);
        if let (Some(role), Some(value)) = (plan.role, self.recording.get(plan.slot)) {
            self.evidence.note_field(role, value);
            if plan.is_redacted && !outcome::is_verdict_only(plan.role, value) {
                self.recording.set_text(plan.slot, REDACTED);
                // As in `store`, the evidence is about the value that is kept.
                self.evidence.note_field(role, Value::Str(REDACTED));
            }
        }
        written
    }

    /// Returns the plan for a field, if the recording has room for its value.
    fn plan_with_room(&self, field: &Field) -> Option<FieldPlan> {
        let plan = self.plan.field(field.index());
        let is_full = self.recording.field_count() >= self.observer.limits().fields;
        // A field with a role may decide whether the span failed, so it always has room.
        let plan = plan.filter(|plan| plan.role.is_some() || !is_full);
        if plan.is_none() {
            self.observer.counters().note_cut();
        }
        plan
    }
}

impl Visit for SpanVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record_bits(field, ValueKind::Bool, u64::from(value), || Value::Bool(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record_bits(field, ValueKind::I64, u64::from_ne_bytes(value.to_ne_bytes()), || {
            Value::I64(value)
        });
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record_bits(field, ValueKind::U64, value, || Value::U64(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.record_value(field, Value::I128(value));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.record_value(field, Value::U128(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record_bits(field, ValueKind::F64, value.to_bits(), || Value::F64(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        // Only the bounded writer cuts a text and marks it.
        if value.len() > self.observer.limits().field_bytes {
            return self.record_written(field, |out| out.write_str(value));
        }
        match self.plan.unchecked_slot(field.index()) {
            Some(slot) => self.recording.set_text(slot, value),
            None => self.store(field, Value::Str(value)),
        }
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        // With the error's sources, which its `Display` leaves out.
        self.record_written(field, |out| bounded::write_chain(value, out));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_written(field, |out| write!(out, "{value:?}"));
    }
}

/// A slot that nobody reads.
const DISCARDED: Slot = Slot::MAX;

/// Collects the fields of an event that have a meaning for its span's failure.
pub(crate) struct EventVisitor<'a> {
    observer: &'a Observer,
    /// The values by their meaning: a value's slot is the number of its [`EventField`].
    values: Recording,
    has_response_message: bool,
}

impl<'a> EventVisitor<'a> {
    pub(crate) fn new(observer: &'a Observer) -> Self {
        Self { observer, values: Recording::default(), has_response_message: false }
    }

    /// Whether the event is tower-http's failure event.
    pub(crate) fn is_response_failure(&self) -> bool {
        // The message alone, or a field of this name alone, may be the application's own.
        self.has_response_message && self.get(EventField::Classification).is_some()
    }

    /// Stores the texts of the event's signal in its span's recording. They replace the texts of an earlier event with
    /// the same signal.
    pub(crate) fn store_texts(&self, signal: Signal, recording: &mut Recording) {
        let get = |field| self.get(field);
        let mut replace = |slot, value| match value {
            Some(value) => recording.set(slot, value),
            // The earlier event's text does not belong to this one.
            None => _ = recording.remove(slot),
        };
        match signal {
            Signal::Err => {
                // An event may have an error's type without a text; then its message says what happened.
                replace(recording::ERR_TEXT, get(EventField::ErrorText).or_else(|| get(EventField::Message)));
                replace(recording::ERR_TYPE, get(EventField::ErrorType));
            }
            Signal::Response => replace(recording::RESPONSE_TEXT, get(EventField::Classification)),
            Signal::ErrorEvent => {
                replace(recording::ERROR_EVENT_TEXT, get(EventField::Message));
                replace(recording::ERROR_EVENT_TYPE, get(EventField::ErrorType));
            }
            // Events do not give these signals.
            Signal::Status | Signal::ErrorField | Signal::Panic | Signal::Unfinished => {}
        }
    }

    fn get(&self, field: EventField) -> Option<Value<'_>> {
        self.values.get(field as Slot)
    }

    fn store(&mut self, field: &Field, value: Value<'_>) {
        match value {
            // A text may be too long, or be the message that is compared.
            Value::Str(text) => self.store_written(field, |out| out.write_str(text)),
            value => {
                let Some((field, is_redacted)) = self.observer.event_field(field) else { return };
                // Of several fields with one meaning, such as `error` and `err`, the first counts.
                if !self.values.contains(field as Slot) {
                    self.values.set(field as Slot, if is_redacted { Value::Str(REDACTED) } else { value });
                }
            }
        }
    }

    fn store_written(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        let Some((field, is_redacted)) = self.observer.event_field(field) else { return };
        // A later field with the same meaning is read, but not kept.
        let slot = if self.values.contains(field as Slot) { DISCARDED } else { field as Slot };
        let written = self.values.set_written(slot, self.observer.limits().field_bytes, write);
        self.observer.counters().note_written(written);
        // Compared before the text is redacted.
        self.has_response_message |=
            field == EventField::Message && self.values.get(slot) == Some(Value::Str(RESPONSE_FAILED));
        if is_redacted {
            self.values.set_text(slot, REDACTED);
        }
    }
}

impl Visit for EventVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.store(field, Value::Bool(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.store(field, Value::I64(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.store(field, Value::U64(value));
    }
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.store(field, Value::I128(value));
    }
    fn record_u128(&mut self, field: &Field, value: u128) {
        self.store(field, Value::U128(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.store(field, Value::F64(value));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.store(field, Value::Str(value));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.store_written(field, |out| bounded::write_chain(value, out));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.store_written(field, |out| write!(out, "{value:?}"));
    }
}
