//! Reads stored records back.
//!
//! A JSON record contains everything that any format in any language needs. So a record that is read here and
//! written again is byte for byte what the application would have written in that format and language.

mod deserializers;
mod fields;

use crate::{
    error::ParseError,
    record::{
        activity::ActivityId,
        failure::{Failure, ProcessInfo},
        signal::Signal,
        value::Value,
    },
    text::{bounded::clip, escape},
};
use deserializers::Text;
use fields::{Field, Fields};
use serde::Deserialize;
use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

impl Failure {
    /// Reads a record that a sink wrote in [`Format::Json`](crate::Format::Json).
    ///
    /// The stored message is ignored: [`Format::write`](crate::Format::write) creates it again, in any
    /// language. Values that JSON has no number for (integers of 128 bits, NaN, infinities) are read as text,
    /// which every format writes the same. Unknown keys are ignored, so most records of newer versions can be
    /// read. Every key and its type is in [the manual](crate::manual::record).
    ///
    /// # Example: showing a stored record in another language
    ///
    /// ```
    /// use tracing_dispatch_failure::{Failure, Format, Messages};
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let builder = Reporter::builder().sinks([]).format(Format::Json);
    /// # let reporter = builder.add_sink("memory", memory.clone()).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// # drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # let record = memory.take().remove(0);
    /// # let line = record.as_str();
    ///
    /// let failure = Failure::from_json(line)?;
    /// let mut text = String::new();
    /// Format::Text.write(&failure, &Messages::new(&"de-DE".parse()?), false, &mut text);
    /// assert!(text.contains(r#": Die Sitzungsverteilung ist fehlgeschlagen. error="refused""#), "{text}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Example: a line that is not a record
    ///
    /// ```
    /// use tracing_dispatch_failure::Failure;
    ///
    /// let error = Failure::from_json(r#"{"schema":1,"timestamp":"yesterday"}"#).unwrap_err();
    /// assert!(error.to_string().starts_with(r#""yesterday" is not a time"#), "{error}");
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error with the column if the line is not a record of event 4031: it is not JSON, a required
    /// key is missing or has a wrong type or value, or there are more than 65,536 fields. A duplicate key is
    /// an error as well, because JSON readers differ in which one they use. Duplicate field names are
    /// allowed, because a span may have them.
    pub fn from_json(line: &str) -> Result<Self, ParseError> {
        let stored: Stored<'_> = serde_json::from_str(line).map_err(|error| to_parse_error(&error))?;
        Ok(stored.into_failure())
    }
}

/// Converts an error of `serde_json`. Its text may quote the whole line, so it is escaped and shortened.
fn to_parse_error(error: &serde_json::Error) -> ParseError {
    let text = error.to_string();
    // The text ends in the line and column. The line is always 1, so only the column is shown.
    let problem_end = text.rfind(" at line ").unwrap_or(text.len());
    let problem = escape::escape_chars(text.get(..problem_end).unwrap_or_default());
    // The message may quote a long value of the line.
    let shown = clip(&problem, MAX_PROBLEM_LENGTH);
    let dots = if shown.len() < problem.len() { "…" } else { "" };
    ParseError(format!("{shown}{dots}, at column {}", error.column()))
}

/// The maximum number of bytes of a problem's description. No description of this crate is that long.
const MAX_PROBLEM_LENGTH: usize = 1000;

/// The JSON object of a record, as `format/json.rs` writes it. A key with an underscore is only checked.
#[derive(Deserialize)]
#[serde(expecting = "a JSON object, a record of event 4031")]
struct Stored<'a> {
    #[serde(rename = "schema", deserialize_with = "deserializers::check_schema")]
    _schema: (),
    #[serde(deserialize_with = "deserializers::parse_time")]
    timestamp: SystemTime,
    #[serde(rename = "event")]
    _event: Event,
    #[serde(borrow)]
    error: Option<Text<'a>>,
    #[serde(borrow)]
    error_type: Option<Text<'a>>,
    #[serde(deserialize_with = "deserializers::parse_signal")]
    signal: Signal,
    suppressed: Option<u64>,
    #[serde(rename = "duration_ms", deserialize_with = "deserializers::parse_milliseconds")]
    duration: Duration,
    #[serde(deserialize_with = "deserializers::parse_activity_id")]
    activity_id: ActivityId,
    span: Span,
    #[serde(default)]
    parents: Vec<String>,
    #[serde(borrow)]
    fields: Fields<'a>,
    app: String,
    host: Option<String>,
    pid: u32,
    #[serde(borrow)]
    thread: Option<Text<'a>>,
}

