//! Values that try to forge lines, control the terminal or break the program that formats them.

mod support;

use std::{fmt, io};
use support::{InChild, with_type};
use tracing::{Span, error, error_span, field::Empty, info_span};
use tracing_dispatch_failure::{Color, Failure, Format, MemorySink, Reporter, SinkOptions, Value};
use tracing_subscriber::prelude::*;

/// A reporter that writes every failure in every format.
struct AllFormats {
    reporter: Reporter,
    sinks: Vec<(Format, MemorySink)>,
}

impl AllFormats {
    fn new(
        change: impl FnOnce(tracing_dispatch_failure::Builder) -> tracing_dispatch_failure::Builder,
    ) -> Self {
        let sinks: Vec<_> = Format::ALL.iter().copied().map(|format| (format, MemorySink::new())).collect();
        let builder = change(Reporter::builder().sinks([])).color(Color::Never);
        let builder = sinks.iter().fold(builder, |builder, (format, sink)| {
            builder.add_sink_with(format.name(), sink.clone(), SinkOptions::default().format(*format))
        });
        Self { reporter: builder.build().unwrap(), sinks }
    }

    /// Runs a program that fails one dispatch. Checks every format's output, and returns the failure with the
    /// outputs.
    fn report(&self, run: impl FnOnce()) -> (Failure, Vec<(Format, String)>) {
        let stack = tracing_subscriber::registry().with(self.reporter.layer());
        tracing::subscriber::with_default(stack, run);
        let mut failure = None;
        let mut outputs = Vec::new();
        for (format, sink) in &self.sinks {
            let [record] = <[_; 1]>::try_from(sink.take()).unwrap();
            assert_clean(*format, record.as_str());
            outputs.push((*format, record.as_str().to_owned()));
            failure = Some(record.failure().clone());
        }
        (failure.unwrap(), outputs)
    }
}

/// Line and paragraph separators, control characters and bidirectional controls.
const UNSAFE: [char; 28] = [
    '\0', '\x01', '\x07', '\x08', '\t', '\n', '\x0b', '\x0c', '\r', '\x1b', '\x7f', '\u{80}', '\u{85}',
    '\u{9b}', '\u{9f}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202d}',
    '\u{202e}', '\u{2066}', '\u{2068}', '\u{2069}', '\u{feff}', '\u{1c}',
];

fn assert_clean(format: Format, text: &str) {
    assert!(text.ends_with('\n'), "{format}: {text:?}");
    let unsafe_char = |c: char| c != '\n' && (UNSAFE.contains(&c) || c.is_control());
    assert!(!text.contains(unsafe_char), "{format}: {text:?}");
    if format == Format::Pretty {
        // A page has several lines, but no forged one.
        assert!(!text.contains("\n2026") && !text.contains("\nforged"), "{text}");
    } else {
        assert_eq!(text.matches('\n').count(), 1, "{format}: {text:?}");
    }
    if format == Format::Json {
        let record: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(record["event"]["id"], 4031);
    }
}

const FORGERY: &str =
    "a\n2026-11-20T23:30:00.123456Z ERROR 4031 DispatchSessionFailed: forged\r\nforged\u{2028}forged";

fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = UNSAFE.iter().map(|c| format!("before{c}after")).collect();
    texts.extend(UNSAFE.iter().map(|c| c.to_string()));
    texts.extend(
        [
            FORGERY,
            "\x1b[31mred\x1b[0m \x1b]0;title\x07 \u{9b}31m",
            "\u{202e}gnp.exe \u{2066}x\u{2069}",
            "\u{feff}mark",
            r#"\ \\ \n \" " "" '"'"#,
            "\" error=\"forged\" signal=\"status",
            "{ $password } {\"a\":1} %s {}",
            "セッション é 🦀 \u{1f468}\u{200d}\u{1f469}",
            "",
            " ",
            "=",
        ]
        .map(str::to_owned),
    );
    texts
}

