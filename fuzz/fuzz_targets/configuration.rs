//! Reading any environment is harmless, and every error is a short, escaped sentence.
//!
//! The input is an environment in the format of `/proc/<pid>/environ`: `NAME=value`, each followed by a NUL.
//! No built-in sink is opened and only an empty folder is read, whatever the variables contain.

#![no_main]

use harness::{Field, Recorded, Shape, empty_folder, fail, is_unsafe};
use libfuzzer_sys::fuzz_target;
use std::{ffi::OsString, os::unix::ffi::OsStringExt, time::Duration};
use tracing::Level;
use tracing_dispatch_failure::{Builder, Color, MemorySink};

const PREFIX: &[u8] = b"DISPATCH_FAILURE_";

/// Names that cause no warning. Warnings would fill the fuzzer's stderr.
const KNOWN: &[&str] = &[
    "APP",
    "COLOR",
    "CONTEXT",
    "DELIVERY",
    "ETW_LOCALE",
    "ETW_PROVIDER",
    "ETW_SCHEMA",
    "FIELD_COUNT",
    "FIELD_LIMIT",
    "FILE_FORMAT",
    "FILE_KEEP",
    "FILE_LOCALE",
    "FILE_PATH",
    "FILE_ROTATION",
    "FLUSH_TIMEOUT",
    "FORMAT",
    "JOURNALD_LOCALE",
    "LOCALE",
    "LOCALES_DIR",
    "OTLP_LOCALE",
    "QUEUE_CAPACITY",
    "QUEUE_FULL",
    "RATE",
    "REDACT",
    "SIGNALS",
    "SINKS",
    "SPANS",
    "STDERR_FORMAT",
    "STDERR_LOCALE",
    "STDOUT_FORMAT",
    "STDOUT_LOCALE",
];

fn is_quiet(name: &[u8]) -> bool {
    name.strip_prefix(PREFIX).is_none_or(|behind| KNOWN.iter().any(|known| known.as_bytes() == behind))
}

fuzz_target!(|data: &[u8]| {
    let variables = data.split(|byte| *byte == 0).filter_map(|variable| {
        let at = variable.iter().position(|byte| *byte == b'=')?;
        Some((&variable[..at], &variable[at + 1..]))
    });
    let os = |(name, value): (&[u8], &[u8])| {
        (OsString::from_vec(name.to_owned()), OsString::from_vec(value.to_owned()))
    };
    let _ = Builder::from_vars(variables.clone().map(os));

    let memory = MemorySink::new();
    let builder = Builder::from_vars(variables.filter(|(name, _)| is_quiet(name)).map(os))
        .sinks([])
        .locales_dir(empty_folder())
        .color(Color::Never)
        .add_sink("memory", memory.clone());
    let reporter = match builder.build() {
        Ok(reporter) => reporter,
        Err(error) => {
            assert!(error.is_configuration());
            for problem in error.problems() {
                let text = problem.to_string();
                assert!(problem.variable().is_some(), "{text}");
                assert!(!text.contains(is_unsafe), "{text:?}");
                assert!(text.len() < 1400, "{} bytes: {text}", text.len());
            }
            return;
        }
    };
    let shape = Shape {
        name: "dispatch_session".to_owned(),
        target: "shop::orders".to_owned(),
        file: Some("src/orders.rs".to_owned()),
        level: Level::INFO,
    };
    let text = |text: &str| Recorded::Str(text.to_owned());
    let fields = [("error", text("refused")), ("token", text("secret")), ("id", Recorded::U64(7))];
    let fields = fields.map(|(name, value)| Field { name: name.to_owned(), value });
    fail(&reporter, &shape, &fields);
    reporter.flush(Duration::from_secs(10)).unwrap();
    let stats = reporter.stats().total();
    assert_eq!(stats.observed, stats.delivered, "{stats:?}");
    let records = memory.take();
    assert!(records.len() <= 1);
    for record in records {
        let line = record.as_str().strip_suffix('\n').unwrap();
        assert!(!line.contains(|c| is_unsafe(c) && c != '\n'), "{line:?}");
    }
});