impl Stored<'_> {
    /// Converts the object into a record.
    fn into_failure(self) -> Failure {
        let mut failure = Failure::without_span(ProcessInfo::new(self.app, self.host));
        failure.timestamp = self.timestamp;
        failure.duration = self.duration;
        failure.signal = self.signal;
        failure.suppressed = self.suppressed;
        // The related activity id is not in the JSON record, because only ETW has a place for it.
        failure.activity_id = self.activity_id;
        let metadata = failure.metadata_mut();
        metadata.span = self.span.name.into();
        metadata.target = self.span.target.into();
        metadata.file = self.span.file.map(Cow::Owned);
        metadata.line = self.span.line;
        failure.set_parents(self.parents.into_iter().map(Cow::Owned));
        failure.pid = self.pid;
        let value = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.0.clone().into_owned());
        let (error, error_type) = (value(&self.error), value(&self.error_type));
        // The cause is a text in JSON, whatever its type was.
        failure.set_error(error.as_deref().map(Value::Str), error_type.as_deref().map(Value::Str));
        failure.set_thread(self.thread.as_ref().map(|text| &*text.0));
        for (name, value) in self.fields.0 {
            let value = match &value {
                Field::Text(text) => Value::Str(&text.0),
                Field::Scalar(value) => *value,
            };
            failure.add_field(name.into(), value);
        }
        failure
    }
}

/// The key `event`.
#[derive(Deserialize)]
#[serde(expecting = "a JSON object, the key `event`")]
struct Event {
    #[serde(rename = "id", deserialize_with = "deserializers::check_event_id")]
    _id: (),
}

