//! Turns a failure and its message into text: the formats `text`, `pretty` and `json`.

mod json;
mod pretty;
mod style;
mod text;

pub use pretty::explain;
#[cfg(any(windows, test))]
pub(crate) use text::push_field_list;

use crate::{
    error::{ParseError, Quoted},
    locale::{LocalizedMessage, Messages},
    record::failure::Failure,
};
use std::{fmt, str::FromStr};

/// A layout of a record: how a sink writes it.
///
/// The text form, also of `DISPATCH_FAILURE_FORMAT`, is [`name`](Self::name). By default, consoles write
/// [`Text`](Self::Text) and all other sinks [`Json`](Self::Json). ETW and journald have layouts of their own.
///
/// # Example: reading a format from an argument
///
/// ```
/// use tracing_dispatch_failure::Format;
///
/// assert_eq!("json".parse(), Ok(Format::Json));
/// assert!("xml".parse::<Format>().is_err());
/// assert!(Format::ALL.iter().all(|format| format.name().parse() == Ok(*format)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// One line for people and `grep`: `timestamp ERROR 4031 DispatchSessionFailed: message key=value …`.
    Text,
    /// The event's documentation page in the reader's language, with the values of this failure. Several
    /// lines.
    Pretty,
    /// One JSON object (RFC 8259) on a line, with the keys that [the manual](crate::manual::record) lists.
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Pretty, Self::Json];

    /// Returns the format's name in `DISPATCH_FAILURE_FORMAT`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Pretty => "pretty",
            Self::Json => "json",
        }
    }

    /// Appends a record with its final newline, as a sink with this format and these languages writes it.
    ///
    /// `color` adds ANSI colors (ECMA-48 `SGR` sequences) to [`Text`](Self::Text) and
    /// [`Pretty`](Self::Pretty). It has no effect on [`Json`](Self::Json).
    ///
    /// # Example: one failure in two formats and languages
    ///
    /// ```
    /// use tracing_dispatch_failure::{Format, Messages};
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// # drop(tracing::info_span!("dispatch_session", error = "refused"));
    /// # let failure = &memory.take()[0].failure().clone();
    ///
    /// let mut out = String::new();
    /// Format::Text.write(failure, &Messages::new(&"fr-FR".parse()?), false, &mut out);
    /// Format::Json.write(failure, &Messages::new(&"ja-JP".parse()?), false, &mut out);
    ///
    /// let lines: Vec<&str> = out.lines().collect();
    /// assert!(lines[0].contains("ERROR 4031 DispatchSessionFailed: "), "{out}");
    /// assert!(lines[1].contains(r#""locale":"ja-JP","error":"refused""#), "{out}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(self, failure: &Failure, messages: &Messages, color: bool, out: &mut String) {
        // Cloning the messages is cheap, because clones share the texts.
        let rendering = Rendering { format: self, messages: messages.clone(), color };
        rendering.write(failure, &messages.localize(failure), out);
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.iter().copied().find(|format| format.name() == text).ok_or_else(|| {
            let problem = match text {
                // No build has it yet, but it is not a typo.
                "ecs" => "is not available in this build",
                _ => "is not a format",
            };
            ParseError(format!("{} {problem}; expected `text`, `pretty` or `json`", Quoted(text)))
        })
    }
}

/// How a sink renders its records: format, languages and color.
#[derive(Debug, Clone)]
pub(crate) struct Rendering {
    pub(crate) format: Format,
    pub(crate) messages: Messages,
    pub(crate) color: bool,
}

impl Rendering {
    /// Appends a record with its final newline. `message` is the result of [`Messages::localize`] for this
    /// failure.
    pub(crate) fn write(&self, failure: &Failure, message: &LocalizedMessage<'_>, out: &mut String) {
        match self.format {
            Format::Text => text::write(failure, message, self.color, out),
            Format::Pretty => pretty::write(failure, &message.text, &self.messages, self.color, out),
            Format::Json => json::write(failure, message, out),
        }
    }
}
