//! Assembles a reporter from its settings: sinks, delivery, callsite plans and the doctor.

use super::{Reporter, Shared, opening};
use crate::{
    config::{Builder, Color, CustomSink, Diagnose, Settings, SinkOptions},
    delivery::{Delivery, Output, log_to_stderr},
    error::{Error, Problem},
    format::{Format, Rendering},
    locale::catalog::Catalog,
    observe::{
        callsite_plan::CallsitePlans,
        doctor::{self, Doctor},
        observer::Observer,
    },
    platform::process,
    record::failure::ProcessInfo,
};
use std::sync::Arc;

/// # Building the reporter
impl Builder {
    /// Opens the sinks and returns the reporter.
    ///
    /// Unknown `DISPATCH_FAILURE_…` variables and remarks on message files are not errors. They are logged to stderr.
    ///
    /// # Errors
    ///
    /// One error that lists every problem of the settings; if there is none, every sink that could not be opened. Then
    /// no record was written, but the folder of the file may have been created.
    ///
    /// # Example: print all problems, and stop
    ///
    /// ```
    /// use tracing_dispatch_failure::{Builder, Reporter};
    ///
    /// fn start(builder: Builder) -> Result<Reporter, String> {
    ///     builder.build().map_err(|error| format!("logging is configured wrongly: {error}"))
    /// }
    ///
    /// assert!(start(Reporter::builder().sinks([])).is_ok());
    /// let refused = start(Reporter::builder().sinks([]).field_count(1000)).unwrap_err();
    /// assert!(refused.contains("DISPATCH_FAILURE_FIELD_COUNT: 1000 is not a valid number of fields"));
    /// ```
    pub fn build(mut self) -> Result<Reporter, Error> {
        self.check_ranges();
        Reporter::open(self.settings, self.custom_sinks, self.problems, self.warnings)
    }

    /// Opens the sinks and returns a reporter in any case; it logs each problem to stderr.
    ///
    /// A setting with a problem keeps its default. Stderr replaces a sink that cannot be opened.
    ///
    /// # Example: a service that starts although its log folder is missing
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, SinkKind};
    ///
    /// let folder = tempfile::tempdir()?;
    /// // A folder is not a file that can be opened.
    /// let reporter = Reporter::builder().sinks([SinkKind::File]).file_path(folder.path()).build_lossy();
    /// assert!(reporter.stats().sink("stderr instead of file").is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn build_lossy(mut self) -> Reporter {
        self.check_ranges();
        Reporter::open_lossy(self.settings, self.custom_sinks, self.problems, self.warnings)
    }
}

impl Reporter {
    fn open(
        settings: Settings,
        custom_sinks: Vec<CustomSink>,
        mut problems: Vec<Problem>,
        warnings: Vec<String>,
    ) -> Result<Self, Error> {
        let catalog = opening::load_catalog(&settings, &mut problems);
        let outputs = opening::open_all(&settings, &catalog, &mut problems);
        if !problems.is_empty() {
            return Err(Error::configuration(problems));
        }
        // After the check, because a configuration that is refused logs nothing: the caller has the error.
        log_warnings(&warnings, &catalog);
        Ok(Self::assemble(settings, custom_sinks, outputs, &catalog))
    }

    fn open_lossy(
        settings: Settings,
        custom_sinks: Vec<CustomSink>,
        mut problems: Vec<Problem>,
        warnings: Vec<String>,
    ) -> Self {
        let catalog = opening::load_catalog(&settings, &mut problems);
        let outputs = opening::open_available(&settings, &catalog, &mut problems);
        problems.iter().for_each(|problem| log_to_stderr(format_args!("{problem}")));
        log_warnings(&warnings, &catalog);
        Self::assemble(settings, custom_sinks, outputs, &catalog)
    }

    /// Makes the reporter of settings that are checked, and of sinks that are open.
    fn assemble(
        settings: Settings,
        custom_sinks: Vec<CustomSink>,
        mut outputs: Vec<Output>,
        catalog: &Catalog,
    ) -> Self {
        outputs.extend(custom_sinks.into_iter().map(|sink| make_custom_output(sink, &settings, catalog)));
        let app = settings.app.or_else(process::executable_name).unwrap_or_default();
        let process = ProcessInfo::new(app, process::host_name());
        let delivery = Arc::new(Delivery::new(
            outputs,
            settings.is_queued.then_some(settings.queue_options),
            settings.rate,
        ));
        let is_silent = settings.diagnose == Diagnose::Off;
        let doctor = Arc::new(Doctor::new(&settings.spans, &settings.context, is_silent));
        // The level is raised before the first layer exists, so that `tracing` asks for it from the start.
        if let Diagnose::For(time) = settings.diagnose {
            doctor::diagnose_for(time, &doctor);
        }
        let plans =
            CallsitePlans::new(settings.spans, settings.context, settings.redact, settings.limits.fields);
        let observer =
            Observer::new(plans, settings.signals, settings.limits, process, Arc::clone(&delivery), doctor);
        let flush_timeout = settings.flush_timeout;
        Self { shared: Arc::new(Shared { observer: Arc::new(observer), delivery, flush_timeout }) }
    }
}

/// Logs the warnings. They are not problems, so an error does not list them.
fn log_warnings(warnings: &[String], catalog: &Catalog) {
    let all = warnings.iter().chain(catalog.warnings());
    all.for_each(|warning| log_to_stderr(format_args!("{warning}")));
}

fn make_custom_output(sink: CustomSink, settings: &Settings, catalog: &Catalog) -> Output {
    let CustomSink { name, sink, options: SinkOptions { format, locale } } = sink;
    let locale = locale.or_else(|| settings.locale.clone()).unwrap_or_default();
    let rendering = Rendering {
        format: format.or(settings.format).unwrap_or(Format::Json),
        messages: catalog.messages(&locale),
        // Nothing is known of a terminal behind the application's sink, so `auto` means no colors.
        color: settings.color == Color::Always,
    };
    Output::new(name, sink, rendering)
}
