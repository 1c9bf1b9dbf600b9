//! Failures, questions, reloads and new dispatchers at the same time, on several threads.

use crate::{
    alone, callsites::QUESTIONS, recorder::Recorder, rng::Rng, size, support::reporter_of, watchdog,
};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
};
use tracing::{Dispatch, debug_span, dispatcher, error, info_span, level_filters::LevelFilter, trace_span};
use tracing_dispatch_failure::{MemorySink, Reporter};
use tracing_subscriber::{Registry, filter::dynamic_filter_fn, prelude::*, reload};

/// How many threads open failing dispatch spans.
const THREADS: u64 = 2;

/// Opens failing dispatch spans, with questions and other spans in between.
fn fail(thread: u64, failures: u64) {
    let mut rng = Rng::new(thread);
    for number in (0..failures).map(|failure| failure * THREADS + thread) {
        watchdog::note_step();
        (rng.pick(QUESTIONS).ask)();
        match rng.below(3) {
            0 => info_span!("dispatch_session", n = number).in_scope(|| {
                (rng.pick(QUESTIONS).ask)();
                trace_span!("helper").in_scope(|| error!(error = "handled"));
                error!(error = "refused");
            }),
            1 => {
                let span = info_span!("dispatch_session", n = number, error = tracing::field::Empty);
                info_span!("helper").in_scope(|| error!(error = "handled"));
                span.record("error", "refused");
            }
            _ => debug_span!("outer").in_scope(|| {
                let span = info_span!("dispatch_session", n = number);
                (rng.pick(QUESTIONS).ask)();
                error!(parent: &span, error = "refused");
            }),
        }
    }
}

/// The numbers of the reported failures, sorted.
fn reported(memory: &MemorySink) -> Vec<u64> {
    let records = memory.take();
    let numbers = records.iter().map(|record| {
        assert_eq!(record.failure().error(), Some("refused"));
        let number = record.failure().fields().find(|(name, _)| *name == "n").unwrap().1;
        number.to_string().parse().unwrap()
    });
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

/// Runs threads that fail dispatches, beside a thread that reloads a filter and one that creates dispatchers.
fn run(dispatch: &Dispatch, modify: &(dyn Fn(LevelFilter) + Sync), recorder: &Recorder, memory: &MemorySink) {
    let failures = size(2_000, 40_000);
    let running = AtomicU64::new(THREADS);
    let is_over = || running.load(Relaxed) == 0;
    let is_stale = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let running = &running;
            scope.spawn(move || {
                dispatcher::with_default(dispatch, || fail(number, failures));
                running.fetch_sub(1, Relaxed);
            });
        }
        scope.spawn(|| {
            dispatcher::with_default(dispatch, || {
                let open = |number: u64| info_span!("wanted", n = number).in_scope(|| ());
                let mut number = THREADS * failures;
                while !is_over() || number < THREADS * failures + 100 {
                    modify(LevelFilter::OFF);
                    // What the layer finds out about the span now must not count after the reload.
                    open(number + 1);
                    modify(LevelFilter::TRACE);
                    number += 2;
                    open(number);
                    let seen = recorder.take();
                    if !seen.contains(&number) || seen.contains(&(number - 1)) {
                        is_stale.store(true, Relaxed);
                    }
                }
            });
        });
        scope.spawn(|| {
            while !is_over() {
                drop(Dispatch::new(Registry::default()));
                let (reporter, _) = reporter_of(&[("SPANS", "[*]=warn")]);
                let other = Dispatch::new(Registry::default().with(reporter.layer()));
                dispatcher::with_default(&other, || info_span!("helper").in_scope(|| ()));
            }
        });
    });
    assert_eq!(reported(memory), (0..THREADS * failures).collect::<Vec<u64>>());
    assert!(!is_stale.into_inner(), "a reload had not taken effect when it returned");
}

fn with_reporter(test: impl FnOnce(&Reporter, &MemorySink)) {
    let _alone = alone();
    watchdog::watch(1);
    let (reporter, memory) = reporter_of(&[]);
    test(&reporter, &memory);
    watchdog::suspend();
}

#[test]
fn failures_are_reported_once_while_a_filter_beside_the_layer_is_reloaded() {
    with_reporter(|reporter, memory| {
        let recorder = Recorder::default();
        let (filter, handle) = reload::Layer::new(LevelFilter::TRACE);
        let stack = Registry::default().with(reporter.layer()).with(recorder.clone().with_filter(filter));
        let modify = |level| handle.modify(|filter| *filter = level).unwrap();
        run(&stack.into(), &modify, &recorder, memory);
    });
}

#[test]
fn failures_are_reported_once_while_a_filter_below_the_layer_is_reloaded() {
    with_reporter(|reporter, memory| {
        let recorder = Recorder::default();
        let (filter, handle) = reload::Layer::new(LevelFilter::TRACE);
        let asked = Recorder::default().with_filter(dynamic_filter_fn(|metadata, _| metadata.is_event()));
        let stack = Registry::default().with(recorder.clone().with_filter(filter)).with(asked);
        let modify = |level| handle.modify(|filter| *filter = level).unwrap();
        run(&stack.with(reporter.layer()).into(), &modify, &recorder, memory);
    });
}

#[test]
fn failures_are_reported_once_while_a_layer_beside_the_layer_is_reloaded() {
    with_reporter(|reporter, memory| {
        let recorder = Recorder::default();
        let (layer, handle) = reload::Layer::new(recorder.clone().with_filter(LevelFilter::TRACE));
        let stack = Registry::default().with(layer).with(reporter.layer());
        let modify = |level| handle.modify(|layer| *layer.filter_mut() = level).unwrap();
        run(&stack.into(), &modify, &recorder, memory);
    });
}
