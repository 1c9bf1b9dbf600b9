//! The schema `wcf`: the original event, byte for byte.

use super::event_data::{Event, Limit, push_terminated};
use crate::platform::event_descriptor::EventDescriptor;
use crate::{record::event_definition::DISPATCH_SESSION_FAILED as EVENT, sink::SinkRecord};

/// The fixed part of the event.
pub(super) const DESCRIPTOR: EventDescriptor = EventDescriptor {
    id: EVENT.id,
    version: EVENT.version,
    channel: EVENT.channel,
    level: EVENT.level,
    opcode: EVENT.opcode,
    task: EVENT.task,
    // Without the channel's bit, the event would reach trace sessions, but not the channel.
    keyword: EVENT.channel_mask(),
};

/// Encodes a record by the template `OneStringsTemplateA`: only the AppDomain, because decoders check the
/// length.
pub(super) fn encode(record: &SinkRecord<'_>, limit: Limit, event: &mut Event) {
    event.clear();
    push_terminated(&mut event.data, &limit.units(record.failure().app()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_session_is_matched_by_level_and_keywords() {
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
            assert_eq!(super::DESCRIPTOR.is_wanted(level, any, all), expected, "{level} {any:#x} {all:#x}");
        }
    }
}
