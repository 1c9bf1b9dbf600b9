//! Counters of cut values, formatting faults and missing messages. `delivery` counts the records,
//! and `observe/callsite_plan.rs` the opened and failed spans.

use crate::text::bounded::Written;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts what happened to a reporter's values and messages, for [`Stats`](super::Stats).
#[derive(Debug, Default)]
pub(crate) struct Counters {
    cut_fields: AtomicU64,
    formatting_faults: AtomicU64,
    missing_messages: AtomicU64,
}

impl Counters {
    /// Counts a value that was cut, or whose formatting failed.
    pub(crate) fn note_written(&self, written: Written) {
        match written {
            Written::Complete => {}
            Written::Truncated => self.note_cut(),
            Written::Failed => _ = self.formatting_faults.fetch_add(1, Relaxed),
        }
    }

    pub(crate) fn note_cut(&self) {
        self.note_cuts(1);
    }

    pub(crate) fn note_cuts(&self, count: usize) {
        // Most records cut nothing, and need not touch memory that all threads share.
        if count > 0 {
            self.cut_fields.fetch_add(count as u64, Relaxed);
        }
    }

    pub(crate) fn note_missing_message(&self) {
        // `Relaxed` is enough for all counters: no other memory depends on them.
        self.missing_messages.fetch_add(1, Relaxed);
    }

    pub(crate) fn cut_fields(&self) -> u64 {
        self.cut_fields.load(Relaxed)
    }

    pub(crate) fn formatting_faults(&self) -> u64 {
        self.formatting_faults.load(Relaxed)
    }

    pub(crate) fn missing_messages(&self) -> u64 {
        self.missing_messages.load(Relaxed)
    }
}
