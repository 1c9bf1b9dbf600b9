//! Typed values, stored compactly: an entry has sixteen bytes, and the texts of all entries share one string.

use crate::record::value::Value;
use std::{fmt::Write, ops::Range};

/// A value, with the slot that it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// The slot that the value belongs to. Its meaning depends on where the entry is stored.
    pub(crate) slot: u16,
    /// In a [`Failure`](super::failure::Failure), the owner of the field: 0 is the dispatch span, n its n-th
    /// parent.
    pub(crate) span: u8,
    kind: ValueKind,
    /// The length of the text, in bytes.
    length: u32,
    /// The bits of a number, or the byte offset of the text.
    bits: u64,
}

/// The type of an entry's value, and so the meaning of its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Bool,
    I64,
    U64,
    F64,
    Str,
    /// Stored as decimal digits in the texts: 128 bits do not fit into an entry, and such values are rare.
    I128,
    /// Stored like [`I128`](Self::I128).
    U128,
}

impl Entry {
    /// Creates an entry for a value of at most 64 bits.
    #[inline]
    pub(crate) fn from_bits(slot: u16, kind: ValueKind, bits: u64) -> Self {
        Self { slot, span: 0, kind, length: 0, bits }
    }

    /// Creates an entry for the text from `start` to the end of `texts`.
    #[inline]
    pub(crate) fn from_text(slot: u16, kind: ValueKind, texts: &str, start: usize) -> Self {
        // The limits of a record's texts keep the sum far below 4 GiB.
        let length = u32::try_from(texts.len() - start).unwrap_or(u32::MAX);
        Self { slot, span: 0, kind, length, bits: start as u64 }
    }

    /// Creates an entry for any value. A text is appended to `texts`.
    pub(crate) fn new(slot: u16, value: Value<'_>, texts: &mut String) -> Self {
        let start = texts.len();
        let kind = match value {
            Value::Bool(value) => return Self::from_bits(slot, ValueKind::Bool, u64::from(value)),
            Value::I64(value) => {
                return Self::from_bits(slot, ValueKind::I64, u64::from_ne_bytes(value.to_ne_bytes()));
            }
            Value::U64(value) => return Self::from_bits(slot, ValueKind::U64, value),
            Value::F64(value) => return Self::from_bits(slot, ValueKind::F64, value.to_bits()),
            Value::Str(text) => {
                texts.push_str(text);
                ValueKind::Str
            }
            Value::I128(_) => ValueKind::I128,
            Value::U128(_) => ValueKind::U128,
        };
        // An integer of 128 bits. A text is appended already.
        if kind != ValueKind::Str {
            let _ = write!(texts, "{value}");
        }
        Self::from_text(slot, kind, texts, start)
    }

    /// Returns the range of the entry's text in the texts, or `None` for an entry without text.
    pub(crate) fn text_range(&self) -> Option<Range<usize>> {
        let start = self.bits as usize;
        matches!(self.kind, ValueKind::Str | ValueKind::I128 | ValueKind::U128)
            .then(|| start..start + self.length as usize)
    }

    /// Moves the entry's text range back after `removed` was removed from the texts before it.
    pub(crate) fn shift_back(&mut self, removed: &Range<usize>) {
        // Texts before the removed one keep their position.
        if self.text_range().is_some_and(|range| range.start > removed.start) {
            self.bits -= removed.len() as u64;
        }
    }

    /// Returns the value. `texts` is the string that the entry was created with.
    #[inline(always)]
    pub(crate) fn value<'a>(&self, texts: &'a str) -> Value<'a> {
        let text = || {
            let start = self.bits as usize;
            texts.get(start..start + self.length as usize).unwrap_or_default()
        };
        match self.kind {
            ValueKind::Bool => Value::Bool(self.bits != 0),
            ValueKind::I64 => Value::I64(i64::from_ne_bytes(self.bits.to_ne_bytes())),
            ValueKind::U64 => Value::U64(self.bits),
            ValueKind::F64 => Value::F64(f64::from_bits(self.bits)),
            ValueKind::Str => Value::Str(text()),
            // `new` wrote the digits, so they always parse.
            ValueKind::I128 => Value::I128(text().parse().unwrap_or_default()),
            ValueKind::U128 => Value::U128(text().parse().unwrap_or_default()),
        }
    }
}
