//! The setting `DIAGNOSE`.

use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr, time::Duration};

/// The action for directives that select no span.
///
/// # Example: look at all levels for five minutes
///
/// ```
/// use std::time::Duration;
/// use tracing_dispatch_failure::Diagnose;
///
/// assert_eq!("5m".parse(), Ok(Diagnose::For(Duration::from_secs(300))));
/// assert_eq!("on".parse(), Ok(Diagnose::For(Duration::from_secs(60))));
/// assert!("1 week".parse::<Diagnose>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Diagnose {
    /// Logs nothing. [`Reporter::diagnose`](crate::Reporter::diagnose) still returns the advice.
    Off,
    /// Logs advice to stderr, once for each directive that selects nothing but nearly matches a span. At the end of
    /// the process, it also names the directives without such a near miss. This is the default.
    #[default]
    Auto,
    /// Like `Auto`. In addition, the layer asks `tracing` for every level during this time, and logs its advice at the
    /// end. This finds spans that are too verbose for every layer. A variable allows at most an hour.
    For(Duration),
}

/// The time that `DISPATCH_FAILURE_DIAGNOSE=on` looks at all levels.
const DEFAULT_DIAGNOSIS_TIME: Duration = Duration::from_secs(60);

impl FromStr for Diagnose {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = || {
            ParseError(format!(
                "{} is not a diagnosis mode; expected `auto`, `off`, `on`, or a duration of at most an hour such as `5m`",
                Quoted(text)
            ))
        };
        match text {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            "on" => Ok(Self::For(DEFAULT_DIAGNOSIS_TIME)),
            _ => {
                let time = humantime::parse_duration(text).map_err(|_| error())?;
                // A time of zero would observe nothing.
                if time <= MAX_DIAGNOSIS_TIME && !time.is_zero() { Ok(Self::For(time)) } else { Err(error()) }
            }
        }
    }
}

const MAX_DIAGNOSIS_TIME: Duration = Duration::from_secs(60 * 60);

impl fmt::Display for Diagnose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Auto => f.write_str("auto"),
            // In the form that the variable accepts.
            Self::For(time) => humantime::format_duration(*time).fmt(f),
        }
    }
}
