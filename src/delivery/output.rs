//! One sink with the look of its records, and what became of them.

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

    /// Hands one record to the sink.
    pub(super) fn write(&self, failure: &Failure, counters: &Counters) {
        let _guard = reentry::delivering();
        let record = SinkRecord::new(failure, &self.rendering);
        match unpanicked(|| self.sink.is_listening().then(|| self.sink.write(&record))) {
            Some(None) => self.count_unheard(failure),
            Some(Some(result)) => self.count(failure, result),
            None => self.lose(failure, Fault::Panicked, "the sink panicked"),
        }
        self.note_fallback(&record, counters);
    }

    /// Hands several records to the sink.
    pub(super) fn write_batch(&self, failures: &[Box<Failure>], counters: &Counters) {
        let _guard = reentry::delivering();
        if unpanicked(|| self.sink.is_listening()) == Some(false) {
            return failures.iter().for_each(|failure| self.count_unheard(failure));
        }
        let records: Vec<_> =
            failures.iter().map(|failure| SinkRecord::new(failure, &self.rendering)).collect();
        let mut pending = failures.iter();
        let mut outcome = |result| {
            if let Some(failure) = pending.next() {
                self.count(failure, result);
            }
        };
        let whole = unpanicked(|| self.sink.write_batch(&records, &mut outcome)).is_some();
        for failure in pending {
            // A sink that says nothing of a record has not written it.
            let fault = if whole { Fault::Io(io::ErrorKind::Other) } else { Fault::Panicked };
            self.lose(failure, fault, if whole { "the sink passed it over" } else { "the sink panicked" });
        }
        records.iter().for_each(|record| self.note_fallback(record, counters));
    }

    fn note_fallback(&self, record: &SinkRecord<'_>, counters: &Counters) {
        if record.is_fallback() {
            counters.note_missing_message();
        }
    }

    fn count(&self, failure: &Failure, result: io::Result<()>) {
        match result {
            Ok(()) if failure.suppressed().is_some() => _ = self.summaries.fetch_add(1, Relaxed),
            Ok(()) => _ = self.delivered.fetch_add(1, Relaxed),
            Err(error) => self.lose(failure, Fault::Io(error.kind()), &error),
        }
    }

    fn count_unheard(&self, failure: &Failure) {
        if failure.suppressed().is_none() {
            self.not_listening.fetch_add(1, Relaxed);
        }
    }

    /// Counts a lost record, and speaks of it where it is time to.
    pub(super) fn lose(&self, failure: &Failure, fault: Fault, reason: impl fmt::Display) {
        if failure.suppressed().is_some() {
            self.summaries_lost.fetch_add(1, Relaxed);
        } else {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *failed.entry(fault).or_default() += 1;
        }
        self.loss_report.lost(&self.place(), reason);
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        let _guard = reentry::delivering();
        unpanicked(|| self.sink.flush()).unwrap_or_else(|| Err(io::Error::other("the sink panicked")))
    }

    pub(super) fn reopen(&self) -> io::Result<()> {
        let _guard = reentry::delivering();
        unpanicked(|| self.sink.reopen()).unwrap_or_else(|| Err(io::Error::other("the sink panicked")))
    }

    /// Speaks of losses that were not spoken of.
    pub(super) fn conclude(&self) {
        self.loss_report.conclude(&self.place());
    }

    fn place(&self) -> String {
        format!("the sink `{}`", self.name)
    }

    /// The counts that are this sink's own.
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

/// Runs a sink's code; `None` where it panicked.
fn unpanicked<R>(run: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The payload's destructor may panic in turn.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
            None
        }
    }
}
