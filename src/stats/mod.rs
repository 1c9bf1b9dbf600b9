//! The counters of a reporter, as [`Reporter::stats`](crate::Reporter::stats) returns them.

pub(crate) mod counters;

use std::{collections::BTreeMap, fmt, io};

/// The counters of a reporter since it was built.
///
/// # Example: export the losses as a metric
///
/// ```
/// use tracing_dispatch_failure::{MemorySink, Reporter};
///
/// let reporter = Reporter::builder().sinks([]).add_sink("memory", MemorySink::new()).build()?;
///
/// for sink in &reporter.stats().sinks {
///     let lost = sink.dropped + sink.failed();
///     println!("dispatch_failure_lost{{sink=\"{}\"}} {lost}", sink.name);
/// }
/// assert_eq!(reporter.stats().sinks[0].name, "memory");
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// The number of places in the program that opened a dispatch span.
    ///
    /// If it is 0 in a running service, no span matches `DISPATCH_FAILURE_SPANS`, or something hides the spans;
    /// see [`Reporter::verify`](crate::Reporter::verify).
    pub callsites: usize,
    /// The number of field values that were cut, or left out because a record had too many fields.
    pub cut_fields: u64,
    /// The number of values whose `Debug` or `Display` failed or panicked.
    pub formatting_faults: u64,
    /// The number of messages that needed a variable which the record lacks, so that the next available text
    /// was used.
    pub missing_messages: u64,
    /// The directives of `DISPATCH_FAILURE_SPANS`, each with its own counters.
    pub directives: Vec<DirectiveStats>,
    /// The sinks, each with its own counters.
    pub sinks: Vec<SinkStats>,
}

/// The counters of the spans that one directive selects.
///
/// A span that several directives select counts for each of them.
///
/// # Example: the error rate of each kind of dispatch
///
/// ```
/// use tracing_dispatch_failure::Reporter;
/// use tracing_subscriber::prelude::*;
///
/// let reporter = Reporter::builder().sinks([]).spans("[order],[refund]".parse()?).build()?;
/// let stack = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(stack, || {
///     drop(tracing::info_span!("order"));
///     drop(tracing::info_span!("order", error = "out of stock"));
/// });
///
/// let stats = reporter.stats();
/// let order = &stats.directives[0];
/// assert_eq!(order.directive, "[order]=info");
/// assert_eq!((order.failed, order.opened), (1, 2));
/// assert_eq!(stats.directives[1].opened, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DirectiveStats {
    /// The directive, with its level.
    pub directive: String,
    /// The number of spans that were opened.
    pub opened: u64,
    /// The number of these spans that failed.
    pub failed: u64,
}

/// The counters of one sink.
///
/// `observed` is the sum of `delivered`, `dropped`, `suppressed`, `in_flight`, `not_listening` and
/// [`failed`](Self::failed()). The sum is exact whenever no record is being delivered.
///
/// # Example: nothing is lost at the end of a test
///
/// ```
/// use tracing_dispatch_failure::{MemorySink, Reporter};
/// use tracing_subscriber::prelude::*;
///
/// let reporter = Reporter::builder().sinks([]).add_sink("memory", MemorySink::new()).build()?;
/// let stack = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(stack, || {
///     drop(tracing::info_span!("dispatch_session", error = "refused"));
/// });
///
/// let sink = &reporter.stats().sinks[0];
/// assert_eq!(sink.observed, 1);
/// assert_eq!(sink.delivered, sink.observed);
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SinkStats {
    /// The sink's name.
    pub name: String,
    /// Failures of dispatch spans, each of which the sink should have received.
    pub observed: u64,
    /// Records that the sink accepted.
    pub delivered: u64,
    /// Failures that found the queue full.
    pub dropped: u64,
    /// Failures above the rate, which a summary record covers.
    pub suppressed: u64,
    /// Failures that are still on their way.
    pub in_flight: u64,
    /// Records that were not written because nobody listens, as with ETW without a trace session.
    pub not_listening: u64,
    /// Records that the sink lost, by the reason.
    pub failed: BTreeMap<Fault, u64>,
    /// Summary records that the sink accepted; not part of the sum.
    pub summaries: u64,
    /// Summary records that were lost; not part of the sum.
    pub summaries_lost: u64,
}

