//! Spans that close while their thread ends, in the destructors of thread-local values: other values of
//! the thread may be destroyed already.

mod support;

use std::{cell::RefCell, time::Duration};
use support::InChild;
use tracing::{Span, info_span};
use tracing_dispatch_failure::{Reporter, SinkKind};
use tracing_subscriber::prelude::*;

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// What a thread drops at its end. (If a span opens there, `Registry` itself ends the process, even without
/// our layer.)
struct Kept {
    _open: Span,
    _reporter: Reporter,
}

fn keep(reporter: Reporter) {
    // Initialized first, so that it is destroyed last, after our own thread-local values.
    KEPT.with(|_| ());
    drop(info_span!("dispatch_session", error = "early"));
    let open = info_span!("dispatch_session", error = "open");
    KEPT.set(Some(Kept { _open: open, _reporter: reporter }));
}

/// Returns how many records are written for a thread that closes its last span at its end.
fn records(queued: bool) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let output = InChild::new()
        .var("FAILURES", path.as_os_str())
        .run(|| {
            let path = std::env::var_os("FAILURES").unwrap();
            let builder = Reporter::builder().sinks([SinkKind::File]);
            let reporter = builder.file_path(path).queued(queued).build().unwrap();
            tracing_subscriber::registry().with(reporter.layer()).init();
            let watched = reporter.clone();
            std::thread::spawn(move || keep(reporter)).join().unwrap();
            watched.flush(Duration::from_secs(10)).unwrap();
        })
        .ok();
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    std::fs::read_to_string(&path).unwrap().lines().count()
}

#[test]
fn a_span_that_closes_while_its_thread_ends_is_reported() {
    assert_eq!(records(false), 2);
}

#[test]
fn a_span_that_closes_while_its_thread_ends_is_reported_through_the_queue() {
    assert_eq!(records(true), 2);
}
