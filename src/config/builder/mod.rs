//! Settings made by the program itself.

use super::{
    Color, Diagnose, Reading, Settings, SinkKind, read,
    settings::{FIELD_COUNTS, FIELD_LIMITS, MAX_FLUSH_TIMEOUT, QUEUE_CAPACITIES},
};
use crate::{
    delivery::{QueueFull, Rate},
    error::Problem,
    format::Format,
    locale::Locales,
    observe::{directive::Directives, redact::Redact},
    record::signal::Signals,
    sink::{EtwProvider, EtwSchema, Rotation, Sink},
};
use std::{ffi::OsString, fmt, path::PathBuf, time::Duration};

/// Makes a [`Reporter`](crate::Reporter); everything that an environment variable sets has a method here.
///
/// [`Reporter::builder`](crate::Reporter::builder) starts from the defaults and ignores the environment, the
/// languages of the consoles included. [`Builder::from_env`] starts from the environment; later calls win.
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
    pub(crate) custom: Vec<Custom>,
}

/// A sink of the application's.
pub(crate) struct Custom {
    pub(crate) name: String,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) options: SinkOptions,
}

/// Format and language of a sink of the application's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct SinkOptions {
    pub(crate) format: Option<Format>,
    pub(crate) locale: Option<Locales>,
}

impl SinkOptions {
    /// What [`SinkRecord::as_str`](crate::SinkRecord::as_str) gives; by default the reporter's
    /// [`format`](Builder::format), else [`Format::Json`].
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// The language of the message; by default the reporter's [`locale`](Builder::locale), else
    /// en-US.
    pub fn locale(mut self, locale: Locales) -> Self {
        self.locale = Some(locale);
        self
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self { settings: Settings::default(), problems: Vec::new(), warnings: Vec::new(), custom: Vec::new() }
    }

    /// Starts from the process's environment. Mistakes in it come with [`build`](Self::build).
    pub fn from_env() -> Self {
        Self::from_vars(std::env::vars_os())
    }

