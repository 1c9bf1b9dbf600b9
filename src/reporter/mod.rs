//! The reporter: it opens the sinks that the settings name, and makes the layers.

mod build;
mod opening;

use crate::{
    config::Builder,
    delivery::{Delivery, FlushError, RecordCount, log_to_stderr},
    error::{Error, Problem},
    observe::{
        doctor::{
            SPANS_VARIABLE,
            diagnosis::{Diagnosis, DirectiveDiagnosis},
        },
        layer::FailureLayer,
        observer::Observer,
        stack::{filtered_layer::FilteredLayer, verify},
    },
    stats::{DirectiveStats, Stats},
};
use std::{ffi::OsString, sync::Arc, time::Duration};
use tracing::Subscriber;
use tracing_subscriber::registry::LookupSpan;

/// Reports failed dispatch spans as event 4031.
///
/// A reporter opens the sinks and makes the [`layer`](Self::layer) for the subscriber's stack. Clones share
/// everything. The layer keeps what it needs, so a function that sets up logging may drop the reporter at its end.
///
/// Dropping the last clone waits for queued records, up to the
/// [`flush_timeout`](crate::Builder::flush_timeout).
///
/// # Example: a program that logs and reports failures
///
/// ```no_run
/// use tracing_dispatch_failure::Reporter;
/// use tracing_subscriber::{EnvFilter, fmt, prelude::*};
///
/// let reporter = Reporter::from_env()?;
/// tracing_subscriber::registry()
///     .with(reporter.layer())
///     .with(fmt::layer().with_filter(EnvFilter::from_default_env()))
///     .init();
/// reporter.verify()?;
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reporter {
    shared: Arc<Shared>,
}

/// The state that all clones of a reporter share.
#[derive(Debug)]
struct Shared {
    observer: Arc<Observer>,
    delivery: Arc<Delivery>,
    flush_timeout: Duration,
}

