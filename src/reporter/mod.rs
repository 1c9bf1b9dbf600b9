//! The reporter: settings become sinks, rules and layers.

mod opening;

use crate::{
    config::{Builder, Color, Custom, Diagnose, Settings, SinkOptions},
    delivery::{Delivery, Output, Unflushed, log_to_stderr},
    error::{Error, Problem},
    format::{Format, Rendering},
    locale::catalog::Catalog,
    observe::{
        callsite_plan::CallsitePlans,
        doctor::{
            self, Doctor, SPANS_VARIABLE,
            diagnosis::{Diagnosis, DirectiveDiagnosis},
        },
        layer::FailureLayer,
        observer::Observer,
        stack::{filtered::FilteredLayer, verify},
    },
    platform::process,
    record::failure::ProcessInfo,
    stats::{DirectiveStats, Stats},
};
use std::{ffi::OsString, sync::Arc, time::Duration};
use tracing::Subscriber;
use tracing_subscriber::registry::LookupSpan;

/// Reports failed dispatch spans as event 4031.
///
/// It opens the sinks and makes the [`layer`](Self::layer) that goes into the subscriber's stack.
/// Clones share everything. The layer holds what it needs: the reporter may be dropped, as at the end
/// of a function that sets up logging.
///
/// ```no_run
/// use tracing_subscriber::{EnvFilter, fmt, prelude::*};
///
/// let reporter = tracing_dispatch_failure::Reporter::from_env()?;
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

#[derive(Debug)]
struct Shared {
    observer: Arc<Observer>,
    delivery: Arc<Delivery>,
    flush_timeout: Duration,
}

impl Builder {
    /// Opens the sinks.
    ///
    /// # Errors
    ///
    /// Every mistake of the settings, and every sink that cannot be opened, in one error. Then
    /// nothing was written; a file's folder may have been made.
    pub fn build(mut self) -> Result<Reporter, Error> {
        self.check();
        Reporter::open(self.settings, self.custom, self.problems, self.warnings)
    }

    /// Opens the sinks whatever is wrong, and logs each mistake to stderr.
    ///
    /// A setting with a wrong value keeps its default. A sink that cannot be opened is replaced by stderr.
    pub fn build_lossy(mut self) -> Reporter {
        self.check();
        Reporter::open_lossy(self.settings, self.custom, self.problems, self.warnings)
    }
}

impl Reporter {
    /// A reporter as the process's environment wants it.
    ///
    /// # Errors
    ///
    /// Every mistake of the environment in one error, and every sink that cannot be opened. Unknown
    /// `DISPATCH_FAILURE_…` variables are no mistakes; they are said on stderr.
    pub fn from_env() -> Result<Self, Error> {
        Builder::from_env().build()
    }

    /// A reporter as the process's environment wants it, whatever is wrong with it: a wrong value is
    /// said on stderr and leaves the default, and a sink that cannot be opened becomes stderr.
    #[must_use]
    pub fn from_env_lossy() -> Self {
        Builder::from_env().build_lossy()
    }

    /// A reporter as the given variables want it; see [`Builder::from_vars`].
    ///
    /// # Errors
    ///
    /// As for [`from_env`](Self::from_env).
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(
        vars: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Error> {
        Builder::from_vars(vars).build()
    }

    /// Settings made by the program; the environment is ignored.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The layer with its filter, for a stack that is rooted in `Registry`, directly or boxed. It may
    /// be made more than once; twice in one stack it reports once.
    ///
    /// It looks at dispatch spans, their surroundings and what tells of failures, and changes nothing for
    /// other layers. Spans that nobody else wants exist only where they are dispatch spans or context spans, or stand in
    /// a dispatch.
    #[must_use]
    pub fn layer<S>(&self) -> FilteredLayer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        FilteredLayer::new(Arc::clone(&self.shared.observer))
    }

