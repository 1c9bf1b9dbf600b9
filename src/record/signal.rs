//! Signals: the rules that detect a failure.

use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr};

/// A rule that detects the failure of a dispatch span.
///
/// The order of the variants is the order of precedence: a record names the first signal that applies.
/// "Directly in the span" excludes events in child spans; an error there belongs to the child.
///
/// # Example: which signal a record names
///
/// ```
/// use tracing_dispatch_failure::Signal;
/// # use tracing_dispatch_failure::{MemorySink, Reporter};
/// # use tracing_subscriber::prelude::*;
/// # let memory = MemorySink::new();
/// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
///
/// tracing::info_span!("dispatch_session", otel.status_code = "ERROR").in_scope(|| {
///     tracing::error!(error = "connection refused");
/// });
///
/// let failure = memory.take()[0].failure().clone();
/// assert_eq!(failure.signal(), Signal::Status, "`status` precedes `err`");
/// assert_eq!(failure.error(), Some("connection refused"), "only the event has a cause");
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// The span's field `otel.status_code` is `ERROR`, in upper or lower case. `otel.status_description` is
    /// the cause. (OpenTelemetry's mapping of a span status to attributes.)
    Status,
    /// One of the span's fields `error`, `error.type`, `error.message`, `exception.type` and
    /// `exception.message` has a value that is not `false`, empty or `None`.
    ErrorField,
    /// An error was reported directly in the span: by `#[instrument(err)]`, or by an `ERROR` event with a field
    /// `error`, `err`, `error.type` or `exception.*`.
    Err,
    /// The failure event of tower-http's `TraceLayer`, `response failed`, was emitted directly in the span.
    Response,
    /// A panic unwound through the span. The panic's message is not known.
    Panic,
    /// Any other `ERROR` event was emitted directly in the span. Off by default.
    ErrorEvent,
    /// The span closed, and its field `otel.status_code` was not `OK`: for example a cancelled future. Off by
    /// default.
    Unfinished,
}

impl Signal {
    /// All signals, in the order of precedence.
    pub const ALL: &'static [Self] = &[
        Self::Status,
        Self::ErrorField,
        Self::Err,
        Self::Response,
        Self::Panic,
        Self::ErrorEvent,
        Self::Unfinished,
    ];

    /// The signal's name in records and in `DISPATCH_FAILURE_SIGNALS`; never translated.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::ErrorField => "error-field",
            Self::Err => "err",
            Self::Response => "response",
            Self::Panic => "panic",
            Self::ErrorEvent => "error-event",
            Self::Unfinished => "unfinished",
        }
    }

    /// The signal's bit in [`Signals`]. Its position is the precedence.
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Signal {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.iter().copied().find(|signal| signal.name() == text).ok_or_else(|| {
            let names = Self::ALL.iter().map(|signal| format!("`{signal}`")).collect::<Vec<_>>().join(", ");
            ParseError(format!("{} is not a signal; expected one of {names}", Quoted(text)))
        })
    }
}

/// A set of signals: which rules detect failures.
///
/// The text form, also of `DISPATCH_FAILURE_SIGNALS`, is a list of names separated by commas: `status,err`.
/// With signs, it is a list of changes to the default: `+error-event,-panic`. The default is every signal
/// except `error-event` and `unfinished`.
///
/// # Example: changing the default
///
/// ```
/// use tracing_dispatch_failure::{Signal, Signals};
///
/// let signals: Signals = "+unfinished,-panic".parse()?;
/// assert_eq!(signals, Signals::default().with(Signal::Unfinished).without(Signal::Panic));
/// assert_eq!(signals.to_string(), "status,error-field,err,response,unfinished");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
///
/// # Example: exactly two signals
///
/// ```
/// use tracing_dispatch_failure::{Signal, Signals};
///
/// let signals = Signals::from_iter([Signal::Status, Signal::Err]);
/// assert!(signals.contains(Signal::Err) && !signals.contains(Signal::Panic));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signals(u8);

impl Signals {
    /// The empty set: no span ever fails.
    pub const NONE: Self = Self(0);

    /// Returns this set with `signal` added.
    #[must_use]
    pub const fn with(self, signal: Signal) -> Self {
        Self(self.0 | signal.bit())
    }

    /// Returns this set with `signal` removed.
    #[must_use]
    pub const fn without(self, signal: Signal) -> Self {
        Self(self.0 & !signal.bit())
    }

    /// Returns whether `signal` is in the set.
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & signal.bit() != 0
    }

    /// Creates a set from the [bits](Signal::bit) of its signals.
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Returns the signals that are in both sets.
    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the first signal in the order of precedence.
    pub(crate) fn first(self) -> Option<Signal> {
        Signal::ALL.get(self.0.trailing_zeros() as usize).copied()
    }

    /// Returns the signals of the set, in the order of precedence.
    ///
    /// # Example: the default
    ///
    /// ```
    /// use tracing_dispatch_failure::{Signal, Signals};
    ///
    /// let off = Signal::ALL.iter().copied().filter(|signal| !Signals::default().contains(*signal));
    /// assert!(off.eq([Signal::ErrorEvent, Signal::Unfinished]));
    /// assert_eq!(Signals::default().iter().next(), Some(Signal::Status));
    /// ```
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        let mut remaining = self.0;
        std::iter::from_fn(move || {
            let first = Self(remaining).first()?;
            // Clears the lowest bit, which belongs to `first`.
            remaining &= remaining - 1;
            Some(first)
        })
    }
}

impl Default for Signals {
    fn default() -> Self {
        Signal::ALL
            .iter()
            .copied()
            .fold(Self::NONE, Self::with)
            .without(Signal::ErrorEvent)
            .without(Signal::Unfinished)
    }
}

impl FromIterator<Signal> for Signals {
    fn from_iter<I: IntoIterator<Item = Signal>>(signals: I) -> Self {
        signals.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, signal) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{signal}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromStr for Signals {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        let changes = parts.iter().filter(|part| part.starts_with(['+', '-'])).count();
        if changes != 0 && changes != parts.len() {
            return Err(ParseError(format!(
                "{} mixes signals with and without a sign; expected a `+` or `-` before every signal, or before none",
                Quoted(text)
            )));
        }
        // Without signs the list is complete; with signs it starts from the default.
        let start = if changes == 0 { Self::NONE } else { Self::default() };
        parts.into_iter().try_fold(start, |set, part| match part.strip_prefix('-') {
            Some(name) => Ok(set.without(name.parse()?)),
            None => Ok(set.with(part.strip_prefix('+').unwrap_or(part).parse()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> String {
        text.parse::<Signals>().map_or_else(|error| format!("error: {error}"), |set| set.to_string())
    }

    #[test]
    fn a_list_replaces_the_default_and_signs_change_it() {
        assert_eq!(Signals::default().to_string(), "status,error-field,err,response,panic");
        assert_eq!(set("panic, err"), "err,panic");
        assert_eq!(set("+error-event,-panic"), "status,error-field,err,response,error-event");
        assert!(set("panic,+err").starts_with("error: \"panic,+err\" mixes"));
        assert!(
            set("panics").contains("\"panics\" is not a signal; expected one of `status`, `error-field`")
        );
    }
}
