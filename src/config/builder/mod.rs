//! The builder: settings made in code.

mod delivery;
mod selection;
mod sinks;

use super::{
    Settings,
    settings::{
        FIELD_COUNTS, FIELD_LIMITS, QUEUE_CAPACITIES, field_count_error, field_limit_error,
        queue_capacity_error,
    },
    sink_options::CustomSink,
    variables::{self, ParsedVariables},
};
use crate::error::Problem;
use std::{ffi::OsString, fmt};

/// Builds a [`Reporter`](crate::Reporter); it has a method for everything that an environment variable sets.
///
/// [`Reporter::builder`](crate::Reporter::builder) starts with the defaults and ignores the environment, including the
/// languages of the consoles. [`Builder::from_env`] starts with the environment; a later call of a method wins.
///
/// # Example: pretty records on the console, JSON in a file
///
/// ```
/// use tracing_dispatch_failure::{Format, Reporter, SinkKind};
///
/// let folder = tempfile::tempdir()?;
/// let reporter = Reporter::builder()
///     .sinks([SinkKind::Stdout, SinkKind::File])
///     .file_path(folder.path().join("failures.jsonl"))
///     .spans("[dispatch_session],orders[handle_*]=debug".parse()?)
///     .sink_format(SinkKind::Stdout, Format::Pretty)
///     .sink_locale(SinkKind::Stdout, "ja-JP".parse()?)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct Builder {
    pub(crate) settings: Settings,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
    pub(crate) custom_sinks: Vec<CustomSink>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            settings: Settings::default(),
            problems: Vec::new(),
            warnings: Vec::new(),
            custom_sinks: Vec::new(),
        }
    }

    /// Starts with the process's environment. [`build`](Self::build) returns its problems.
    ///
    /// # Example: the environment, but always with a name of your own
    ///
    /// ```no_run
    /// use tracing_dispatch_failure::Builder;
    ///
    /// let reporter = Builder::from_env().app("shop").build()?;
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn from_env() -> Self {
        Self::from_vars(std::env::vars_os())
    }

    /// Starts with the given variables, each as name and value, instead of the process's environment.
    ///
    /// It uses the variables `DISPATCH_FAILURE_…`, `LC_ALL`, `LC_MESSAGES`, `LANG`, `LANGUAGE`, `NO_COLOR`, `TERM`
    /// and `LOGS_DIRECTORY`, and ignores all others. [`build`](Self::build) returns their problems.
    ///
    /// # Example: variables from a configuration file of your own
    ///
    /// ```
    /// use tracing_dispatch_failure::Builder;
    ///
    /// let file = "SINKS=off\nDELIVERY=queued\n";
    /// let lines = file.lines().filter_map(|line| line.split_once('='));
    /// let vars = lines.map(|(name, value)| (format!("DISPATCH_FAILURE_{name}"), value));
    ///
    /// let reporter = Builder::from_vars(vars).build()?;
    /// assert!(reporter.stats().sinks.is_empty());
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        let ParsedVariables { settings, problems, warnings } =
            variables::parse(vars.into_iter().map(|(name, value)| (name.into(), value.into())));
        // The problems wait for `build`, so that its error lists them together with the problems of the
        // builder.
        Self { settings, problems, warnings, custom_sinks: Vec::new() }
    }

    /// Adds a problem for each number out of range, and sets its default instead.
    ///
    /// The methods cannot return an error, so the numbers are checked when the reporter is built. Numbers from
    /// variables are in range already.
    pub(crate) fn check_ranges(&mut self) {
        let Settings { limits: default_limits, queue_options: default_queue, .. } = Settings::default();
        // The problems name the variables, because the settings have no other name.
        let limits = &mut self.settings.limits;
        if !u64::try_from(limits.field_bytes).is_ok_and(|bytes| FIELD_LIMITS.contains(&bytes)) {
            let error = field_limit_error(limits.field_bytes);
            self.problems.push(Problem::new("DISPATCH_FAILURE_FIELD_LIMIT", error.to_string()));
            limits.field_bytes = default_limits.field_bytes;
        }
        if !u64::try_from(limits.fields).is_ok_and(|count| FIELD_COUNTS.contains(&count)) {
            let error = field_count_error(limits.fields);
            self.problems.push(Problem::new("DISPATCH_FAILURE_FIELD_COUNT", error.to_string()));
            limits.fields = default_limits.fields;
        }
        let queue = &mut self.settings.queue_options;
        if !u64::try_from(queue.capacity).is_ok_and(|count| QUEUE_CAPACITIES.contains(&count)) {
            let error = queue_capacity_error(queue.capacity);
            self.problems.push(Problem::new("DISPATCH_FAILURE_QUEUE_CAPACITY", error.to_string()));
            queue.capacity = default_queue.capacity;
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The application's sinks need not implement `Debug`.
        f.debug_struct("Builder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
