//! A failure as one sink gets it.

use crate::{format::Rendering, locale::LocalizedMessage, record::failure::Failure, text::buffer};
use std::{cell::OnceCell, fmt};

/// A record as a [`Sink`](crate::Sink) gets it: the failure, with its message in the sink's language and its
/// text in the sink's format.
///
/// Message and text are created when they are first needed, so a sink that uses only the
/// [`failure`](Self::failure) does not pay for them.
///
/// # Example: a sink that counts records by signal
///
/// ```
/// use std::{collections::BTreeMap, io, sync::{Arc, Mutex}};
/// use tracing_dispatch_failure::{Reporter, Sink, SinkRecord};
/// # use tracing_subscriber::prelude::*;
///
/// #[derive(Clone, Default)]
/// struct Counter(Arc<Mutex<BTreeMap<&'static str, u64>>>);
///
/// impl Sink for Counter {
///     fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
///         *self.0.lock().unwrap().entry(record.failure().signal().name()).or_default() += 1;
///         Ok(())
///     }
/// }
///
/// let counter = Counter::default();
/// let reporter = Reporter::builder().sinks([]).add_sink("counter", counter.clone()).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
/// drop(tracing::info_span!("dispatch_session", error = "refused"));
/// drop(tracing::info_span!("dispatch_session", error = "timeout"));
/// assert_eq!(*counter.0.lock().unwrap(), BTreeMap::from([("error-field", 2)]));
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
pub struct SinkRecord<'a> {
    failure: &'a Failure,
    rendering: &'a Rendering,
    message: OnceCell<LocalizedMessage<'a>>,
    text: OnceCell<String>,
}

impl<'a> SinkRecord<'a> {
    /// Creates the record of a failure for a sink with this rendering.
    pub(crate) fn new(failure: &'a Failure, rendering: &'a Rendering) -> Self {
        Self { failure, rendering, message: OnceCell::new(), text: OnceCell::new() }
    }

    /// Returns the failure, independent of language.
    #[must_use]
    pub fn failure(&self) -> &'a Failure {
        self.failure
    }

    /// Returns the message in the sink's language. It is not escaped, and may contain any characters of the
    /// record's fields.
    ///
    /// # Example: printing only the message, escaped
    ///
    /// ```
    /// use std::io;
    /// use tracing_dispatch_failure::{Escaped, Sink, SinkRecord};
    /// # use tracing_dispatch_failure::Reporter;
    /// # use tracing_subscriber::prelude::*;
    ///
    /// struct Printer;
    ///
    /// impl Sink for Printer {
    ///     fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
    ///         println!("[{}] {}", record.locale(), Escaped(record.message()));
    ///         assert_eq!(record.message(), "Session dispatch failed.");
    ///         Ok(())
    ///     }
    /// }
    /// # let reporter = Reporter::builder().sinks([]).add_sink("printer", Printer).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// # drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # assert_eq!(reporter.stats().total().delivered, 1);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.localized().text
    }

    /// Returns the language tag (BCP 47) of the message, such as `ja-JP`.
    #[must_use]
    pub fn locale(&self) -> &'a str {
        self.localized().locale
    }

    /// Returns whether a language was skipped because the record lacks a variable of its message.
    pub(crate) fn is_fallback(&self) -> bool {
        self.message.get().is_some_and(|message| message.is_fallback)
    }

    /// Returns the record in the sink's format, with its final newline.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.get_or_init(|| {
            let mut out = buffer::acquire();
            let message = self.localized();
            self.rendering.write(self.failure, message, &mut out);
            out
        })
    }

    /// Returns the message, and creates it on first use.
    fn localized(&self) -> &LocalizedMessage<'a> {
        self.message.get_or_init(|| self.rendering.messages.localize(self.failure))
    }
}

/// Returns the text's memory to the thread's pool.
impl Drop for SinkRecord<'_> {
    fn drop(&mut self) {
        if let Some(text) = self.text.take() {
            buffer::release(text);
        }
    }
}

impl fmt::Debug for SinkRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkRecord").field("failure", self.failure).finish_non_exhaustive()
    }
}
