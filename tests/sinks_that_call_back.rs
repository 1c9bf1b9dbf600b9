//! Sinks that call their own reporter: no sink is reentered, and nothing deadlocks.

mod support;

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use support::InChild;
use tracing::info_span;
use tracing_dispatch_failure::{Error, QueueFull, Reporter, Sink, SinkRecord};
use tracing_subscriber::prelude::*;

/// What a sink calls on its reporter while it holds its own lock.
type Call = fn(&Reporter) -> Result<(), Error>;

/// A sink that calls its reporter from every method, and holds its own lock meanwhile.
#[derive(Clone)]
struct CallsBack(Arc<Inner>);

struct Inner {
    reporter: OnceLock<Reporter>,
    call: Call,
    answers: Mutex<Vec<String>>,
}

impl CallsBack {
    fn new(call: Call) -> Self {
        let reporter = OnceLock::new();
        Self(Arc::new(Inner { reporter, call, answers: Mutex::default() }))
    }

    fn call_back(&self) -> io::Result<()> {
        let mut answers = self.0.answers.lock().unwrap();
        if let Some(reporter) = self.0.reporter.get() {
            answers
                .push((self.0.call)(reporter).map_or_else(|error| error.to_string(), |()| "ok".to_owned()));
        }
        Ok(())
    }
}

impl Sink for CallsBack {
    fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
        self.call_back()
    }

    fn flush(&self) -> io::Result<()> {
        self.call_back()
    }

    fn reopen(&self) -> io::Result<()> {
        self.call_back()
    }
}

fn fail(reporter: &Reporter, count: usize) {
    let subscriber = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(subscriber, || {
        (0..count).for_each(|_| drop(info_span!("dispatch_session", error = "refused")));
    });
}

/// Returns the answers that the sink got. Runs in its own process, because a deadlock would hang it.
fn answers(call: Call, queued: bool) -> Vec<String> {
    let output = InChild::new().run(|| {
        let sink = CallsBack::new(call);
        let builder = Reporter::builder().sinks([]).add_sink("calls back", sink.clone());
        let reporter = builder.queued(queued).rate("2/s".parse().unwrap()).build().unwrap();
        sink.0.reporter.set(reporter.clone()).unwrap();
        fail(&reporter, 5);
        reporter.flush(Duration::from_secs(10)).unwrap();
        reporter.reopen().unwrap();
        let stats = reporter.stats().total();
        assert_eq!((stats.delivered, stats.suppressed, stats.in_flight), (2, 3, 0), "{stats:?}");
        assert_eq!(stats.summaries, 1, "{stats:?}");
        // One answer each for two records, their summary, the flush and the reopening.
        sink.0.answers.lock().unwrap().iter().for_each(|answer| println!("{answer}"));
    });
    output.ok().stdout.lines().map(str::to_owned).collect()
}

const NOT_FLUSHED: &str = "a sink called this, so nothing was flushed; call it outside of a sink";
const NOT_REOPENED: &str = "a sink called this, so nothing was reopened; call it outside of a sink";

#[test]
fn a_sink_that_flushes_its_reporter_is_refused() {
    let flush: Call = |reporter| reporter.flush(Duration::from_secs(10));
    assert_eq!(answers(flush, false), [NOT_FLUSHED; 5]);
}

#[test]
fn a_queued_sink_that_flushes_its_reporter_is_refused() {
    let flush: Call = |reporter| reporter.flush(Duration::from_secs(10));
    assert_eq!(answers(flush, true), [NOT_FLUSHED; 5]);
}

#[test]
fn a_sink_that_reopens_its_reporter_is_refused() {
    assert_eq!(answers(Reporter::reopen, false), [NOT_REOPENED; 5]);
}

/// A sink that panics while it holds its lock.
struct Panics(Mutex<u32>);

impl Sink for Panics {
    fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
        let _guard = self.0.lock();
        panic!("while the lock is held");
    }

    fn flush(&self) -> io::Result<()> {
        drop(self.0.lock());
        Ok(())
    }
}

