//! Timed measurements with several threads or a file. The candidates take turns in every round, and the best
//! round of each one counts, because other processes on the machine can only add time.

use crate::{
    stacks::{self, build},
    work,
};
use std::{
    fs::OpenOptions,
    io::Write,
    path::Path,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};
use tracing::{Dispatch, dispatcher};
use tracing_appender::{
    non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard},
    rolling,
};
use tracing_dispatch_failure::{Builder, Format, QueueFull, Reporter, SinkKind};
use tracing_subscriber::{fmt, prelude::*};

const ROUNDS: usize = 7;
const LONG: Duration = Duration::from_secs(600);

/// Returns the best time of each candidate.
fn best<const N: usize>(mut round: impl FnMut() -> [Duration; N]) -> [Duration; N] {
    let mut best = [LONG; N];
    for _ in 0..ROUNDS {
        for (best, taken) in best.iter_mut().zip(round()) {
            *best = (*best).min(taken);
        }
    }
    best
}

fn file_reporter(path: &Path) -> Builder {
    Reporter::builder().sinks([SinkKind::File]).file_path(path).format(Format::Json)
}

fn dispatch(reporter: &Reporter) -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(reporter.layer()))
}

fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the file can be read");
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Nanoseconds per record.
pub(crate) struct Files {
    pub(crate) bare: f64,
    pub(crate) ours: f64,
    pub(crate) rolling: f64,
}

/// Measures from opening a span to its record in the file, and the same bytes by `write(2)` alone.
pub(crate) fn files() -> Files {
    const RECORDS: usize = 20_000;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name);
    let fail = |dispatch: &Dispatch| {
        dispatcher::with_default(dispatch, || {
            work::failing_span();
            let start = Instant::now();
            (0..RECORDS).for_each(|_| work::failing_span());
            start.elapsed()
        })
    };
    let [bare, ours, rolling] = best(|| {
        let reporter = build(file_reporter(&path("ours")));
        let ours = fail(&dispatch(&reporter));
        drop(reporter);
        let lines = lines(&path("ours"));
        assert_eq!(lines.len(), RECORDS + 1, "every record is in the file");

        let mut bare =
            OpenOptions::new().append(true).create_new(true).open(path("bare")).expect("a new file");
        let start = Instant::now();
        for line in &lines[1..] {
            bare.write_all(line.as_bytes()).expect("the file can be written");
        }
        let bare = start.elapsed();

        let rolling =
            fail(&Dispatch::new(fmt().json().with_writer(rolling::never(folder.path(), "rolling")).finish()));
        for name in ["ours", "bare", "rolling"] {
            std::fs::remove_file(path(name)).expect("the file exists");
        }
        [bare, ours, rolling]
    })
    .map(|taken| taken.as_nanos() as f64 / RECORDS as f64);
    Files { bare, ours, rolling }
}

/// The most records per second of all rounds, and the most records that were missing in the file.
#[derive(Clone, Copy)]
pub(crate) struct Queued {
    pub(crate) per_second: f64,
    pub(crate) lost: usize,
}

pub(crate) struct Queues {
    pub(crate) ours: Queued,
    pub(crate) lossless: Queued,
    pub(crate) lossy: Queued,
}

/// Measures eight failing threads, until all records are in the file.
pub(crate) fn queues() -> Queues {
    const THREADS: usize = 8;
    // More than the appender's queue of 128,000 lines can hold.
    const EACH: usize = 50_000;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("queued");
    // `end` returns once everything is written.
    let race = |dispatch: Dispatch, end: Box<dyn FnOnce()>| {
        let start = Instant::now();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    dispatcher::with_default(&dispatch, || (0..EACH).for_each(|_| work::failing_span()));
                });
            }
        });
        drop(dispatch);
        end();
        let taken = start.elapsed().as_secs_f64();
        let written = lines(&path).iter().filter(|line| line.ends_with("}\n")).count();
        std::fs::remove_file(&path).expect("the file exists");
        Queued { per_second: written as f64 / taken, lost: THREADS * EACH - written }
    };
    let appender = |lossy: bool| {
        let (writer, guard): (NonBlocking, WorkerGuard) =
            NonBlockingBuilder::default().lossy(lossy).finish(rolling::never(folder.path(), "queued"));
        race(Dispatch::new(fmt().json().with_writer(writer).finish()), Box::new(|| drop(guard)))
    };
    let mut best = [Queued { per_second: 0.0, lost: 0 }; 3];
    for _ in 0..3 {
        let reporter = build(file_reporter(&path).queued(true).queue_full(QueueFull::Block));
        let ours = race(dispatch(&reporter), Box::new(move || wait_for(&reporter)));
        for (best, round) in best.iter_mut().zip([ours, appender(false), appender(true)]) {
            best.per_second = best.per_second.max(round.per_second);
            best.lost = best.lost.max(round.lost);
        }
    }
    let [ours, lossless, lossy] = best;
    Queues { ours, lossless, lossy }
}

/// Waits for the queue but not for the disk, as the appender's guard does. `flush` would wait for both, so
/// this reads the counters.
fn wait_for(reporter: &Reporter) {
    while reporter.stats().sinks.iter().any(|sink| sink.in_flight > 0) {
        thread::sleep(Duration::from_micros(200));
    }
}

/// The median time of a failing span for its thread, in nanoseconds.
pub(crate) struct Producer {
    pub(crate) synchronous: f64,
    pub(crate) queued: f64,
}

pub(crate) fn producer() -> Producer {
    // The queue holds 8,192.
    const RECORDS: usize = 4_000;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("producer");
    let median = |is_queued: bool| {
        let reporter = build(file_reporter(&path).queued(is_queued));
        let mut taken: Vec<Duration> = dispatcher::with_default(&dispatch(&reporter), || {
            (0..100).for_each(|_| work::failing_span());
            let one = |_| {
                let start = Instant::now();
                work::failing_span();
                start.elapsed()
            };
            (0..RECORDS).map(one).collect()
        });
        reporter.flush(LONG).expect("everything is written");
        std::fs::remove_file(&path).expect("the file exists");
        taken.sort_unstable();
        taken[RECORDS / 2]
    };
    let [synchronous, queued] = best(|| [median(false), median(true)]).map(|taken| taken.as_nanos() as f64);
    Producer { synchronous, queued }
}

/// The throughput of two threads as a multiple of one thread's: 2 at best.
pub(crate) struct Scaling {
    pub(crate) registry: f64,
    pub(crate) ours: f64,
}

pub(crate) fn scaling() -> Scaling {
    const EACH: usize = 50_000;
    let race = |dispatch: &Dispatch, threads: usize| {
        let barrier = Barrier::new(threads);
        let work = || {
            dispatcher::with_default(dispatch, || {
                (0..1000).for_each(|_| work::failing_span());
                barrier.wait();
                let start = Instant::now();
                (0..EACH).for_each(|_| work::failing_span());
                start.elapsed()
            })
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).max().expect("a thread")
        })
    };
    let [one, two, ours_one, ours_two] = best(|| {
        let registry = Dispatch::new(tracing_subscriber::registry());
        let alone = [1, 2].map(|threads| race(&registry, threads));
        drop(registry);
        let ours = dispatch(&stacks::ours(Format::Json));
        let ours = [1, 2].map(|threads| race(&ours, threads));
        [alone[0], alone[1], ours[0], ours[1]]
    });
    let scale = |one: Duration, two: Duration| 2.0 * one.as_secs_f64() / two.as_secs_f64();
    Scaling { registry: scale(one, two), ours: scale(ours_one, ours_two) }
}
