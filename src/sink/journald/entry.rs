//! Encodes a record in journald's native protocol (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>).

use crate::{
    record::{
        event_definition::DISPATCH_SESSION_FAILED as EVENT,
        failure::Failure,
        value::{JsonType, json_type, push_number},
    },
    text::number::{push_milliseconds, push_time},
};
use std::fmt::Write;

/// The syslog priority "error" (RFC 5424, section 6.2.1), the counterpart of level 2 of ETW.
const PRIORITY: u8 = 3;

/// The longest field name that journald accepts, in bytes.
const MAX_NAME_LENGTH: usize = 64;

/// The prefix of the application's field names. It keeps them apart from journald's own fields and from this
/// crate's.
const PREFIX: &str = "F_";

/// Returns the bytes of one entry. Values are as they were recorded, without escapes.
pub(super) fn payload(failure: &Failure, message: &str, locale: &str) -> Vec<u8> {
    let mut entry = JournalEntry(Vec::with_capacity(2048));
    entry.push("MESSAGE", message);
    // The message catalog is found by this id.
    entry.push_with("MESSAGE_ID", |out| _ = write!(out, "{:032x}", EVENT.documentation_id));
    entry.push_with("PRIORITY", |out| _ = write!(out, "{PRIORITY}"));
    // `journalctl` shows this as the name of the program.
    entry.push("SYSLOG_IDENTIFIER", failure.app());
    entry.push_optional("CODE_FILE", failure.file());
    if let Some(line) = failure.line() {
        entry.push_with("CODE_LINE", |out| _ = write!(out, "{line}"));
    }
    entry.push_with("EVENT_ID", |out| _ = write!(out, "{}", EVENT.id));
    entry.push("EVENT_NAME", EVENT.name);
    entry.push("EVENT_PROVIDER", EVENT.provider);
    entry.push("EVENT_CHANNEL", EVENT.channel_name);
    entry.push("EVENT_TASK", EVENT.task_name);
    entry.push("EVENT_KEYWORDS", EVENT.keyword_name);
    entry.push("DISPATCH_LOCALE", locale);
    entry.push_with("DISPATCH_TIMESTAMP", |out| push_time(out, failure.timestamp()));
    entry.push_optional("DISPATCH_ERROR", failure.error());
    entry.push_optional("DISPATCH_ERROR_TYPE", failure.error_type());
    entry.push("DISPATCH_SIGNAL", failure.signal().name());
    if let Some(suppressed) = failure.suppressed() {
        entry.push_with("DISPATCH_SUPPRESSED", |out| _ = write!(out, "{suppressed}"));
    }
    entry.push_with("DISPATCH_DURATION_MS", |out| push_milliseconds(out, failure.duration()));
    entry.push_with("DISPATCH_ACTIVITY_ID", |out| _ = write!(out, "{}", failure.activity_id()));
    entry.push("DISPATCH_SPAN", failure.span());
    entry.push("DISPATCH_TARGET", failure.target());
    if failure.parents().len() > 0 {
        // As one value, because the journal does not keep the order of several.
        let parents: Vec<&str> = failure.parents().collect();
        entry.push("DISPATCH_PARENTS", &parents.join(" / "));
    }
    entry.push("DISPATCH_APP", failure.app());
    entry.push_optional("DISPATCH_HOST", failure.host());
    entry.push_with("DISPATCH_PID", |out| _ = write!(out, "{}", failure.pid()));
    entry.push_optional("DISPATCH_THREAD", failure.thread());
    // If two names become the same, the journal keeps both values.
    for (name, value) in failure.fields() {
        let name = field_name(name);
        match json_type(value) {
            JsonType::Text(text) => entry.push(&name, text),
            JsonType::Number(value) => entry.push_with(&name, |out| push_number(out, value)),
            JsonType::Digits(value) => entry.push_with(&name, |out| _ = write!(out, "{value}")),
        }
    }
    entry.0
}

/// Returns the journal's name for a field of the application: letters, digits and underscores, in upper case.
/// A name that is too long is cut, and ends in a hash of the whole name.
fn field_name(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let mut field: String = PREFIX.chars().chain(name.chars().map(allowed)).collect();
    if field.len() > MAX_NAME_LENGTH {
        let hash = format!("_{:08X}", fnv1a(name));
        // The name is ASCII, so it can be cut at any length.
        field.truncate(MAX_NAME_LENGTH - hash.len());
        field.push_str(&hash);
    }
    field
}

/// Returns the 32-bit FNV-1a hash of a text. The hasher of the standard library may change; with this one, a
/// name stays the same in all versions, and so do queries.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The encoded fields of an entry, one after the other.
struct JournalEntry(Vec<u8>);

