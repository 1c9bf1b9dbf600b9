//! What a span recorded, kept small while the span is open.
//!
//! A million spans may be open at once, nearly all of which succeed. So a span's values are entries of
//! sixteen bytes each, the first seven in place, and its texts lie in one string behind them.

use crate::{
    record::{
        entry::{Entry, Kind},
        value::Value,
    },
    text::{
        bounded::{self, Written},
        buffer,
    },
};
use smallvec::SmallVec;
use std::{fmt, ops::Range};

/// How many values a recording holds without an allocation of its own.
const IN_PLACE: usize = 7;

/// What a value belongs to: a field of the span's callsite by its index, or one of the texts that
/// an event in the span left behind.
pub(crate) type Slot = u16;

/// Slots below this one are field indexes.
pub(crate) const FIELD_SLOTS: Slot = 240;
pub(crate) const ERR_TEXT: Slot = 240;
pub(crate) const ERR_TYPE: Slot = 241;
pub(crate) const RESPONSE_TEXT: Slot = 242;
pub(crate) const ERROR_EVENT_TEXT: Slot = 243;
pub(crate) const ERROR_EVENT_TYPE: Slot = 244;

/// Values by their slots.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Sorted by slot, so fields are in the order of their declaration.
    entries: SmallVec<[Entry; IN_PLACE]>,
    texts: String,
}

impl Recording {
    /// Sets a slot's value; a former one is forgotten.
    pub(crate) fn set(&mut self, slot: Slot, value: Value<'_>) {
        let entry = Entry::new(slot, value, self.texts());
        self.put(entry);
    }

    /// Sets a slot's value of at most 64 bits.
    #[inline]
    pub(crate) fn set_bits(&mut self, slot: Slot, kind: Kind, bits: u64) {
        self.put(Entry::of_bits(slot, kind, bits));
    }

    /// Sets a slot's text.
    #[inline]
    pub(crate) fn set_text(&mut self, slot: Slot, text: &str) {
        let texts = self.texts();
        let start = texts.len();
        texts.push_str(text);
        let entry = Entry::of_text(slot, Kind::Str, texts, start);
        self.put(entry);
    }

    /// Sets a slot's text to what the application's code writes, at most `limit` bytes of it.
    pub(crate) fn set_written(
        &mut self,
        slot: Slot,
        limit: usize,
        write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result,
    ) -> Written {
        let texts = self.texts();
        let start = texts.len();
        let written = bounded::append(texts, limit, write);
        let entry = Entry::of_text(slot, Kind::Str, texts, start);
        self.put(entry);
        written
    }

    /// The texts, in memory that was used before where there is some.
    #[inline]
    fn texts(&mut self) -> &mut String {
        if self.texts.capacity() == 0 {
            self.texts = buffer::take_small();
        }
        &mut self.texts
    }

    #[inline]
    fn put(&mut self, entry: Entry) {
        // Nearly always the values come in the order of their slots.
        if self.entries.last().is_none_or(|last| last.slot < entry.slot) {
            self.entries.push(entry);
        } else {
            self.put_between(entry);
        }
    }

    /// Puts an entry where it belongs, in place of a former one of its slot.
    #[cold]
    #[inline(never)]
    fn put_between(&mut self, mut entry: Entry) {
        if let Some(gone) = self.remove(entry.slot) {
            entry.close_up(&gone);
        }
        let place = self.entries.partition_point(|other| other.slot < entry.slot);
        self.entries.insert(place, entry);
    }

    /// Forgets a slot's value; says what part of the texts is gone with it.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<Range<usize>> {
        if self.entries.last().is_none_or(|last| last.slot < slot) {
            return None;
        }
        let place = self.entries.iter().position(|entry| entry.slot == slot)?;
        let gone = self.entries.remove(place).text_range()?;
        self.texts.replace_range(gone.clone(), "");
        self.entries.iter_mut().for_each(|entry| entry.close_up(&gone));
        Some(gone)
    }

    /// How many of the span's fields have a value.
    pub(crate) fn fields(&self) -> usize {
        self.entries.partition_point(|entry| entry.slot < FIELD_SLOTS)
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<Value<'_>> {
        self.entry(slot).map(|entry| entry.value(&self.texts))
    }

    pub(crate) fn has(&self, slot: Slot) -> bool {
        self.entry(slot).is_some()
    }

    /// Where a slot's text lies in the texts; `None` where it has none.
    pub(crate) fn text_range(&self, slot: Slot) -> Option<Range<usize>> {
        self.entry(slot)?.text_range()
    }

    #[inline]
    fn entry(&self, slot: Slot) -> Option<&Entry> {
        // What is asked for are mostly the texts that events left, which stand last.
        self.entries.iter().rev().find(|entry| entry.slot <= slot).filter(|entry| entry.slot == slot)
    }

    /// All values in the order of their slots.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Slot, Value<'_>)> {
        self.entries.iter().map(|entry| (entry.slot, entry.value(&self.texts)))
    }

    /// The values of the span's fields as they are kept, and the texts that they lie in.
    pub(crate) fn field_entries(&self) -> (&[Entry], &str) {
        (self.entries.get(..self.fields()).unwrap_or_default(), &self.texts)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        buffer::give_small(std::mem::take(&mut self.texts));
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
