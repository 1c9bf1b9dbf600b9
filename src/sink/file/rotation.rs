//! When a file is full, what it is called then, and which old files go.
//!
//! The live file's name is fixed. An old one is called `<stem>.<hour>.<number>.<extension>`, as in
//! `failures.20261120T23Z.0001.jsonl`: the hour, in UTC, is that in which the file was moved away or
//! its period began, and numbers count up within it. So old files sort by name, also where the clock
//! was set back.

use crate::error::{ParseError, Quoted};
use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, SystemTime},
};

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
        let hours = Hour::of(time).0;
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

/// An hour since 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hour(u64);

/// The last hour that can be written with a year of four digits.
const LAST_HOUR: u64 = 253_402_300_800 / 3600 - 1;

impl Hour {
    fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self((since.as_secs() / 3600).min(LAST_HOUR))
    }

    /// Reads `20261120T23Z`.
    fn parse(text: &str) -> Option<Self> {
        let digits = |range: std::ops::Range<usize>| {
            text.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (date, hour) = (digits(0..8)?, digits(9..11)?);
        let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
        let time = humantime::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:00:00Z")).ok()?;
        let parsed = Self::of(time);
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(self.0 * 3600);
        // `2026-11-20T23:00:00Z` without what is not needed.
        let text = humantime::format_rfc3339_seconds(time).to_string().replace('-', "");
        write!(f, "{}Z", text.get(..11).unwrap_or_default())
    }
}

/// What the old files of one path are called.
#[derive(Debug, Clone)]
pub(super) struct Names {
    folder: PathBuf,
    stem: String,
    /// With its dot, or empty.
    extension: String,
}

/// The hour and number of an old file; the order is that of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OldFile {
    hour: Hour,
    number: u32,
}

impl Names {
    /// The names that go with a live file; `None` where its own is not Unicode.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let extension = match path.extension() {
            Some(extension) => format!(".{}", extension.to_str()?),
            None => String::new(),
        };
        Some(Self {
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
            stem: path.file_stem()?.to_str()?.to_owned(),
            extension,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self, file: OldFile) -> PathBuf {
        let OldFile { hour, number } = file;
        self.folder.join(format!("{}.{hour}.{number:04}{}", self.stem, self.extension))
    }

    /// Reads an old file's name; `None` for every other file.
    pub(super) fn parse(&self, name: &OsStr) -> Option<OldFile> {
        let middle =
            name.to_str()?.strip_prefix(&self.stem)?.strip_prefix('.')?.strip_suffix(&self.extension)?;
        let (hour, number) = middle.split_once('.')?;
        let (hour, number) = (Hour::parse(hour)?, number.parse::<u32>().ok()?);
        let file = OldFile { hour, number };
        // Only names that we would write ourselves, not `+1` or `1`.
        (self.path(file).file_name() == Some(name)).then_some(file)
    }

    /// All old files there are, the oldest first.
    pub(super) fn list(&self) -> Vec<OldFile> {
        let entries = self.folder.read_dir().into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.filter_map(|entry| self.parse(&entry.file_name())).collect();
        files.sort_unstable();
        files
    }
}

/// The name for a file that is moved away now: behind all that are there.
pub(super) fn next(hour: Hour, there: &[OldFile]) -> OldFile {
    match there.iter().max() {
        Some(last) if last.hour >= hour => OldFile { hour: last.hour, number: last.number.saturating_add(1) },
        _ => OldFile { hour, number: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn rotations_are_read_and_written() {
        for text in ["never", "hourly", "daily", "65536", "daily,65536"] {
            assert_eq!(text.parse::<Rotation>().unwrap().to_string(), text);
        }
        assert_eq!("64MiB, hourly".parse(), Ok(Rotation::NEVER.hourly().at_size(64 << 20)));
        for wrong in ["", "weekly", "hourly,daily", "1", "64MiB,1GiB", "never,daily", "daily,"] {
            assert!(wrong.parse::<Rotation>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_is_full_by_size_or_by_time_but_never_empty() {
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

    #[test]
    fn names_are_exact() {
        let names = Names::of(Path::new("/var/log/shop.failures.jsonl")).unwrap();
        let file = OldFile { hour: Hour::of(at("2026-11-20T23:30:00Z")), number: 1 };
        let path = names.path(file);
        assert_eq!(path, Path::new("/var/log/shop.failures.20261120T23Z.0001.jsonl"));
        assert_eq!(names.parse(path.file_name().unwrap()), Some(file));
        for other in [
            "shop.failures.jsonl",
            "shop.failures.20261120T23Z.1.jsonl",
            "shop.failures.20261120T23Z.+001.jsonl",
            "shop.failures.20261120T25Z.0001.jsonl",
            "shop.failures.20261131T23Z.0001.jsonl",
            "shop.failures.20261120T23Z.0001.jsonl.gz",
            "shop.failures.2.20261120T23Z.0001.jsonl",
            "shop.20261120T23Z.0001.jsonl",
            "xshop.failures.20261120T23Z.0001.jsonl",
        ] {
            assert_eq!(names.parse(OsStr::new(other)), None, "{other}");
        }
        let bare = Names::of(Path::new("failures")).unwrap();
        assert_eq!(bare.path(file), Path::new("./failures.20261120T23Z.0001"));
    }

    proptest! {
        #[test]
        fn old_files_sort_by_name_whatever_the_clock_does(hours in prop::collection::vec(490_000_u64..490_060, 1..60)) {
            let names = Names::of(Path::new("f.jsonl")).unwrap();
            let mut there: Vec<OldFile> = Vec::new();
            for hour in hours {
                there.push(next(Hour(hour), &there));
            }
            let written: Vec<_> = there.iter().map(|file| names.path(*file)).collect();
            let mut sorted = written.clone();
            sorted.sort();
            sorted.dedup();
            prop_assert_eq!(sorted, written);
        }
    }
}
