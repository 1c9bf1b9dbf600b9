//! The builder's methods for delivery, and for the limits of a record.

use super::Builder;
use crate::{
    config::settings::MAX_FLUSH_TIMEOUT,
    delivery::{QueueFull, Rate},
};
use std::time::Duration;

/// # Delivery and limits
impl Builder {
    /// Sets whether a worker thread writes the records, instead of the thread that closes the span. The default is
    /// `false`. (`DISPATCH_FAILURE_DELIVERY`)
    ///
    /// # Example: write in the background, and flush before the program ends
    ///
    /// ```
    /// use std::time::Duration;
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.queued(true).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// // After one dispatch has failed:
    /// reporter.flush(Duration::from_secs(5))?;
    /// assert_eq!(memory.len(), 1);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn queued(mut self, queued: bool) -> Self {
        self.settings.is_queued = queued;
        self
    }

    /// Sets how many records fit into the queue, from 1 to 1,048,576. The default is 8192.
    /// (`DISPATCH_FAILURE_QUEUE_CAPACITY`)
    ///
    /// The queue also holds at most 64 MiB. Without [`queued`](Self::queued) there is no queue. A number out of range
    /// is an error of [`build`](Self::build).
    ///
    /// # Example: room for a burst of failures
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let reporter = Reporter::builder().sinks([]).queued(true).queue_capacity(65_536).build()?;
    ///
    /// assert!(Reporter::builder().sinks([]).queue_capacity(0).build().is_err());
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn queue_capacity(mut self, records: usize) -> Self {
        // Checked by `check_ranges`, because this method cannot return an error.
        self.settings.queue_options.capacity = records;
        self
    }

    /// Sets what happens to a failure that finds the queue full. The default is [`QueueFull::Block`].
    /// (`DISPATCH_FAILURE_QUEUE_FULL`)
    ///
    /// # Example: the application never waits for a sink
    ///
    /// ```
    /// use tracing_dispatch_failure::{QueueFull, Reporter};
    ///
    /// let reporter = Reporter::builder().sinks([]).queued(true).queue_full(QueueFull::Drop).build()?;
    /// // Nothing was dropped so far.
    /// assert_eq!(reporter.stats().total().dropped, 0);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn queue_full(mut self, when_full: QueueFull) -> Self {
        self.settings.queue_options.when_full = when_full;
        self
    }

    /// Sets how many records may be written per second. Failures above the rate are summed up. By default there is no
    /// limit. (`DISPATCH_FAILURE_RATE`)
    ///
    /// # Example: a backend is down, and every dispatch fails
    ///
    /// ```
    /// use std::{num::NonZeroU32, time::Duration};
    /// use tracing_dispatch_failure::{MemorySink, Rate, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.rate(Rate::per_second(NonZeroU32::MIN)).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// for _ in 0..100 {
    ///     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// }
    /// # });
    /// // The flush writes the summary before its second is over.
    /// reporter.flush(Duration::from_secs(5))?;
    /// let records = memory.take();
    /// # assert!(records.len() < 20);
    /// let counted: u64 = records.iter().map(|record| record.failure().suppressed().unwrap_or(1)).sum();
    /// assert_eq!(counted, 100);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn rate(mut self, rate: Rate) -> Self {
        self.settings.rate = Some(rate);
        self
    }

    /// Sets how long dropping the last reporter may wait for the queue. The default is five seconds; a longer time
    /// than an hour counts as an hour. (`DISPATCH_FAILURE_FLUSH_TIMEOUT`)
    ///
    /// # Example: a service that must stop within a second
    ///
    /// ```
    /// use std::time::Duration;
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let reporter =
    ///     Reporter::builder().sinks([]).queued(true).flush_timeout(Duration::from_secs(1)).build()?;
    /// drop(reporter); // waits for at most a second
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn flush_timeout(mut self, timeout: Duration) -> Self {
        // The variable has the same limit.
        self.settings.flush_timeout = timeout.min(MAX_FLUSH_TIMEOUT);
        self
    }

    /// Sets the longest text in a record, in bytes, from 16 to 1,048,576. A longer text is cut and marked. The default
    /// is 8 KiB. (`DISPATCH_FAILURE_FIELD_LIMIT`)
    ///
    /// A number out of range is an error of [`build`](Self::build).
    ///
    /// # Example: short error texts
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.field_limit(16).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// drop(tracing::info_span!("dispatch_session", error = "connection refused by worker-a"));
    /// # });
    /// assert_eq!(memory.take()[0].failure().error(), Some("connection refus…[cut]"));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn field_limit(mut self, bytes: usize) -> Self {
        // Checked by `check_ranges`, as the queue's capacity is.
        self.settings.limits.field_bytes = bytes;
        self
    }

    /// Sets how many fields a record may have, from 1 to 200. Further fields are left out and counted. The default is
    /// 64. (`DISPATCH_FAILURE_FIELD_COUNT`)
    ///
    /// A number out of range is an error of [`build`](Self::build).
    ///
    /// # Example: records with at most two fields
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.field_count(2).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// drop(tracing::info_span!("dispatch_session", session.id = 7, worker = "a", error = "refused"));
    /// # });
    /// assert_eq!(memory.take()[0].failure().fields().len(), 2);
    /// assert_eq!(reporter.stats().cut_fields, 1);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn field_count(mut self, count: usize) -> Self {
        self.settings.limits.fields = count;
        self
    }
}
