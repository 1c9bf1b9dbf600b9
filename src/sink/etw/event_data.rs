//! The encoded event: the parts that it is written from.

use crate::text::bounded::CUT_MARK;

/// The type of a part (`EVENT_DATA_DESCRIPTOR.Type`, with the values of `evntprov.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// The values of the fields.
    Data = 0,
    /// The names and types of the fields of a self-describing event.
    EventMetadata = 1,
    /// The name of the provider of a self-describing event.
    ProviderMetadata = 2,
}

/// An encoded event. Its memory is used again for the next attempt.
#[derive(Debug, Default)]
pub(crate) struct Event {
    /// The provider's traits, only for a self-describing event.
    pub(crate) traits: Vec<u8>,
    /// The names and types of the fields, only for a self-describing event.
    pub(crate) metadata: Vec<u8>,
    /// The values of the fields.
    pub(crate) data: Vec<u8>,
}

impl Event {
    /// Empties the event and keeps its memory.
    pub(super) fn clear(&mut self) {
        let Self { traits, metadata, data } = self;
        [traits, metadata, data].into_iter().for_each(Vec::clear);
    }

    /// Returns the parts in their order. There are at most three, no matter how many fields the event has:
    /// Windows accepts at most 128 parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (PartKind, &[u8])> {
        let described =
            [(PartKind::ProviderMetadata, &self.traits), (PartKind::EventMetadata, &self.metadata)];
        let described = described.into_iter().filter(|(_, bytes)| !bytes.is_empty());
        // Decoders expect the metadata before the data.
        described.chain([(PartKind::Data, &self.data)]).map(|(kind, bytes)| (kind, bytes.as_slice()))
    }
}

/// The limit on the texts of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The longest text, in UTF-16 units.
    units: usize,
}

/// The smallest limit, in UTF-16 units. At this limit, the fields are left out.
const MIN_UNITS: usize = 64;

impl Limit {
    /// The largest limit: an event has less than 64 KiB, and so has a text with a 16-bit length.
    pub(crate) const MAX: Self = Self { units: 32 * 1024 - 1 };

    /// Returns the next smaller limit, or `None` after the smallest one.
    pub(crate) fn halve(self) -> Option<Self> {
        (self.units > MIN_UNITS).then_some(Self { units: self.units / 2 })
    }

    /// Returns whether the record's fields are written.
    pub(super) fn has_fields(self) -> bool {
        self.units > MIN_UNITS
    }

    /// Returns whether the limit is below the largest one, so that the event is marked as cut.
    pub(super) fn is_cut(self) -> bool {
        self != Self::MAX
    }

    /// Returns the UTF-16 units of a text. A text that is cut ends in a mark.
    pub(super) fn units(self, text: &str) -> Vec<u16> {
        let units: Vec<u16> = text.encode_utf16().collect();
        if units.len() <= self.units {
            return units;
        }
        let mark: Vec<u16> = CUT_MARK.encode_utf16().collect();
        let end = self.units.saturating_sub(mark.len());
        // A surrogate pair must not be split.
        let torn = units.get(end.wrapping_sub(1)).is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        let kept = units.get(..end - usize::from(torn)).unwrap_or_default();
        [kept, &mark].concat()
    }
}

/// Appends a text with a NUL at its end. Everything after an inner NUL is left out.
pub(super) fn push_terminated(bytes: &mut Vec<u8>, units: &[u16]) {
    // For a decoder, the first NUL ends the text, and the rest would be read as the next field.
    units.iter().take_while(|unit| **unit != 0).chain(&[0]).for_each(|unit| bytes.extend(unit.to_le_bytes()));
}

/// Appends the length of a text in bytes, and the text.
pub(super) fn push_counted(bytes: &mut Vec<u8>, units: &[u16]) {
    // `Limit::units` ensures it already.
    let units = units.get(..units.len().min(Limit::MAX.units)).unwrap_or_default();
    let length = u16::try_from(units.len() * 2).unwrap_or(u16::MAX);
    bytes.extend(length.to_le_bytes());
    units.iter().for_each(|unit| bytes.extend(unit.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_a_limit_ends_after_ten_sizes() {
        let limits: Vec<_> = std::iter::successors(Some(Limit::MAX), |limit| limit.halve()).collect();
        assert_eq!(limits.len(), 10);
        assert!(!limits[9].has_fields() && limits[8].has_fields());
        assert!(!limits[0].is_cut() && limits[1].is_cut());
    }

    #[test]
    fn cutting_splits_no_character() {
        let limit = Limit { units: 16 };
        let text = |text: &str| String::from_utf16(&limit.units(text)).unwrap();
        assert_eq!(text("🦀🦀🦀🦀🦀🦀🦀🦀"), "🦀🦀🦀🦀🦀🦀🦀🦀");
        assert_eq!(text("🦀🦀🦀🦀🦀🦀🦀🦀🦀"), "🦀🦀🦀🦀🦀…[cut]");
        assert_eq!(text("a🦀🦀🦀🦀🦀🦀🦀🦀"), "a🦀🦀🦀🦀…[cut]");
    }

    #[test]
    fn terminated_texts_end_at_a_nul_and_counted_texts_keep_it() {
        let units: Vec<u16> = "a\0b".encode_utf16().collect();
        let mut bytes = Vec::new();
        push_terminated(&mut bytes, &units);
        assert_eq!(bytes, [b'a', 0, 0, 0]);
        bytes.clear();
        push_counted(&mut bytes, &units);
        assert_eq!(bytes, [6, 0, b'a', 0, 0, 0, b'b', 0]);
    }
}
