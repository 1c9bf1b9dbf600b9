//! What a span recorded, kept small while the span is open.
//!
//! A million spans may be open at once, nearly all of which succeed. So a span's values are entries of
//! sixteen bytes each, the first seven in place, and its texts lie in one string behind them.

use crate::{buffer, value::Value};
use smallvec::SmallVec;
use std::fmt::Write;

/// How many values a recording holds without an allocation of its own.
const IN_PLACE: usize = 7;

/// What a value belongs to: a field of the span's callsite by its index, or one of the texts that
/// an event in the span left behind.
pub(crate) type Slot = u8;

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
    /// How many of the slots are fields.
    fields: u8,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    slot: Slot,
    kind: Kind,
    /// The length of a text in `texts`, in bytes.
    length: u32,
    /// A number's bits, or where the text begins.
    bits: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    I64,
    U64,
    F64,
    Str,
    /// As decimal digits in the text, as they are rare and wide.
    I128,
    U128,
}

impl Recording {
    /// Sets a slot's value; a former one is forgotten.
    pub(crate) fn set(&mut self, slot: Slot, value: Value<'_>) {
        // Nearly always the values come in the order of their slots.
        let is_behind = self.entries.last().is_none_or(|last| last.slot < slot);
        if !is_behind {
            self.remove(slot);
        }
        let (kind, bits, length) = match value {
            Value::Bool(value) => (Kind::Bool, u64::from(value), 0),
            Value::I64(value) => (Kind::I64, u64::from_ne_bytes(value.to_ne_bytes()), 0),
            Value::U64(value) => (Kind::U64, value, 0),
            Value::F64(value) => (Kind::F64, value.to_bits(), 0),
            Value::Str(text) => self.add(Kind::Str, |texts| texts.push_str(text)),
            Value::I128(_) => self.add(Kind::I128, |texts| _ = write!(texts, "{value}")),
            Value::U128(_) => self.add(Kind::U128, |texts| _ = write!(texts, "{value}")),
        };
        let entry = Entry { slot, kind, length, bits };
        if is_behind {
            self.entries.push(entry);
        } else {
            let place = self.entries.iter().position(|entry| entry.slot > slot);
            self.entries.insert(place.unwrap_or(self.entries.len()), entry);
        }
        self.fields += u8::from(slot < FIELD_SLOTS);
    }

    /// Appends to the texts, in memory that was used before where there is some; says what kind of
    /// entry it is, where it begins and how long it is.
    fn add(&mut self, kind: Kind, write: impl FnOnce(&mut String)) -> (Kind, u64, u32) {
        if self.texts.capacity() == 0 {
            self.texts = buffer::take_small();
        }
        let start = self.texts.len();
        write(&mut self.texts);
        (kind, start as u64, u32::try_from(self.texts.len() - start).unwrap_or(u32::MAX))
    }

    /// Forgets a slot's value.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let Some(place) = self.entries.iter().position(|entry| entry.slot == slot) else { return };
        let Entry { kind, length, bits, .. } = self.entries.remove(place);
        if slot < FIELD_SLOTS {
            self.fields = self.fields.saturating_sub(1);
        }
        if matches!(kind, Kind::Str | Kind::I128 | Kind::U128) {
            let start = bits as usize;
            self.texts.replace_range(start..start + length as usize, "");
            for entry in &mut self.entries {
                if matches!(entry.kind, Kind::Str | Kind::I128 | Kind::U128) && entry.bits > bits {
                    entry.bits -= u64::from(length);
                }
            }
        }
    }

    /// How many of the span's fields have a value.
    pub(crate) fn fields(&self) -> usize {
        usize::from(self.fields)
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<Value<'_>> {
        self.entries.iter().find(|entry| entry.slot == slot).map(|entry| self.value(entry))
    }

    /// All values in the order of their slots.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Slot, Value<'_>)> {
        self.entries.iter().map(|entry| (entry.slot, self.value(entry)))
    }

    fn value(&self, entry: &Entry) -> Value<'_> {
        let text = || {
            let start = entry.bits as usize;
            self.texts.get(start..start + entry.length as usize).unwrap_or_default()
        };
        match entry.kind {
            Kind::Bool => Value::Bool(entry.bits != 0),
            Kind::I64 => Value::I64(i64::from_ne_bytes(entry.bits.to_ne_bytes())),
            Kind::U64 => Value::U64(entry.bits),
            Kind::F64 => Value::F64(f64::from_bits(entry.bits)),
            Kind::Str => Value::Str(text()),
            Kind::I128 => Value::I128(text().parse().unwrap_or_default()),
            Kind::U128 => Value::U128(text().parse().unwrap_or_default()),
        }
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
    fn every_type_comes_back_as_it_went_in() {
        let mut recording = Recording::default();
        for (slot, value) in (0..).zip(VALUES) {
            recording.set(slot, value);
        }
        let back: Vec<_> = recording.entries().collect();
        assert_eq!(back, (0..).zip(VALUES).collect::<Vec<_>>());
    }

    #[test]
    fn setting_again_replaces_and_does_not_grow() {
        let mut recording = Recording::default();
        for round in 0..10_000_u64 {
            for (slot, value) in (0..).zip(VALUES) {
                recording.set(slot, value);
            }
            recording.set(9, Value::U64(round));
        }
        assert_eq!(recording.get(9), Some(Value::U64(9_999)));
        assert_eq!(recording.entries().count(), VALUES.len() + 1);
        assert!(recording.texts.len() < 150);
        assert!(recording.texts.ends_with("сеанс 会话"));
    }
}
