//! Errors for people. Each one names the problem, quotes the value and lists what is allowed.

use crate::text::escape;
use std::{ffi::OsStr, fmt};

/// A configuration that cannot be used, a stack that hides dispatch spans, or a flush that failed.
///
/// One error lists every problem that was found, so that nobody has to fix them one by one. The predicates tell
/// which operation failed; the text is for people, and may change between versions.
///
/// # Example: show every problem of the environment
///
/// ```
/// use tracing_dispatch_failure::Reporter;
///
/// let vars = [("DISPATCH_FAILURE_FORMAT", "xml"), ("DISPATCH_FAILURE_COLOR", "red")];
/// let error = Reporter::from_vars(vars).unwrap_err();
///
/// assert_eq!(
///     error.to_string(),
///     "2 problems:\n  \
///      - DISPATCH_FAILURE_FORMAT: \"xml\" is not a format; expected `text`, `pretty` or `json`\n  \
///      - DISPATCH_FAILURE_COLOR: \"red\" is not a color mode; expected `auto`, `always` or `never`"
/// );
/// ```
#[derive(Clone)]
pub struct Error {
    kind: Kind,
    problems: Vec<Problem>,
}

/// The operation that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Configuration,
    Verification,
    Flush,
}

/// One problem of an [`Error`], as a sentence for people.
///
/// # Example: which variable has to be fixed
///
/// ```
/// use tracing_dispatch_failure::Reporter;
///
/// let error = Reporter::from_vars([("DISPATCH_FAILURE_FIELD_COUNT", "0")]).unwrap_err();
/// let problem = &error.problems()[0];
///
/// assert_eq!(problem.variable(), Some("DISPATCH_FAILURE_FIELD_COUNT"));
/// assert!(problem.to_string().ends_with("expected a whole number from 1 to 200"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    variable: Option<String>,
    text: String,
}

impl Error {
    pub(crate) fn configuration(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Configuration, problems }
    }

    pub(crate) fn verification(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Verification, problems }
    }

    pub(crate) fn flush(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Flush, problems }
    }

    /// Returns whether a setting has a problem or cannot be applied, for example because a file cannot be opened.
    ///
    /// # Example: stop a program that is configured wrongly
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// // The sink `file` needs the variable DISPATCH_FAILURE_FILE_PATH.
    /// let error = Reporter::from_vars([("DISPATCH_FAILURE_SINKS", "file")]).unwrap_err();
    /// assert!(error.is_configuration());
    /// ```
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind == Kind::Configuration
    }

    /// Returns whether [`Reporter::verify`](crate::Reporter::verify) found something in the subscriber's stack that
    /// hides dispatch spans.
    ///
    /// # Example: the layer is not part of the subscriber
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let reporter = Reporter::builder().sinks([]).build()?;
    /// let stack = tracing_subscriber::registry();
    ///
    /// let error = tracing::subscriber::with_default(stack, || reporter.verify()).unwrap_err();
    /// assert!(error.is_verification());
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn is_verification(&self) -> bool {
        self.kind == Kind::Verification
    }

    /// Returns whether [`Reporter::flush`](crate::Reporter::flush) or [`Reporter::reopen`](crate::Reporter::reopen)
    /// did not complete.
    ///
    /// # Example: a sink that cannot be flushed
    ///
    /// ```
    /// use std::{io, time::Duration};
    /// use tracing_dispatch_failure::{Reporter, Sink, SinkRecord};
    ///
    /// struct Unreachable;
    ///
    /// impl Sink for Unreachable {
    ///     fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
    ///         Ok(())
    ///     }
    ///
    ///     fn flush(&self) -> io::Result<()> {
    ///         Err(io::Error::other("no route to host"))
    ///     }
    /// }
    ///
    /// let reporter = Reporter::builder().sinks([]).add_sink("remote", Unreachable).build()?;
    /// let error = reporter.flush(Duration::from_secs(1)).unwrap_err();
    /// assert!(error.is_flush());
    /// assert_eq!(error.to_string(), "the sink `remote` could not be flushed: no route to host");
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn is_flush(&self) -> bool {
        self.kind == Kind::Flush
    }

    /// Returns the problems one by one; there is at least one.
    ///
    /// # Example: one log line for each problem
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let vars = [("DISPATCH_FAILURE_RATE", "fast"), ("DISPATCH_FAILURE_DELIVERY", "later")];
    /// let error = Reporter::from_vars(vars).unwrap_err();
    ///
    /// let lines: Vec<String> = error.problems().iter().map(|problem| format!("config: {problem}")).collect();
    /// assert_eq!(lines.len(), 2);
    /// assert!(lines[0].starts_with("config: DISPATCH_FAILURE_DELIVERY: \"later\""));
    /// ```
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            // One problem needs no list.
            [only] => only.fmt(f),
            several => {
                write!(f, "{} problems:", several.len())?;
                // One line each, so that a long list stays readable.
                several.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
            }
        }
    }
}

impl std::error::Error for Error {}

/// The same text as `Display`, because Rust prints an error that `main` returns with `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Problem {
    /// A problem of one variable, or of the builder's setting for it.
    pub(crate) fn new(variable: impl Into<String>, text: impl Into<String>) -> Self {
        Self { variable: Some(variable.into()), text: text.into() }
    }

    /// A problem that no variable causes.
    pub(crate) fn without_variable(text: impl Into<String>) -> Self {
        Self { variable: None, text: text.into() }
    }

    /// Returns the name of the environment variable to fix; `None` if the problem has another cause.
    ///
    /// A setting of [`Builder`](crate::Builder) goes by the name of its variable too.
    ///
    /// # Example: a wrong number in a builder
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// let error = Reporter::builder().sinks([]).queue_capacity(0).build().unwrap_err();
    /// assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_QUEUE_CAPACITY"));
    /// ```
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variable {
            // The variable first, because the reader has to find it.
            Some(variable) => write!(f, "{variable}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// A text that cannot be parsed. The message quotes the text and lists what is allowed.
///
/// # Example: check a setting of your own program
///
/// ```
/// use tracing_dispatch_failure::{ParseError, Rotation};
///
/// fn rotation(option: &str) -> Result<Rotation, ParseError> {
///     option.parse()
/// }
///
/// assert!(rotation("daily,64MiB").is_ok());
/// assert!(rotation("weekly").unwrap_err().to_string().starts_with("\"weekly\" is not a rotation; expected "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(pub(crate) String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

/// The maximum number of characters that an error quotes of a value.
const QUOTE_LIMIT: usize = 80;

/// Quotes a value in an error: in quotation marks, escaped and shortened, because it may be anything.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Counted in characters, so that no character is cut in two.
        let cut = self.0.char_indices().nth(QUOTE_LIMIT).map(|(at, _)| at);
        let (shown, dots) = match cut {
            Some(at) => (self.0.get(..at).unwrap_or_default(), "…"),
            None => (self.0, ""),
        };
        // The dots follow the closing quotation mark, because they are not part of the value.
        let mut out = String::new();
        escape::push_quoted(&mut out, shown);
        write!(f, "{out}{dots}")
    }
}

/// Quotes a value that is not Unicode, with U+FFFD for what cannot be read.
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
    fn several_problems_are_listed() {
        let error = Error::configuration(vec![
            Problem::new("A", "the value is wrong"),
            Problem::without_variable("no sink"),
        ]);
        assert_eq!(error.to_string(), "2 problems:\n  - A: the value is wrong\n  - no sink");
    }
}
