//! Answers that other questions leave behind in `tracing-subscriber` (tokio-rs/tracing#2519) lose no failure.

mod support;

use std::io;
use support::{InChild, reporter_of};
use tracing::{Level, error, error_span, info_span, instrument, level_filters::LevelFilter};
use tracing_dispatch_failure::MemorySink;
use tracing_subscriber::{fmt, prelude::*};

/// Makes the README's stack the global subscriber, with `fmt` at a level.
fn init(level: LevelFilter) -> MemorySink {
    let (reporter, memory) = reporter_of(&[]);
    tracing_subscriber::registry()
        .with(reporter.layer())
        .with(fmt::layer().with_writer(io::sink).with_filter(level))
        .init();
    reporter.verify().unwrap();
    memory
}

#[instrument(name = "dispatch_session", skip_all, err)]
fn dispatch(ask_within: impl Fn()) -> Result<(), String> {
    ask_within();
    Err("refused".to_owned())
}

/// Counts how many of four failures are reported if `ask` runs before the spans, and if it runs within them.
fn reported(memory: &MemorySink, ask: fn()) -> (usize, usize) {
    for _ in 0..4 {
        ask();
        let _ = dispatch(|| ());
    }
    let before = memory.take().len();
    for _ in 0..4 {
        let _ = dispatch(ask);
    }
    (before, memory.take().len())
}

const LEVELS: [LevelFilter; 5] =
    [LevelFilter::OFF, LevelFilter::ERROR, LevelFilter::WARN, LevelFilter::INFO, LevelFilter::TRACE];

fn assert_loses_nothing(ask: fn()) {
    for level in LEVELS {
        // One process for each level: the subscriber is global, as in an application.
        let output = InChild::new().var("LEVEL", level.to_string()).run(|| {
            let level = std::env::var("LEVEL").unwrap().parse().unwrap();
            let memory = init(level);
            println!("{:?}", reported(&memory, ask));
        });
        assert_eq!(output.ok().stdout, "(4, 4)\n", "fmt at {level}");
    }
}

#[test]
fn enabled_loses_no_failure() {
    assert_loses_nothing(|| {
        tracing::enabled!(Level::INFO);
        tracing::enabled!(target: "sqlx::query", Level::DEBUG);
    });
}

#[test]
fn event_enabled_loses_no_failure() {
    assert_loses_nothing(|| {
        tracing::event_enabled!(Level::INFO);
        tracing::event_enabled!(Level::ERROR, error);
    });
}

#[test]
fn span_enabled_loses_no_failure() {
    assert_loses_nothing(|| _ = tracing::span_enabled!(Level::INFO));
}

/// Database drivers ask like this after each query.
#[test]
fn log_enabled_loses_no_failure() {
    assert_loses_nothing(|| {
        let _ = log::log_enabled!(target: "sqlx::query", log::Level::Debug);
        let _ = log::log_enabled!(log::Level::Info);
        let _ = log::log_enabled!(log::Level::Error);
    });
}

#[test]
fn questions_in_arguments_lose_no_failure() {
    fn asks<T>(value: T) -> T {
        tracing::enabled!(Level::INFO);
        tracing::event_enabled!(Level::ERROR);
        tracing::span_enabled!(Level::INFO);
        let _ = log::log_enabled!(log::Level::Info);
        value
    }
    for level in LEVELS {
        let output = InChild::new().var("LEVEL", level.to_string()).run(|| {
            let memory = init(std::env::var("LEVEL").unwrap().parse().unwrap());
            info_span!("dispatch_session", id = asks(1)).in_scope(|| error!(error = "refused"));
            info_span!("dispatch_session").in_scope(|| error!(error = asks("refused")));
            info_span!("dispatch_session", error = asks("refused"));
            let span = info_span!("dispatch_session", error = tracing::field::Empty);
            span.record("error", asks("refused"));
            drop(span);
            println!("{}", memory.take().len());
        });
        assert_eq!(output.ok().stdout, "4\n", "fmt at {level}");
    }
}

/// A value of an event may itself open spans and log before the event is dispatched.
#[test]
fn spans_and_events_in_arguments_lose_no_failure() {
    fn logs<T>(value: T) -> T {
        tracing::info!("evaluated");
        error_span!("inner").in_scope(|| tracing::debug!("evaluated"));
        let _ = log::log_enabled!(log::Level::Info);
        value
    }
    for level in LEVELS {
        let output = InChild::new().var("LEVEL", level.to_string()).run(|| {
            let memory = init(std::env::var("LEVEL").unwrap().parse().unwrap());
            info_span!("dispatch_session", id = logs(1)).in_scope(|| error!(error = logs("refused")));
            println!("{}", memory.take().len());
        });
        assert_eq!(output.ok().stdout, "1\n", "fmt at {level}");
    }
}

#[test]
fn log_enabled_answers_as_without_the_layer() {
    for level in LEVELS {
        let output = InChild::new().var("LEVEL", level.to_string()).run(|| {
            let level: LevelFilter = std::env::var("LEVEL").unwrap().parse().unwrap();
            let _memory = init(level);
            let expected = |asked: log::Level| asked.to_level_filter() <= as_log(level);
            // Twice, because the first answer is cached.
            for asked in log::Level::iter().chain(log::Level::iter()) {
                assert_eq!(log::log_enabled!(asked), expected(asked), "{asked}");
                assert_eq!(log::log_enabled!(target: "sqlx::query", asked), expected(asked), "{asked}");
            }
        });
        output.ok();
    }
}

fn as_log(level: LevelFilter) -> log::LevelFilter {
    level.to_string().parse().unwrap()
}

/// A program that logs before it opens its first span has no callsite that could be registered again.
#[test]
fn log_records_pass_as_soon_as_another_layer_wants_them() {
    let output = InChild::new().run(|| {
        let (reporter, _) = reporter_of(&[]);
        let (filter, handle) = tracing_subscriber::reload::Layer::new(LevelFilter::WARN);
        let others = fmt::layer().with_writer(io::sink).with_filter(filter);
        tracing_subscriber::registry().with(reporter.layer()).with(others).init();
        for _ in 0..2 {
            assert!(!log::log_enabled!(log::Level::Info));
            handle.reload(LevelFilter::INFO).unwrap();
            assert!(log::log_enabled!(log::Level::Info));
            handle.reload(LevelFilter::WARN).unwrap();
        }
    });
    output.ok();
}
