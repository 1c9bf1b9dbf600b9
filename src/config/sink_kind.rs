//! The sinks that can be switched on by name.

use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr};

/// One of the crate's own sinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SinkKind {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file, see [`Builder::file_path`](crate::Builder::file_path).
    File,
    /// Event Tracing for Windows: on Windows.
    Etw,
    /// The journal of systemd: on Linux, with the cargo feature `journald`.
    Journald,
}

impl SinkKind {
    /// All sinks, those included that this build does not have.
    pub const ALL: [Self; 5] = [Self::Stdout, Self::Stderr, Self::File, Self::Etw, Self::Journald];

    /// The sink's name in `DISPATCH_FAILURE_SINKS` and in [`Stats`](crate::Stats).
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

    /// Whether this build has the sink: it may need a cargo feature or an operating system.
    #[must_use]
    pub const fn is_available(self) -> bool {
        match self {
            Self::Stdout | Self::Stderr | Self::File => true,
            Self::Etw => cfg!(windows),
            Self::Journald => cfg!(all(feature = "journald", target_os = "linux")),
        }
    }

    /// Why there is no such sink in this build, with those that there are.
    pub(crate) fn unavailable(self) -> ParseError {
        let needs = match self {
            Self::Journald if cfg!(target_os = "linux") => "it needs the cargo feature `journald`",
            Self::Journald => "it is for Linux only",
            Self::Etw => "it is for Windows only",
            Self::Stdout | Self::Stderr | Self::File => "it is for other systems",
        };
        ParseError(format!(
            "{} is not available in this build: {needs}; {}",
            Quoted(self.name()),
            available()
        ))
    }

    /// Whether people read it as it comes.
    pub(crate) const fn is_console(self) -> bool {
        matches!(self, Self::Stdout | Self::Stderr)
    }

    /// Reads `DISPATCH_FAILURE_SINKS`: names separated by commas, or `off`.
    pub(crate) fn parse_list(text: &str) -> Result<Vec<Self>, ParseError> {
        if text.trim() == "off" {
            return Ok(Vec::new());
        }
        let mut kinds = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if name == "off" {
                return Err(ParseError("`off` stands alone".to_owned()));
            }
            let kind = name.parse()?;
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
        match Self::ALL.into_iter().find(|kind| kind.name() == text) {
            Some(kind) if kind.is_available() => Ok(kind),
            Some(kind) => Err(kind.unavailable()),
            None => {
                let problem = match text {
                    "otlp" => "is not available in this build",
                    _ => "is no sink",
                };
                Err(ParseError(format!("{} {problem}; {}", Quoted(text), available())))
            }
        }
    }
}

/// Names the sinks of this build.
fn available() -> String {
    let available = SinkKind::ALL.into_iter().filter(|kind| kind.is_available());
    let names: Vec<String> = available.map(|kind| format!("`{kind}`")).collect();
    format!("the sinks are {}, or `off` for none", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_that_this_build_lacks_is_refused_with_the_names_of_those_it_has() {
        for kind in SinkKind::ALL {
            assert_eq!(kind.name().parse::<SinkKind>().is_ok(), kind.is_available(), "{kind}");
        }
        let refused = SinkKind::Journald.unavailable().to_string();
        assert!(refused.starts_with("\"journald\" is not available in this build: it "), "{refused}");
        assert!(refused.contains("; the sinks are `stdout`, `stderr`, `file`"), "{refused}");
        assert_eq!(refused.contains("`file`, `journald`"), SinkKind::Journald.is_available());
    }
}
