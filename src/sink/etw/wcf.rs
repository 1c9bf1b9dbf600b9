//! The original event, byte for byte.

use super::{
    descriptor::Descriptor,
    payload::{Event, Limit, push_terminated},
};
use crate::{record::event::DISPATCH_SESSION_FAILED as EVENT, sink::Record};

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    id: EVENT.id,
    version: EVENT.version,
    channel: EVENT.channel,
    level: EVENT.level,
    opcode: EVENT.opcode,
    task: EVENT.task,
    // Without the channel's bit the event would reach sessions, but never the channel.
    keyword: EVENT.channel_mask(),
};

/// The template `OneStringsTemplateA`: the AppDomain and nothing else, as decoders check the length.
pub(super) fn encode(record: &Record<'_>, limit: Limit, event: &mut Event) {
    event.clear();
    push_terminated(&mut event.data, &limit.units(record.failure().app()));
}