/// The key `span`.
#[derive(Deserialize)]
#[serde(expecting = "a JSON object, the key `span`")]
struct Span {
    name: String,
    target: String,
    file: Option<String>,
    line: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        format::Format,
        locale::{Catalog, Locales, Messages},
    };
    use proptest::{collection::vec, option, prelude::*};

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[a-z_.é日\"\\\\\u{202e}\n]{0,12}", Just("NaN".to_owned())]
    }

    #[derive(Debug, Clone)]
    enum Owned {
        Text(String),
        Scalar(Value<'static>),
    }

    fn value() -> impl Strategy<Value = Owned> {
        prop_oneof![
            text().prop_map(Owned::Text),
            any::<bool>().prop_map(|value| Owned::Scalar(Value::Bool(value))),
            any::<i64>().prop_map(|value| Owned::Scalar(Value::I64(value))),
            (-9i64..9).prop_map(|value| Owned::Scalar(Value::I64(value))),
            any::<u64>().prop_map(|value| Owned::Scalar(Value::U64(value))),
            any::<i128>().prop_map(|value| Owned::Scalar(Value::I128(value))),
            (0u128..3).prop_map(|value| Owned::Scalar(Value::U128(value))),
            any::<f64>().prop_map(|value| Owned::Scalar(Value::F64(value))),
            any::<u64>().prop_map(|bits| Owned::Scalar(Value::F64(f64::from_bits(bits)))),
            prop_oneof![Just(f64::NAN), Just(f64::NEG_INFINITY), Just(-0.0), Just(1e16), Just(1.0)]
                .prop_map(|value| Owned::Scalar(Value::F64(value))),
        ]
    }

    fn field_name() -> impl Strategy<Value = String> {
        prop_oneof![Just("count".to_owned()), Just("error".to_owned()), Just("session.id".to_owned()), text()]
    }

    prop_compose! {
        fn failure()(
            (micros, nanos, duration) in (0..253_402_300_800_000_000u64, 0..1000u64, 0..1u64 << 51),
            (error, error_type, thread) in (option::of(text()), option::of(text()), option::of(text())),
            suppressed in any::<Option<u64>>(),
            signal in prop::sample::select(Signal::ALL.to_vec()),
            activity_id in any::<u128>(),
            (span, target, app) in (text(), text(), text()),
            (file, line, host) in (option::of(text()), any::<Option<u32>>(), option::of(text())),
            parents in vec(text(), 0..3),
            pid in any::<u32>(),
            fields in vec((field_name(), value()), 0..6),
        ) -> Failure {
            let mut failure = Failure::without_span(ProcessInfo::new(app, host));
            let since = Duration::from_micros(micros) + Duration::from_nanos(nanos);
            failure.timestamp = SystemTime::UNIX_EPOCH + since;
            failure.duration = Duration::from_micros(duration) + Duration::from_nanos(nanos);
            failure.set_error(error.as_deref().map(Value::Str), error_type.as_deref().map(Value::Str));
            failure.set_thread(thread.as_deref());
            failure.signal = signal;
            failure.suppressed = suppressed;
            failure.activity_id = ActivityId::from_u128(activity_id);
            failure.pid = pid;
            let metadata = failure.metadata_mut();
            (metadata.span, metadata.target) = (span.into(), target.into());
            (metadata.file, metadata.line) = (file.map(Cow::Owned), line);
            failure.set_parents(parents.into_iter().map(Cow::Owned));
            for (name, value) in fields {
                match value {
                    Owned::Text(text) => failure.add_field(name.into(), Value::Str(&text)),
                    Owned::Scalar(value) => failure.add_field(name.into(), value),
                }
            }
            failure
        }
    }

    fn written(format: Format, failure: &Failure, messages: &Messages) -> String {
        let mut out = String::new();
        format.write(failure, messages, false, &mut out);
        out
    }

    /// Overlays whose messages use the record's own values, and a field in a selector.
    fn overlays() -> Catalog {
        let folder = tempfile::tempdir().unwrap();
        for (tag, message) in [
            ("ja-JP", "message = { $span } ({ $duration_ms }): { $error }, { $count }\n"),
            (
                "pl-PL",
                "message = { $count ->\n [1] jeden\n [few] { $count } kilka\n *[other] { $count } x\n }\n",
            ),
        ] {
            std::fs::create_dir(folder.path().join(tag)).unwrap();
            std::fs::write(folder.path().join(tag).join("event-4031.ftl"), message).unwrap();
        }
        Catalog::load(folder.path()).unwrap()
    }

    proptest! {
        #[test]
        fn a_stored_record_is_written_as_the_program_writes_it_in_any_language(failures in vec(failure(), 1..4)) {
            let catalog = overlays();
            let messages = |tag: &str| catalog.messages(&tag.parse::<Locales>().unwrap());
            for failure in &failures {
                let line = written(Format::Json, failure, &messages("ru-RU"));
                let read = Failure::from_json(&line).unwrap();
                for tag in ["en-US", "ru-RU", "ja-JP", "pl-PL"] {
                    for format in Format::ALL.iter().copied() {
                        let (now, then) = (written(format, &read, &messages(tag)), written(format, failure, &messages(tag)));
                        prop_assert_eq!(now, then);
                    }
                }
            }
        }
    }

    fn record(change: impl FnOnce(String) -> String) -> Result<Failure, String> {
        let mut failure = Failure::without_span(ProcessInfo::new("shop".to_owned(), None));
        failure.add_field("n".into(), Value::U64(1));
        let line = written(Format::Json, &failure, &Messages::new(&Locales::default()));
        Failure::from_json(&change(line)).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_of_a_newer_schema_are_ignored() {
        let newer = record(|line| line.replace("\"schema\":1,", "\"schema\":2,\"new\":{\"a\":[1,null]},"));
        assert_eq!(newer.unwrap().app(), "shop");
        let fields = record(|line| line.replace("\"n\":1", "\"n\":1,\"n\":\"again\"")).unwrap();
        assert_eq!(fields.fields().collect::<Vec<_>>(), [("n", Value::U64(1)), ("n", Value::Str("again"))]);
    }

    #[test]
    fn a_malformed_record_is_refused_with_the_reason() {
        for (from, to, expected) in [
            ("\"schema\":1", "\"schema\":0", "`schema` is 0; expected 1 or later"),
            ("\"id\":4031", "\"id\":4030", "the event's id is 4030; expected 4031"),
            ("\"pid\":0", "\"pid\":-1", "invalid value: integer `-1`, expected u32"),
            ("\"pid\":0", "\"pid\":0,\"pid\":1", "duplicate field `pid`"),
            (",\"pid\":0", "", "missing field `pid`"),
            ("\"status\"", "\"stat\"", "\"stat\" is not a signal"),
            (
                "\"duration_ms\":0.000",
                "\"duration_ms\":-1",
                "`duration_ms` is -1; expected a number of milliseconds",
            ),
            ("00000000-", "0000000g-", "is not an activity id; expected a UUID in lower case"),
            ("\"n\":1", "\"n\":[1]", "invalid type: sequence, expected a string, a number or a boolean"),
            ("}\n", "} {}\n", "trailing characters"),
            ("}\n", "", "EOF while parsing"),
        ] {
            let error = record(|line| line.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(expected), "{error:?} instead of {expected:?}");
        }
        let fields: Vec<String> = (0..=Failure::MAX_FIELDS).map(|n| format!("\"{n}\":{n}")).collect();
        let many = record(|line| line.replace("\"n\":1", &fields.join(","))).unwrap_err();
        assert!(many.contains("more than 65536 fields"), "{many}");
        let all = record(|line| line.replace("\"n\":1", &fields[1..].join(","))).unwrap();
        assert_eq!(all.fields().last(), Some(("65536", Value::U64(65536))));
        for line in ["", "[]", "null", "Session dispatch failed.", &"[".repeat(100_000)] {
            assert!(Failure::from_json(line).is_err());
        }
    }

    #[test]
    fn the_error_about_a_hostile_line_is_short_and_escaped() {
        let hostile = format!("[\"{}\"]", "\u{202e}\u{7f}".repeat(10_000));
        for line in [hostile.clone(), format!("{{\"schema\":{hostile}}}"), "{".to_owned(), String::new()] {
            let error = Failure::from_json(&line).unwrap_err().to_string();
            assert!(error.len() < 1100 && !error.chars().any(escape::needs_escape), "{error:?}");
            assert!(error.contains(", at column "), "{error}");
        }
        let error = Failure::from_json("{\"schema\":1,\"fields\":{\"a\":{}}}").unwrap_err().to_string();
        assert_eq!(error, "invalid type: map, expected a string, a number or a boolean, at column 28");
    }
}