    /// Starts from variables given as name and value, of which those of other names do not count.
    /// Besides `DISPATCH_FAILURE_…` these are `LC_ALL`, `LC_MESSAGES`, `LANG`, `LANGUAGE`,
    /// `NO_COLOR`, `TERM` and `LOGS_DIRECTORY`.
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        let Reading { settings, problems, warnings } =
            read(vars.into_iter().map(|(name, value)| (name.into(), value.into())));
        Self { settings, problems, warnings, custom: Vec::new() }
    }

    /// Which of the crate's own sinks are on; by default stdout. (`DISPATCH_FAILURE_SINKS`)
    pub fn sinks(mut self, sinks: impl IntoIterator<Item = SinkKind>) -> Self {
        self.settings.sinks = Vec::new();
        for kind in sinks {
            if !self.settings.sinks.contains(&kind) {
                self.settings.sinks.push(kind);
            }
        }
        self
    }

    /// Adds a sink of the application's. The name stands in [`Stats`](crate::Stats) and in
    /// complaints.
    pub fn add_sink(self, name: impl Into<String>, sink: impl Sink) -> Self {
        self.add_sink_with(name, sink, SinkOptions::default())
    }

    /// Adds a sink of the application's with a format and language of its own.
    pub fn add_sink_with(mut self, name: impl Into<String>, sink: impl Sink, options: SinkOptions) -> Self {
        self.custom.push(Custom { name: name.into(), sink: Box::new(sink), options });
        self
    }

    /// Which spans are dispatch spans. (`DISPATCH_FAILURE_SPANS`)
    pub fn spans(mut self, spans: Directives) -> Self {
        self.settings.spans = spans;
        self
    }

    /// Which spans are watched as surroundings of dispatch spans. (`DISPATCH_FAILURE_CONTEXT`)
    pub fn context(mut self, context: Directives) -> Self {
        self.settings.context = context;
        self
    }

    /// Which signals tell of a failure. (`DISPATCH_FAILURE_SIGNALS`)
    pub fn signals(mut self, signals: Signals) -> Self {
        self.settings.signals = signals;
        self
    }

    /// Which fields' values are never kept. (`DISPATCH_FAILURE_REDACT`)
    pub fn redact(mut self, redact: Redact) -> Self {
        self.settings.redact = redact;
        self
    }

    /// The languages of all sinks. (`DISPATCH_FAILURE_LOCALE`)
    pub fn locale(mut self, locale: Locales) -> Self {
        self.settings.locale = Some(locale);
        self
    }

    /// The languages of one sink. (`DISPATCH_FAILURE_<SINK>_LOCALE`)
    pub fn sink_locale(mut self, sink: SinkKind, locale: Locales) -> Self {
        self.settings.sink_locales.insert(sink, locale);
        self
    }

    /// A folder whose `<tag>/event-4031.ftl` replace or add texts. (`DISPATCH_FAILURE_LOCALES_DIR`)
    pub fn locales_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.locales_dir = Some(folder.into());
        self
    }

    /// The format of all sinks; by default `text` on consoles, `json` elsewhere.
    /// (`DISPATCH_FAILURE_FORMAT`)
    pub fn format(mut self, format: Format) -> Self {
        self.settings.format = Some(format);
        self
    }

    /// The format of one sink; journald has none. (`DISPATCH_FAILURE_<SINK>_FORMAT`)
    pub fn sink_format(mut self, sink: SinkKind, format: Format) -> Self {
        self.settings.sink_formats.insert(sink, format);
        self
    }

    /// The file of the sink [`SinkKind::File`]; its folder is made. (`DISPATCH_FAILURE_FILE_PATH`)
    pub fn file_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.file_path = Some(path.into());
        self
    }

    /// When the file is moved away and a new one begun; by default never.
    /// (`DISPATCH_FAILURE_FILE_ROTATION`)
    pub fn file_rotation(mut self, rotation: Rotation) -> Self {
        self.settings.file_rotation = rotation;
        self
    }

    /// How many old files stay after a rotation; by default all. (`DISPATCH_FAILURE_FILE_KEEP`)
    pub fn file_keep(mut self, files: usize) -> Self {
        self.settings.file_keep = Some(files);
        self
    }

    /// Whether records are written by a worker instead of the thread that closed the span.
    /// (`DISPATCH_FAILURE_DELIVERY`)
    pub fn queued(mut self, queued: bool) -> Self {
        self.settings.is_queued = queued;
        self
    }

    /// The most records in the queue, from 1 to 1,048,576; by default 8192.
    /// (`DISPATCH_FAILURE_QUEUE_CAPACITY`)
    pub fn queue_capacity(mut self, records: usize) -> Self {
        self.settings.queue_options.capacity = records;
        self
    }

    /// What happens to a failure that finds the queue full. (`DISPATCH_FAILURE_QUEUE_FULL`)
    pub fn queue_full(mut self, full: QueueFull) -> Self {
        self.settings.queue_options.full = full;
        self
    }

    /// The most records a second; above it failures are summed up. By default there is no bound.
    /// (`DISPATCH_FAILURE_RATE`)
    pub fn rate(mut self, rate: Rate) -> Self {
        self.settings.rate = Some(rate);
        self
    }

    /// The socket on which journald takes entries in its native protocol, for the sink
    /// [`SinkKind::Journald`]; by default `/run/systemd/journal/socket`. A journal namespace that
    /// systemd does not put in that place (`LogNamespace=` does) has another.
    pub fn journald_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.journald_socket = path.into();
        self
    }

    /// In which schemas ETW gets the event; by default [`EtwSchema::Wcf`] and
    /// [`EtwSchema::TraceLogging`]. (`DISPATCH_FAILURE_ETW_SCHEMA`)
    pub fn etw_schemas(mut self, schemas: impl IntoIterator<Item = EtwSchema>) -> Self {
        self.settings.etw.schemas = schemas.into_iter().collect();
        self
    }

    /// Our own ETW provider; by default `TracingDispatchFailure`. (`DISPATCH_FAILURE_ETW_PROVIDER`)
    pub fn etw_provider(mut self, provider: EtwProvider) -> Self {
        self.settings.etw.provider = provider;
        self
    }

    /// How long dropping the last reporter may wait; at most an hour, by default five seconds.
    /// (`DISPATCH_FAILURE_FLUSH_TIMEOUT`)
    pub fn flush_timeout(mut self, timeout: Duration) -> Self {
        self.settings.flush_timeout = timeout.min(MAX_FLUSH_TIMEOUT);
        self
    }

    /// The longest text of a record in bytes, from 16 to 1 MiB; by default 8 KiB. What is longer is
    /// cut and marked. (`DISPATCH_FAILURE_FIELD_LIMIT`)
    pub fn field_limit(mut self, bytes: usize) -> Self {
        self.settings.limits.field_bytes = bytes;
        self
    }

    /// The most fields of a record, from 1 to 200; by default 64. (`DISPATCH_FAILURE_FIELD_COUNT`)
    pub fn field_count(mut self, count: usize) -> Self {
        self.settings.limits.fields = count;
        self
    }

    /// The event's AppDomain; by default the executable's file name. (`DISPATCH_FAILURE_APP`)
    pub fn app(mut self, app: impl Into<String>) -> Self {
        self.settings.app = Some(app.into());
        self
    }

    /// When records are coloured. (`DISPATCH_FAILURE_COLOR`)
    pub fn color(mut self, color: Color) -> Self {
        self.settings.color = color;
        self
    }

    /// How far directives that match nothing are looked after. (`DISPATCH_FAILURE_DIAGNOSE`)
    pub fn diagnose(mut self, diagnose: Diagnose) -> Self {
        self.settings.diagnose = diagnose;
        self
    }

    /// Numbers out of range are mistakes here as they are in the environment.
    pub(crate) fn check(&mut self) {
        let defaults = Settings::default().limits;
        let limits = &mut self.settings.limits;
        if !u64::try_from(limits.field_bytes).is_ok_and(|bytes| FIELD_LIMITS.contains(&bytes)) {
            let text = format!("{} is not between 16 and 1048576 (1 MiB)", limits.field_bytes);
            self.problems.push(Problem::new("DISPATCH_FAILURE_FIELD_LIMIT", text));
            limits.field_bytes = defaults.field_bytes;
        }
        if !u64::try_from(limits.fields).is_ok_and(|count| FIELD_COUNTS.contains(&count)) {
            let text = format!("{} is no number from 1 to 200", limits.fields);
            self.problems.push(Problem::new("DISPATCH_FAILURE_FIELD_COUNT", text));
            limits.fields = defaults.fields;
        }
        let queue = &mut self.settings.queue_options;
        if !u64::try_from(queue.capacity).is_ok_and(|count| QUEUE_CAPACITIES.contains(&count)) {
            let text = format!("{} is no number from 1 to 1048576", queue.capacity);
            self.problems.push(Problem::new("DISPATCH_FAILURE_QUEUE_CAPACITY", text));
            queue.capacity = Settings::default().queue_options.capacity;
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
