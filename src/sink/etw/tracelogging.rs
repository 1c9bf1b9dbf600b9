//! The schema `tracelogging`: a self-describing event, which contains the names and types of its fields.
//!
//! Source of the format: `TraceLoggingProvider.h` of the Windows SDK, and the documentation of its metadata
//! in `microsoft/tracelogging`.

use super::event_data::{Event, Limit, push_counted};
use crate::platform::event_descriptor::EventDescriptor;
use crate::{
    record::{event_definition::DISPATCH_SESSION_FAILED as EVENT, value::Value},
    sink::SinkRecord,
};

/// The fixed part of the event.
pub(super) const DESCRIPTOR: EventDescriptor = EventDescriptor {
    id: EVENT.id,
    version: EVENT.version,
    // The channel of self-describing events (`WINEVENT_CHANNEL_TRACELOGGING`), which has no keyword bit.
    channel: 11,
    level: EVENT.level,
    opcode: EVENT.opcode,
    task: EVENT.task,
    keyword: EVENT.keyword,
};

/// The type of a field (`TlgIn_t`).
#[derive(Debug, Clone, Copy)]
enum InType {
    UInt32 = 8,
    Int64 = 9,
    UInt64 = 10,
    Double = 12,
    Bool32 = 13,
    CountedString = 22,
    Struct = 24,
}

/// The bit in the type's byte that says that another byte follows. For a structure, that is the number of its
/// fields.
const CHAIN: u8 = 0x80;
/// The maximum number of fields of an event that decoders accept. Each structure and each of its members counts as one
/// (documentation of the event builders in `microsoft/tracelogging`).
const MAX_FIELDS: usize = 128;

/// Returns the provider's traits: the length of the whole, and the name.
pub(super) fn traits(provider: &str) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    push_name(&mut bytes, provider);
    write_length(&mut bytes);
    bytes
}

/// Encodes a record.
pub(super) fn encode(record: &SinkRecord<'_>, limit: Limit, event: &mut Event, provider: &str) {
    event.clear();
    event.traits = traits(provider);
    // The length, which is filled in at the end, and an empty tag byte.
    event.metadata.extend([0, 0, 0]);
    push_name(&mut event.metadata, EVENT.name);
    let failure = record.failure();
    let mut fields = FieldWriter { event, limit, count: 0 };
    fields.push_text("message", record.message());
    fields.push_text("locale", record.locale());
    fields.push_optional("error", failure.error());
    fields.push_optional("error_type", failure.error_type());
    fields.push_text("signal", failure.signal().name());
    if let Some(suppressed) = failure.suppressed() {
        fields.push_number("suppressed", InType::UInt64, &suppressed.to_le_bytes());
    }
    // Whole microseconds, as in every other format.
    let milliseconds = failure.duration().as_micros() as f64 / 1000.0;
    fields.push_number("duration_ms", InType::Double, &milliseconds.to_le_bytes());
    fields.push_text("span", failure.span());
    fields.push_text("target", failure.target());
    fields.push_optional("file", failure.file());
    if let Some(line) = failure.line() {
        fields.push_number("line", InType::UInt32, &line.to_le_bytes());
    }
    if failure.parents().len() > 0 {
        // As one text, like in the format `text`.
        fields.push_text("parents", &failure.parents().collect::<Vec<_>>().join("/"));
    }
    fields.push_text("app", failure.app());
    fields.push_optional("host", failure.host());
    fields.push_number("pid", InType::UInt32, &failure.pid().to_le_bytes());
    fields.push_optional("thread", failure.thread());
    // Two more fields are `is_cut` and the structure itself.
    let room = if limit.has_fields() { MAX_FIELDS.saturating_sub(fields.count + 2) } else { 0 };
    let count = failure.fields().len().min(room);
    let is_cut = limit.is_cut() || count < failure.fields().len();
    fields.push_number("is_cut", InType::Bool32, &u32::from(is_cut).to_le_bytes());
    if count > 0 {
        fields.push_structure("fields", count);
        failure.fields().take(count).for_each(|(name, value)| fields.push_value(name, value));
    }
    write_length(&mut event.metadata);
}

/// A writer of fields: names and types into the metadata, values into the data.
struct FieldWriter<'a> {
    event: &'a mut Event,
    limit: Limit,
    /// The number of fields so far.
    count: usize,
}

impl FieldWriter<'_> {
    /// Appends a field's name and type.
    fn describe(&mut self, name: &str, kind: InType) {
        push_name(&mut self.event.metadata, name);
        self.event.metadata.push(kind as u8);
        self.count += 1;
    }

    /// Begins a structure of the next `count` fields.
    fn push_structure(&mut self, name: &str, count: usize) {
        push_name(&mut self.event.metadata, name);
        // It always fits, because an event has at most `MAX_FIELDS` fields.
        let count = u8::try_from(count).unwrap_or(CHAIN - 1);
        self.event.metadata.extend([InType::Struct as u8 | CHAIN, count]);
        self.count += 1;
    }

    /// Appends a field with a value of fixed size.
    fn push_number(&mut self, name: &str, kind: InType, bytes: &[u8]) {
        self.describe(name, kind);
        self.event.data.extend(bytes);
    }

    /// Appends a text field. With a length instead of a NUL, a text keeps its inner NULs.
    fn push_text(&mut self, name: &str, text: &str) {
        self.describe(name, InType::CountedString);
        push_counted(&mut self.event.data, &self.limit.units(text));
    }

    /// Appends a text field, if there is a text.
    fn push_optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.push_text(name, text);
        }
    }

    /// Appends a field of the record, with the type of its value.
    fn push_value(&mut self, name: &str, value: Value<'_>) {
        match value {
            Value::Bool(value) => self.push_number(name, InType::Bool32, &u32::from(value).to_le_bytes()),
            Value::I64(value) => self.push_number(name, InType::Int64, &value.to_le_bytes()),
            Value::U64(value) => self.push_number(name, InType::UInt64, &value.to_le_bytes()),
            Value::F64(value) => self.push_number(name, InType::Double, &value.to_le_bytes()),
            Value::Str(text) => self.push_text(name, text),
            // ETW has no 128-bit integers.
            Value::I128(_) | Value::U128(_) => self.push_text(name, &value.to_string()),
        }
    }
}