#[test]
fn a_hostile_value_is_written_on_one_clean_line_and_reads_back() {
    let formats = AllFormats::new(|builder| builder);
    for text in hostile_texts() {
        let (failure, outputs) = formats.report(|| {
            let span =
                info_span!("dispatch_session", a = text, b = %text, c = ?text, session.id = 7, error = Empty);
            span.record("error", format!("x{text}").as_str());
        });
        assert_eq!(failure.error(), Some(format!("x{text}").as_str()));
        assert_eq!(failure.field("a"), Some(Value::Str(&text)));
        assert_eq!(failure.field("session.id"), Some(Value::I64(7)));
        for (format, output) in outputs {
            if format == Format::Json {
                let record: serde_json::Value = serde_json::from_str(&output).unwrap();
                let fields = &record["fields"];
                assert_eq!((&fields["a"], &fields["b"]), (&text.as_str().into(), &text.as_str().into()));
                assert_eq!(fields["session.id"], 7);
                assert_eq!(record["error"], format!("x{text}"));
            }
        }
    }
}

#[test]
fn hostile_events_and_statuses_are_written_cleanly_too() {
    let formats = AllFormats::new(|builder| builder);
    for text in hostile_texts().into_iter().filter(|text| !text.is_empty()) {
        let (failure, _) = formats.report(|| {
            info_span!("dispatch_session").in_scope(|| error!(error = %text, "error.type" = text));
        });
        assert_eq!((failure.error(), failure.error_type()), (Some(&*text), Some(&*text)));
        formats.report(|| {
            drop(info_span!("dispatch_session", otel.status_code = "ERROR", otel.status_description = text))
        });
        formats.report(|| {
            info_span!("dispatch_session").in_scope(|| error!(classification = text, "response failed"));
        });
    }
}

#[test]
fn hostile_names_are_written_cleanly_too() {
    let formats = AllFormats::new(|builder| {
        builder
            .spans("[dispatch*]".parse().unwrap())
            .context("[*]".parse().unwrap())
            .app("app\n\x1b[31m\u{202e}forged\"=\\ x")
    });
    let run = || {
        info_span!("parent\nforged \u{202e}\"\\/", "tenant\n\x1b[0m" = "x").in_scope(|| {
            error_span!(
                target: "target\nforged \u{2028}=\u{feff}",
                "dispatch\nforged \x1b]0;\x07",
                "field\nforged=\u{85}\"" = "v",
                "error" = "x",
                "pid" = 3,
            )
            .in_scope(|| ());
        });
    };
    let (failure, outputs) = std::thread::scope(|scope| {
        let formats = &formats;
        let named = std::thread::Builder::new().name("worker\nforged\u{202e}".to_owned());
        named.spawn_scoped(scope, move || formats.report(run)).unwrap().join().unwrap()
    });
    assert_eq!(failure.span(), "dispatch\nforged \x1b]0;\x07");
    assert_eq!(failure.thread(), Some("worker\nforged\u{202e}"));
    assert_eq!(failure.parents().collect::<Vec<_>>(), ["parent\nforged \u{202e}\"\\/"]);
    for (format, output) in outputs {
        match format {
            Format::Json => {
                let record: serde_json::Value = serde_json::from_str(&output).unwrap();
                assert_eq!(record["span"]["name"], "dispatch\nforged \x1b]0;\x07");
                assert_eq!(record["span"]["target"], "target\nforged \u{2028}=\u{feff}");
                assert_eq!(record["fields"]["field\nforged=\u{85}\""], "v");
                assert_eq!(record["fields"]["tenant\n\x1b[0m"], "x");
                assert_eq!(record["app"], "app\n\x1b[31m\u{202e}forged\"=\\ x");
            }
            // A field must not pass for the record's own `pid`.
            Format::Text => assert_eq!(output.matches(" pid=").count(), 1, "{output}"),
            _ => {}
        }
    }
}

