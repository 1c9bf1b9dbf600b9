//! The fixed part of an event.

/// The fixed part of an event (`EVENT_DESCRIPTOR` of the Windows API).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) id: u16,
    pub(crate) version: u8,
    pub(crate) channel: u8,
    pub(crate) level: u8,
    pub(crate) opcode: u8,
    pub(crate) task: u16,
    pub(crate) keyword: u64,
}

#[cfg(any(windows, test))]
impl Descriptor {
    /// Whether a session of this level and these keyword masks wants the event. Level 0 stands for
    /// all levels, and no bit in `any` for all keywords (documentation of `EnableTraceEx2`).
    pub(crate) fn is_wanted(self, level: u8, any: u64, all: u64) -> bool {
        (level == 0 || self.level <= level)
            && (any == 0 || self.keyword & any != 0)
            && self.keyword & all == all
    }
}