impl Reporter {
    /// Builds a reporter from the process's environment.
    ///
    /// Unknown `DISPATCH_FAILURE_…` variables are not errors; they are logged to stderr.
    ///
    /// # Errors
    ///
    /// One error that lists every problem of the environment; if there is none, every sink that could not be opened.
    ///
    /// # Example: `main` shows every problem
    ///
    /// ```no_run
    /// use tracing_dispatch_failure::{Error, Reporter};
    /// use tracing_subscriber::prelude::*;
    ///
    /// fn main() -> Result<(), Error> {
    ///     let reporter = Reporter::from_env()?;
    ///     tracing_subscriber::registry().with(reporter.layer()).init();
    ///     // …
    ///     Ok(())
    /// }
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        Builder::from_env().build()
    }

    /// Builds a reporter from the process's environment in any case, and logs each problem to stderr.
    ///
    /// A setting with a problem keeps its default. Stderr replaces a sink that cannot be opened.
    ///
    /// # Example: a service that must start
    ///
    /// ```no_run
    /// use tracing_dispatch_failure::Reporter;
    /// use tracing_subscriber::prelude::*;
    ///
    /// let reporter = Reporter::from_env_lossy();
    /// tracing_subscriber::registry().with(reporter.layer()).init();
    /// ```
    #[must_use]
    pub fn from_env_lossy() -> Self {
        Builder::from_env().build_lossy()
    }

    /// Builds a reporter from the given variables instead of the environment; see [`Builder::from_vars`].
    ///
    /// # Errors
    ///
    /// The same as [`from_env`](Self::from_env).
    ///
    /// # Example: a test of your configuration
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let reporter = Reporter::from_vars([("DISPATCH_FAILURE_SINKS", "off")])?;
    /// assert!(reporter.stats().sinks.is_empty());
    ///
    /// let error = Reporter::from_vars([("DISPATCH_FAILURE_SINKS", "printer")]).unwrap_err();
    /// assert!(error.to_string().starts_with("DISPATCH_FAILURE_SINKS: \"printer\" is not a sink; expected "));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(
        vars: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Error> {
        Builder::from_vars(vars).build()
    }

    /// Returns a builder with the defaults; it ignores the environment.
    ///
    /// # Example: failures on stderr, in one line each
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, SinkKind};
    ///
    /// let reporter = Reporter::builder().sinks([SinkKind::Stderr]).build()?;
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns the layer with its own filter, for a stack that is rooted in `Registry`.
    ///
    /// The layer sees dispatch spans, their context and the events that show their failure, and changes nothing for
    /// other layers. A span exists because of it only if it is a dispatch or context span, or is opened within a
    /// dispatch. The method may be called more than once; two layers in one stack report each failure once.
    ///
    /// # Panics
    ///
    /// This method does not panic. But a stack that is not rooted in `Registry` panics when the layer is added; use
    /// [`layer_unfiltered`](Self::layer_unfiltered) there.
    ///
    /// # Example: only warnings in the log, all failures in the reporter
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// use tracing_subscriber::{filter::LevelFilter, fmt, prelude::*};
    ///
    /// let memory = MemorySink::new();
    /// let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// let stack = tracing_subscriber::registry()
    ///     .with(reporter.layer())
    ///     .with(fmt::layer().with_filter(LevelFilter::WARN));
    /// # let stack = tracing::Dispatch::new(stack);
    ///
    /// tracing::dispatcher::with_default(&stack, || {
    ///     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// });
    /// assert_eq!(memory.len(), 1);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn layer<S>(&self) -> FilteredLayer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        FilteredLayer::new(Arc::clone(&self.shared.observer))
    }

    /// Returns the layer without its filter, for stacks that cannot carry per-layer filters, such as
    /// `tracing_subscriber::fmt().finish()`.
    ///
    /// It reports the same, but every span and event of the application passes through it.
    ///
    /// # Example: a stack that is not rooted in `Registry`
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// let stack = tracing_subscriber::fmt().with_writer(std::io::sink).finish();
    ///
    /// tracing::subscriber::with_default(stack.with(reporter.layer_unfiltered()), || {
    ///     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// });
    /// assert_eq!(memory.len(), 1);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn layer_unfiltered(&self) -> FailureLayer {
        FailureLayer::new(Arc::clone(&self.shared.observer))
    }

    /// Checks whether something in the current default subscriber hides dispatch spans. Call it once the subscriber is
    /// set.
    ///
    /// It asks the subscriber's filters about a span for each directive of `DISPATCH_FAILURE_SPANS`. It opens no span:
    /// no layer sees a span or an event because of it.
    ///
    /// # Errors
    ///
    /// For each directive whose spans do not reach this reporter's layer, the reason and what to do: no subscriber is
    /// set, the layer is not part of it, a `reload::Layer` holds `None`, a global filter or a filter around the layer
    /// drops the spans, or their level is compiled out.
    ///
    /// # Example: a global filter hides dispatch spans
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    /// use tracing_subscriber::{filter::LevelFilter, prelude::*};
    ///
    /// let reporter = Reporter::builder().sinks([]).build()?;
    /// // The filter is a layer of its own, so it applies to the reporter's layer too.
    /// let stack = tracing_subscriber::registry().with(reporter.layer()).with(LevelFilter::WARN);
    ///
    /// let error = tracing::subscriber::with_default(stack, || reporter.verify()).unwrap_err();
    /// assert!(error.to_string().contains("a global filter of the subscriber drops them"));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn verify(&self) -> Result<(), Error> {
        verify::verify(&self.shared.observer)
    }

    /// Writes the summaries of suppressed failures, waits until all earlier failures are written, and synchronizes
    /// files with the disk.
    ///
    /// The timeout limits the wait for the queue, but not the wait for a slow disk.
    ///
    /// # Errors
    ///
    /// The number of records that are not written yet, and each sink that could not be flushed. If a sink calls this
    /// method, nothing is flushed and that is the error, because a sink must not be called again while it runs.
    ///
    /// # Example: before the process exits without returning from `main`
    ///
    /// ```
    /// use std::time::Duration;
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    ///
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", MemorySink::new());
    /// let reporter = builder.queued(true).build()?;
    /// // …
    /// reporter.flush(Duration::from_secs(5))?;
    /// assert_eq!(reporter.stats().total().in_flight, 0);
    /// // Now `std::process::exit` loses no record of a closed span.
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        to_result(self.shared.delivery.flush(timeout), "flushed")
    }

    /// Continues in the files at the configured paths now, instead of within a second.
    ///
    /// Call it if your program learns of a rotation, for example from a signal. The crate handles no signals.
    ///
    /// # Errors
    ///
    /// Each sink that could not be reopened; it continues with the file or connection that it has. If a sink calls
    /// this method, nothing is reopened and that is the error.
    ///
    /// # Example: a file that was renamed
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, SinkKind};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("failures.jsonl");
    /// let reporter = Reporter::builder().sinks([SinkKind::File]).file_path(&path).build()?;
    ///
    /// std::fs::rename(&path, folder.path().join("failures.1.jsonl"))?;
    /// reporter.reopen()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert_eq!(std::fs::read_to_string(path)?.lines().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reopen(&self) -> Result<(), Error> {
        to_result(self.shared.delivery.reopen(), "reopened")
    }

    /// Flushes whenever a thread panics, after the panic hook that is set now has run.
    ///
    /// It is for queued delivery in a program that a panic aborts. The timeout limits the wait for the queue. If the
    /// current thread is panicking, it does nothing, because no hook can be set then.
    ///
    /// # Example: a program with `panic = "abort"`
    ///
    /// ```
    /// use std::time::Duration;
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let reporter = Reporter::builder().sinks([]).queued(true).build()?;
    /// reporter.flush_on_panic(Duration::from_secs(2));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn flush_on_panic(&self, timeout: Duration) {
        // `take_hook` panics in a thread that is panicking.
        if std::thread::panicking() {
            return;
        }
        // The hook lives as long as the process, and must not keep the reporter alive.
        let shared = Arc::downgrade(&self.shared);
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // First, so that the panic's message does not wait for a slow sink.
            previous(info);
            if let Some(shared) = shared.upgrade() {
                // A hook has nobody to return an error to; the counters have what could not be written.
                let _ = shared.delivery.flush(timeout);
            }
        }));
    }

    /// Returns the counters since the reporter was built.
    ///
    /// # Example: is anything reported at all?
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    /// use tracing_subscriber::prelude::*;
    ///
    /// let reporter = Reporter::builder().sinks([]).build()?;
    /// let stack = tracing_subscriber::registry().with(reporter.layer());
    /// tracing::subscriber::with_default(stack, || drop(tracing::info_span!("dispatch_session")));
    ///
    /// let stats = reporter.stats();
    /// assert_eq!(stats.callsites, 1, "one place in the program opens dispatch spans");
    /// assert_eq!(stats.directives[0].failed, 0);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats =
            Stats { callsites: self.shared.observer.count_opened_callsites(), ..Stats::default() };
        let directives = self.diagnose().directives.into_iter();
        // Context spans do not fail, so only directives of dispatch spans have these counters.
        let dispatch_directives = directives.filter(|it| it.variable == SPANS_VARIABLE);
        stats.directives = dispatch_directives
            .map(|DirectiveDiagnosis { directive, opened, failed, .. }| DirectiveStats {
                directive,
                opened,
                failed,
            })
            .collect();
        self.shared.delivery.fill_stats(&mut stats);
        stats
    }

    /// Returns what each directive of `DISPATCH_FAILURE_SPANS` and `DISPATCH_FAILURE_CONTEXT` matched so far, and its
    /// near misses: for example a span whose level is too verbose for it, a name without brackets, or a hyphen
    /// instead of an underscore.
    ///
    /// Call it once the application has done some work, because a span is known only after it was opened first.
    ///
    /// # Example: a directive without brackets
    ///
    /// ```
    /// use tracing_dispatch_failure::{NearMissReason, Reporter};
    /// use tracing_subscriber::prelude::*;
    ///
    /// let reporter = Reporter::builder().sinks([]).spans("request".parse()?).build()?;
    /// let stack = tracing_subscriber::registry().with(reporter.layer());
    /// tracing::subscriber::with_default(stack, || drop(tracing::info_span!("request")));
    ///
    /// let diagnosis = reporter.diagnose();
    /// let near_miss = &diagnosis.directives[0].near_misses[0];
    /// assert_eq!(near_miss.reason, NearMissReason::NameWithoutBrackets);
    /// assert_eq!(near_miss.suggestion, "[request]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn diagnose(&self) -> Diagnosis {
        let observer = &self.shared.observer;
        Diagnosis { directives: observer.doctor().diagnose(&observer.dispatch_callsites()) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for error in self.delivery.flush(self.flush_timeout) {
            // An error of a sink's flush is not logged: its records are written already.
            if let FlushError::InFlight(records) = error {
                log_to_stderr(format_args!(
                    "the queue still holds {} after DISPATCH_FAILURE_FLUSH_TIMEOUT; they are lost if the process ends \
                     before they are written",
                    RecordCount(records)
                ));
            }
        }
        self.delivery.report_total_losses();
    }
}

/// Returns one error that lists why a flush or a reopening is incomplete.
fn to_result(errors: Vec<FlushError>, done: &str) -> Result<(), Error> {
    let problem = |error| {
        Problem::without_variable(match error {
            FlushError::CalledBySink => {
                format!("a sink called this, so nothing was {done}; call it outside of a sink")
            }
            FlushError::InFlight(records) => format!(
                "the queue still holds {}; allow more time, or find the sink that blocks",
                RecordCount(records)
            ),
            FlushError::Sink(name, error) => format!("the sink `{name}` could not be {done}: {error}"),
        })
    };
    let problems: Vec<_> = errors.into_iter().map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::flush(problems)) }
}