#[test]
fn a_value_of_a_megabyte_is_cut_and_counted() {
    let formats = AllFormats::new(|builder| builder);
    let long = "\x1bあ".repeat(300_000);
    let (failure, outputs) = formats.report(|| {
        let span = info_span!("dispatch_session", a = long, b = ?long, c = %long, session.id = 7);
        span.in_scope(|| error!(error = long));
    });
    let Some(Value::Str(kept)) = failure.field("a") else { panic!("the field is gone") };
    assert!(kept.ends_with("…[cut]") && kept.len() <= 8 * 1024 + "…[cut]".len(), "{}", kept.len());
    assert!(long.starts_with(kept.strip_suffix("…[cut]").unwrap()));
    assert!(failure.error().unwrap().ends_with("…[cut]"));
    assert_eq!(failure.field("session.id"), Some(Value::I64(7)));
    assert_eq!(formats.reporter.stats().cut_fields, 4);
    for (format, output) in outputs {
        assert!(output.len() < 300_000, "{format}: {} bytes", output.len());
    }
}

#[test]
fn a_value_of_the_longest_allowed_length_is_kept_whole() {
    let formats = AllFormats::new(|builder| builder.field_limit(1 << 20));
    let long = "x".repeat(1 << 20);
    let (failure, _) = formats.report(|| drop(info_span!("dispatch_session", error = long)));
    assert_eq!(failure.error(), Some(long.as_str()));
    assert_eq!(formats.reporter.stats().cut_fields, 0);
}

#[test]
fn fields_beyond_the_limit_are_left_out_and_counted() {
    let formats = AllFormats::new(|builder| builder.field_count(3));
    let (failure, _) = formats.report(|| {
        let span = info_span!("dispatch_session", a = 1, b = 2, c = 3, d = 4, e = Empty);
        span.record("e", 5).record("a", 6);
        span.in_scope(|| error!(error = "refused"));
    });
    let fields: Vec<_> = failure.fields().map(|(name, value)| (name, with_type(value))).collect();
    assert_eq!(
        fields,
        [("a", with_type(Value::I64(6))), ("b", with_type(Value::I64(2))), ("c", with_type(Value::I64(3)))]
    );
    assert_eq!(failure.error(), Some("refused"), "the cause does not count as a field");
    assert_eq!(formats.reporter.stats().cut_fields, 2);
}

#[test]
fn fields_that_decide_the_outcome_count_beyond_the_limit() {
    let formats = AllFormats::new(|builder| builder.field_count(1));
    let (failure, _) = formats.report(|| drop(info_span!("dispatch_session", a = 1, error = "refused")));
    assert_eq!((failure.error(), failure.fields().len()), (Some("refused"), 1));
    let (failure, _) = formats.report(|| {
        let span =
            info_span!("dispatch_session", a = 1, otel.status_code = Empty, trace_id = Empty, error = "x");
        span.record("otel.status_code", "ERROR").record("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
    });
    assert_eq!(failure.signal(), tracing_dispatch_failure::Signal::Status);
    assert_eq!(failure.activity_id().as_u128(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    let memory = formats.sinks[0].1.clone();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(formats.reporter.layer()), || {
        drop(info_span!("dispatch_session", a = 1, error = "x", otel.status_code = "OK"));
    });
    assert!(memory.is_empty());
}

#[test]
fn the_texts_of_an_event_do_not_count_as_fields() {
    let formats = AllFormats::new(|builder| builder.field_count(2));
    let (failure, _) = formats.report(|| {
        info_span!("dispatch_session", a = 1, b = Empty).in_scope(|| {
            error!(error = "refused", "error.type" = "Refused");
            Span::current().record("b", 2);
        });
    });
    assert_eq!((failure.field("b"), formats.reporter.stats().cut_fields), (Some(Value::I64(2)), 0));
}

#[test]
fn a_field_name_appears_once_in_a_record() {
    let formats = AllFormats::new(|builder| builder);
    let (failure, _) =
        formats.report(|| drop(info_span!("dispatch_session", a = 1, error = "", a = 2, error = "x")));
    assert_eq!(failure.fields().collect::<Vec<_>>(), [("a", Value::I64(2)), ("error", Value::Str("x"))]);
    assert_eq!(failure.error(), Some("x"));
}

/// A value whose formatting writes something, and then fails or panics.
struct Faulty(fn() -> fmt::Result);

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half\n")?;
        (self.0)()
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Faulty {}

fn assert_loses_only_the_value(fault: fn() -> fmt::Result, mark: &str) {
    let formats = AllFormats::new(|builder| builder);
    let expected = format!("half\n{mark}");
    let (failure, _) = formats.report(|| {
        let span = info_span!(
            "dispatch_session",
            before = 1,
            bad = ?Faulty(fault),
            late = Empty,
            after = "whole",
            error = &Faulty(fault) as &(dyn std::error::Error + 'static)
        );
        span.record("late", tracing::field::display(Faulty(fault)));
    });
    assert_eq!(failure.error(), Some(expected.as_str()));
    assert_eq!(failure.field("bad"), Some(Value::Str(&expected)));
    assert_eq!(failure.field("late"), Some(Value::Str(&expected)));
    assert_eq!(failure.field("before"), Some(Value::I64(1)));
    assert_eq!(failure.field("after"), Some(Value::Str("whole")));
    assert_eq!(formats.reporter.stats().formatting_faults, 3);

    let (failure, _) = formats.report(|| {
        info_span!("dispatch_session", session.id = 7).in_scope(|| error!(error = ?Faulty(fault), "failed"));
    });
    assert_eq!(failure.error(), Some(expected.as_str()));
    assert_eq!(failure.field("session.id"), Some(Value::I64(7)));
    assert_eq!(formats.reporter.stats().formatting_faults, 4);
}

#[test]
fn a_debug_that_fails_loses_only_its_value() {
    assert_loses_only_the_value(|| Err(fmt::Error), "[formatting failed]");
}

#[test]
fn a_debug_that_panics_loses_only_its_value() {
    // In its own process, because the panic hook is global.
    InChild::new()
        .run(|| {
            std::panic::set_hook(Box::new(|_| ()));
            assert_loses_only_the_value(|| panic!("while formatting"), "[formatting panicked]");
        })
        .ok();
}

#[test]
fn a_value_that_never_stops_writing_is_cut() {
    struct Endless;
    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("more and ")?;
            }
        }
    }
    let formats = AllFormats::new(|builder| builder);
    let (failure, _) = formats.report(|| drop(info_span!("dispatch_session", error = ?Endless)));
    assert!(failure.error().unwrap().ends_with("…[cut]"));
}

