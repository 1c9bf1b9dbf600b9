//! A sink that keeps records in memory, for an application's tests.

use super::{Sink, SinkRecord};
use crate::record::failure::Failure;
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// A sink that keeps its records in memory, for tests. Clones share the records.
///
/// It keeps the last 100,000 records. When it is full, each new record replaces the oldest one.
///
/// # Example: testing that a failure is reported
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
///
/// # Example: testing that a success is not reported
///
/// ```
/// use tracing_dispatch_failure::{MemorySink, Reporter};
/// use tracing_subscriber::prelude::*;
///
/// let memory = MemorySink::new();
/// let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// let subscriber = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("dispatch_session", session.id = 8).in_scope(|| {});
/// });
/// assert!(memory.is_empty());
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemorySink(Arc<Mutex<VecDeque<MemoryRecord>>>);

/// The maximum number of records that are kept.
const CAPACITY: usize = 100_000;

/// A record that a [`MemorySink`] keeps.
///
/// # Example: the text that a sink would write
///
/// ```
/// use tracing_dispatch_failure::{Format, MemorySink, Reporter, SinkOptions};
/// # use tracing_subscriber::prelude::*;
///
/// let memory = MemorySink::new();
/// let options = SinkOptions::default().format(Format::Text).locale("es-ES".parse()?);
/// let reporter = Reporter::builder().sinks([]).add_sink_with("memory", memory.clone(), options).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
/// drop(tracing::info_span!("dispatch_session", error = "refused"));
///
/// let record = memory.take().remove(0);
/// assert_eq!(record.locale(), "es-ES");
/// assert!(record.as_str().contains(record.message()) && record.as_str().ends_with('\n'));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryRecord {
    failure: Failure,
    message: String,
    locale: String,
    text: String,
}

impl MemorySink {
    /// Creates a sink without records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes all records and returns them, the oldest first.
    ///
    /// # Example: taking records one test step at a time
    ///
    /// ```
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// drop(tracing::info_span!("dispatch_session", error = "first"));
    /// drop(tracing::info_span!("dispatch_session", error = "second"));
    ///
    /// let records = memory.take();
    /// assert_eq!(records[1].failure().error(), Some("second"));
    /// assert!(memory.take().is_empty());
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn take(&self) -> Vec<MemoryRecord> {
        self.records().drain(..).collect()
    }

    /// Returns the number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records().len()
    }

    /// Returns whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Locks the records. A test that panicked in between must not make the next one fail.
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
        // The lock is taken after the copies are made, so that other threads wait less.
        let mut records = self.records();
        if records.len() == CAPACITY {
            records.pop_front();
        }
        records.push_back(kept);
        Ok(())
    }
}

impl MemoryRecord {
    /// Returns the failure, independent of language.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Returns the message in the sink's language. It is not escaped.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the language tag (BCP 47) of the message.
    #[must_use]
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// Returns the record in the sink's format, with its final newline.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
