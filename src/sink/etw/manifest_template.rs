//! The event as the crate's own manifest declares it: descriptor and template.

use crate::platform::event_descriptor::EventDescriptor;
use crate::record::event_definition::DISPATCH_SESSION_FAILED as EVENT;

/// The number of the channel `Operational`. 16 is the first number that a manifest may use.
pub(super) const CHANNEL: u8 = 16;
/// The keyword bit of the first channel that a manifest declares.
const CHANNEL_KEYWORD: u64 = 1 << 63;

/// The fixed part of the event.
pub(super) const DESCRIPTOR: EventDescriptor = EventDescriptor {
    id: EVENT.id,
    version: EVENT.version,
    channel: CHANNEL,
    level: EVENT.level,
    opcode: EVENT.opcode,
    task: EVENT.task,
    keyword: EVENT.keyword | CHANNEL_KEYWORD,
};

/// The type of a field in the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldType {
    UnicodeString,
    Double,
}

impl FieldType {
    /// Returns the type's name in a manifest (`inType`).
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::UnicodeString => "win:UnicodeString",
            Self::Double => "win:Double",
        }
    }
}

/// The template: the fields with their types, in their order.
pub(super) const TEMPLATE: [(&str, FieldType); 8] = [
    ("AppDomain", FieldType::UnicodeString),
    ("Message", FieldType::UnicodeString),
    ("Error", FieldType::UnicodeString),
    ("ErrorType", FieldType::UnicodeString),
    ("Signal", FieldType::UnicodeString),
    ("Span", FieldType::UnicodeString),
    ("DurationMs", FieldType::Double),
    // One text for all fields, because a template has a fixed number of fields.
    ("Fields", FieldType::UnicodeString),
];
