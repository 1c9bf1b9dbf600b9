//! All sinks of a reporter.

use super::output::Output;
use crate::{record::failure::Failure, stats::counters::Counters};
use std::fmt;

/// The sinks of a reporter, shared with the worker.
pub(crate) struct Outputs {
    pub(super) sinks: Vec<Output>,
    pub(super) counters: Counters,
}

impl Outputs {
    pub(super) fn write(&self, failure: &Failure) {
        self.sinks.iter().for_each(|output| output.write(failure, &self.counters));
    }

    pub(super) fn write_batch(&self, failures: &[Box<Failure>]) {
        self.sinks.iter().for_each(|output| output.write_batch(failures, &self.counters));
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        // The worker may go on after the reporter has reported its losses.
        self.sinks.iter().for_each(Output::report_total_loss);
    }
}

impl fmt::Debug for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sinks.iter().map(Output::name)).finish()
    }
}