#[test]
fn every_type_keeps_all_its_digits() {
    let formats = AllFormats::new(|builder| builder);
    let (failure, outputs) = formats.report(|| {
        let error: &(dyn std::error::Error + 'static) = &io::Error::other("refused");
        info_span!(
            "dispatch_session",
            bool = false,
            i64 = i64::MIN,
            u64 = u64::MAX,
            i128 = i128::MIN,
            u128 = u128::MAX,
            f64 = 0.1,
            nan = f64::NAN,
            infinite = f64::NEG_INFINITY,
            str = "7",
            option = Some(3_u8),
            none = None::<u8>,
            error,
        )
        .in_scope(|| _ = Span::current().record("bool", true));
    });
    let fields: Vec<_> = failure.fields().filter(|(name, _)| *name != "nan").collect();
    let expected = [
        ("bool", Value::Bool(true)),
        ("i64", Value::I64(i64::MIN)),
        ("u64", Value::U64(u64::MAX)),
        ("i128", Value::I128(i128::MIN)),
        ("u128", Value::U128(u128::MAX)),
        ("f64", Value::F64(0.1)),
        ("infinite", Value::F64(f64::NEG_INFINITY)),
        ("str", Value::Str("7")),
        ("option", Value::U64(3)),
        ("error", Value::Str("refused")),
    ];
    assert_eq!(fields, expected);
    let [_, _, (_, json)] = <[_; 3]>::try_from(outputs).unwrap();
    for part in [
        "\"bool\":true",
        "\"i64\":-9223372036854775808",
        "\"u64\":18446744073709551615",
        "\"i128\":\"-170141183460469231731687303715884105728\"",
        "\"u128\":\"340282366920938463463374607431768211455\"",
        "\"f64\":0.1,",
        "\"nan\":\"NaN\"",
        "\"infinite\":\"-inf\"",
        "\"str\":\"7\"",
    ] {
        assert!(json.contains(part), "{part} is not in {json}");
    }
}