/// Appends a name with a NUL at its end. NULs within the name are left out.
fn push_name(bytes: &mut Vec<u8>, name: &str) {
    bytes.extend(name.bytes().filter(|byte| *byte != 0));
    bytes.push(0);
}

/// Writes the length of the whole into its first two bytes. The bytes contain only the names of the provider
/// and of fields in the program's source, so they stay far below 64 KiB.
fn write_length(bytes: &mut [u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes();
    if let Some(first) = bytes.first_chunk_mut::<2>() {
        *first = length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        format::{Format, Rendering},
        locale::Messages,
        record::failure::Failure,
        sink::etw::{event_data::PartKind, wcf},
    };

    fn encoded(limit: Limit) -> Event {
        let messages = Messages::new(&"ru".parse().unwrap());
        let rendering = Rendering { format: Format::Json, messages, color: false };
        let mut event = Event::default();
        encode(&SinkRecord::new(&Failure::example(), &rendering), limit, &mut event, "Ab");
        event
    }

    #[test]
    fn the_descriptor_marks_a_self_describing_event() {
        let EventDescriptor { id, version, channel, level, opcode, task, keyword } = DESCRIPTOR;
        assert_eq!((id, version, channel, level), (4031, 0, 11, 2));
        assert_eq!((opcode, task, keyword), (0, 2500, 0x800));
    }

    #[test]
    fn provider_traits_are_a_length_and_the_name() {
        assert_eq!(traits("Ab"), [5, 0, b'A', b'b', 0]);
    }

    #[test]
    fn traits_and_metadata_come_before_the_values() {
        let event = encoded(Limit::MAX);
        let kinds: Vec<PartKind> = event.parts().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [PartKind::ProviderMetadata, PartKind::EventMetadata, PartKind::Data]);
        let metadata = &event.metadata;
        assert_eq!(usize::from(u16::from_le_bytes([metadata[0], metadata[1]])), metadata.len());
        let head =
            b"\0DispatchSessionFailed\0message\0\x16locale\0\x16error\0\x16signal\0\x16duration_ms\0\x0c";
        assert!(metadata[2..].starts_with(head), "{metadata:?}");
        let tail = b"is_cut\0\x0dfields\0\x98\x04session.id\0\x0aok\0\x0dratio\0\x0cname\0\x16";
        assert!(metadata.ends_with(tail), "{metadata:?}");
        let mut values = Vec::new();
        let message: Vec<u16> = "Ошибка диспетчеризации сеанса.".encode_utf16().collect();
        push_counted(&mut values, &message);
        assert!(event.data.starts_with(&values));
        let name: Vec<u16> = "сеанс".encode_utf16().collect();
        values =
            [&0_u32.to_le_bytes()[..], &7_u64.to_le_bytes(), &1_u32.to_le_bytes(), &0.5_f64.to_le_bytes()]
                .concat();
        push_counted(&mut values, &name);
        assert!(event.data.ends_with(&values));
    }

    #[test]
    fn the_smallest_record_is_marked_as_cut_and_has_no_fields() {
        let least = std::iter::successors(Some(Limit::MAX), |limit| limit.halve()).last().unwrap();
        let event = encoded(least);
        assert!(event.metadata.ends_with(b"is_cut\0\x0d"));
        assert!(event.data.ends_with(&1_u32.to_le_bytes()));
    }

    #[test]
    fn an_event_has_no_more_fields_than_decoders_accept() {
        let mut failure = Failure::example();
        (0..200).for_each(|_| failure.add_field("more".into(), Value::Bool(true)));
        let rendering =
            Rendering { format: Format::Json, messages: Messages::new(&"en".parse().unwrap()), color: false };
        let mut event = Event::default();
        encode(&SinkRecord::new(&failure, &rendering), Limit::MAX, &mut event, "Ab");
        let head: &[u8] = b"is_cut\0\x0dfields\0\x98";
        let at = event.metadata.windows(head.len()).position(|bytes| bytes == head).unwrap();
        // The ten members of the record and the structure itself count as well.
        assert_eq!(event.metadata[at + head.len()], 128 - 11);
    }

    #[test]
    fn the_wcf_payload_is_the_app_domain_alone() {
        let rendering =
            Rendering { format: Format::Json, messages: Messages::new(&"en".parse().unwrap()), color: false };
        let mut event = Event::default();
        wcf::encode(&SinkRecord::new(&Failure::example(), &rendering), Limit::MAX, &mut event);
        let parts: Vec<_> = event.parts().collect();
        assert_eq!(parts, [(PartKind::Data, &b"s\0h\0o\0p\0\0\0"[..])]);
    }
}
