//! A sink of the application, with its options.

use crate::{format::Format, locale::Locales, sink::Sink};

/// A sink that the application added.
pub(crate) struct CustomSink {
    pub(crate) name: String,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) options: SinkOptions,
}

/// The format and the languages of a sink that the application adds.
///
/// # Example: a sink that gets the documentation page in German
///
/// ```
/// use tracing_dispatch_failure::{Format, MemorySink, Reporter, SinkOptions};
/// # use tracing_subscriber::prelude::*;
///
/// let mail = MemorySink::new();
/// let options = SinkOptions::default().format(Format::Pretty).locale("de-DE".parse()?);
/// let reporter = Reporter::builder().sinks([]).add_sink_with("mail", mail.clone(), options).build()?;
/// # let stack = tracing_subscriber::registry().with(reporter.layer());
/// # tracing::subscriber::with_default(stack, || {
/// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
/// # });
/// // After one dispatch has failed:
/// let record = &mail.take()[0];
/// assert_eq!(record.locale(), "de-DE");
/// assert!(record.as_str().starts_with("4031 - DispatchSessionFailed\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct SinkOptions {
    pub(crate) format: Option<Format>,
    pub(crate) locale: Option<Locales>,
}

impl SinkOptions {
    /// Sets the format that [`SinkRecord::as_str`](crate::SinkRecord::as_str) returns. The default is the reporter's
    /// [`format`](crate::Builder::format), or else [`Format::Json`].
    ///
    /// # Example: one line of text for each failure
    ///
    /// ```
    /// use tracing_dispatch_failure::{Format, MemorySink, Reporter, SinkOptions};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let chat = MemorySink::new();
    /// let options = SinkOptions::default().format(Format::Text);
    /// let reporter = Reporter::builder().sinks([]).add_sink_with("chat", chat.clone(), options).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert!(chat.take()[0].as_str().contains(" ERROR 4031 DispatchSessionFailed: "));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the languages of the message, the best first. The default is the reporter's
    /// [`locale`](crate::Builder::locale), or else en-US.
    ///
    /// # Example: French, or else Spanish
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter, SinkOptions};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let desk = MemorySink::new();
    /// let options = SinkOptions::default().locale("fr-CA,es".parse()?);
    /// let reporter = Reporter::builder().sinks([]).add_sink_with("desk", desk.clone(), options).build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// #     drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # });
    /// assert_eq!(desk.take()[0].locale(), "fr-FR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn locale(mut self, locale: Locales) -> Self {
        self.locale = Some(locale);
        self
    }
}
