//! Records in memory, for an application's tests.

use super::{Sink, SinkRecord};
use crate::record::failure::Failure;
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// A sink that keeps its records, for tests. Clones share them.
///
/// It keeps the last 100,000.
///
/// ```
/// use tracing_dispatch_failure::{MemorySink, Reporter};
/// use tracing_subscriber::prelude::*;
///
/// let memory = MemorySink::new();
/// let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// let subscriber = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("dispatch_session", session.id = 7, error = "refused").in_scope(|| {});
/// });
/// let records = memory.take();
/// assert_eq!(records[0].failure().error(), Some("refused"));
/// assert_eq!(records[0].message(), "Session dispatch failed.");
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemorySink(Arc<Mutex<VecDeque<MemoryRecord>>>);

/// How many records are kept.
const CAPACITY: usize = 100_000;

/// A record that a [`MemorySink`] kept.
#[derive(Debug, Clone)]
pub struct MemoryRecord {
    failure: Failure,
    message: String,
    locale: String,
    text: String,
}

impl MemorySink {
    /// A sink that holds no record yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all records out, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<MemoryRecord> {
        self.records().drain(..).collect()
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records().len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn records(&self) -> std::sync::MutexGuard<'_, VecDeque<MemoryRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for MemorySink {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        let kept = MemoryRecord {
            failure: record.failure().clone(),
            message: record.message().to_owned(),
            locale: record.locale().to_owned(),
            text: record.as_str().to_owned(),
        };
        let mut records = self.records();
        if records.len() == CAPACITY {
            records.pop_front();
        }
        records.push_back(kept);
        Ok(())
    }
}

impl MemoryRecord {
    /// The failure, in no language.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The message in the sink's language.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The tag of the message's language.
    #[must_use]
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// The whole record in the sink's format.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
