//! One sink, with the format and language of its records and its counters.

use super::loss_report::LossReport;
use crate::{
    format::Rendering,
    platform::reentry,
    record::failure::Failure,
    sink::{Sink, SinkRecord},
    stats::{Fault, SinkStats, counters::Counters},
};
use std::{
    collections::BTreeMap,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Writes records to one sink, and counts each as delivered or lost.
pub(crate) struct Output {
    name: String,
    sink: Box<dyn Sink>,
    rendering: Rendering,
    delivered: AtomicU64,
    not_listening: AtomicU64,
    summaries: AtomicU64,
    summaries_lost: AtomicU64,
    failed: Mutex<BTreeMap<Fault, u64>>,
    loss_report: LossReport,
}

impl Output {
    pub(crate) fn new(name: impl Into<String>, sink: Box<dyn Sink>, rendering: Rendering) -> Self {
        Self {
            name: name.into(),
            sink,
            rendering,
            delivered: AtomicU64::new(0),
            not_listening: AtomicU64::new(0),
            summaries: AtomicU64::new(0),
            summaries_lost: AtomicU64::new(0),
            failed: Mutex::default(),
            loss_report: LossReport::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes one record to the sink.
    pub(super) fn write(&self, failure: &Failure, counters: &Counters) {
        // A dispatch that fails inside the sink must not reach the sinks again: that would never end.
        let _guard = reentry::enter_delivery();
        let record = SinkRecord::new(failure, &self.rendering);
        match catch_panic(|| self.sink.is_listening().then(|| self.sink.write(&record))) {
            Some(None) => self.count_not_listening(failure),
            Some(Some(result)) => self.count_result(failure, result),
            None => self.count_lost(failure, Fault::Panicked, "the sink panicked"),
        }
        self.count_missing_message(&record, counters);
    }

    /// Writes several records to the sink.
    pub(super) fn write_batch(&self, failures: &[Box<Failure>], counters: &Counters) {
        let _guard = reentry::enter_delivery();
        // Asked once for the batch. If the question panics, the records are tried all the same.
        if catch_panic(|| self.sink.is_listening()) == Some(false) {
            return failures.iter().for_each(|failure| self.count_not_listening(failure));
        }
        let records: Vec<_> =
            failures.iter().map(|failure| SinkRecord::new(failure, &self.rendering)).collect();
        // The sink reports the outcomes in the order of the records.
        let mut pending = failures.iter();
        let mut outcome = |result| {
            if let Some(failure) = pending.next() {
                self.count_result(failure, result);
            }
        };
        let returned = catch_panic(|| self.sink.write_batch(&records, &mut outcome)).is_some();
        // A record without an outcome counts as lost: the sink may not have written it.
        for failure in pending {
            if returned {
                let fault = Fault::Io(io::ErrorKind::Other);
                self.count_lost(failure, fault, "the sink reported no outcome for the record");
            } else {
                self.count_lost(failure, Fault::Panicked, "the sink panicked");
            }
        }
        // Last, because a message is only looked up when the sink asks for it.
        records.iter().for_each(|record| self.count_missing_message(record, counters));
    }

    fn count_missing_message(&self, record: &SinkRecord<'_>, counters: &Counters) {
        if record.is_fallback() {
            counters.note_missing_message();
        }
    }

    fn count_result(&self, failure: &Failure, result: io::Result<()>) {
        match result {
            Ok(()) if failure.suppressed().is_some() => _ = self.summaries.fetch_add(1, Relaxed),
            Ok(()) => _ = self.delivered.fetch_add(1, Relaxed),
            Err(error) => self.count_lost(failure, Fault::Io(error.kind()), &error),
        }
    }

    fn count_not_listening(&self, failure: &Failure) {
        // A summary is not part of the sum of observed failures.
        if failure.suppressed().is_none() {
            self.not_listening.fetch_add(1, Relaxed);
        }
    }

    /// Counts a lost record, and reports it on stderr from time to time.
    pub(super) fn count_lost(&self, failure: &Failure, fault: Fault, reason: impl fmt::Display) {
        if failure.suppressed().is_some() {
            self.summaries_lost.fetch_add(1, Relaxed);
        } else {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *failed.entry(fault).or_default() += 1;
        }
        self.loss_report.note_loss(&self.title(), reason);
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        let _guard = reentry::enter_delivery();
        catch_panic(|| self.sink.flush()).unwrap_or_else(|| Err(io::Error::other("the sink panicked")))
    }

    pub(super) fn reopen(&self) -> io::Result<()> {
        let _guard = reentry::enter_delivery();
        catch_panic(|| self.sink.reopen()).unwrap_or_else(|| Err(io::Error::other("the sink panicked")))
    }

    /// Reports the total of lost records, if some losses were not reported.
    pub(super) fn report_total_loss(&self) {
        self.loss_report.report_total(&self.title());
    }

    /// Returns the name of the sink in a loss report.
    fn title(&self) -> String {
        format!("the sink `{}`", self.name)
    }

    /// Returns the counters of this sink alone. [`Delivery`](super::Delivery) adds the counters that all sinks share.
    pub(super) fn stats(&self) -> SinkStats {
        SinkStats {
            name: self.name.clone(),
            delivered: self.delivered.load(Relaxed),
            not_listening: self.not_listening.load(Relaxed),
            failed: self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            summaries: self.summaries.load(Relaxed),
            summaries_lost: self.summaries_lost.load(Relaxed),
            ..SinkStats::default()
        }
    }
}

/// Runs a sink's code; returns `None` if it panicked, so that a sink's bug harms neither the application nor other
/// sinks.
fn catch_panic<R>(run: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The payload's destructor may panic in turn, and then its own payload is leaked.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
            None
        }
    }
}
