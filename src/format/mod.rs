//! A failure as bytes.

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

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// One line for people and `grep`: `timestamp ERROR 4031 DispatchSessionFailed: message …`.
    Text,
    /// The event's documentation page, filled with this occurrence.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Text, Self::Pretty, Self::Json];

    /// The format's name in `DISPATCH_FAILURE_FORMAT`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Pretty => "pretty",
            Self::Json => "json",
        }
    }

    /// Appends a record with its final newline, as a sink of this format and these languages writes
    /// it. `color` adds a terminal's colours to the formats `text` and `pretty`.
    ///
    /// ```
    /// # fn example(failure: &tracing_dispatch_failure::Failure) {
    /// use tracing_dispatch_failure::{Format, Locales, Messages};
    ///
    /// let mut out = String::new();
    /// Format::Pretty.write(failure, &Messages::new(&Locales::from_env()), false, &mut out);
    /// # }
    /// ```
    pub fn write(self, failure: &Failure, messages: &Messages, color: bool, out: &mut String) {
        let rendering = Rendering { format: self, messages: messages.clone(), colour: color };
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
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let problem = match text {
                "ecs" => " is not available in this build",
                _ => " is no format",
            };
            ParseError(format!("{}{problem}; the formats are `text`, `pretty` and `json`", Quoted(text)))
        })
    }
}

/// How a sink's records look: format, language and colour.
#[derive(Debug, Clone)]
pub(crate) struct Rendering {
    pub(crate) format: Format,
    pub(crate) messages: Messages,
    pub(crate) colour: bool,
}

impl Rendering {
    /// Appends a record with its final newline. `message` is what [Messages::localize] gave for it.
    pub(crate) fn write(&self, failure: &Failure, message: &LocalizedMessage<'_>, out: &mut String) {
        match self.format {
            Format::Text => text::write(failure, message, self.colour, out),
            Format::Pretty => pretty::write(failure, &message.text, &self.messages, self.colour, out),
            Format::Json => json::write(failure, message, out),
        }
    }
}
