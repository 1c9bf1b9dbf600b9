//! When a file is rotated.

use super::old_files::Hour;
use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr, time::SystemTime};

/// When a log file is rotated: at the start of an hour or day (UTC), before it grows above a size, or both.
///
/// The text form, also of `DISPATCH_FAILURE_FILE_ROTATION`, is `never` (the default), `hourly`, `daily`, a
/// size such as `64MiB`, or a time and a size: `daily,64MiB`. How rotated files are named is in [the
/// manual](crate::manual::operations#built-in-rotation).
///
/// # Example: a new file every day, and before one exceeds 64 MiB
///
/// ```
/// use tracing_dispatch_failure::Rotation;
///
/// let rotation: Rotation = "daily,64MiB".parse()?;
/// assert_eq!(rotation, Rotation::NEVER.daily().at_size(64 * 1024 * 1024));
/// assert_eq!(rotation.to_string(), "daily,67108864", "a size is displayed in bytes");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    pub(super) period: Option<Period>,
    /// The maximum number of bytes of a file.
    pub(super) size: Option<u64>,
}

/// A period of the wall clock, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Hour,
    Day,
}

/// The smallest size, in bytes. A record would hardly fit into a smaller file.
const MIN_SIZE: u64 = 1024;

impl Rotation {
    /// No rotation. This is the default.
    pub const NEVER: Self = Self { period: None, size: None };

    /// Adds rotation at the start of every hour (UTC); it replaces `daily`.
    ///
    /// # Example: hourly files of any size
    ///
    /// ```
    /// use tracing_dispatch_failure::Rotation;
    ///
    /// assert_eq!(Rotation::NEVER.hourly().to_string(), "hourly");
    /// ```
    #[must_use]
    pub const fn hourly(self) -> Self {
        Self { period: Some(Period::Hour), ..self }
    }

    /// Adds rotation at the start of every day (UTC); it replaces `hourly`.
    ///
    /// # Example: the last call counts
    ///
    /// ```
    /// use tracing_dispatch_failure::Rotation;
    ///
    /// assert_eq!(Rotation::NEVER.hourly().daily().to_string(), "daily");
    /// ```
    #[must_use]
    pub const fn daily(self) -> Self {
        Self { period: Some(Period::Day), ..self }
    }

    /// Adds rotation before a file would exceed this number of bytes. Sizes below 1024 become 1024. A record
    /// that is longer has a file to itself.
    ///
    /// # Example: files of at most 10 MB
    ///
    /// ```
    /// use tracing_dispatch_failure::Rotation;
    ///
    /// assert_eq!("10MB".parse(), Ok(Rotation::NEVER.at_size(10_000_000)));
    /// assert_eq!(Rotation::NEVER.at_size(1), Rotation::NEVER.at_size(1024));
    /// ```
    #[must_use]
    pub const fn at_size(self, bytes: u64) -> Self {
        Self { size: Some(if bytes < MIN_SIZE { MIN_SIZE } else { bytes }), ..self }
    }

    /// Returns whether a file must be rotated before `additional` bytes are written at `now`. An empty file
    /// never is.
    pub(super) fn is_due(
        self,
        length: u64,
        additional: u64,
        last_written: SystemTime,
        now: SystemTime,
    ) -> bool {
        let by_size = self.size.is_some_and(|size| length.saturating_add(additional) > size);
        // A clock that was set back begins no new period.
        let by_time = self.period.is_some_and(|period| period.number(now) > period.number(last_written));
        // Rotating an empty file would only produce empty files.
        length > 0 && (by_size || by_time)
    }

    /// Returns whether the clock was set back by more than one period since the last write.
    ///
    /// Then the new time counts. If a clock once jumped far ahead by mistake, nothing would be rotated
    /// otherwise until the time has caught up.
    pub(super) fn is_clock_set_back(self, last_written: SystemTime, now: SystemTime) -> bool {
        // A difference of one period is a small correction, which `is_due` ignores.
        self.period.is_some_and(|period| period.number(now) + 1 < period.number(last_written))
    }

    /// Returns the hour for the name of a file that is rotated now.
    pub(super) fn hour(self, last_written: SystemTime, now: SystemTime) -> Hour {
        // Without a period, there is no other time to name the file after than now.
        Hour::from_time(if self.period.is_some() { last_written } else { now })
    }
}

impl Period {
    /// Returns the number of the period that contains a time.
    fn number(self, time: SystemTime) -> u64 {
        let hours = Hour::from_time(time).number();
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
            let allowed = "`never`, `hourly`, `daily`, a size of at least 1KiB such as `64MiB`, or a time and a size such as `daily,64MiB`";
            ParseError(format!("{} is not a rotation; expected {allowed}", Quoted(text)))
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
