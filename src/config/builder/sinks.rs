//! The builder's methods for sinks, formats and languages.

use super::Builder;
use crate::{
    config::{
        Color, SinkKind,
        sink_options::{CustomSink, SinkOptions},
    },
    format::Format,
    locale::Locales,
    sink::{EtwProvider, EtwSchema, Rotation, Sink},
};
use std::path::PathBuf;

/// # Sinks, formats and languages
impl Builder {
    /// Sets which of the crate's own sinks are on. The default is stdout. (`DISPATCH_FAILURE_SINKS`)
    ///
    /// # Example: stderr instead of stdout
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, SinkKind};
    ///
    /// let reporter = Reporter::builder().sinks([SinkKind::Stderr]).build()?;
    /// assert_eq!(reporter.stats().sinks.len(), 1);
    /// assert!(reporter.stats().sink("stderr").is_some());
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn sinks(mut self, sinks: impl IntoIterator<Item = SinkKind>) -> Self {
        // The list replaces the earlier one, as a variable would.
        self.settings.sinks = Vec::new();
        for kind in sinks {
            // A sink that is given twice still gets each record once.
            if !self.settings.sinks.contains(&kind) {
                self.settings.sinks.push(kind);
            }
        }
        self
    }

    /// Adds a sink of the application. [`Stats`](crate::Stats) and loss reports call it by this name.
    ///
    /// # Example: assert on failures in a test
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// let stack = tracing_subscriber::registry().with(reporter.layer());
    /// tracing::subscriber::with_default(stack, || {
    ///     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// });
    /// assert_eq!(memory.take()[0].failure().error(), Some("refused"));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn add_sink(self, name: impl Into<String>, sink: impl Sink) -> Self {
        self.add_sink_with(name, sink, SinkOptions::default())
    }

    /// Adds a sink of the application with a format and languages of its own.
    ///
    /// # Example: a sink that reads the text of each record
    ///
    /// ```
    /// use std::{io, sync::mpsc};
    /// use tracing_dispatch_failure::{Format, Reporter, Sink, SinkOptions, SinkRecord};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// struct Channel(mpsc::Sender<String>);
    ///
    /// impl Sink for Channel {
    ///     fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
    ///         self.0.send(record.as_str().to_owned()).map_err(io::Error::other)
    ///     }
    /// }
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// let options = SinkOptions::default().format(Format::Text);
    /// let reporter = Reporter::builder().sinks([]).add_sink_with("channel", Channel(sender), options).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// // After one dispatch has failed:
    /// assert!(receiver.try_recv()?.contains("error=\"refused\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_sink_with(mut self, name: impl Into<String>, sink: impl Sink, options: SinkOptions) -> Self {
        self.custom_sinks.push(CustomSink { name: name.into(), sink: Box::new(sink), options });
        self
    }

    /// Sets the format of all sinks. The default is `text` on consoles and `json` elsewhere; ETW and journald have
    /// layouts of their own. (`DISPATCH_FAILURE_FORMAT`)
    ///
    /// # Example: JSON on every sink, for a container's logs
    ///
    /// ```
    /// use tracing_dispatch_failure::{Format, MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.format(Format::Json).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert!(memory.take()[0].as_str().starts_with("{\"schema\":1,"));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn format(mut self, format: Format) -> Self {
        self.settings.format = Some(format);
        self
    }

    /// Sets the format of one sink, which wins over [`format`](Self::format). ETW and journald ignore it.
    /// (`DISPATCH_FAILURE_<SINK>_FORMAT`)
    ///
    /// # Example: text lines in the file
    ///
    /// ```
    /// use tracing_dispatch_failure::{Format, Reporter, SinkKind};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("failures.log");
    /// let reporter = Reporter::builder()
    ///     .sinks([SinkKind::File])
    ///     .file_path(&path)
    ///     .sink_format(SinkKind::File, Format::Text)
    ///     .build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert!(std::fs::read_to_string(path)?.contains(" ERROR 4031 DispatchSessionFailed: "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sink_format(mut self, sink: SinkKind, format: Format) -> Self {
        // Kept for a sink that is off too, because a later call may switch it on.
        self.settings.sink_formats.insert(sink, format);
        self
    }

    /// Sets when records have colors. The default is [`Color::Auto`]: on a terminal. (`DISPATCH_FAILURE_COLOR`)
    ///
    /// # Example: colors where no terminal is recognised
    ///
    /// ```
    /// use tracing_dispatch_failure::{Color, Format, MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.format(Format::Text).color(Color::Always).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert!(memory.take()[0].as_str().contains("\x1b[31mERROR\x1b[0m"));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn color(mut self, color: Color) -> Self {
        self.settings.color = color;
        self
    }

    /// Sets the name of the application, which is the event's AppDomain. The default is the executable's file name.
    /// (`DISPATCH_FAILURE_APP`)
    ///
    /// # Example: tell two deployments of one program apart
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.app("shop-eu").build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert_eq!(memory.take()[0].failure().app(), "shop-eu");
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn app(mut self, app: impl Into<String>) -> Self {
        self.settings.app = Some(app.into());
        self
    }

    /// Sets the languages of all sinks, the best first. The default is en-US, and on consoles the language of the
    /// environment if the builder starts [from it](Self::from_env). (`DISPATCH_FAILURE_LOCALE`)
    ///
    /// # Example: messages in Japanese
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.locale("ja-JP".parse()?).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert_eq!(memory.take()[0].message(), "セッション ディスパッチに失敗しました。");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn locale(mut self, locale: Locales) -> Self {
        self.settings.locale = Some(locale);
        self
    }

    /// Sets the languages of one sink, the best first. They win over [`locale`](Self::locale).
    /// (`DISPATCH_FAILURE_<SINK>_LOCALE`)
    ///
    /// # Example: English for the console, German for the file
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, SinkKind};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("failures.jsonl");
    /// let reporter = Reporter::builder()
    ///     .sinks([SinkKind::File])
    ///     .file_path(&path)
    ///     .locale("en-US".parse()?)
    ///     .sink_locale(SinkKind::File, "de-DE".parse()?)
    ///     .build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert!(std::fs::read_to_string(path)?.contains("\"locale\":\"de-DE\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sink_locale(mut self, sink: SinkKind, locale: Locales) -> Self {
        self.settings.sink_locales.insert(sink, locale);
        self
    }

    /// Sets the folder with message files of your own, `<tag>/event-4031.ftl`, which replace or add texts. By default
    /// there is none. (`DISPATCH_FAILURE_LOCALES_DIR`)
    ///
    /// # Example: a message that names the worker
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// std::fs::create_dir(folder.path().join("en-US"))?;
    /// let file = folder.path().join("en-US/event-4031.ftl");
    /// std::fs::write(file, "message = { $worker } is down: { $error }\n")?;
    ///
    /// let memory = MemorySink::new();
    /// let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.locales_dir(folder.path()).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// drop(tracing::info_span!("dispatch_session", worker = "worker-a", error = "refused"));
    /// # });
    /// assert_eq!(memory.take()[0].message(), "worker-a is down: refused");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn locales_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.locales_dir = Some(folder.into());
        self
    }

    /// Sets the path of the file for [`SinkKind::File`]; its folder is created. It has no default, except that
    /// [`from_env`](Self::from_env) takes systemd's `LOGS_DIRECTORY`. (`DISPATCH_FAILURE_FILE_PATH`)
    ///
    /// # Example: one JSON line for each failure
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, SinkKind};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("logs/failures.jsonl");
    /// let reporter = Reporter::builder().sinks([SinkKind::File]).file_path(&path).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// // After one dispatch has failed:
    /// assert_eq!(std::fs::read_to_string(path)?.lines().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn file_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.file_path = Some(path.into());
        self
    }

    /// Sets when the file is rotated. The default is [`Rotation::NEVER`]. (`DISPATCH_FAILURE_FILE_ROTATION`)
    ///
    /// # Example: a file that is rotated daily, or before it exceeds 64 MiB
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, Rotation, SinkKind};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let reporter = Reporter::builder()
    ///     .sinks([SinkKind::File])
    ///     .file_path(folder.path().join("failures.jsonl"))
    ///     .file_rotation(Rotation::NEVER.daily().at_size(64 << 20))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn file_rotation(mut self, rotation: Rotation) -> Self {
        self.settings.file_rotation = rotation;
        self
    }

    /// Sets how many old files remain after a rotation. By default all remain. (`DISPATCH_FAILURE_FILE_KEEP`)
    ///
    /// # Example: two weeks of daily files
    ///
    /// ```
    /// use tracing_dispatch_failure::{Reporter, Rotation};
    ///
    /// let builder = Reporter::builder().file_rotation(Rotation::NEVER.daily()).file_keep(14);
    /// # builder.sinks([]).build()?;
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn file_keep(mut self, files: usize) -> Self {
        self.settings.file_keep = Some(files);
        self
    }

    /// Sets the socket of [`SinkKind::Journald`], on which journald accepts entries in its native protocol. The
    /// default is `/run/systemd/journal/socket`; no variable sets it.
    ///
    /// A service with systemd's `LogNamespace=` keeps the default, because systemd puts the namespace's socket there.
    ///
    /// # Example: the socket of another journal namespace
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let builder = Reporter::builder().journald_socket("/run/systemd/journal.shop/socket");
    /// # builder.sinks([]).build()?;
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn journald_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.journald_socket = path.into();
        self
    }

    /// Sets the schemas of [`SinkKind::Etw`]. The default is [`EtwSchema::Wcf`] and [`EtwSchema::TraceLogging`].
    /// (`DISPATCH_FAILURE_ETW_SCHEMA`)
    ///
    /// # Example: the installed manifest alone
    ///
    /// ```
    /// use tracing_dispatch_failure::{EtwSchema, Reporter};
    ///
    /// let builder = Reporter::builder().etw_schemas([EtwSchema::Manifest]);
    /// # builder.sinks([]).build()?;
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn etw_schemas(mut self, schemas: impl IntoIterator<Item = EtwSchema>) -> Self {
        self.settings.etw.schemas = schemas.into_iter().collect();
        self
    }

    /// Sets your own ETW provider for [`SinkKind::Etw`]. The default is `TracingDispatchFailure`.
    /// (`DISPATCH_FAILURE_ETW_PROVIDER`)
    ///
    /// # Example: a provider of your company
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let builder = Reporter::builder().etw_provider("MyCompany.Shop".parse()?);
    /// # builder.sinks([]).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn etw_provider(mut self, provider: EtwProvider) -> Self {
        self.settings.etw.provider = provider;
        self
    }
}
