//! What old files are called, and which there are.
//!
//! The live file's name is fixed. An old one is called `<stem>.<hour>.<number>.<extension>`, as in
//! `failures.20261120T23Z.0001.jsonl`: the hour, in UTC, is that in which the file was moved away or
//! its period began, and numbers count up within it. So old files sort by name, also where the clock
//! was set back.

use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// An hour since 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hour(u64);

/// The last hour that can be written with a year of four digits.
const LAST_HOUR: u64 = 253_402_300_800 / 3600 - 1;

impl Hour {
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self((since.as_secs() / 3600).min(LAST_HOUR))
    }

    /// The number of hours since 1970.
    pub(super) fn number(self) -> u64 {
        self.0
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
pub(super) struct OldFiles {
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

impl OldFiles {
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
    fn old_file_names_are_matched_exactly() {
        let names = OldFiles::of(Path::new("/var/log/shop.failures.jsonl")).unwrap();
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
        let bare = OldFiles::of(Path::new("failures")).unwrap();
        assert_eq!(bare.path(file), Path::new("./failures.20261120T23Z.0001"));
    }

    proptest! {
        #[test]
        fn old_files_sort_by_name_whatever_the_clock_does(hours in prop::collection::vec(490_000_u64..490_060, 1..60)) {
            let names = OldFiles::of(Path::new("f.jsonl")).unwrap();
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
