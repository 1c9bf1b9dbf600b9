//! The names of the crate's own sinks.

use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr};

/// One of the crate's own sinks.
///
/// All names are always known. Naming a sink that is not available makes
/// [`Builder::build`](crate::Builder::build) fail.
///
/// # Example: the journal where there is one, else stderr
///
/// ```
/// use tracing_dispatch_failure::SinkKind;
///
/// let kind = if SinkKind::Journald.is_available() { SinkKind::Journald } else { SinkKind::Stderr };
/// # assert!(kind.is_available());
/// println!("failures go to {kind}");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SinkKind {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file; see [`Builder::file_path`](crate::Builder::file_path).
    File,
    /// Event Tracing for Windows: on Windows.
    #[cfg_attr(docsrs, doc(cfg(windows)))]
    Etw,
    /// The journal of systemd: on Linux, with the cargo feature `journald`.
    #[cfg_attr(docsrs, doc(cfg(all(feature = "journald", target_os = "linux"))))]
    Journald,
}

impl SinkKind {
    /// All sinks, including those that this build does not have.
    pub const ALL: &'static [Self] = &[Self::Stdout, Self::Stderr, Self::File, Self::Etw, Self::Journald];

    /// Returns the sink's name in `DISPATCH_FAILURE_SINKS` and in [`Stats`](crate::Stats).
    ///
    /// # Example: the sinks in a help text
    ///
    /// ```
    /// use tracing_dispatch_failure::SinkKind;
    ///
    /// let names: Vec<&str> = SinkKind::ALL.iter().map(|kind| kind.name()).collect();
    /// assert_eq!(names.join(", "), "stdout, stderr, file, etw, journald");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::File => "file",
            Self::Etw => "etw",
            Self::Journald => "journald",
        }
    }

    /// Returns whether this build has the sink, which may need an operating system or a cargo feature.
    ///
    /// # Example: all sinks of this build
    ///
    /// ```
    /// use tracing_dispatch_failure::SinkKind;
    ///
    /// let available = SinkKind::ALL.iter().filter(|kind| kind.is_available());
    /// assert!(available.count() >= 3, "stdout, stderr and file are in every build");
    /// ```
    #[must_use]
    pub const fn is_available(self) -> bool {
        match self {
            Self::Stdout | Self::Stderr | Self::File => true,
            Self::Etw => cfg!(windows),
            Self::Journald => cfg!(all(feature = "journald", target_os = "linux")),
        }
    }

    /// Returns the error for a sink that this build lacks: why, and which sinks it has.
    pub(crate) fn unavailable_error(self) -> ParseError {
        let needs = match self {
            // On Linux, only the feature can be missing.
            Self::Journald if cfg!(target_os = "linux") => "it needs the cargo feature `journald`",
            Self::Journald => "it is for Linux only",
            Self::Etw => "it is for Windows only",
            Self::Stdout | Self::Stderr | Self::File => "it is for other systems",
        };
        ParseError(format!(
            "{} is not available in this build: {needs}; {}",
            Quoted(self.name()),
            expected_names()
        ))
    }

    /// Returns whether people read the sink as it is written.
    pub(crate) const fn is_console(self) -> bool {
        matches!(self, Self::Stdout | Self::Stderr)
    }

    /// Parses `DISPATCH_FAILURE_SINKS`: names separated by commas, or `off`.
    pub(crate) fn parse_list(text: &str) -> Result<Vec<Self>, ParseError> {
        if text.trim() == "off" {
            return Ok(Vec::new());
        }
        let mut kinds = Vec::new();
        // An empty part, as after a comma at the end, is not a name.
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if name == "off" {
                // Either could be meant, so the crate does not choose.
                return Err(ParseError(format!(
                    "{} combines `off` with sinks; expected `off` alone, or a list without it",
                    Quoted(text)
                )));
            }
            let kind = name.parse()?;
            // A sink that is listed twice still gets each record once.
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Ok(kinds)
    }
}

impl fmt::Display for SinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SinkKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match Self::ALL.iter().copied().find(|kind| kind.name() == text) {
            Some(kind) if kind.is_available() => Ok(kind),
            Some(kind) => Err(kind.unavailable_error()),
            None => {
                let problem = match text {
                    // No build has it yet, but it is not a typo.
                    "otlp" => "is not available in this build",
                    _ => "is not a sink",
                };
                Err(ParseError(format!("{} {problem}; {}", Quoted(text), expected_names())))
            }
        }
    }
}

/// Names the sinks of this build, for an error.
fn expected_names() -> String {
    let available = SinkKind::ALL.iter().filter(|kind| kind.is_available());
    let names: Vec<String> = available.map(|kind| format!("`{kind}`")).collect();
    format!("expected {}, or `off` for none", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_missing_from_this_build_is_refused_with_the_available_names() {
        for kind in SinkKind::ALL.iter().copied() {
            assert_eq!(kind.name().parse::<SinkKind>().is_ok(), kind.is_available(), "{kind}");
        }
        let refused = SinkKind::Journald.unavailable_error().to_string();
        assert!(refused.starts_with("\"journald\" is not available in this build: it "), "{refused}");
        assert!(refused.contains("; expected `stdout`, `stderr`, `file`"), "{refused}");
        assert_eq!(refused.contains("`file`, `journald`"), SinkKind::Journald.is_available());
    }
}
