//! What our own manifest says of the event.

use crate::platform::event_descriptor::Descriptor;
use crate::record::event::DISPATCH_SESSION_FAILED as EVENT;

/// The number of the channel `Operational`: the first that a manifest may give.
pub(super) const CHANNEL: u8 = 16;
/// The bit of the first channel that a manifest declares.
const CHANNEL_KEYWORD: u64 = 1 << 63;

pub(super) const DESCRIPTOR: Descriptor = Descriptor {
    id: EVENT.id,
    version: EVENT.version,
    channel: CHANNEL,
    level: EVENT.level,
    opcode: EVENT.opcode,
    task: EVENT.task,
    keyword: EVENT.keyword | CHANNEL_KEYWORD,
};

/// The type of a field of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    UnicodeString,
    Double,
}

impl Type {
    /// The type's name in a manifest (`inType`).
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::UnicodeString => "win:UnicodeString",
            Self::Double => "win:Double",
        }
    }
}

/// The template: the fields in their order.
pub(super) const TEMPLATE: [(&str, Type); 8] = [
    ("AppDomain", Type::UnicodeString),
    ("Message", Type::UnicodeString),
    ("Error", Type::UnicodeString),
    ("ErrorType", Type::UnicodeString),
    ("Signal", Type::UnicodeString),
    ("Span", Type::UnicodeString),
    ("DurationMs", Type::Double),
    ("Fields", Type::UnicodeString),
];
