//! The names of rotated files.
//!
//! The current file keeps its name. A rotated file is called `<stem>.<hour>.<number>.<extension>`, for
//! example `failures.20261120T23Z.0001.jsonl`. The hour is in UTC: when the file was last written if it is
//! rotated by time, else when it was rotated. The number counts up within the hour. A new name always sorts
//! after the existing ones, even if the clock was set back.

use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// An hour in UTC, as the number of hours since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hour(u64);

/// The last hour of the year 9999, the last one whose year has four digits.
const LAST_HOUR: u64 = 253_402_300_800 / 3600 - 1;

impl Hour {
    /// Returns the hour that contains a time. A time before 1970 is the first hour.
    pub(super) fn from_time(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self((since_epoch.as_secs() / 3600).min(LAST_HOUR))
    }

    /// Returns the number of hours since 1970.
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
        let parsed = Self::from_time(time);
        // Comparing with the display form checks the characters between the digits.
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(self.0 * 3600);
        // From `2026-11-20T23:00:00Z`.
        let text = humantime::format_rfc3339_seconds(time).to_string().replace('-', "");
        write!(f, "{}Z", text.get(..11).unwrap_or_default())
    }
}

/// The names of the rotated files of one path.
#[derive(Debug, Clone)]
pub(super) struct OldFiles {
    folder: PathBuf,
    stem: String,
    /// The extension with its dot, or empty.
    extension: String,
}

/// The hour and number of a rotated file. They are ordered by age, the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OldFile {
    hour: Hour,
    number: u32,
}

impl OldFiles {
    /// Returns the names for a path, or `None` if its file name is not Unicode.
    pub(super) fn for_path(path: &Path) -> Option<Self> {
        // The parent of a bare file name is an empty path.
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

    /// Returns the folder of the rotated files.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of a rotated file.
    pub(super) fn path(&self, file: OldFile) -> PathBuf {
        let OldFile { hour, number } = file;
        self.folder.join(format!("{}.{hour}.{number:04}{}", self.stem, self.extension))
    }

    /// Reads the name of a rotated file. Returns `None` for every other file.
    pub(super) fn parse(&self, name: &OsStr) -> Option<OldFile> {
        let middle =
            name.to_str()?.strip_prefix(&self.stem)?.strip_prefix('.')?.strip_suffix(&self.extension)?;
        let (hour, number) = middle.split_once('.')?;
        let (hour, number) = (Hour::parse(hour)?, number.parse::<u32>().ok()?);
        let file = OldFile { hour, number };
        // Only names that the sink itself would write, not `+1` or `1`: rotation deletes these files.
        (self.path(file).file_name() == Some(name)).then_some(file)
    }

    /// Returns the existing rotated files, the oldest first.
    pub(super) fn list(&self) -> Vec<OldFile> {
        // Entries that cannot be read are left alone.
        let entries = self.folder.read_dir().into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.filter_map(|entry| self.parse(&entry.file_name())).collect();
        files.sort_unstable();
        files
    }
}

/// Returns the name for a file that is rotated now. It sorts after all existing ones.
pub(super) fn next_name(hour: Hour, existing: &[OldFile]) -> OldFile {
    match existing.iter().max() {
        // The same hour, or the clock was set back. Then the last hour continues.
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
        let names = OldFiles::for_path(Path::new("/var/log/shop.failures.jsonl")).unwrap();
        let file = OldFile { hour: Hour::from_time(at("2026-11-20T23:30:00Z")), number: 1 };
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
        let bare = OldFiles::for_path(Path::new("failures")).unwrap();
        assert_eq!(bare.path(file), Path::new("./failures.20261120T23Z.0001"));
    }

    proptest! {
        #[test]
        fn old_files_sort_by_name_whatever_the_clock_does(hours in prop::collection::vec(490_000_u64..490_060, 1..60)) {
            let names = OldFiles::for_path(Path::new("f.jsonl")).unwrap();
            let mut existing: Vec<OldFile> = Vec::new();
            for hour in hours {
                existing.push(next_name(Hour(hour), &existing));
            }
            let written: Vec<_> = existing.iter().map(|file| names.path(*file)).collect();
            let mut sorted = written.clone();
            sorted.sort();
            sorted.dedup();
            prop_assert_eq!(sorted, written);
        }
    }
}
