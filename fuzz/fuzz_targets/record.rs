//! For any span name and any recorded values: `json` parses back to the same values with its keys in order,
//! `text` can be read back too, and no format contains characters that can deceive a reader.
//!
//! The input is the application's name, the span's name, its target, its file, and then names and values of
//! fields. They are separated by the byte 255, which no text contains.

#![no_main]

mod text_line;

use harness::{Field, Recorded, Shape, fail, is_unsafe, kept};
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;
use tracing::Level;
use tracing_dispatch_failure::{
    Failure, Format, Locales, MemorySink, Messages, Redact, Reporter, Signal, Signals, SinkOptions, Value,
};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|byte| *byte == 255);
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (app, name, target, file) = (text(), text(), text(), text());
    let shape = Shape { name, target, file: Some(file), level: Level::ERROR };
    let mut fields = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let name = String::from_utf8_lossy(name).into_owned();
        fields.push(Field { name, value: Recorded::read(value) });
    }
    fields.truncate(16);

    let sinks: Vec<_> = Format::ALL.iter().map(|format| (*format, MemorySink::new())).collect();
    let mut builder = Reporter::builder()
        .sinks([])
        .app(&app)
        .spans("[*]".parse().unwrap())
        .redact(Redact::off())
        .signals(Signals::default().with(Signal::Unfinished));
    for (format, sink) in &sinks {
        let options = SinkOptions::default().format(*format);
        builder = builder.add_sink_with(format.name(), sink.clone(), options);
    }
    let reporter = builder.build().unwrap();
    fail(&reporter, &shape, &fields);

    for (format, sink) in sinks {
        let mut records = sink.take();
        let Some(record) = records.pop() else {
            assert!(fields.iter().any(|field| field.name == "otel.status_code"), "no record");
            return;
        };
        assert!(records.is_empty());
        let failure = record.failure();
        assert_eq!((failure.app(), failure.span()), (&*app, &*shape.name));
        assert_eq!((failure.target(), failure.file()), (&*shape.target, shape.file.as_deref()));
        check_fields(failure, &fields);
        let body = record.as_str().strip_suffix('\n').unwrap();
        assert!(!body.contains(|c| is_unsafe(c) && (format != Format::Pretty || c != '\n')), "{body:?}");
        if format == Format::Json {
            let messages = Messages::new(&Locales::default());
            let read = Failure::from_json(body).unwrap();
            let mut again = String::new();
            format.write(&read, &messages, false, &mut again);
            assert_eq!(again, record.as_str());
        }
        match format {
            Format::Json => check_json(body, failure),
            Format::Text => text_line::check(body, failure),
            _ => assert!(body.lines().count() < 40 + fields.len(), "{body}"),
        }
    }
});

/// Checks that the record has each name once, with the last recorded value.
fn check_fields(failure: &Failure, fields: &[Field]) {
    let mut expected: Vec<&Field> = Vec::new();
    for field in fields {
        match expected.iter_mut().find(|known| known.name == field.name) {
            Some(known) => *known = field,
            None => expected.push(field),
        }
    }
    assert_eq!(failure.fields().len(), expected.len());
    for ((name, value), field) in failure.fields().zip(expected) {
        assert_eq!(name, field.name);
        match (value, &field.value) {
            (Value::Bool(value), Recorded::Bool(recorded)) => assert_eq!(value, *recorded),
            (Value::I64(value), Recorded::I64(recorded)) => assert_eq!(value, *recorded),
            (Value::U64(value), Recorded::U64(recorded)) => assert_eq!(value, *recorded),
            (Value::I128(value), Recorded::I128(recorded)) => assert_eq!(value, *recorded),
            (Value::U128(value), Recorded::U128(recorded)) => assert_eq!(value, *recorded),
            (Value::F64(value), Recorded::F64(recorded)) => assert_eq!(value.to_bits(), recorded.to_bits()),
            (Value::Str(value), Recorded::Str(recorded)) => assert_eq!(value, kept(recorded)),
            (Value::Str(value), Recorded::Debug(recorded)) => {
                assert_eq!(value, kept(&format!("{recorded:?}")))
            }
            (Value::Str(value), Recorded::Error(recorded)) => {
                let first: Option<&(dyn std::error::Error + 'static)> = Some(recorded);
                let errors = std::iter::successors(first, |error| error.source());
                let texts: Vec<String> = errors.take(16).map(ToString::to_string).collect();
                assert_eq!(value, kept(&texts.join(": ")));
            }
            (value, recorded) => panic!("{recorded:?} became {value:?}"),
        }
    }
}

/// The keys of a record, in order.
const KEYS: [&str; 16] = [
    "schema",
    "timestamp",
    "level",
    "event",
    "message",
    "locale",
    "error",
    "error_type",
    "signal",
    "duration_ms",
    "activity_id",
    "span",
    "fields",
    "app",
    "host",
    "pid",
];

fn check_json(line: &str, failure: &Failure) {
    let record: Json = serde_json::from_str(line).unwrap();
    let keys: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    let is_there = |key: &&str| match *key {
        "error" => failure.error().is_some(),
        "error_type" => failure.error_type().is_some(),
        "host" => failure.host().is_some(),
        _ => true,
    };
    let expected: Vec<&str> =
        KEYS.into_iter().filter(is_there).chain(failure.thread().map(|_| "thread")).collect();
    assert_eq!(keys, expected);
    assert_eq!(record["error"].as_str(), failure.error());
    assert_eq!(record["error_type"].as_str(), failure.error_type());
    assert_eq!(record["app"].as_str(), Some(failure.app()));
    assert_eq!(record["span"]["name"].as_str(), Some(failure.span()));
    assert_eq!(record["span"]["target"].as_str(), Some(failure.target()));
    assert_eq!(record["span"]["file"].as_str(), failure.file());
    let fields = record["fields"].as_object().unwrap();
    assert_eq!(fields.len(), failure.fields().len());
    for ((key, json), (name, value)) in fields.iter().zip(failure.fields()) {
        assert_eq!(key, name);
        let number = || json.as_number().unwrap().to_string();
        match value {
            Value::Bool(value) => assert_eq!(json.as_bool(), Some(value)),
            Value::I64(value) => assert_eq!(number(), value.to_string()),
            Value::U64(value) => assert_eq!(number(), value.to_string()),
            Value::F64(value) if value.is_finite() => {
                assert_eq!(number().parse::<f64>().unwrap().to_bits(), value.to_bits());
                assert!(number().contains(['.', 'e']), "{} would read back as an integer", number());
            }
            Value::F64(_) | Value::I128(_) | Value::U128(_) => {
                assert_eq!(json.as_str().unwrap(), value.to_string());
            }
            Value::Str(value) => assert_eq!(json.as_str(), Some(value)),
            value => panic!("this target does not know the type of the value: {value:?}"),
        }
    }
}
