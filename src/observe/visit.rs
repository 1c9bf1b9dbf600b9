//! Reading the values of spans and events.

use crate::{
    observe::{
        callsite_plan::{FieldPlan, Plan},
        fields::Clue,
        observer::Watch,
        outcome::{self, Evidence, RESPONSE_FAILED},
        redact::REDACTED,
    },
    record::{
        entry::Kind,
        recording::{self, Recording, Slot},
        signal::Signal,
        value::Value,
    },
    text::bounded::{self, Fate},
};
use std::{
    error::Error,
    fmt::{self, Debug, Write},
};
use tracing::field::{Field, Visit};

/// Keeps the values of a span's fields.
pub(crate) struct FieldVisitor<'a> {
    watch: &'a Watch,
    plan: &'a Plan,
    recording: &'a mut Recording,
    evidence: &'a mut Evidence,
}

impl<'a> FieldVisitor<'a> {
    pub(crate) fn new(
        watch: &'a Watch,
        plan: &'a Plan,
        recording: &'a mut Recording,
        evidence: &'a mut Evidence,
    ) -> Self {
        Self { watch, plan, recording, evidence }
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
        let limit = self.watch.limits().field_bytes;
        let fate = match self.plan.plain_slot(field.index()) {
            Some(slot) => self.recording.set_written(slot, limit, write),
            None => self.keep_written(field, write),
        };
        self.watch.health().note(fate);
    }

    /// Keeps a value of a field that is not [plain](Plan::plain_slot).
    #[cold]
    fn keep(&mut self, field: &Field, value: Value<'_>) {
        let Some(plan) = self.slot_of(field) else { return };
        let value = if plan.redacted && !outcome::says_only_whether(plan.role, value) {
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
    fn keep_written(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> Fate {
        let Some(plan) = self.slot_of(field) else { return Fate::Whole };
        // A redacted value is not even looked at, unless it decides over success and failure.
        if plan.redacted && plan.role.is_none() {
            self.recording.set_text(plan.slot, REDACTED);
            return Fate::Whole;
        }
        let fate = self.recording.set_written(plan.slot, self.watch.limits().field_bytes, write);
        if let (Some(role), Some(value)) = (plan.role, self.recording.get(plan.slot)) {
            self.evidence.note_field(role, value);
            if plan.redacted && !outcome::says_only_whether(plan.role, value) {
                self.recording.set_text(plan.slot, REDACTED);
                self.evidence.note_field(role, Value::Str(REDACTED));
            }
        }
        fate
    }

    /// The field's plan, where there is room for its value.
    fn slot_of(&self, field: &Field) -> Option<FieldPlan> {
        let plan = self.plan.field(field.index());
        // What decides over success and failure is kept in any case.
        let is_full = self.recording.fields() >= self.watch.limits().fields;
        let plan = plan.filter(|plan| plan.role.is_some() || !is_full);
        if plan.is_none() {
            self.watch.health().note_cut();
        }
        plan
    }
}

impl Visit for FieldVisitor<'_> {
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
        if value.len() > self.watch.limits().field_bytes {
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
pub(crate) struct ClueVisitor<'a> {
    watch: &'a Watch,
    clues: Recording,
    is_response_failed: bool,
}

impl<'a> ClueVisitor<'a> {
    pub(crate) fn new(watch: &'a Watch) -> Self {
        Self { watch, clues: Recording::default(), is_response_failed: false }
    }

    /// Whether the event is the failure event of tower-http.
    pub(crate) fn is_response_failure(&self) -> bool {
        self.is_response_failed && self.get(Clue::Classification).is_some()
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
                put(recording::ERR_TEXT, get(Clue::ErrorText).or_else(|| get(Clue::Message)));
                put(recording::ERR_TYPE, get(Clue::ErrorType));
            }
            Signal::Response => put(recording::RESPONSE_TEXT, get(Clue::Classification)),
            Signal::ErrorEvent => {
                put(recording::ERROR_EVENT_TEXT, get(Clue::Message));
                put(recording::ERROR_EVENT_TYPE, get(Clue::ErrorType));
            }
            Signal::Status | Signal::ErrorField | Signal::Panic | Signal::Unfinished => {}
        }
    }

    fn get(&self, clue: Clue) -> Option<Value<'_>> {
        self.clues.get(clue as Slot)
    }

    fn value(&mut self, field: &Field, value: Value<'_>) {
        match value {
            Value::Str(text) => self.text(field, |out| out.write_str(text)),
            value => {
                let Some((clue, is_redacted)) = self.watch.clue(field) else { return };
                if !self.clues.has(clue as Slot) {
                    self.clues.set(clue as Slot, if is_redacted { Value::Str(REDACTED) } else { value });
                }
            }
        }
    }

    fn text(&mut self, field: &Field, write: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        let Some((clue, is_redacted)) = self.watch.clue(field) else { return };
        // A later field of the same meaning is looked at for what it says, and not kept.
        let slot = if self.clues.has(clue as Slot) { NOWHERE } else { clue as Slot };
        let fate = self.clues.set_written(slot, self.watch.limits().field_bytes, write);
        self.watch.health().note(fate);
        self.is_response_failed |=
            clue == Clue::Message && self.clues.get(slot) == Some(Value::Str(RESPONSE_FAILED));
        if is_redacted {
            self.clues.set_text(slot, REDACTED);
        }
    }
}

impl Visit for ClueVisitor<'_> {
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
