//! A secret in a field reaches nothing that the reporter writes or logs.

mod support;

use std::{
    fmt, fs,
    sync::atomic::{AtomicBool, Ordering},
};
use support::InChild;
use tracing::{Span, error, field::Empty, info_span};
use tracing_dispatch_failure::{
    Builder, Format, MemoryRecord, MemorySink, Reporter, Signal, SinkKind, SinkOptions, Value,
};
use tracing_subscriber::prelude::*;

const SECRET: &str = "hunter2";

/// Returns the records of `run`, and everything written for them: every format, the message, and a file.
fn written(change: impl FnOnce(Builder) -> Builder, run: impl FnOnce()) -> (Vec<MemoryRecord>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failures.jsonl");
    let sinks: Vec<_> = Format::ALL.iter().copied().map(|format| (format, MemorySink::new())).collect();
    let builder = change(Reporter::builder().sinks([SinkKind::File]).file_path(&file));
    let builder = sinks.iter().fold(builder, |builder, (format, sink)| {
        builder.add_sink_with(format.name(), sink.clone(), SinkOptions::default().format(*format))
    });
    let reporter = builder.build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(reporter.layer()), run);
    let records: Vec<_> = sinks.iter().flat_map(|(_, sink)| sink.take()).collect();
    let mut all = fs::read_to_string(file).unwrap();
    for record in &records {
        all += record.as_str();
        all += record.message();
        all += &format!("{:?} {:?}", record.failure(), reporter);
    }
    (records, all)
}

/// Checks that one failure is reported with redacted values, and that the secret appears nowhere.
fn assert_redacted(change: impl FnOnce(Builder) -> Builder, run: impl FnOnce()) -> Vec<MemoryRecord> {
    let (records, all) = written(change, run);
    assert_eq!(records.len(), Format::ALL.len(), "one record in each format");
    assert!(!all.contains(SECRET), "{all}");
    assert!(all.contains("[redacted]"), "{all}");
    records
}

#[derive(Debug, Clone, Copy)]
struct Credentials;

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET)
    }
}

#[test]
fn a_password_reaches_no_sink_in_any_format() {
    let records = assert_redacted(
        |builder| builder,
        || {
            let span = info_span!(
                "dispatch_session",
                password = SECRET,
                userPassWord = %Credentials,
                user_token = ?SECRET,
                db.passwd = Empty,
                client_secret = 12,
                API_KEY = true,
                Authorization = SECRET,
                cookie = SECRET,
                user = "alice",
                error = "refused",
            );
            span.record("db.passwd", SECRET).record("password", SECRET);
        },
    );
    let failure = records[0].failure();
    assert_eq!(failure.field("user"), Some(Value::Str("alice")));
    assert_eq!(failure.fields().filter(|(_, value)| *value == Value::Str("[redacted]")).count(), 8);
}

#[test]
fn a_secret_in_the_context_is_redacted_too() {
    let context = |builder: Builder| builder.context("[request]".parse().unwrap());
    assert_redacted(context, || {
        info_span!("request", session_token = SECRET).in_scope(|| {
            drop(info_span!("dispatch_session", error = "refused"));
        });
    });
}

#[test]
fn a_redacted_error_still_fails_the_span() {
    let redact =
        |builder: Builder| builder.redact("error*,exception.*,*description,classification".parse().unwrap());
    let records = assert_redacted(redact, || drop(info_span!("dispatch_session", error = SECRET)));
    assert_eq!(records[0].failure().signal(), Signal::ErrorField);
    assert_eq!(records[0].failure().error(), Some("[redacted]"));
    assert_redacted(redact, || {
        drop(info_span!("dispatch_session", "error.type" = SECRET, exception.message = %Credentials));
    });
    assert_redacted(redact, || {
        drop(info_span!("dispatch_session", otel.status_code = "ERROR", otel.status_description = SECRET));
    });
    assert_redacted(redact, || {
        info_span!("dispatch_session").in_scope(|| error!(error = %Credentials));
    });
    assert_redacted(redact, || {
        info_span!("dispatch_session").in_scope(|| error!("error.type" = SECRET, exception.message = SECRET));
    });
    assert_redacted(redact, || {
        info_span!("dispatch_session").in_scope(|| error!(classification = SECRET, "response failed"));
    });

    let (records, _) = written(redact, || {
        drop(info_span!("dispatch_session", error = false));
        drop(info_span!("dispatch_session", error = ?None::<&str>));
    });
    assert!(records.is_empty(), "the absence of an error is no secret");
    let (records, _) = written(redact, || drop(info_span!("dispatch_session", error = true)));
    assert_eq!(records[0].failure().error(), None);
}

