//! The signals by which a failure is seen.

use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr};

/// The rule that saw a failure.
///
/// The order is the order of precedence: a record names the first rule that spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// The span field `otel.status_code` is `ERROR`, in any case.
    Status,
    /// One of the span fields `error`, `error.type`, `error.message`, `exception.type` and
    /// `exception.message` holds something other than `false`, nothing or `None`.
    ErrorField,
    /// Directly in the span stood the event of `#[instrument(err)]`, or an `ERROR` event with a
    /// field `error`, `err`, `error.type` or `exception.*`.
    Err,
    /// Directly in the span stood the failure event of tower-http's `TraceLayer`.
    Response,
    /// A panic unwound through the span.
    Panic,
    /// Any other `ERROR` event stood directly in the span.
    ErrorEvent,
    /// The span closed without `otel.status_code` being `OK`.
    Unfinished,
}

impl Signal {
    /// All signals, in their order of precedence.
    pub const ALL: [Self; 7] = [
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
        Self::ALL.into_iter().find(|signal| signal.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(|signal| format!("`{signal}`")).join(", ");
            ParseError(format!("no signal is called {}; the signals are {names}", Quoted(text)))
        })
    }
}

/// The set of signals that count.
///
/// Written as names separated by commas, or as changes of the default: `+error-event,-panic`. The
/// default is every signal but `error-event` and `unfinished`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signals(u8);

impl Signals {
    /// No signal at all.
    pub const NONE: Self = Self(0);

    /// This set and `signal`.
    #[must_use]
    pub const fn with(self, signal: Signal) -> Self {
        Self(self.0 | signal.bit())
    }

    /// This set without `signal`.
    #[must_use]
    pub const fn without(self, signal: Signal) -> Self {
        Self(self.0 & !signal.bit())
    }

    /// Whether `signal` counts.
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & signal.bit() != 0
    }

    /// The signals whose [bits](Signal::bit) are set.
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The signals of both sets.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The first signal in the order of precedence.
    pub(crate) fn first(self) -> Option<Signal> {
        Signal::ALL.get(self.0.trailing_zeros() as usize).copied()
    }

    /// The signals that count, in their order of precedence.
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let first = Self(left).first()?;
            left &= left - 1;
            Some(first)
        })
    }
}

impl Default for Signals {
    fn default() -> Self {
        Signal::ALL
            .into_iter()
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
            let problem = "either every signal has a `+` or `-` and changes the default, or none has";
            return Err(ParseError(problem.to_owned()));
        }
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
        assert!(set("panic,+err").starts_with("error: either"));
        assert!(
            set("panics").contains("no signal is called \"panics\"; the signals are `status`, `error-field`")
        );
    }
}
