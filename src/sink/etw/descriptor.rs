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

#[cfg(test)]
mod tests {
    #[test]
    fn sessions_want_levels_and_keywords() {
        let wcf = crate::sink::etw::wcf::DESCRIPTOR;
        let (keyword, channel) = (0x800, 0x2000_0000_0000_0000);
        for (level, any, all, expected) in [
            (0, 0, 0, true),
            (2, 0, 0, true),
            (5, keyword, 0, true),
            (1, 0, 0, false),
            (5, 0x400, 0, false),
            (5, 0x400 | keyword, 0, true),
            (5, channel, 0, true),
            (5, keyword, keyword | channel, true),
            (5, keyword, keyword | 1, false),
            (0, 0, channel, true),
        ] {
            assert_eq!(wcf.is_wanted(level, any, all), expected, "{level} {any:#x} {all:#x}");
        }
    }
}
