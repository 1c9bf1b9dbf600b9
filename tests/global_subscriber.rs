//! Under a global subscriber, only the layer itself keeps its own work from reentering it. Each test runs
//! in its own process, because a failure would crash or hang it.

mod support;

use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};
use support::{Everything, InChild};
use tracing::{Span, error, field::Empty, info, info_span};
use tracing_dispatch_failure::{Builder, Fault, MemorySink, Reporter, Sink, SinkKind, SinkRecord};
use tracing_subscriber::prelude::*;

/// Makes a reporter with a memory sink part of the global subscriber.
fn init(change: impl FnOnce(Builder) -> Builder) -> (Reporter, MemorySink) {
    let (reporter, memory) = support::reporter(change);
    tracing_subscriber::registry().with(Everything).with(reporter.layer()).init();
    (reporter, memory)
}

/// A value that opens spans, logs and records fields while it is formatted.
struct Chatty;

static FORMATTED: AtomicU32 = AtomicU32::new(0);

impl fmt::Debug for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        FORMATTED.fetch_add(1, Ordering::Relaxed);
        info!("formatting");
        error!(error = %"a value's", "formatting");
        error!(error = ?NestedChatty, "formatting a value in a value");
        Span::current().record("error", "by a value").record("error", tracing::field::debug(NestedChatty));
        info_span!("dispatch_session", error = "within a value").in_scope(|| {
            error!(error = "within a value's dispatch");
            Span::current().record("error", tracing::field::debug(NestedChatty));
        });
        f.write_str("chatty")
    }
}

impl fmt::Display for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Chatty {}

/// A value that [`Chatty`] formats, and that logs as well.
struct NestedChatty;

impl fmt::Debug for NestedChatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        error!(error = "from below");
        f.write_str("chatty, too")
    }
}

#[test]
fn a_value_that_logs_while_it_is_formatted_causes_no_further_record() {
    InChild::new()
        .run(|| {
            let (_reporter, memory) = init(|builder| builder);
            let error =
                |record: &tracing_dispatch_failure::MemoryRecord| record.failure().error().map(str::to_owned);

            info_span!("dispatch_session", value = ?Chatty).in_scope(|| ());
            assert_eq!(memory.len(), 0, "spans and events of a value's formatting fail no dispatch");

            info_span!("dispatch_session", note = Empty, error = Empty).in_scope(|| {
                Span::current().record("note", tracing::field::debug(Chatty));
                info!(error = ?Chatty, "an event that nobody reads");
            });
            assert_eq!(memory.len(), 0, "fields that a value's formatting records do not count");

            // As a field of a new span, as a field recorded later, as an error, and as a field of an event.
            info_span!("dispatch_session", error = %Chatty).in_scope(|| ());
            info_span!("dispatch_session", error = Empty).in_scope(|| {
                Span::current().record("error", tracing::field::debug(Chatty));
            });
            info_span!("dispatch_session", error = &Chatty as &dyn std::error::Error).in_scope(|| ());
            info_span!("dispatch_session").in_scope(|| error!(error = ?Chatty));
            let records = memory.take();
            assert_eq!(records.len(), 4);
            for record in &records {
                assert_eq!(error(record).as_deref(), Some("chatty"), "{}", record.as_str());
            }
            // Each value is formatted a few times; reentering the layer would multiply that.
            assert!(FORMATTED.load(Ordering::Relaxed) < 50);
        })
        .ok();
}

