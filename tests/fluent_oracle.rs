//! Compares the crate's compiled messages with Fluent's own output for the same files.

use fluent::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use proptest::prelude::*;
use std::{fmt::Write, fs, path::PathBuf};
use tracing_dispatch_failure::{Failure, MemoryRecord, MemorySink, Messages, Reporter, Text};
use tracing_subscriber::prelude::*;

fn bundle(tag: &str, source: String) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(vec![tag.parse().unwrap()]);
    bundle.set_use_isolating(false);
    bundle.add_resource(FluentResource::try_new(source).unwrap()).unwrap();
    bundle
}

/// Formats a message with Fluent. Returns `None` if Fluent rejects the arguments.
fn formatted(bundle: &FluentBundle<FluentResource>, id: &str, args: &FluentArgs<'_>) -> Option<String> {
    let pattern = bundle.get_message(id).unwrap().value().unwrap();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

/// The field values of a span, each of another type.
#[derive(Debug, Clone)]
struct Values {
    worker: String,
    attempt: u64,
    offset: i64,
    ratio: f64,
    urgent: bool,
    cause: String,
}

fn values() -> impl Strategy<Value = Values> {
    let number = prop_oneof![0..4_u64, any::<u64>()];
    (any::<String>(), number, any::<i64>(), any::<f64>(), any::<bool>(), "[^\0]{1,40}").prop_map(
        |(worker, attempt, offset, ratio, urgent, cause)| Values {
            worker,
            attempt,
            offset,
            ratio,
            urgent,
            cause,
        },
    )
}

/// Returns the record of a dispatch span that fails with these values.
fn record(values: &Values, tag: &str, source: &str) -> MemoryRecord {
    let folder = tempfile::tempdir().unwrap();
    let language = folder.path().join(tag);
    fs::create_dir(&language).unwrap();
    fs::write(language.join("event-4031.ftl"), source).unwrap();
    let memory = MemorySink::new();
    let builder = Reporter::builder().sinks([]).locale(tag.parse().unwrap()).locales_dir(folder.path());
    let reporter = builder.add_sink("memory", memory.clone()).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(reporter.layer()), || {
        let Values { worker, attempt, offset, ratio, urgent, cause } = values;
        tracing::info_span!(
            "dispatch_session",
            worker,
            http.attempt = attempt,
            offset,
            ratio,
            urgent,
            error = cause
        )
        .in_scope(|| ());
    });
    memory.take().pop().unwrap()
}

/// Returns the same values as arguments for Fluent. Its numbers are floating-point, so integers that would
/// lose digits, NaN and the infinities are text.
fn arguments<'a>(values: &'a Values, failure: &'a Failure) -> FluentArgs<'a> {
    let exact = 1 << 53;
    let mut args = FluentArgs::new();
    args.set("worker", values.worker.as_str());
    args.set(
        "http_attempt",
        match values.attempt {
            number if number <= exact => FluentValue::from(number),
            number => FluentValue::from(number.to_string()),
        },
    );
    args.set(
        "offset",
        match values.offset {
            number if number.unsigned_abs() <= exact => FluentValue::from(number),
            number => FluentValue::from(number.to_string()),
        },
    );
    args.set(
        "ratio",
        match values.ratio {
            number if number.is_finite() => FluentValue::from(number),
            number => FluentValue::from(number.to_string()),
        },
    );
    args.set("urgent", values.urgent.to_string());
    args.set("error", values.cause.as_str());
    args.set("signal", "error-field");
    args.set("span", "dispatch_session");
    args.set("target", "fluent_oracle");
    args.set("duration_ms", failure.duration().as_micros() as f64 / 1000.0);
    args
}

/// A variable that the record has, or rarely one that it lacks.
fn variable() -> impl Strategy<Value = &'static str> {
    let known = [
        "worker",
        "http_attempt",
        "offset",
        "ratio",
        "urgent",
        "error",
        "signal",
        "span",
        "target",
        "duration_ms",
    ];
    prop_oneof![20 => prop::sample::select(known.to_vec()), 1 => Just("missing")]
}

/// A part of a message in Fluent's syntax.
fn part() -> impl Strategy<Value = String> {
    // Without brackets: the crate refuses a lone one in a variant before Fluent sees it.
    let text = "[a-zéßсеанс会話🦀 ,;:!?'%#-]{1,20}";
    let selected = || prop::sample::select(vec!["http_attempt", "worker", "offset", "urgent", "ratio"]);
    prop_oneof![
        6 => text,
        8 => variable().prop_map(|name| format!("{{ ${name} }}")),
        2 => text.prop_map(|text| format!("{{ \"{text}\\u00E9\\\"\\\\\" }}")),
        1 => Just("{ -1.50 }".to_owned()),
        1 => Just("{ -team }".to_owned()),
        1 => Just("{ title }".to_owned()),
        1 => Just("\n    on a line of its own".to_owned()),
        2 => (selected(), text, variable()).prop_map(|(selector, text, name)| format!(
            "{{ ${selector} ->\n    [0] zero\n    [one] one {{ ${name} }}\n    [few] few\n    [true] yes\n   *[other] {text} {{ ${selector} }}\n }}"
        )),
    ]
}

fn message() -> impl Strategy<Value = String> {
    // The `X` keeps the message from being blank, and from beginning with a character of Fluent's syntax.
    prop::collection::vec(part(), 0..8).prop_map(|parts| {
        let mut source = "message = X ".to_owned();
        parts.iter().for_each(|part| _ = write!(source, "{part}"));
        source + "\ntitle = Session of { -team }\n-team = Orders\n"
    })
}

fn tag() -> impl Strategy<Value = &'static str> {
    prop::sample::select(Messages::built_in_locales().collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn fluent_formats_every_built_in_text_the_same(values in values(), tag in tag()) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("locales").join(tag).join("event-4031.ftl");
        let source = fs::read_to_string(path).unwrap();
        let oracle = bundle(tag, source.clone());
        let record = record(&values, tag, "");
        let args = arguments(&values, record.failure());
        let messages = Messages::new(&tag.parse().unwrap());
        for text in Text::ALL {
            let mut out = String::new();
            messages.write(*text, &mut out);
            prop_assert_eq!(Some(out), formatted(&oracle, text.id(), &args), "{} {}", tag, text.id());
        }
        prop_assert_eq!(Some(record.message().to_owned()), formatted(&oracle, "message", &args));
    }

    #[test]
    fn fluent_formats_a_custom_message_the_same(values in values(), tag in tag(), source in message()) {
        let record = record(&values, tag, &source);
        let oracle = bundle(tag, source);
        let expected = formatted(&oracle, "message", &arguments(&values, record.failure()));
        // If Fluent misses a variable, the record has the crate's own text.
        let fallback = || {
            let mut out = String::new();
            Messages::new(&tag.parse().unwrap()).write(Text::Message, &mut out);
            out
        };
        prop_assert_eq!(record.message(), expected.unwrap_or_else(fallback));
        prop_assert_eq!(record.locale(), tag);
    }
}