    /// The layer without its filter, for stacks that cannot carry per-layer filters, such as
    /// `tracing_subscriber::fmt().finish()`. It reports the same; but every span and event of the
    /// application passes through it.
    #[must_use]
    pub fn layer_unfiltered(&self) -> FailureLayer {
        FailureLayer::new(Arc::clone(&self.shared.observer))
    }

    /// Finds out whether something in the current default subscriber hides dispatch spans. Call it once
    /// the subscriber is set.
    ///
    /// It asks the subscriber's filters about a span for each directive of `DISPATCH_FAILURE_SPANS`, and
    /// opens none: no layer gets a span or an event of it.
    ///
    /// # Errors
    ///
    /// For each directive whose spans do not reach this reporter's layer, the reason and what to do: no
    /// subscriber is set, the layer is not part of it, a `reload::Layer` holds `None`, a global filter or one
    /// around the layer drops the spans, or the level is compiled out.
    pub fn verify(&self) -> Result<(), Error> {
        verify::verify(&self.shared.observer)
    }

    /// Hands on what is summed up, waits until all that failed before is written, and synchronizes
    /// files with the disk. The timeout bounds the wait for the queue, not that for a slow disk.
    ///
    /// # Errors
    ///
    /// How many records are not written yet, and the sinks that could not be flushed. Called by a sink,
    /// which must not be entered again, it does nothing and says so.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        outcome(self.shared.delivery.flush(timeout), "flushed")
    }

    /// Goes on in the files of their paths now, instead of within a second. For a program that is
    /// told of a rotation, as by a signal; nothing here handles signals.
    ///
    /// # Errors
    ///
    /// The sinks that could not be reopened; they go on with what they had open. Called by a sink, it
    /// does nothing and says so.
    pub fn reopen(&self) -> Result<(), Error> {
        outcome(self.shared.delivery.reopen(), "reopened")
    }

    /// Flushes when a thread panics, after the panic hook that is set now. For queued delivery in a
    /// program that ends at a panic. In a thread that panics already no hook can be set, and none is.
    pub fn flush_on_panic(&self, timeout: Duration) {
        if std::thread::panicking() {
            return;
        }
        let shared = Arc::downgrade(&self.shared);
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            previous(info);
            if let Some(shared) = shared.upgrade() {
                // What could not be flushed is counted.
                let _ = shared.delivery.flush(timeout);
            }
        }));
    }

    /// What was seen and done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats { callsites: self.shared.observer.dispatch_callsites(), ..Stats::default() };
        let selecting = self.diagnose().directives.into_iter();
        let selecting = selecting.filter(|it| it.variable == SPANS_VARIABLE);
        stats.directives = selecting
            .map(|DirectiveDiagnosis { directive, opened, failed, .. }| DirectiveStats {
                directive,
                opened,
                failed,
            })
            .collect();
        self.shared.delivery.stats(&mut stats);
        stats
    }

    /// What each directive of `DISPATCH_FAILURE_SPANS` and `DISPATCH_FAILURE_CONTEXT` matched so far, and
    /// what it nearly matched: a span whose level is too verbose for it, a name without brackets, a hyphen for an
    /// underscore. To be called once the application has done some of its work, as spans are known
    /// from when they are first opened.
    ///
    /// ```
    /// use tracing_dispatch_failure::{NearMissReason, Reporter};
    /// use tracing_subscriber::prelude::*;
    ///
    /// let reporter = Reporter::from_vars([("DISPATCH_FAILURE_SPANS", "request")])?;
    /// let stack = tracing_subscriber::registry().with(reporter.layer());
    /// tracing::subscriber::with_default(stack, || drop(tracing::info_span!("request")));
    ///
    /// let diagnosis = reporter.diagnose();
    /// let near_miss = &diagnosis.directives[0].near_misses[0];
    /// assert_eq!(near_miss.reason, NearMissReason::NameWithoutBrackets);
    /// assert_eq!(near_miss.suggestion, "[request]");
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn diagnose(&self) -> Diagnosis {
        let observer = &self.shared.observer;
        Diagnosis { directives: observer.doctor().diagnoses(&observer.watched()) }
    }

    pub(crate) fn open(
        settings: Settings,
        custom: Vec<Custom>,
        mut problems: Vec<Problem>,
        warnings: Vec<String>,
    ) -> Result<Self, Error> {
        let catalog = opening::catalog(&settings, &mut problems);
        let outputs = opening::all_or_nothing(&settings, &catalog, &mut problems);
        if !problems.is_empty() {
            return Err(Error::configuration(problems));
        }
        warnings
            .iter()
            .chain(catalog.warnings())
            .for_each(|warning| log_to_stderr(format_args!("{warning}")));
        Ok(Self::assemble(settings, custom, outputs, &catalog))
    }

    pub(crate) fn open_lossy(
        settings: Settings,
        custom: Vec<Custom>,
        mut problems: Vec<Problem>,
        warnings: Vec<String>,
    ) -> Self {
        let catalog = opening::catalog(&settings, &mut problems);
        let outputs = opening::what_can_be(&settings, &catalog, &mut problems);
        problems.iter().for_each(|problem| log_to_stderr(format_args!("{problem}")));
        warnings
            .iter()
            .chain(catalog.warnings())
            .for_each(|warning| log_to_stderr(format_args!("{warning}")));
        Self::assemble(settings, custom, outputs, &catalog)
    }

    fn assemble(
        settings: Settings,
        custom: Vec<Custom>,
        mut outputs: Vec<Output>,
        catalog: &Catalog,
    ) -> Self {
        outputs.extend(custom.into_iter().map(
            |Custom { name, sink, options: SinkOptions { format, locale } }| {
                let locale = locale.or_else(|| settings.locale.clone()).unwrap_or_default();
                let rendering = Rendering {
                    format: format.or(settings.format).unwrap_or(Format::Json),
                    messages: catalog.messages(&locale),
                    colour: settings.color == Color::Always,
                };
                Output::new(name, sink, rendering)
            },
        ));
        let app = settings.app.or_else(process::executable_name).unwrap_or_default();
        let origin = ProcessInfo::new(app, process::host_name());
        let delivery = Arc::new(Delivery::new(
            outputs,
            settings.is_queued.then_some(settings.queue_options),
            settings.rate,
        ));
        let is_silent = settings.diagnose == Diagnose::Off;
        let doctor = Arc::new(Doctor::new(&settings.spans, &settings.context, is_silent));
        if let Diagnose::For(time) = settings.diagnose {
            doctor::diagnose_for(time, &doctor);
        }
        let plans =
            CallsitePlans::new(settings.spans, settings.context, settings.redact, settings.limits.fields);
        let observer =
            Observer::new(plans, settings.signals, settings.limits, origin, Arc::clone(&delivery), doctor);
        let flush_timeout = settings.flush_timeout;
        Self { shared: Arc::new(Shared { observer: Arc::new(observer), delivery, flush_timeout }) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for unflushed in self.delivery.flush(self.flush_timeout) {
            if let Unflushed::InFlight(records) = unflushed {
                log_to_stderr(format_args!("{records} records are not written yet"));
            }
        }
        self.delivery.conclude();
    }
}

fn outcome(unflushed: Vec<Unflushed>, done: &str) -> Result<(), Error> {
    let sentence = |unflushed| match unflushed {
        Unflushed::InSink => Problem::plain("a sink called this, and must not be entered again"),
        Unflushed::InFlight(records) => Problem::plain(format!("{records} records are not written yet")),
        Unflushed::Sink(name, error) => {
            Problem::plain(format!("the sink `{name}` could not be {done}: {error}"))
        }
    };
    let problems: Vec<_> = unflushed.into_iter().map(sentence).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::flush(problems)) }
}