/// A sink that keeps each record, and then runs a function that may log, fail or panic.
struct Meddling(MemorySink, fn(&SinkRecord<'_>) -> io::Result<()>);

impl Sink for Meddling {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        self.0.write(record)?;
        (self.1)(record)
    }
}

fn fail_a_dispatch(session: u64) {
    info_span!("dispatch_session", session.id = session, error = "refused").in_scope(|| ());
}

#[test]
fn a_sink_that_logs_and_fails_dispatches_is_not_reentered() {
    InChild::new()
        .run(|| {
            let kept = MemorySink::new();
            let sink = Meddling(kept.clone(), |_| {
                error!(error = "the sink's");
                fail_a_dispatch(99);
                Ok(())
            });
            let (reporter, memory) = init(|builder| builder.add_sink("meddling", sink));
            for session in 0..3 {
                fail_a_dispatch(session);
            }
            assert_eq!((memory.len(), kept.len()), (3, 3));
            let stats = reporter.stats();
            for name in ["memory", "meddling"] {
                let sink = stats.sink(name).unwrap();
                assert_eq!((sink.delivered, sink.observed), (3, 3 + sink.failed()), "{sink:?}");
                assert!(sink.failed.keys().all(|fault| *fault == Fault::Reentered), "{sink:?}");
            }
        })
        .ok();
}

#[test]
fn a_sink_that_panics_or_fails_loses_only_its_own_record() {
    let output = InChild::new()
        .run(|| {
            std::panic::set_hook(Box::new(|_| ()));
            let kept = MemorySink::new();
            let sink = Meddling(kept.clone(), |record| {
                match record.failure().field("session.id").map(|id| id.to_string()).as_deref() {
                    Some("1") => panic!("a sink's panic"),
                    Some("2") => Err(io::Error::new(io::ErrorKind::StorageFull, "full\x1b[31m\nup")),
                    _ => Ok(()),
                }
            });
            let (reporter, memory) = init(|builder| builder.add_sink("meddling", sink));
            for session in 0..5 {
                fail_a_dispatch(session);
            }
            assert_eq!((memory.len(), kept.len()), (5, 5));
            let stats = reporter.stats();
            let sink = stats.sink("meddling").unwrap();
            assert_eq!((sink.observed, sink.delivered), (5, 3));
            assert_eq!(sink.failed[&Fault::Panicked], 1);
            assert_eq!(sink.failed[&Fault::Io(io::ErrorKind::StorageFull)], 1);
            assert_eq!(stats.sink("memory").unwrap().delivered, 5);
        })
        .ok();
    // The first loss is logged at once and escaped. The second, within the same minute, is not logged.
    let logged = "tracing-dispatch-failure: the sink `meddling` lost 1 record: the sink panicked";
    assert!(output.stderr.contains(logged), "{}", output.stderr);
    assert!(!output.stderr.contains('\x1b'), "{}", output.stderr);
}

#[test]
fn writing_a_record_does_not_wait_for_the_lock_of_a_standard_stream() {
    let output = InChild::new()
        .run(|| {
            let (_reporter, memory) = init(|builder| builder.sinks([SinkKind::Stdout, SinkKind::Stderr]));
            let stdout = io::stdout().lock();
            thread::spawn(|| fail_a_dispatch(1)).join().unwrap();
            drop(stdout);
            let stderr = io::stderr().lock();
            thread::spawn(|| fail_a_dispatch(2)).join().unwrap();
            drop(stderr);
            assert_eq!(memory.len(), 2);
        })
        .ok();
    for stream in [&output.stdout, &output.stderr] {
        assert_eq!(stream.matches("4031 DispatchSessionFailed").count(), 2, "{stream}");
    }
}

#[test]
fn a_record_follows_what_the_application_printed_before_it() {
    let output = InChild::new()
        .run(|| {
            let _ = init(|builder| builder.sinks([SinkKind::Stdout]));
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "before").unwrap();
            fail_a_dispatch(1);
            writeln!(stdout, "after").unwrap();
        })
        .ok();
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!((lines[0], lines[2]), ("before", "after"), "{lines:?}");
}

#[test]
fn spans_that_close_while_a_thread_ends_are_still_reported() {
    InChild::new()
        .run(|| {
            struct AtTheEnd(OnceLock<Span>);
            thread_local! {
                static LAST: AtTheEnd = const { AtTheEnd(OnceLock::new()) };
            }
            let (_reporter, memory) = init(|builder| builder);
            thread::spawn(|| {
                // Initialized first, so dropped last, after our own thread-local values.
                LAST.with(|last| _ = last.0.get().is_none());
                fail_a_dispatch(1);
                let span = info_span!("dispatch_session", error = "at the thread's end");
                LAST.with(|last| _ = last.0.set(span));
            })
            .join()
            .unwrap();
            assert_eq!(memory.len(), 2);
        })
        .ok();
}

#[test]
fn failures_on_many_threads_at_once_are_all_written_whole() {
    const THREADS: u64 = 8;
    const EACH: u64 = 200;
    let output = InChild::new()
        .run(|| {
            let (reporter, memory) = init(|builder| {
                builder.sinks([SinkKind::Stdout]).format(tracing_dispatch_failure::Format::Json)
            });
            let start = Arc::new(std::sync::Barrier::new(THREADS as usize));
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let start = Arc::clone(&start);
                    thread::spawn(move || {
                        start.wait();
                        (0..EACH).for_each(|session| fail_a_dispatch(thread * EACH + session));
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(memory.len() as u64, THREADS * EACH);
            assert_eq!(reporter.stats().sink("stdout").unwrap().delivered, THREADS * EACH);
        })
        .ok();
    let id = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        record["fields"]["session.id"].as_u64().unwrap()
    };
    let ids: std::collections::BTreeSet<u64> = output.stdout.lines().map(id).collect();
    assert_eq!(output.stdout.lines().count() as u64, THREADS * EACH);
    assert_eq!(ids, (0..THREADS * EACH).collect());
}
