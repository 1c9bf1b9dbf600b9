//! When a file is rotated.

use super::old_files::Hour;
use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr, time::SystemTime};

/// When a file is moved away and a new one begun: at the turn of an hour or day in UTC, above a
/// size, or both.
///
/// Written `hourly`, `daily`, a size such as `64MiB`, or both as `daily,64MiB`; `never` is the
/// default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    pub(super) period: Option<Period>,
    /// The most bytes.
    pub(super) size: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Hour,
    Day,
}

/// The least size; below it hardly a record would fit.
const MIN_SIZE: u64 = 1024;

impl Rotation {
    /// One file for ever.
    pub const NEVER: Self = Self { period: None, size: None };

    /// A new file every hour.
    #[must_use]
    pub const fn hourly(self) -> Self {
        Self { period: Some(Period::Hour), ..self }
    }

    /// A new file every day.
    #[must_use]
    pub const fn daily(self) -> Self {
        Self { period: Some(Period::Day), ..self }
    }

    /// A new file before one would have more bytes than this; at least 1 KiB. A longer record has a
    /// file of its own.
    #[must_use]
    pub const fn at_size(self, bytes: u64) -> Self {
        Self { size: Some(if bytes < MIN_SIZE { MIN_SIZE } else { bytes }), ..self }
    }

    /// Whether a file, begun or last written at `since`, is full for another `more` bytes at `now`.
    pub(super) fn is_due(self, length: u64, more: u64, since: SystemTime, now: SystemTime) -> bool {
        let by_size = self.size.is_some_and(|size| length.saturating_add(more) > size);
        // A clock that was set back begins no new period.
        let by_time = self.period.is_some_and(|period| period.number(now) > period.number(since));
        length > 0 && (by_size || by_time)
    }

    /// Whether the clock was set back so far, by more than a period, that the one it shows now counts:
    /// else nothing would be rotated until it has caught up, with a clock that leaped ahead by mistake.
    pub(super) fn leaped(self, since: SystemTime, now: SystemTime) -> bool {
        self.period.is_some_and(|period| period.number(now) + 1 < period.number(since))
    }

    /// The hour that an old file is named after.
    pub(super) fn hour(self, since: SystemTime, now: SystemTime) -> Hour {
        Hour::of(if self.period.is_some() { since } else { now })
    }
}

impl Period {
    fn number(self, time: SystemTime) -> u64 {
        let hours = Hour::of(time).number();
        match self {
            Self::Hour => hours,
            Self::Day => hours / 24,
        }
    }
}

impl FromStr for Rotation {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || {
            let allowed =
                "`never`, `hourly`, `daily`, a size of at least 1KiB such as `64MiB`, or a time and a size";
            ParseError(format!("{} is none of {allowed}", Quoted(text)))
        };
        if text.trim() == "never" {
            return Ok(Self::NEVER);
        }
        let mut rotation = Self::NEVER;
        for part in text.split(',').map(str::trim) {
            let is_new = match part {
                "hourly" => rotation.period.replace(Period::Hour).is_none(),
                "daily" => rotation.period.replace(Period::Day).is_none(),
                size => {
                    let bytes = crate::size::parse(size).ok().filter(|bytes| *bytes >= MIN_SIZE);
                    rotation.size.replace(bytes.ok_or_else(wrong)?).is_none()
                }
            };
            if !is_new {
                return Err(wrong());
            }
        }
        Ok(rotation)
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = match self.period {
            Some(Period::Hour) => "hourly",
            Some(Period::Day) => "daily",
            None => "",
        };
        match (period, self.size) {
            ("", None) => f.write_str("never"),
            (period, None) => f.write_str(period),
            ("", Some(size)) => size.fmt(f),
            (period, Some(size)) => write!(f, "{period},{size}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn rotations_parse_and_display() {
        for text in ["never", "hourly", "daily", "65536", "daily,65536"] {
            assert_eq!(text.parse::<Rotation>().unwrap().to_string(), text);
        }
        assert_eq!("64MiB, hourly".parse(), Ok(Rotation::NEVER.hourly().at_size(64 << 20)));
        for wrong in ["", "weekly", "hourly,daily", "1", "64MiB,1GiB", "never,daily", "daily,"] {
            assert!(wrong.parse::<Rotation>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_is_due_by_size_or_by_time_but_never_when_empty() {
        let both = Rotation::NEVER.hourly().at_size(2048);
        let (one, two) = (at("2026-11-20T23:59:59Z"), at("2026-11-21T00:00:00Z"));
        assert!(!both.is_due(2000, 48, one, one));
        assert!(both.is_due(2000, 49, one, one));
        assert!(both.is_due(1, 1, one, two));
        assert!(!both.is_due(1, 1, two, one), "the clock was set back");
        assert!(!both.is_due(0, 9999, one, two));
        let daily = Rotation::NEVER.daily();
        assert!(!daily.is_due(1, 1, at("2026-11-20T00:00:00Z"), one));
        assert!(daily.is_due(1, 1, one, two));
        assert!(!Rotation::NEVER.is_due(u64::MAX, 1, one, two));
    }
}
