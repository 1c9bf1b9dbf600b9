//! The bytes of an event: the parts that it is written from.

use crate::text::bounded::CUT;

/// What a part of an event is (`EVENT_DATA_DESCRIPTOR.Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Data = 0,
    EventMetadata = 1,
    ProviderMetadata = 2,
}

/// An event ready to be written.
#[derive(Debug, Default)]
pub(crate) struct Event {
    /// What a self-describing event says of its provider and of its fields.
    pub(crate) traits: Vec<u8>,
    pub(crate) metadata: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

impl Event {
    pub(super) fn clear(&mut self) {
        let Self { traits, metadata, data } = self;
        [traits, metadata, data].into_iter().for_each(Vec::clear);
    }

    /// The parts in their order. There are at most three, however many fields: Windows takes no more
    /// than 128.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Kind, &[u8])> {
        let described = [(Kind::ProviderMetadata, &self.traits), (Kind::EventMetadata, &self.metadata)];
        let described = described.into_iter().filter(|(_, bytes)| !bytes.is_empty());
        described.chain([(Kind::Data, &self.data)]).map(|(kind, bytes)| (kind, bytes.as_slice()))
    }
}

/// How much of a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The longest text, in UTF-16 units.
    units: usize,
}

/// Below this limit the fields are left out altogether.
const LEAST: usize = 64;

impl Limit {
    /// All that can be: an event, and a text behind its length, has less than 64 KiB.
    pub(crate) const WHOLE: Self = Self { units: 32 * 1024 - 1 };

    /// The next smaller limit; `None` behind the least.
    pub(crate) fn halved(self) -> Option<Self> {
        (self.units > LEAST).then_some(Self { units: self.units / 2 })
    }

    /// Whether the record's fields are written.
    pub(super) fn has_fields(self) -> bool {
        self.units > LEAST
    }

    /// Whether this record is less than the whole.
    pub(super) fn is_cut(self) -> bool {
        self != Self::WHOLE
    }

    /// The UTF-16 units of a text; what is cut ends in a mark.
    pub(super) fn units(self, text: &str) -> Vec<u16> {
        let units: Vec<u16> = text.encode_utf16().collect();
        if units.len() <= self.units {
            return units;
        }
        let mark: Vec<u16> = CUT.encode_utf16().collect();
        let end = self.units.saturating_sub(mark.len());
        // A character of two units is not torn apart.
        let torn = units.get(end.wrapping_sub(1)).is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        let kept = units.get(..end - usize::from(torn)).unwrap_or_default();
        [kept, &mark].concat()
    }
}

/// Appends a text that ends in a NUL; what stands behind an inner NUL is left out.
pub(super) fn push_terminated(bytes: &mut Vec<u8>, units: &[u16]) {
    units.iter().take_while(|unit| **unit != 0).chain(&[0]).for_each(|unit| bytes.extend(unit.to_le_bytes()));
}

/// Appends a text behind its length in bytes.
pub(super) fn push_counted(bytes: &mut Vec<u8>, units: &[u16]) {
    // `Limit` sees to that already.
    let units = units.get(..units.len().min(Limit::WHOLE.units)).unwrap_or_default();
    let length = u16::try_from(units.len() * 2).unwrap_or(u16::MAX);
    bytes.extend(length.to_le_bytes());
    units.iter().for_each(|unit| bytes.extend(unit.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_a_limit_ends_after_ten_sizes() {
        let limits: Vec<_> = std::iter::successors(Some(Limit::WHOLE), |limit| limit.halved()).collect();
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
