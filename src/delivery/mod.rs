//! Handing each record to every sink, and keeping count of what became of it.
//!
//! `rate` decides whether a failure gets a record of its own, `queue` holds records for the worker
//! where delivery is queued, `output` writes them, `complaint` speaks of losses.

mod loss_report;
mod output;
mod outputs;
mod queue;
mod rate;

pub(crate) use loss_report::{log_lines_to_stderr, log_to_stderr};
pub(crate) use output::Output;
pub use queue::QueueFull;
pub(crate) use queue::QueueOptions;
pub use rate::Rate;

use crate::{
    platform::reentry,
    record::failure::Failure,
    stats::{Fault, Stats, counters::Counters},
};
use loss_report::LossReport;
use outputs::Outputs;
use queue::{Pushed, Queue};
use rate::Limiter;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// The way of one reporter's records to its sinks.
#[derive(Debug)]
pub(crate) struct Delivery {
    outputs: Arc<Outputs>,
    queue: Option<Queue>,
    limiter: Option<Limiter>,
    /// All failures that were seen.
    observed: AtomicU64,
    /// Failures that were summed up.
    suppressed: AtomicU64,
    /// Failures that found the queue full.
    dropped: AtomicU64,
    summaries_dropped: AtomicU64,
    loss_report: LossReport,
}

/// What a flush did not manage.
#[derive(Debug)]
pub(crate) enum Unflushed {
    /// Everything: it was called by a sink, which must not be entered again.
    InSink,
    /// So many records are still in the queue.
    InFlight(u64),
    /// A sink answered with an error.
    Sink(String, io::Error),
}

impl Delivery {
    pub(crate) fn new(outputs: Vec<Output>, queue: Option<QueueOptions>, rate: Option<Rate>) -> Self {
        let outputs = Arc::new(Outputs { outputs, counters: Counters::default() });
        let started = queue.and_then(|options| match Queue::start(options, Arc::clone(&outputs)) {
            Ok(queue) => Some(queue),
            Err(error) => {
                log_to_stderr(format_args!(
                    "the queue's worker cannot be started, so delivery is synchronous: {error}"
                ));
                None
            }
        });
        Self {
            queue: started,
            outputs,
            limiter: rate.map(Limiter::new),
            observed: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            summaries_dropped: AtomicU64::new(0),
            loss_report: LossReport::default(),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.outputs.counters
    }

    /// Takes a failure on its way, and gives back memory for another.
    pub(crate) fn deliver(&self, failure: Box<Failure>) -> Option<Box<Failure>> {
        self.observed.fetch_add(1, Relaxed);
        if reentry::is_delivering() {
            let reason = "a dispatch failed inside a sink";
            self.outputs.outputs.iter().for_each(|output| output.lose(&failure, Fault::Reentered, reason));
            return Some(failure);
        }
        if let Some(limiter) = &self.limiter {
            let decision = limiter.admit(&failure, Instant::now());
            decision.due.into_iter().for_each(|summary| _ = self.pass(summary, None));
            if decision.is_suppressed {
                self.suppressed.fetch_add(1, Relaxed);
                return Some(failure);
            }
        }
        self.pass(failure, None)
    }

    /// Hands a failure on. Where it may wait for room in the queue until a deadline alone, and there
    /// was none, it goes back to the failures that are summed up.
    fn pass(&self, failure: Box<Failure>, deadline: Option<Instant>) -> Option<Box<Failure>> {
        let Some(queue) = &self.queue else {
            self.outputs.write(&failure);
            return Some(failure);
        };
        match queue.push(failure, deadline) {
            Pushed::Accepted(spare) => spare,
            Pushed::Late(summary) => {
                self.limiter.as_ref().into_iter().for_each(|limiter| limiter.give_back(&summary));
                Some(summary)
            }
            Pushed::Full(failure) => {
                let is_summary = failure.suppressed().is_some();
                let count = if is_summary { &self.summaries_dropped } else { &self.dropped };
                count.fetch_add(1, Relaxed);
                self.loss_report.lost("the queue", "it is full (DISPATCH_FAILURE_QUEUE_FULL=drop)");
                Some(failure)
            }
        }
    }

    /// Hands on what is summed up, waits until all that was accepted before is written, and flushes
    /// every sink. The sinks are flushed even where the time was not enough.
    pub(crate) fn flush(&self, timeout: Duration) -> Vec<Unflushed> {
        if reentry::is_delivering() {
            return vec![Unflushed::InSink];
        }
        let deadline = Instant::now().checked_add(timeout);
        self.pass_summaries(deadline);
        let in_flight = self.queue.as_ref().map_or(0, |queue| queue.wait(deadline));
        let waiting = (in_flight > 0).then_some(Unflushed::InFlight(in_flight));
        let sinks = self.outputs.outputs.iter();
        let failed =
            sinks.filter_map(|output| Some(Unflushed::Sink(output.name().to_owned(), output.flush().err()?)));
        waiting.into_iter().chain(failed).collect()
    }

    fn pass_summaries(&self, deadline: Option<Instant>) {
        let due = self.limiter.as_ref().map(Limiter::take).unwrap_or_default();
        due.into_iter().for_each(|summary| _ = self.pass(summary, deadline));
    }

    /// Opens what sinks hold open anew.
    pub(crate) fn reopen(&self) -> Vec<Unflushed> {
        if reentry::is_delivering() {
            return vec![Unflushed::InSink];
        }
        let sinks = self.outputs.outputs.iter();
        sinks
            .filter_map(|output| Some(Unflushed::Sink(output.name().to_owned(), output.reopen().err()?)))
            .collect()
    }

    /// Speaks of losses that were not spoken of.
    pub(crate) fn conclude(&self) {
        self.outputs.outputs.iter().for_each(Output::conclude);
        self.loss_report.conclude("the queue");
    }

    pub(crate) fn stats(&self, stats: &mut Stats) {
        let counters = self.counters();
        stats.cut_fields = counters.cut_fields();
        stats.formatting_faults = counters.formatting_faults();
        stats.missing_messages = counters.missing_messages();
        let suppressed = self.suppressed.load(Relaxed);
        let dropped = self.dropped.load(Relaxed);
        let summaries_dropped = self.summaries_dropped.load(Relaxed);
        stats.sinks = self.outputs.outputs.iter().map(Output::stats).collect();
        // Read last, so that nothing has become of a failure that is not yet observed.
        let observed = self.observed.load(Relaxed);
        for sink in &mut stats.sinks {
            (sink.observed, sink.suppressed, sink.dropped) = (observed, suppressed, dropped);
            sink.summaries_lost += summaries_dropped;
            let settled = sink.delivered + sink.not_listening + sink.failed() + suppressed + dropped;
            sink.in_flight = observed.saturating_sub(settled);
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // No failure comes any more that could bring the last summaries with it.
        if !reentry::is_delivering() {
            self.pass_summaries(Some(Instant::now()));
            let lost = self.limiter.as_ref().map(Limiter::take).unwrap_or_default();
            lost.iter().for_each(|_| self.loss_report.lost("the queue", "it is full at the end"));
        }
        self.loss_report.conclude("the queue");
    }
}
