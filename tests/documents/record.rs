//! The table of the record's keys lists exactly the keys that a record has, with their types.

use crate::{
    markdown::{blocks, codes, rows, section},
    programs,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
    time::Duration,
};
use tracing::{Level, Metadata, Span, debug_span, error, error_span, info_span};
use tracing::{callsite::DefaultCallsite, callsite::Identifier, field::FieldSet, metadata::Kind};
use tracing_dispatch_failure::{Builder, Format, MemorySink, SinkOptions};
use tracing_subscriber::prelude::*;

const RECORD: &str = include_str!("../../docs/record.md");

/// What stands for the name of a field in the table.
const FIELD: &str = "<name>";

/// One failure in two formats, with the names of its fields in their order.
struct Written {
    json: String,
    text: String,
    fields: Vec<String>,
}

/// Returns the records of the failures in `run`, with summary records.
fn written(vars: &[(&str, &str)], run: impl FnOnce()) -> Vec<Written> {
    let [json, text] = [Format::Json, Format::Text].map(|format| (format, MemorySink::new()));
    let vars = vars.iter().map(|(name, value)| (format!("DISPATCH_FAILURE_{name}"), value));
    let builder =
        [&json, &text].into_iter().fold(Builder::from_vars(vars).sinks([]), |builder, (format, memory)| {
            builder.add_sink_with(format.name(), memory.clone(), SinkOptions::default().format(*format))
        });
    let reporter = builder.build().unwrap();
    let stack = tracing_subscriber::registry().with(reporter.layer_unfiltered());
    tracing::subscriber::with_default(stack, run);
    reporter.flush(Duration::from_secs(10)).unwrap();
    let records = json.1.take().into_iter().zip(text.1.take());
    records
        .map(|(json, text)| Written {
            json: json.as_str().to_owned(),
            text: text.as_str().to_owned(),
            fields: json.failure().fields().map(|(name, _)| name.to_owned()).collect(),
        })
        .collect()
}

/// A failure that has every key but `suppressed`, below two context spans.
fn fail_with_everything() {
    let _outer = info_span!("connection", peer = "10.0.0.1").entered();
    let _inner = info_span!("request", tenant = "acme").entered();
    let _span =
        info_span!("dispatch_session", attempt = 2, ratio = 0.5, retried = true, worker = "a").entered();
    error!(error = "refused", error.type = "timeout");
}

/// A failure that has only the keys that every record has, but `host`.
fn fail_with_nothing() {
    static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);
    static METADATA: Metadata<'static> = Metadata::new(
        "dispatch_session",
        "elsewhere",
        Level::INFO,
        None,
        None,
        None,
        FieldSet::new(&["id"], Identifier(&CALLSITE)),
        Kind::SPAN,
    );
    let no_value: Option<&dyn tracing::Value> = None;
    let id = METADATA.fields().field("id").unwrap();
    let span = Span::new(&METADATA, &METADATA.fields().value_set(&[(&id, no_value)]));
    let panics = || span.in_scope(|| resume_unwind(Box::new("without the noise of a hook")));
    let _ = catch_unwind(AssertUnwindSafe(panics));
}

/// Records that have every key, and every key that may be absent is absent from one.
fn records() -> Vec<Written> {
    let mut records = written(&[("CONTEXT", "[request],[connection]")], fail_with_everything);
    // The thread has no name.
    let nothing = || written(&[], fail_with_nothing);
    records.extend(thread::scope(|scope| scope.spawn(nothing).join()).unwrap());
    records.push(summary());
    records
}

fn summary() -> Written {
    let vars = [("RATE", "1/s"), ("CONTEXT", "[request],[connection]")];
    let mut records = written(&vars, || (0..9).for_each(|_| fail_with_everything()));
    records.pop().filter(|record| record.json.contains("\"suppressed\":")).expect("a summary record")
}

/// The JSON types of a value, and of everything in it, by their paths.
fn types(path: &str, value: &Value, found: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let is_strings = |values: &[Value]| values.iter().all(Value::is_string);
    let name = match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(values) if is_strings(values) => "array of strings",
        Value::Object(_) => "object",
        Value::Array(_) | Value::Null => panic!("{path}: {value}"),
    };
    if !path.is_empty() {
        found.entry(path.to_owned()).or_default().insert(name);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        let key = if path == "fields" { FIELD } else { key };
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        types(&path, value, found);
    }
}

fn types_of(records: &[Written]) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut found = BTreeMap::new();
    for record in records {
        types("", &serde_json::from_str(&record.json).unwrap(), &mut found);
    }
    found
}

fn table() -> Vec<Vec<&'static str>> {
    rows(section(RECORD, "## Keys"))
}

/// The keys of a JSON text in their order, where no value holds a quote.
fn keys_in_order(json: &str) -> Vec<&str> {
    let parts: Vec<&str> = json.split('"').collect();
    parts[1..].chunks_exact(2).filter(|pair| pair[1].starts_with(':')).map(|pair| pair[0]).collect()
}

#[test]
fn the_table_lists_exactly_the_keys_that_are_written_with_their_types() {
    let documented: BTreeMap<_, _> = table()
        .iter()
        .map(|row| {
            let types: BTreeSet<_> = row[1].split(", ").flat_map(|types| types.split(" or ")).collect();
            (codes(row[0])[0].to_owned(), types)
        })
        .collect();
    assert_eq!(types_of(&records()), documented);
}