#[test]
fn a_redacted_status_still_decides_the_outcome() {
    let redact = |builder: Builder| builder.redact("otel.*".parse().unwrap());
    let (records, _) = written(redact, || {
        drop(info_span!("dispatch_session", otel.status_code = "OK", error = "x"));
    });
    assert!(records.is_empty());
    let records = assert_redacted(redact, || {
        let span = info_span!("dispatch_session", otel.status_code = Empty, otel.status_description = SECRET);
        span.record("otel.status_code", SECRET).record("otel.status_code", "error");
    });
    assert_eq!(records[0].failure().signal(), Signal::Status);
}

#[test]
fn a_message_that_names_a_secret_shows_it_redacted() {
    let overlays = tempfile::tempdir().unwrap();
    fs::create_dir(overlays.path().join("en-US")).unwrap();
    let text = "message = { $password } and { $user_token } of { $user }\n";
    fs::write(overlays.path().join("en-US/event-4031.ftl"), text).unwrap();
    let records = assert_redacted(
        |builder| builder.locales_dir(overlays.path()),
        || {
            drop(info_span!(
                "dispatch_session",
                password = SECRET,
                user_token = 7,
                user = "alice",
                error = "x"
            ))
        },
    );
    assert_eq!(records[0].message(), "[redacted] and [redacted] of alice");
}

#[test]
fn a_redacted_value_is_never_formatted() {
    static FORMATTED: AtomicBool = AtomicBool::new(false);
    struct Untouchable;
    impl fmt::Debug for Untouchable {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            FORMATTED.store(true, Ordering::Relaxed);
            Ok(())
        }
    }
    assert_redacted(
        |builder| builder,
        || {
            let span = info_span!("dispatch_session", password = ?Untouchable, token = Empty, error = "x");
            span.record("token", tracing::field::debug(Untouchable));
        },
    );
    assert!(!FORMATTED.load(Ordering::Relaxed));
}

#[test]
fn patterns_ignore_case_and_replace_the_default() {
    let redact = |builder: Builder| builder.redact("Session.*".parse().unwrap());
    let records = assert_redacted(redact, || {
        drop(info_span!("dispatch_session", sEssion.id = SECRET, password = "shown", error = "x"));
    });
    assert_eq!(records[0].failure().field("password"), Some(Value::Str("shown")));
    let (records, _) = written(
        |builder| builder.redact("off".parse().unwrap()),
        || drop(info_span!("dispatch_session", password = "shown", error = "x")),
    );
    assert_eq!(records[0].failure().field("password"), Some(Value::Str("shown")));
}

#[test]
fn log_lines_on_stderr_contain_no_secret() {
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "stdout,stderr")
        .run(|| {
            struct Failing;
            impl tracing_dispatch_failure::Sink for Failing {
                fn write(&self, _: &tracing_dispatch_failure::SinkRecord<'_>) -> std::io::Result<()> {
                    Err(std::io::ErrorKind::StorageFull.into())
                }
            }
            let reporter = Builder::from_env().add_sink("failing", Failing).build().unwrap();
            tracing_subscriber::registry().with(reporter.layer()).init();
            info_span!("dispatch_session", password = SECRET, error = "x").in_scope(|| {
                Span::current().record("password", SECRET);
            });
        })
        .ok();
    assert!(output.stderr.contains("the sink `failing` lost 1 record"), "{}", output.stderr);
    assert!(!output.stderr.contains(SECRET) && !output.stdout.contains(SECRET));
}