impl JournalEntry {
    /// Appends a field.
    fn push(&mut self, name: &str, value: &str) {
        let Self(bytes) = self;
        bytes.extend_from_slice(name.as_bytes());
        if value.contains('\n') {
            // A value with newlines is preceded by its length, as 64 bits in little-endian order.
            bytes.push(b'\n');
            bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        } else {
            bytes.push(b'=');
        }
        bytes.extend_from_slice(value.as_bytes());
        bytes.push(b'\n');
    }

    /// Appends a field, if there is a value.
    fn push_optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Appends a field with the value that `write` appends.
    fn push_with(&mut self, name: &str, write: impl FnOnce(&mut String)) {
        let mut value = String::new();
        write(&mut value);
        self.push(name, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{activity::ActivityId, failure::ProcessInfo, value::Value};
    use proptest::prelude::*;
    use std::time::{Duration, SystemTime};

    /// The fields of an entry, read as journald's specification says.
    fn parse(mut rest: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
            let (line, behind) = (&rest[..end], &rest[end + 1..]);
            let (name, value, behind) = match line.iter().position(|byte| *byte == b'=') {
                Some(equals) => (&line[..equals], &line[equals + 1..], behind),
                None => {
                    let (length, behind) = behind.split_at(8);
                    let length = u64::from_le_bytes(length.try_into().unwrap());
                    let (value, behind) = behind.split_at(usize::try_from(length).unwrap());
                    assert_eq!(behind[0], b'\n');
                    (line, value, &behind[1..])
                }
            };
            fields.push((String::from_utf8(name.to_vec()).unwrap(), value.to_vec()));
            rest = behind;
        }
        fields
    }

    /// Whether journald takes a field of that name from a client (`journal_field_valid`).
    fn is_valid(name: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        (1..=64).contains(&name.len()) && name.bytes().all(allowed) && name.as_bytes()[0].is_ascii_uppercase()
    }

    fn failure() -> Failure {
        let mut failure =
            Failure::without_span(ProcessInfo::new("gateway".to_owned(), Some("web-1".to_owned())));
        failure.timestamp = SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_217_400_123_456);
        failure.duration = Duration::from_micros(30_250);
        failure.activity_id = ActivityId::from_trace_id("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
        failure.metadata_mut().span = "dispatch_session".into();
        failure.metadata_mut().target = "gateway::dispatch".into();
        failure.pid = 77;
        failure
    }

    fn fields_of(failure: &Failure) -> Vec<(String, String)> {
        let fields = parse(&payload(failure, "ok", "en-US")).into_iter();
        fields.map(|(name, value)| (name, String::from_utf8(value).unwrap())).collect()
    }

    fn values<'a>(fields: &'a [(String, String)], name: &str) -> Vec<&'a str> {
        fields.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn an_entry_has_every_field_of_the_record() {
        let mut failure = failure();
        failure.metadata_mut().file = Some("src/dispatch.rs".into());
        failure.metadata_mut().line = Some(42);
        failure.suppressed = Some(12);
        failure.set_parents(["server".into(), "request".into()]);
        failure.set_error(Some(Value::Str("refused\nby worker-a")), Some(Value::Str("io")));
        failure.set_thread(Some("main"));
        failure.add_field("session.id".into(), Value::U64(7));
        failure.add_field("load".into(), Value::F64(2.0));
        failure.add_field("ratio".into(), Value::F64(f64::NAN));
        let expected = [
            ("MESSAGE", "会话调度失败。"),
            ("MESSAGE_ID", "c9fe9959aeac4446a4887c7c94c92cef"),
            ("PRIORITY", "3"),
            ("SYSLOG_IDENTIFIER", "gateway"),
            ("CODE_FILE", "src/dispatch.rs"),
            ("CODE_LINE", "42"),
            ("EVENT_ID", "4031"),
            ("EVENT_NAME", "DispatchSessionFailed"),
            ("EVENT_PROVIDER", "Microsoft-Windows-Application Server-Applications"),
            ("EVENT_CHANNEL", "Microsoft-Windows-Application Server-Applications/Analytic"),
            ("EVENT_TASK", "ActivationDispatchSession"),
            ("EVENT_KEYWORDS", "ActivationServices"),
            ("DISPATCH_LOCALE", "zh-CN"),
            ("DISPATCH_TIMESTAMP", "2026-11-20T23:30:00.123456Z"),
            ("DISPATCH_ERROR", "refused\nby worker-a"),
            ("DISPATCH_ERROR_TYPE", "io"),
            ("DISPATCH_SIGNAL", "status"),
            ("DISPATCH_SUPPRESSED", "12"),
            ("DISPATCH_DURATION_MS", "30.250"),
            ("DISPATCH_ACTIVITY_ID", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
            ("DISPATCH_SPAN", "dispatch_session"),
            ("DISPATCH_TARGET", "gateway::dispatch"),
            ("DISPATCH_PARENTS", "server / request"),
            ("DISPATCH_APP", "gateway"),
            ("DISPATCH_HOST", "web-1"),
            ("DISPATCH_PID", "77"),
            ("DISPATCH_THREAD", "main"),
            ("F_SESSION_ID", "7"),
            ("F_LOAD", "2.0"),
            ("F_RATIO", "NaN"),
        ];
        let found = parse(&payload(&failure, "会话调度失败。", "zh-CN"));
        let expected = expected.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        assert_eq!(found, expected);
        assert!(found.iter().all(|(name, _)| is_valid(name)));
    }

    #[test]
    fn unknown_values_have_no_field() {
        let fields = fields_of(&failure());
        for name in
            ["DISPATCH_ERROR", "DISPATCH_ERROR_TYPE", "DISPATCH_SUPPRESSED", "CODE_FILE", "DISPATCH_PARENTS"]
        {
            assert_eq!(values(&fields, name), [""; 0], "{name}");
        }
    }

    #[test]
    fn a_value_with_a_newline_is_written_with_its_length() {
        let mut entry = JournalEntry(Vec::new());
        entry.push("A", "x=y");
        entry.push("B", "x\ny");
        assert_eq!(entry.0, b"A=x=y\nB\n\x03\0\0\0\0\0\0\0x\ny\n");
    }

    #[test]
    fn names_are_reduced_to_the_characters_that_journald_allows() {
        for (name, expected) in [
            ("session.id", "F_SESSION_ID"),
            ("otel.status_code", "F_OTEL_STATUS_CODE"),
            ("r#type", "F_R_TYPE"),
            ("9lives", "F_9LIVES"),
            ("会话", "F___"),
            ("a=b\n", "F_A_B_"),
            ("", "F_"),
        ] {
            assert_eq!(field_name(name), expected);
        }
    }

    #[test]
    fn a_long_name_is_cut_and_ends_in_a_hash() {
        let whole = "n".repeat(62);
        assert_eq!(field_name(&whole), format!("F_{}", "N".repeat(62)));
        let names = ["n".repeat(63), "n".repeat(64), format!("{}x", "n".repeat(200))].map(|n| field_name(&n));
        for name in &names {
            assert_eq!(name.len(), 64);
            assert!(name.starts_with(&format!("F_{}_", "N".repeat(53))), "{name}");
        }
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
        // The test vectors of FNV-1a.
        assert_eq!((fnv1a(""), fnv1a("a"), fnv1a("foobar")), (0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968));
    }

    #[test]
    fn fields_whose_names_collide_are_all_kept() {
        let mut failure = failure();
        failure.add_field("user.id".into(), Value::Str("dot"));
        failure.add_field("user_id".into(), Value::Str("underscore"));
        failure.add_field("USER-ID".into(), Value::I64(-1));
        assert_eq!(values(&fields_of(&failure), "F_USER_ID"), ["dot", "underscore", "-1"]);
    }

    proptest! {
        #[test]
        fn every_record_reads_back_the_same(
            message in any::<String>(),
            error in proptest::option::of("(?s).{0,40}"),
            fields in proptest::collection::vec(("(?s).{0,80}", "(?s).{0,200}|\n{0,3}"), 0..8),
        ) {
            let mut failure = failure();
            failure.set_error(error.as_deref().map(Value::Str), None);
            for (name, value) in &fields {
                failure.add_field(name.clone().into(), Value::Str(value));
            }
            let found = parse(&payload(&failure, &message, "en-US"));
            prop_assert!(found.iter().all(|(name, _)| is_valid(name)));
            prop_assert_eq!(&found[0], &("MESSAGE".to_owned(), message.into_bytes()));
            let with = |name: &str| {
                let found = found.iter().filter(|(other, _)| other == name);
                found.map(|(_, value)| value.clone()).collect::<Vec<_>>()
            };
            prop_assert_eq!(with("DISPATCH_ERROR"), Vec::from_iter(error.map(String::into_bytes)));
            let ours: Vec<_> = found.iter().filter(|(name, _)| name.starts_with("F_")).cloned().collect();
            let expected: Vec<_> =
                fields.into_iter().map(|(name, value)| (field_name(&name), value.into_bytes())).collect();
            prop_assert_eq!(ours, expected);
        }
    }
}