#[test]
fn a_key_is_absent_only_where_the_table_says_so() {
    let records = records();
    for row in table() {
        let (key, absent) = (codes(row[0])[0], row[3]);
        let written = |record: &Written| types_of(std::slice::from_ref(record)).contains_key(key);
        let missing = records.iter().filter(|record| !written(record)).count();
        // Every machine that runs tests has a name.
        if absent == "never" || key == "host" {
            assert_eq!(missing, 0, "{key}");
        } else {
            assert!((1..records.len()).contains(&missing), "{key} is absent from {missing} records");
        }
    }
}

#[test]
fn the_keys_come_in_the_order_of_the_table() {
    let record = summary();
    let keys = table().into_iter().flat_map(|row| {
        let key = codes(row[0])[0].rsplit('.').next().unwrap();
        if key == FIELD { record.fields.clone() } else { vec![key.to_owned()] }
    });
    assert_eq!(keys_in_order(&record.json), keys.collect::<Vec<_>>());
}

#[test]
fn the_format_text_has_the_keys_of_the_last_column() {
    let record = summary();
    let keys = table().into_iter().flat_map(|row| {
        match codes(row[4]).into_iter().find_map(|code| code.strip_suffix('=')) {
            Some(FIELD) => record.fields.clone(),
            key => key.map(str::to_owned).into_iter().collect(),
        }
    });
    let outside_of_quotes = record.text.split('"').step_by(2);
    let words = outside_of_quotes.flat_map(str::split_whitespace);
    let written = words.filter_map(|word| word.split_once('=')).map(|(key, _)| key.to_owned());
    assert_eq!(written.collect::<BTreeSet<_>>(), keys.collect());

    let event =
        || info_span!("dispatch_session", span = 1, schema = 1, fields.x = 1, error = "x").in_scope(|| {});
    let text = &written_once(&[], event).text;
    for key in [" fields.span=1", " schema=1", " fields.fields.x=1", " fields.error=\"x\""] {
        assert!(text.contains(key), "{key} is not in {text}");
    }
}

/// Returns the record of one failure.
fn written_once(vars: &[(&str, &str)], run: impl FnOnce()) -> Written {
    let mut records = written(vars, run);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

/// Writes a half and fails, or panics.
struct Faulty(bool);

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        if self.0 { resume_unwind(Box::new("without the noise of a hook")) } else { Err(fmt::Error) }
    }
}

#[test]
fn values_are_written_as_the_section_values_says() {
    let record = written_once(&[("FIELD_LIMIT", "16")], || {
        let _span = error_span!(
            "dispatch_session",
            widest = u64::MAX,
            wide = 7_u128,
            nan = f64::NAN,
            infinite = f64::NEG_INFINITY,
            whole = 2.0,
            long = "seventeen letters",
            password = 1234,
            failed = ?Faulty(false),
            panicked = ?Faulty(true),
            hidden = "\u{7f}\u{85}\u{2028}\u{202e}\u{feff}",
            error = true,
        );
    });
    for expected in [
        r#""widest":18446744073709551615,"#,
        r#""wide":"7","#,
        r#""nan":"NaN","#,
        r#""infinite":"-inf","#,
        r#""whole":2.0,"#,
        r#""long":"seventeen letter…[cut]","#,
        r#""password":"[redacted]","#,
        r#""failed":"half[formatting failed]","#,
        r#""panicked":"half[formatting panicked]","#,
        r#""hidden":"\u007f\u0085\u2028\u202e\ufeff","#,
    ] {
        assert!(record.json.contains(expected), "{expected} is not in {}", record.json);
    }
}

#[test]
fn enclosing_spans_give_names_and_fields_as_the_table_says() {
    let record = written_once(&[("CONTEXT", "[request]"), ("SPANS", "[dispatch*]")], || {
        let _traced = info_span!("traced", trace_id = "0af7651916cd43dd8448eb211c80319c", deep = 1).entered();
        let _ordinary = info_span!("ordinary", ordinary = 1).entered();
        let _verbose = debug_span!("verbose", trace_id = "x").entered();
        let _dispatch = info_span!("dispatch_batch", batch = 1).entered();
        let _context = info_span!("request", id = "the request's", tenant = "acme").entered();
        let _span = info_span!("dispatch_session", id = "the session's", error = "refused").entered();
    });
    assert_eq!(record.fields, ["id", "error", "tenant", "trace_id", "deep"]);
    let json: Value = serde_json::from_str(&record.json).unwrap();
    assert_eq!(json["parents"], serde_json::json!(["traced", "dispatch_batch", "request"]));
    assert_eq!(json["fields"]["id"], "the session's");
    assert_eq!(json["activity_id"], "0af76519-16cd-43dd-8448-eb211c80319c");
    assert!(record.text.contains(" parents=traced/dispatch_batch/request "), "{}", record.text);
}

#[test]
#[cfg_attr(windows, ignore = "the path of the source file has other separators")]
fn the_example_is_the_record_of_the_quickstart_with_its_keys_in_their_order() {
    let [shown] = blocks(RECORD, "json")[..] else { panic!("one block of JSON") };
    let line = programs::run("quickstart", &[("DISPATCH_FAILURE_FORMAT", "json")]).ok();
    let [mut written, mut expected]: [Value; 2] =
        [&*line, shown].map(|text| serde_json::from_str(text).unwrap());
    for key in ["timestamp", "duration_ms", "activity_id", "host", "pid"] {
        for record in [&mut written, &mut expected] {
            assert!(record.as_object_mut().unwrap().remove(key).is_some(), "{key}");
        }
    }
    assert_eq!(written, expected);
    assert_eq!(keys_in_order(shown), keys_in_order(&line));
}
