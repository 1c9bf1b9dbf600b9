//! The fixed part of an ETW event.

/// The fixed part of an ETW event, with the fields of `EVENT_DESCRIPTOR` in the Windows API (`evntprov.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventDescriptor {
    pub(crate) id: u16,
    pub(crate) version: u8,
    pub(crate) channel: u8,
    pub(crate) level: u8,
    pub(crate) opcode: u8,
    pub(crate) task: u16,
    /// The mask of all keywords, including the channel's bit if it has one.
    pub(crate) keyword: u64,
}

#[cfg(any(windows, test))]
impl EventDescriptor {
    /// Returns whether a trace session that enabled this level and these keyword masks wants the event.
    ///
    /// `any` is `MatchAnyKeyword`, `all` is `MatchAllKeyword`. Level 0 means all levels, and `any` without a
    /// bit means all keywords (Windows documentation of `EnableTraceEx2`).
    pub(crate) fn is_wanted(self, level: u8, any: u64, all: u64) -> bool {
        (level == 0 || self.level <= level)
            && (any == 0 || self.keyword & any != 0)
            && self.keyword & all == all
    }
}
