//! The values that an open span has recorded, stored compactly.
//!
//! A million spans may be open at once, and nearly all of them succeed. So a span's values are entries of
//! sixteen bytes, the first seven of them stored inline, and all texts share one string.

use crate::{
    record::{
        entry::{Entry, ValueKind},
        value::Value,
    },
    text::{
        bounded::{self, Written},
        buffer,
    },
};
use smallvec::SmallVec;
use std::{fmt, ops::Range};

/// The number of values that a recording stores without an allocation.
const INLINE_ENTRIES: usize = 7;

/// The key of a value: the index of a field in the span's callsite, or one of the constants below for a text
/// that an event in the span left.
pub(crate) type Slot = u16;

/// The number of slots for fields. Slots below it are field indexes.
pub(crate) const FIELD_SLOTS: Slot = 240;
/// The cause from the event of `#[instrument(err)]`, or from an `ERROR` event with an error field.
pub(crate) const ERR_TEXT: Slot = 240;
/// The type of that cause.
pub(crate) const ERR_TYPE: Slot = 241;
/// The cause from tower-http's event `response failed`.
pub(crate) const RESPONSE_TEXT: Slot = 242;
/// The cause from any other `ERROR` event.
pub(crate) const ERROR_EVENT_TEXT: Slot = 243;
/// The type of that cause.
pub(crate) const ERROR_EVENT_TYPE: Slot = 244;

/// The recorded values of a span, by slot.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Sorted by slot, so fields are in the order of their declaration.
    entries: SmallVec<[Entry; INLINE_ENTRIES]>,
    /// The texts of all entries, one after the other.
    texts: String,
}

impl Recording {
    /// Sets a slot's value, and replaces an earlier one.
    pub(crate) fn set(&mut self, slot: Slot, value: Value<'_>) {
        let entry = Entry::new(slot, value, self.texts());
        self.push_or_insert(entry);
    }

    /// Sets a slot's value of at most 64 bits.
    #[inline]
    pub(crate) fn set_bits(&mut self, slot: Slot, kind: ValueKind, bits: u64) {
        self.push_or_insert(Entry::from_bits(slot, kind, bits));
    }

    /// Sets a slot's text.
    #[inline]
    pub(crate) fn set_text(&mut self, slot: Slot, text: &str) {
        let texts = self.texts();
        let start = texts.len();
        texts.push_str(text);
        let entry = Entry::from_text(slot, ValueKind::Str, texts, start);
        self.push_or_insert(entry);
    }

    /// Sets a slot's text to what the application's `write` produces, at most `limit` bytes of it.
    pub(crate) fn set_written(
        &mut self,
        slot: Slot,
        limit: usize,
        write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result,
    ) -> Written {
        let texts = self.texts();
        let start = texts.len();
        let written = bounded::append(texts, limit, write);
        let entry = Entry::from_text(slot, ValueKind::Str, texts, start);
        self.push_or_insert(entry);
        written
    }

    /// Returns the texts. On first use, they get memory from the thread's pool.
    #[inline]
    fn texts(&mut self) -> &mut String {
        if self.texts.capacity() == 0 {
            self.texts = buffer::acquire_small();
        }
        &mut self.texts
    }

    /// Appends an entry, or inserts it if it is not the last one.
    #[inline]
    fn push_or_insert(&mut self, entry: Entry) {
        // `tracing` visits fields in the order of their declaration, so this is nearly always the case.
        if self.entries.last().is_none_or(|last| last.slot < entry.slot) {
            self.entries.push(entry);
        } else {
            self.insert_sorted(entry);
        }
    }

    /// Inserts an entry at its sorted position, and replaces an earlier one of its slot.
    #[cold]
    #[inline(never)]
    fn insert_sorted(&mut self, mut entry: Entry) {
        if let Some(removed) = self.remove(entry.slot) {
            // The new text was appended before the old one was removed.
            entry.shift_back(&removed);
        }
        let index = self.entries.partition_point(|other| other.slot < entry.slot);
        self.entries.insert(index, entry);
    }

    /// Removes a slot's value. Returns the range of the texts that was removed with it, if there was one.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<Range<usize>> {
        if self.entries.last().is_none_or(|last| last.slot < slot) {
            return None;
        }
        let index = self.entries.iter().position(|entry| entry.slot == slot)?;
        let removed = self.entries.remove(index).text_range()?;
        // A span that records a field again and again must not grow.
        self.texts.replace_range(removed.clone(), "");
        self.entries.iter_mut().for_each(|entry| entry.shift_back(&removed));
        Some(removed)
    }

    /// Returns how many of the span's fields have a value.
    pub(crate) fn field_count(&self) -> usize {
        self.entries.partition_point(|entry| entry.slot < FIELD_SLOTS)
    }

    /// Returns a slot's value.
    pub(crate) fn get(&self, slot: Slot) -> Option<Value<'_>> {
        self.entry(slot).map(|entry| entry.value(&self.texts))
    }

    /// Returns whether a slot has a value.
    pub(crate) fn contains(&self, slot: Slot) -> bool {
        self.entry(slot).is_some()
    }

    /// Returns the range of a slot's text in the texts, or `None` if the slot has no text.
    pub(crate) fn text_range(&self, slot: Slot) -> Option<Range<usize>> {
        self.entry(slot)?.text_range()
    }

    /// Returns a slot's entry.
    #[inline]
    fn entry(&self, slot: Slot) -> Option<&Entry> {
        // Most lookups are for the texts of events, which have the highest slots.
        self.entries.iter().rev().find(|entry| entry.slot <= slot).filter(|entry| entry.slot == slot)
    }

    /// Returns all values in the order of their slots.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Slot, Value<'_>)> {
        self.entries.iter().map(|entry| (entry.slot, entry.value(&self.texts)))
    }

    /// Returns the entries of the span's fields, with the texts that they refer to.
    pub(crate) fn field_entries(&self) -> (&[Entry], &str) {
        (self.entries.get(..self.field_count()).unwrap_or_default(), &self.texts)
    }
}

/// Returns the texts' memory to the thread's pool.
impl Drop for Recording {
    fn drop(&mut self) {
        buffer::release_small(std::mem::take(&mut self.texts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [Value<'static>; 7] = [
        Value::Bool(true),
        Value::I64(i64::MIN),
        Value::U64(u64::MAX),
        Value::I128(i128::MIN),
        Value::U128(u128::MAX),
        Value::F64(-0.1),
        Value::Str("сеанс 会话"),
    ];

    #[test]
    fn values_of_every_type_read_back_unchanged() {
        let mut recording = Recording::default();
        for (slot, value) in (0..).zip(VALUES) {
            recording.set(slot, value);
        }
        let back: Vec<_> = recording.values().collect();
        assert_eq!(back, (0..).zip(VALUES).collect::<Vec<_>>());
    }

    #[test]
    fn setting_a_value_again_replaces_it_without_growth() {
        let mut recording = Recording::default();
        for round in 0..10_000_u64 {
            for (slot, value) in (0..).zip(VALUES) {
                recording.set(slot, value);
            }
            recording.set(9, Value::U64(round));
        }
        assert_eq!(recording.get(9), Some(Value::U64(9_999)));
        assert_eq!(recording.values().count(), VALUES.len() + 1);
        assert!(recording.texts.len() < 150);
        assert!(recording.texts.ends_with("сеанс 会话"));
    }
}
