//! The time, as a file sink needs it.

use crate::sink::SinkRecord;
use std::time::{Instant, SystemTime};

/// The time by both clocks, handed in so that tests need not wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: SystemTime,
    pub(super) steady: Instant,
}

impl Now {
    pub(super) fn of(record: &SinkRecord<'_>) -> Self {
        Self { wall: record.failure().timestamp(), steady: Instant::now() }
    }
}
