//! A second, simple implementation of the formats, which ignores speed. If a bench did less work than the
//! normal path, its output would be different.

use crate::{memory, messages, work};
use std::fs;
use tracing_dispatch_failure::{
    DISPATCH_SESSION_FAILED, Failure, Format, MemorySink, Messages, Reporter, SinkKind, SinkOptions, Value,
};
use tracing_subscriber::prelude::*;

/// Compares the output of the measured stack, byte for byte, with the crate's own file and memory sinks and
/// with the second implementation in this file.
pub(crate) fn check() {
    for format in [Format::Json, Format::Text] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("failures");
        let kept = MemorySink::new();
        let options = SinkOptions::default().format(format);
        let reporter = Reporter::builder()
            .sinks([SinkKind::File])
            .file_path(&path)
            .format(format)
            .add_sink_with("kept", kept.clone(), options.clone())
            .add_sink_with("measured", memory::Memory, options)
            .build()
            .expect("the reporter's settings are good");
        let subscriber = tracing_subscriber::registry().with(reporter.layer());
        tracing::subscriber::with_default(subscriber, || {
            work::successful_span();
            // Two rounds, because memory is reused.
            for round in 0..2 {
                work::failing_span();
                let records = kept.take();
                let [record] = records.as_slice() else { panic!("{} records, not one", records.len()) };
                let failure = record.failure();
                let fields: Vec<_> =
                    failure.fields().map(|(name, value)| (name, format!("{value:?}"))).collect();
                assert_eq!(fields, work::FIELDS.map(|(name, value)| (name, value.to_owned())));
                assert_eq!(failure.error(), Some(work::CAUSE));
                let expected = match format {
                    Format::Json => json(failure),
                    _ => text(failure),
                };
                assert_eq!(record.as_str(), expected, "the memory sink");
                assert_eq!(memory::last(), expected, "the measured sink");
                let file = fs::read_to_string(&path).expect("the file can be read");
                assert_eq!(file.split_inclusive('\n').nth(round), Some(expected.as_str()), "the file sink");
            }
        });
    }
}

/// Checks the message of five variables in every language.
pub(crate) fn check_messages() {
    for tag in Messages::built_in_locales() {
        let kept = MemorySink::new();
        let reporter = messages::reporter(tag, kept.clone()).expect("a built-in language");
        let subscriber = tracing_subscriber::registry().with(reporter.layer());
        tracing::subscriber::with_default(subscriber, work::failing_span);
        let records = kept.take();
        assert_eq!(records[0].message(), messages::WITH_VALUES, "{tag}");
        assert_eq!(records[0].locale(), tag);
    }
}

const MESSAGE: &str = "Session dispatch failed.";

fn json(failure: &Failure) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("a text can be written as JSON");
    let event = DISPATCH_SESSION_FAILED;
    let fields: Vec<String> =
        failure.fields().map(|(name, value)| format!("{}:{}", quoted(name), plain(value))).collect();
    let head = format!(
        "{{\"schema\":1,\"timestamp\":\"{}\",\"level\":\"ERROR\",\"event\":{{\"id\":4031,\"name\":{},\
         \"provider\":{},\"channel\":{},\"task\":{},\"keywords\":[{}]}},\"message\":{},\"locale\":\"en-US\"",
        humantime::format_rfc3339_micros(failure.timestamp()),
        quoted("DispatchSessionFailed"),
        quoted(event.provider),
        quoted(event.channel_name),
        quoted(event.task_name),
        quoted(event.keyword_name),
        quoted(MESSAGE),
    );
    let middle = format!(
        ",\"error\":{},\"signal\":\"err\",\"duration_ms\":{},\"activity_id\":\"{}\",\"span\":{{\"name\":{},\
         \"target\":{},\"file\":{},\"line\":{}}},\"fields\":{{{}}}",
        quoted(failure.error().expect("a cause")),
        milliseconds(failure),
        uuid(failure),
        quoted(failure.span()),
        quoted(failure.target()),
        quoted(failure.file().expect("a file")),
        failure.line().expect("a line"),
        fields.join(","),
    );
    let host = failure.host().map(|host| format!(",\"host\":{}", quoted(host))).unwrap_or_default();
    let thread = failure.thread().map(|name| format!(",\"thread\":{}", quoted(name))).unwrap_or_default();
    format!(
        "{head}{middle},\"app\":{}{host},\"pid\":{}{thread}}}\n",
        quoted(failure.app()),
        std::process::id()
    )
}

fn text(failure: &Failure) -> String {
    let fields: String = failure.fields().map(|(name, value)| format!(" {name}={}", plain(value))).collect();
    let host = failure.host().map(|host| format!(" host={host}")).unwrap_or_default();
    let thread = failure.thread().map(|name| format!(" thread={name}")).unwrap_or_default();
    format!(
        "{} ERROR 4031 DispatchSessionFailed: {MESSAGE} error={:?} signal=err duration_ms={}{fields} span={} \
         target={} file={} line={} activity_id={} app={}{host} pid={}{thread}\n",
        humantime::format_rfc3339_micros(failure.timestamp()),
        failure.error().expect("a cause"),
        milliseconds(failure),
        failure.span(),
        failure.target(),
        failure.file().expect("a file"),
        failure.line().expect("a line"),
        uuid(failure),
        failure.app(),
        std::process::id(),
    )
}

/// Formats a value. The recorded values contain nothing to escape.
fn plain(value: Value<'_>) -> String {
    match value {
        Value::Str(text) => format!("{text:?}"),
        value => value.to_string(),
    }
}

fn milliseconds(failure: &Failure) -> String {
    let micros = failure.duration().as_micros();
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

fn uuid(failure: &Failure) -> String {
    let digits = format!("{:032x}", failure.activity_id().as_u128());
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