#[test]
fn flush_on_panic_does_not_flush_the_sink_that_panics() {
    InChild::new()
        .run(|| {
            let reporter =
                Reporter::builder().sinks([]).add_sink("panics", Panics(Mutex::default())).build().unwrap();
            reporter.flush_on_panic(Duration::from_secs(10));
            fail(&reporter, 2);
            assert_eq!(reporter.stats().total().failed(), 2);
        })
        .ok();
}

#[test]
fn a_sink_may_drop_the_last_reporter() {
    #[derive(Clone)]
    struct Drops(Arc<Mutex<Option<Reporter>>>);
    impl Sink for Drops {
        fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
            drop(self.0.lock().unwrap().take());
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            drop(self.0.lock().unwrap().take());
            Ok(())
        }
    }
    for queued in [false, true] {
        let drops = Drops(Arc::default());
        let builder = Reporter::builder().sinks([]).add_sink("drops", drops.clone());
        let reporter = builder.queued(queued).build().unwrap();
        let layer = reporter.layer();
        *drops.0.lock().unwrap() = Some(reporter);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            (0..3).for_each(|_| drop(info_span!("dispatch_session", error = "refused")));
        });
        while drops.0.lock().unwrap().is_some() {
            std::thread::yield_now();
        }
    }
}

/// A sink whose `write` never returns.
struct Stuck;

impl Sink for Stuck {
    fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
        loop {
            std::thread::park();
        }
    }
}

#[test]
fn a_flush_waits_for_room_in_the_queue_only_until_its_timeout() {
    InChild::new()
        .run(|| {
            let reporter = Reporter::builder()
                .sinks([])
                .add_sink("stuck", Stuck)
                .queued(true)
                .queue_capacity(1)
                .queue_full(QueueFull::Block)
                .flush_timeout(Duration::from_millis(10))
                .rate("2/s".parse().unwrap())
                .build()
                .unwrap();
            // One record is in the sink or on its way, one is in the queue, and three are suppressed.
            fail(&reporter, 5);
            for _ in 0..2 {
                let error = reporter.flush(Duration::from_millis(10)).unwrap_err();
                assert!(error.is_flush() && error.to_string().contains("the queue still holds "), "{error}");
            }
            let stats = reporter.stats().total();
            assert_eq!((stats.suppressed, stats.in_flight), (3, 2), "{stats:?}");
            assert_eq!(stats.summaries_lost, 0, "{stats:?}");
            let shown = format!("{reporter:?}");
            assert!(shown.starts_with("Reporter") && !shown.contains("refused"), "{shown}");
        })
        .ok();
}

#[test]
fn flush_on_panic_during_a_panic_does_nothing_and_does_not_end_the_process() {
    struct Late(Reporter);
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.flush_on_panic(Duration::ZERO);
        }
    }
    InChild::new()
        .run(|| {
            let reporter = Reporter::builder().sinks([]).build().unwrap();
            let panicked = std::thread::spawn(move || {
                let _late = Late(reporter);
                panic!("the first and only");
            });
            assert!(panicked.join().is_err());
        })
        .ok();
}

#[test]
fn dropping_the_layer_writes_the_summary_of_suppressed_records() {
    for queued in [false, true] {
        let memory = tracing_dispatch_failure::MemorySink::new();
        let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).queued(queued);
        let reporter = builder.rate("2/s".parse().unwrap()).build().unwrap();
        let subscriber = tracing_subscriber::registry().with(reporter.layer());
        drop(reporter);
        tracing::subscriber::with_default(subscriber, || {
            (0..5).for_each(|_| drop(info_span!("dispatch_session", error = "refused")));
        });
        while memory.len() < 3 {
            std::thread::yield_now();
        }
        assert_eq!(memory.take()[2].failure().suppressed(), Some(3));
    }
}