impl Stats {
    /// Returns the sum of all sinks' counters, under the name `total`.
    ///
    /// # Example: one number for a health check
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    ///
    /// let reporter = Reporter::builder()
    ///     .sinks([])
    ///     .add_sink("alerts", MemorySink::new())
    ///     .add_sink("archive", MemorySink::new())
    ///     .build()?;
    ///
    /// let total = reporter.stats().total();
    /// let is_healthy = total.failed() + total.dropped == 0;
    /// assert!(is_healthy);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn total(&self) -> SinkStats {
        let mut total = SinkStats { name: "total".to_owned(), ..SinkStats::default() };
        for sink in &self.sinks {
            // Every field is named, so that a new counter cannot be forgotten here.
            let SinkStats {
                name: _,
                observed,
                delivered,
                dropped,
                suppressed,
                in_flight,
                not_listening,
                failed,
                summaries,
                summaries_lost,
            } = sink;
            total.observed += observed;
            total.delivered += delivered;
            total.dropped += dropped;
            total.suppressed += suppressed;
            total.in_flight += in_flight;
            total.not_listening += not_listening;
            total.summaries += summaries;
            total.summaries_lost += summaries_lost;
            for (fault, count) in failed {
                // By fault, so that the sum still says why records were lost.
                *total.failed.entry(*fault).or_default() += count;
            }
        }
        total
    }

    /// Returns the counters of the sink with this name; `None` if there is no such sink.
    ///
    /// The name of a built-in sink is [`SinkKind::name`](crate::SinkKind::name). A sink of the application has the
    /// name that it was added with. A stderr that [`Builder::build_lossy`](crate::Builder::build_lossy) opened as a
    /// replacement is called, for example, `stderr instead of file`.
    ///
    /// # Example: watch one sink
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    ///
    /// let reporter = Reporter::builder().sinks([]).add_sink("archive", MemorySink::new()).build()?;
    ///
    /// let stats = reporter.stats();
    /// assert!(stats.sink("archive").is_some_and(|sink| sink.failed() == 0));
    /// assert!(stats.sink("stdout").is_none());
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn sink(&self, name: &str) -> Option<&SinkStats> {
        // The application may give two sinks the same name; then the first one counts.
        self.sinks.iter().find(|sink| sink.name == name)
    }
}

impl SinkStats {
    /// Returns the number of records that the sink lost, for whatever reason.
    ///
    /// # Example: a sink that accepts nothing
    ///
    /// ```
    /// use std::io;
    /// use tracing_dispatch_failure::{Reporter, Sink, SinkRecord};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// struct Full;
    ///
    /// impl Sink for Full {
    ///     fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
    ///         Err(io::ErrorKind::StorageFull.into())
    ///     }
    /// }
    ///
    /// let reporter = Reporter::builder().sinks([]).add_sink("full", Full).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// // After one dispatch has failed:
    /// assert_eq!(reporter.stats().sinks[0].failed(), 1);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// The reason why a sink lost a record.
///
/// # Example: tell a full disk from other losses
///
/// ```
/// use std::io::ErrorKind;
/// use tracing_dispatch_failure::{Fault, SinkStats};
///
/// fn advice(sink: &SinkStats) -> Option<&'static str> {
///     let (fault, _) = sink.failed.first_key_value()?;
///     Some(match fault {
///         Fault::Io(ErrorKind::StorageFull) => "make room on the disk",
///         Fault::Panicked => "fix the sink",
///         _ => "look at stderr",
///     })
/// }
///
/// assert_eq!(advice(&SinkStats::default()), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The sink returned an error of this kind.
    Io(io::ErrorKind),
    /// The sink panicked.
    Panicked,
    /// The dispatch failed inside a sink. No sink is called again on a thread that already runs one.
    Reentered,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The loss report has the error's own text; the counters keep its kind.
            Self::Io(kind) => kind.fmt(f),
            Self::Panicked => f.write_str("the sink panicked"),
            Self::Reentered => f.write_str("the dispatch failed inside a sink"),
        }
    }
}
