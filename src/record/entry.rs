//! Typed values, kept small: an entry has sixteen bytes, and its text lies in one string with others.

use crate::record::value::Value;
use std::{fmt::Write, ops::Range};

/// A value, and what it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// What the value belongs to; the holder of the entry says in which sense.
    pub(crate) slot: u16,
    /// The place whose field it is, where there is more than one.
    pub(crate) span: u8,
    kind: Kind,
    /// The length of a text, in bytes.
    length: u32,
    /// A number's bits, or where the text begins.
    bits: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    I64,
    U64,
    F64,
    Str,
    /// As decimal digits in the text, as they are rare and wide.
    I128,
    U128,
}

impl Entry {
    /// A value of at most 64 bits.
    #[inline]
    pub(crate) fn of_bits(slot: u16, kind: Kind, bits: u64) -> Self {
        Self { slot, span: 0, kind, length: 0, bits }
    }

    /// The text that `texts` has from `start` to its end.
    #[inline]
    pub(crate) fn of_text(slot: u16, kind: Kind, texts: &str, start: usize) -> Self {
        // The sum of a record's texts, each of which is limited.
        let length = u32::try_from(texts.len() - start).unwrap_or(u32::MAX);
        Self { slot, span: 0, kind, length, bits: start as u64 }
    }

    /// Any value; a text is appended to `texts`.
    pub(crate) fn new(slot: u16, value: Value<'_>, texts: &mut String) -> Self {
        let start = texts.len();
        let kind = match value {
            Value::Bool(value) => return Self::of_bits(slot, Kind::Bool, u64::from(value)),
            Value::I64(value) => {
                return Self::of_bits(slot, Kind::I64, u64::from_ne_bytes(value.to_ne_bytes()));
            }
            Value::U64(value) => return Self::of_bits(slot, Kind::U64, value),
            Value::F64(value) => return Self::of_bits(slot, Kind::F64, value.to_bits()),
            Value::Str(text) => {
                texts.push_str(text);
                Kind::Str
            }
            Value::I128(_) => Kind::I128,
            Value::U128(_) => Kind::U128,
        };
        if kind != Kind::Str {
            let _ = write!(texts, "{value}");
        }
        Self::of_text(slot, kind, texts, start)
    }

    /// Where the entry's text lies in the texts; `None` where it has none there.
    pub(crate) fn text_range(&self) -> Option<Range<usize>> {
        let start = self.bits as usize;
        matches!(self.kind, Kind::Str | Kind::I128 | Kind::U128).then(|| start..start + self.length as usize)
    }

    /// Keeps the entry right where a part of the texts in front of its own is gone.
    pub(crate) fn close_up(&mut self, gone: &Range<usize>) {
        if self.text_range().is_some_and(|range| range.start > gone.start) {
            self.bits -= gone.len() as u64;
        }
    }

    #[inline(always)]
    pub(crate) fn value<'a>(&self, texts: &'a str) -> Value<'a> {
        let text = || {
            let start = self.bits as usize;
            texts.get(start..start + self.length as usize).unwrap_or_default()
        };
        match self.kind {
            Kind::Bool => Value::Bool(self.bits != 0),
            Kind::I64 => Value::I64(i64::from_ne_bytes(self.bits.to_ne_bytes())),
            Kind::U64 => Value::U64(self.bits),
            Kind::F64 => Value::F64(f64::from_bits(self.bits)),
            Kind::Str => Value::Str(text()),
            Kind::I128 => Value::I128(text().parse().unwrap_or_default()),
            Kind::U128 => Value::U128(text().parse().unwrap_or_default()),
        }
    }
}
