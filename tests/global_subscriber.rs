//! Under a global subscriber, where nothing but the layer itself keeps its work from coming back to
//! it. Each test is a process of its own: what is tested for would end or hang it.

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

/// Sets a reporter with a memory sink as part of the global subscriber.
fn init(change: impl FnOnce(Builder) -> Builder) -> (Reporter, MemorySink) {
    let (reporter, memory) = support::reporter(change);
    tracing_subscriber::registry().with(Everything).with(reporter.layer()).init();
    (reporter, memory)
}

/// A value that does with `tracing` what it should not while it is formatted.
struct Chatty;

static FORMATTED: AtomicU32 = AtomicU32::new(0);

impl fmt::Debug for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        FORMATTED.fetch_add(1, Ordering::Relaxed);
        info!("formatting");
        error!(error = %"a value's", "formatting");
        error!(error = ?Chatty2, "formatting a value in a value");
        Span::current().record("error", "by a value").record("error", tracing::field::debug(Chatty2));
        info_span!("dispatch_session", error = "within a value").in_scope(|| {
            error!(error = "within a value's dispatch");
            Span::current().record("error", tracing::field::debug(Chatty2));
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

/// What a chatty value shows of itself in turn.
struct Chatty2;

impl fmt::Debug for Chatty2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        error!(error = "from below");
        f.write_str("chatty, too")
    }
}

#[test]
fn a_value_that_logs_while_it_is_formatted_gives_its_record_and_no_other() {
    InChild::new()
        .run(|| {
            let (_reporter, memory) = init(|builder| builder);
            let error =
                |record: &tracing_dispatch_failure::MemoryRecord| record.failure().error().map(str::to_owned);

            info_span!("dispatch_session", value = ?Chatty).in_scope(|| ());
            assert_eq!(memory.len(), 0, "a value's own spans and events are nobody's failure");

            info_span!("dispatch_session", note = Empty, error = Empty).in_scope(|| {
                Span::current().record("note", tracing::field::debug(Chatty));
                info!(error = ?Chatty, "an event that nobody reads");
            });
            assert_eq!(memory.len(), 0, "what a value says of the current span does not count");

            // As a field of the span, when it opens and later; as an error; as an event's.
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
            assert!(FORMATTED.load(Ordering::Relaxed) < 50);
        })
        .ok();
}

/// A sink that does in its turn what it should not.
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
fn a_sink_that_logs_and_fails_dispatches_is_not_entered_again() {
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
fn a_sink_that_panics_or_fails_costs_its_own_record() {
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
    // The first loss is said, at once and escaped; the second, of the same minute, is not.
    let said = "tracing-dispatch-failure: the sink `meddling` lost 1 record: the sink panicked";
    assert!(output.stderr.contains(said), "{}", output.stderr);
    assert!(!output.stderr.contains('\x1b'), "{}", output.stderr);
}

#[test]
fn who_holds_the_lock_of_a_standard_stream_may_wait_for_a_dispatch() {
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
fn a_record_stands_behind_what_the_application_printed_before() {
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
fn spans_that_close_while_a_thread_ends_are_reported_still() {
    InChild::new()
        .run(|| {
            struct AtTheEnd(OnceLock<Span>);
            thread_local! {
                static LAST: AtTheEnd = const { AtTheEnd(OnceLock::new()) };
            }
            let (_reporter, memory) = init(|builder| builder);
            thread::spawn(|| {
                // Registered first, so dropped last: our own thread-locals are gone by then.
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
fn many_threads_fail_at_once_and_every_failure_is_written_whole() {
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
