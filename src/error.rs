//! What can be wrong, said for the person who has to mend it.

use crate::text::escape;
use std::{ffi::OsStr, fmt};

/// A configuration that cannot be used, or a stack that hides dispatch spans.
///
/// All mistakes of a configuration are in one error, each with the variable's name, the value as it
/// was found, and what is allowed.
///
/// ```
/// let vars = [("DISPATCH_FAILURE_FORMAT", "xml"), ("DISPATCH_FAILURE_SINKS", "file")];
/// let error = tracing_dispatch_failure::Reporter::from_vars(vars).unwrap_err();
/// assert!(error.is_configuration());
/// assert_eq!(error.problems().len(), 2);
/// assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_FORMAT"));
/// ```
#[derive(Clone)]
pub struct Error {
    kind: Kind,
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Configuration,
    Hidden,
    Flush,
}

/// One mistake of an [`Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    variable: Option<String>,
    text: String,
}

impl Error {
    pub(crate) fn configuration(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Configuration, problems }
    }

    pub(crate) fn hidden(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Hidden, problems }
    }

    pub(crate) fn flush(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Flush, problems }
    }

    /// Whether settings are wrong or cannot be carried out, as when a file cannot be opened.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind == Kind::Configuration
    }

    /// Whether something in the subscriber stack hides dispatch spans.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.kind == Kind::Hidden
    }

    /// Whether a flush was not done, or not in time.
    #[must_use]
    pub fn is_flush(&self) -> bool {
        self.kind == Kind::Flush
    }

    /// The mistakes, one by one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [only] => only.fmt(f),
            several => {
                write!(f, "{} mistakes:", several.len())?;
                several.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
            }
        }
    }
}

impl std::error::Error for Error {}

/// The same as `Display`, as this is what a `main` shows that returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Problem {
    pub(crate) fn new(variable: impl Into<String>, text: impl Into<String>) -> Self {
        Self { variable: Some(variable.into()), text: text.into() }
    }

    /// A mistake that no variable is to blame for.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { variable: None, text: text.into() }
    }

    /// The environment variable to blame; settings of a builder go by the variable's name too.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variable {
            Some(variable) => write!(f, "{variable}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// A text that is none of what it should be; says what is wrong and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(pub(crate) String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

/// How many characters of a quoted value an error shows.
const QUOTE_LIMIT: usize = 80;

/// A value as errors quote it: in quotes, escaped, and shortened, as it may be anything.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.0.char_indices().nth(QUOTE_LIMIT).map(|(at, _)| at);
        let (shown, dots) = match cut {
            Some(at) => (self.0.get(..at).unwrap_or_default(), "…"),
            None => (self.0, ""),
        };
        let mut out = String::new();
        escape::push_quoted(&mut out, shown);
        write!(f, "{out}{dots}")
    }
}

/// A value that is not Unicode, as errors quote it.
pub(crate) fn quoted_os(value: &OsStr) -> String {
    Quoted(&value.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_are_escaped_and_short() {
        assert_eq!(Quoted("a\x1b[31m").to_string(), r#""a\u{1b}[31m""#);
        let long = Quoted(&"あ".repeat(1_000_000)).to_string();
        assert_eq!(long.chars().count(), QUOTE_LIMIT + 3);
    }

    #[test]
    fn several_mistakes_stand_in_a_list() {
        let error =
            Error::configuration(vec![Problem::new("A", "the value is wrong"), Problem::plain("no sink")]);
        assert_eq!(error.to_string(), "2 mistakes:\n  - A: the value is wrong\n  - no sink");
    }
}
