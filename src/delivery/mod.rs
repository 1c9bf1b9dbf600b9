//! Delivery of each record to every sink, and the count of what happened to it.
//!
//! `rate` decides whether a failure gets a record of its own, `queue` holds records for the worker, `output` writes
//! them to one sink, and `loss_report` reports losses on stderr.

mod loss_report;
mod output;
mod outputs;
mod queue;
mod rate;

pub(crate) use loss_report::{RecordCount, log_lines_to_stderr, log_to_stderr};
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

/// Delivers the failures of one reporter to its sinks.
#[derive(Debug)]
pub(crate) struct Delivery {
    outputs: Arc<Outputs>,
    queue: Option<Queue>,
    limiter: Option<Limiter>,
    /// All failures.
    observed: AtomicU64,
    /// Failures above the rate.
    suppressed: AtomicU64,
    /// Failures that were dropped because the queue was full.
    dropped: AtomicU64,
    /// Summaries that were dropped because the queue was full.
    summaries_dropped: AtomicU64,
    loss_report: LossReport,
}

/// Why flushing or reopening the sinks is not complete.
#[derive(Debug)]
pub(crate) enum FlushError {
    /// A sink asked for it. Nothing was done, because a sink must not be called again while it runs.
    CalledBySink,
    /// This many records are not written yet.
    InFlight(u64),
    /// The sink of this name returned an error.
    Sink(String, io::Error),
}

impl Delivery {
    pub(crate) fn new(outputs: Vec<Output>, queue: Option<QueueOptions>, rate: Option<Rate>) -> Self {
        let outputs = Arc::new(Outputs { sinks: outputs, counters: Counters::default() });
        let queue = queue.and_then(|options| match Queue::start(options, Arc::clone(&outputs)) {
            Ok(queue) => Some(queue),
            // No record may be lost for lack of a worker: the threads that close spans write them.
            Err(error) => {
                log_to_stderr(format_args!(
                    "DISPATCH_FAILURE_DELIVERY: the worker for `queued` cannot be started, so delivery is `sync`: \
                     {error}"
                ));
                None
            }
        });
        Self {
            queue,
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

    /// Delivers a failure. Returns memory for another one, if there is any to reuse.
    pub(crate) fn deliver(&self, failure: Box<Failure>) -> Option<Box<Failure>> {
        self.observed.fetch_add(1, Relaxed);
        // A sink that is called again while it runs could wait for its own lock.
        if reentry::is_delivering() {
            let reason = "a dispatch failed inside a sink";
            let outputs = self.outputs.sinks.iter();
            outputs.for_each(|output| output.count_lost(&failure, Fault::Reentered, reason));
            return Some(failure);
        }
        if let Some(limiter) = &self.limiter {
            let decision = limiter.admit(&failure, Instant::now());
            // The summaries first, because they are about an earlier second.
            decision.due.into_iter().for_each(|summary| _ = self.write_or_queue(summary, None));
            if decision.is_suppressed {
                self.suppressed.fetch_add(1, Relaxed);
                return Some(failure);
            }
        }
        self.write_or_queue(failure, None)
    }

    /// Writes a failure to all sinks, or adds it to the queue and waits for room until the deadline at most.
    ///
    /// A failure that finds no room until the deadline is a summary, as only summaries have a deadline. The limiter
    /// takes it back.
    fn write_or_queue(&self, failure: Box<Failure>, deadline: Option<Instant>) -> Option<Box<Failure>> {
        let Some(queue) = &self.queue else {
            self.outputs.write(&failure);
            return Some(failure);
        };
        match queue.push(failure, deadline) {
            Pushed::Accepted(spare) => spare,
            Pushed::TimedOut(summary) => {
                self.limiter.as_ref().into_iter().for_each(|limiter| limiter.restore(&summary));
                Some(summary)
            }
            Pushed::Full(failure) => {
                let is_summary = failure.suppressed().is_some();
                let count = if is_summary { &self.summaries_dropped } else { &self.dropped };
                count.fetch_add(1, Relaxed);
                self.loss_report.note_loss("the queue", "it is full (DISPATCH_FAILURE_QUEUE_FULL=drop)");
                Some(failure)
            }
        }
    }

    /// Delivers the summaries, waits until every failure so far is written, and flushes every sink.
    ///
    /// Past the timeout, it flushes the sinks too: what they have written should stay.
    pub(crate) fn flush(&self, timeout: Duration) -> Vec<FlushError> {
        if reentry::is_delivering() {
            return vec![FlushError::CalledBySink];
        }
        // A timeout beyond the end of time is no deadline.
        let deadline = Instant::now().checked_add(timeout);
        // Before the wait, so that the summaries are among the records that it waits for.
        self.deliver_summaries(deadline);
        let in_flight = self.queue.as_ref().map_or(0, |queue| queue.wait_until_written(deadline));
        let late = (in_flight > 0).then_some(FlushError::InFlight(in_flight));
        let outputs = self.outputs.sinks.iter();
        let failed = outputs
            .filter_map(|output| Some(FlushError::Sink(output.name().to_owned(), output.flush().err()?)));
        late.into_iter().chain(failed).collect()
    }

    fn deliver_summaries(&self, deadline: Option<Instant>) {
        let due = self.limiter.as_ref().map(Limiter::take_summaries).unwrap_or_default();
        due.into_iter().for_each(|summary| _ = self.write_or_queue(summary, deadline));
    }

    /// Lets every sink reopen its file or connection.
    pub(crate) fn reopen(&self) -> Vec<FlushError> {
        if reentry::is_delivering() {
            return vec![FlushError::CalledBySink];
        }
        let outputs = self.outputs.sinks.iter();
        outputs
            .filter_map(|output| Some(FlushError::Sink(output.name().to_owned(), output.reopen().err()?)))
            .collect()
    }

    /// Reports the total of each sink's losses, if some were not reported.
    pub(crate) fn report_total_losses(&self) {
        self.outputs.sinks.iter().for_each(Output::report_total_loss);
        self.loss_report.report_total("the queue");
    }

    /// Fills in the counters of the sinks, and the reporter's own.
    pub(crate) fn fill_stats(&self, stats: &mut Stats) {
        let counters = self.counters();
        stats.cut_fields = counters.cut_fields();
        stats.formatting_faults = counters.formatting_faults();
        stats.missing_messages = counters.missing_messages();
        let suppressed = self.suppressed.load(Relaxed);
        let dropped = self.dropped.load(Relaxed);
        let summaries_dropped = self.summaries_dropped.load(Relaxed);
        stats.sinks = self.outputs.sinks.iter().map(Output::stats).collect();
        // Loaded last, so that no failure counts as delivered or lost before it counts as observed.
        let observed = self.observed.load(Relaxed);
        for sink in &mut stats.sinks {
            (sink.observed, sink.suppressed, sink.dropped) = (observed, suppressed, dropped);
            sink.summaries_lost += summaries_dropped;
            // Summaries are not among them, as they are not observed failures.
            let settled = sink.delivered + sink.not_listening + sink.failed() + suppressed + dropped;
            sink.in_flight = observed.saturating_sub(settled);
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // No further failure comes that could bring the last summaries with it.
        if !reentry::is_delivering() {
            // The deadline is now: dropping the layer must not wait for room in the queue.
            self.deliver_summaries(Some(Instant::now()));
            let lost = self.limiter.as_ref().map(Limiter::take_summaries).unwrap_or_default();
            lost.iter().for_each(|_| self.loss_report.note_loss("the queue", "it was full at the end"));
        }
        self.loss_report.report_total("the queue");
    }
}
