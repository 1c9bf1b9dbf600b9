//! The setting `COLOR`.

use crate::error::{ParseError, Quoted};
use std::str::FromStr;

/// When records in the formats `text` and `pretty` have colors.
///
/// # Example: colors in a CI log, which is no terminal
///
/// ```
/// use tracing_dispatch_failure::{Color, Reporter};
///
/// let mode: Color = "always".parse()?;
/// let reporter = Reporter::builder().sinks([]).color(mode).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`. This is the default.
    #[default]
    Auto,
    /// In every sink.
    Always,
    /// In no sink.
    Never,
}

impl Color {
    /// Returns the mode's name in `DISPATCH_FAILURE_COLOR`.
    ///
    /// # Example: pass the mode to a child process
    ///
    /// ```
    /// use std::process::Command;
    /// use tracing_dispatch_failure::Color;
    ///
    /// let mut worker = Command::new("worker");
    /// worker.env("DISPATCH_FAILURE_COLOR", Color::Never.name());
    /// assert_eq!(Color::Never.name().parse(), Ok(Color::Never));
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl FromStr for Color {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(ParseError(format!(
                "{} is not a color mode; expected `auto`, `always` or `never`",
                Quoted(text)
            ))),
        }
    }
}
