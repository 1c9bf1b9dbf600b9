//! The clock readings that a file sink needs.

use crate::sink::SinkRecord;
use std::time::{Instant, SystemTime};

/// One instant by two clocks. It is a parameter, so that tests need not wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// The wall clock, which decides about hours and days. It may be set back.
    pub(super) wall: SystemTime,
    /// The monotonic clock, which decides how often something is checked.
    pub(super) monotonic: Instant,
}

impl Now {
    /// Returns the time for writing a record. `wall` is the record's timestamp, so that a queued record lands in
    /// the file of its own period.
    pub(super) fn for_record(record: &SinkRecord<'_>) -> Self {
        Self { wall: record.failure().timestamp(), monotonic: Instant::now() }
    }
}
