//! Many records at once.

use crate::{
    child::{child_command, fail},
    files, ids, size,
};
use std::time::Duration;
use tracing_dispatch_failure::{Format, QueueFull, Reporter, Sink, SinkKind, SinkRecord};
use tracing_subscriber::prelude::*;

/// Runs child processes that fail dispatches on several threads each; returns the number of failures.
fn run_storm(processes: usize, threads: usize, count: usize, settings: &[(&str, &str)]) -> usize {
    let start = || {
        let mut command = child_command("storm", settings);
        command.env("THREADS", threads.to_string()).env("COUNT", count.to_string()).spawn().unwrap()
    };
    let children: Vec<_> = (0..processes).map(|_| start()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    processes * threads * count
}

#[test]
fn several_processes_append_to_one_file_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap())];
    let written = run_storm(4, 4, size(500, 12_500), &settings);
    assert_eq!(ids(&[path]).len(), written);
}

#[test]
fn several_threads_rotate_one_file_by_size_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap()), ("FILE_ROTATION", "100KiB")];
    let written = run_storm(1, 8, size(1000, 25_000), &settings);
    let files = files(folder.path());
    assert!(files.len() > 10);
    assert!(files.iter().all(|file| file.metadata().unwrap().len() <= 100 << 10));
    assert_eq!(ids(&files).len(), written);
}

#[test]
fn several_processes_rotate_one_file_by_size_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap()), ("FILE_ROTATION", "100KiB")];
    let written = run_storm(4, 2, size(1000, 25_000), &settings);
    let files = files(folder.path());
    assert!(files.len() > 10);
    assert_eq!(ids(&files).len(), written);
}

#[test]
fn several_processes_that_rotate_and_prune_tear_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [
        ("SINKS", "file"),
        ("FILE_PATH", path.to_str().unwrap()),
        ("FILE_ROTATION", "50KiB"),
        ("FILE_KEEP", "3"),
    ];
    run_storm(4, 2, size(1000, 25_000), &settings);
    let files = files(folder.path());
    // An old file that another process still holds stays until the next rotation.
    assert!(files.len() <= 1 + 3 + 4, "{files:?}");
    assert!(!ids(&files).is_empty());
}

#[test]
fn a_blocking_queue_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [
        ("SINKS", "file"),
        ("FILE_PATH", path.to_str().unwrap()),
        ("DELIVERY", "queued"),
        ("QUEUE_CAPACITY", "100"),
    ];
    let written = run_storm(1, 8, size(2000, 200_000), &settings);
    assert_eq!(ids(&[path]).len(), written);
}

#[test]
fn a_dropping_queue_counts_each_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let reporter = Reporter::builder()
        .sinks([SinkKind::File])
        .file_path(&path)
        .queued(true)
        .queue_capacity(10)
        .queue_full(QueueFull::Drop)
        .build()
        .unwrap();
    let count = size(2000, 200_000);
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(reporter.layer()));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    (0..count).for_each(|number| fail(&format!("{thread}-{number}")));
                });
            });
        }
    });
    reporter.flush(Duration::from_secs(60)).unwrap();
    let stats = reporter.stats().sink("file").unwrap().clone();
    assert_eq!(stats.observed, 8 * count as u64);
    assert_eq!(stats.delivered + stats.dropped, stats.observed);
    assert!(stats.dropped > 0);
    assert_eq!(stats.in_flight, 0);
    assert_eq!(ids(&[path]).len() as u64, stats.delivered);
}

/// A sink that writes nothing, and of every ten records fails on one and panics on another.
struct UnreliableSink(std::sync::atomic::AtomicU64);

impl Sink for UnreliableSink {
    fn write(&self, _: &SinkRecord<'_>) -> std::io::Result<()> {
        match self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 10 {
            3 => Err(std::io::ErrorKind::StorageFull.into()),
            7 => std::panic::resume_unwind(Box::new("unreliable")),
            _ => Ok(()),
        }
    }
}

#[test]
fn every_failure_above_the_rate_is_still_counted() {
    let memory = tracing_dispatch_failure::MemorySink::new();
    for queued in [false, true] {
        let reporter = Reporter::builder()
            .sinks([])
            .add_sink("memory", memory.clone())
            .add_sink("unreliable", UnreliableSink(0.into()))
            .format(Format::Json)
            .rate("5/s".parse().unwrap())
            .queued(queued)
            .build()
            .unwrap();
        let subscriber = tracing_subscriber::registry().with(reporter.layer());
        tracing::subscriber::with_default(subscriber, || {
            (0..1000).for_each(|number| fail(&number.to_string()))
        });
        reporter.flush(Duration::from_secs(60)).unwrap();
        let stats = reporter.stats();
        let (sink, unreliable) = (stats.sink("memory").unwrap(), stats.sink("unreliable").unwrap());
        assert_eq!((sink.observed, unreliable.observed), (1000, 1000));
        assert_eq!(sink.delivered + sink.suppressed, 1000);
        assert_eq!(unreliable.delivered + unreliable.failed() + unreliable.suppressed, 1000);
        assert_eq!(unreliable.summaries + unreliable.summaries_lost, sink.summaries);
        let records = memory.take();
        let summed: u64 = records.iter().filter_map(|record| record.failure().suppressed()).sum();
        assert_eq!(summed, sink.suppressed);
        assert_eq!(records.len() as u64, sink.delivered + sink.summaries);
        assert!(records.iter().any(|record| record.as_str().contains(",\"suppressed\":")));
    }
}

#[test]
fn a_sink_that_fails_and_panics_does_not_end_the_worker() {
    let reporter = Reporter::builder()
        .sinks([])
        .add_sink("unreliable", UnreliableSink(0.into()))
        .queued(true)
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(subscriber, || (0..1000).for_each(|number| fail(&number.to_string())));
    reporter.flush(Duration::from_secs(60)).unwrap();
    let stats = reporter.stats().sink("unreliable").unwrap().clone();
    assert_eq!(stats.observed, 1000);
    assert_eq!(stats.delivered + stats.failed(), 1000);
    assert!(stats.delivered > 0 && stats.failed.len() == 2, "{stats:?}");
}

#[test]
fn the_worker_keeps_delivering_after_the_reporter_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let reporter = Reporter::builder().sinks([SinkKind::File]).file_path(&path).queued(true).build().unwrap();
    let layer = reporter.layer();
    drop(reporter);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        (0..1000).for_each(|number| fail(&number.to_string()));
    });
    // Dropping the layer does not wait for the worker, which writes the rest afterwards.
    while std::fs::read_to_string(&path).unwrap().matches('\n').count() < 1000 {
        std::thread::yield_now();
    }
    assert_eq!(ids(&[path]).len(), 1000);
}
