//! Appending records to a file, and keeping to its path.

pub(crate) mod descriptor;
mod rotation;

pub use rotation::Rotation;

use super::{Sink, SinkRecord};
use descriptor::Identity;
use rotation::Names;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// A file that grows by one `write` a record.
///
/// It is opened in append mode, so that several processes can share it, and without waiting: a FIFO
/// that nobody reads is an error. When the file is moved away, deleted or truncated by others, the
/// sink goes on in the file of its path.
#[derive(Debug)]
pub(crate) struct FileSink {
    options: FileOptions,
    live: Mutex<Live>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileOptions {
    pub(crate) path: PathBuf,
    pub(crate) rotation: Rotation,
    /// How many old files stay; `None` is all.
    pub(crate) keep: Option<usize>,
}

impl FileOptions {
    /// Whether the file can be rotated, where it is to be.
    pub(crate) fn can_rotate(&self) -> bool {
        let is_unicode = self.path.file_name().is_none_or(|name| name.to_str().is_some());
        self.rotation == Rotation::NEVER || is_unicode
    }
}

/// The file of the path, as far as we know.
#[derive(Debug)]
struct Live {
    file: File,
    identity: Option<Identity>,
    /// The length as last seen, and all that we wrote since.
    length: u64,
    /// When the file was last written, before its period counts from.
    since: SystemTime,
    /// When the path was last looked at.
    looked: Instant,
    /// When a rotation failed last.
    stuck: Option<Instant>,
    /// Whether the file ends within a line, torn by a full disk or by the end of a process.
    is_torn: bool,
    /// Whether the last write failed; then nothing is rotated away.
    has_failed: bool,
}

/// How often the path is looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

/// The time by both clocks, handed in so that tests need not wait.
#[derive(Debug, Clone, Copy)]
struct Now {
    wall: SystemTime,
    steady: Instant,
}

impl Now {
    fn of(record: &SinkRecord<'_>) -> Self {
        Self { wall: record.failure().timestamp(), steady: Instant::now() }
    }
}

impl FileSink {
    pub(crate) fn open(options: FileOptions) -> io::Result<Self> {
        let live = Live::open(&options.path, SystemTime::now(), Instant::now())?;
        Ok(Self { options, live: Mutex::new(live) })
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for FileSink {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        let text = record.as_str();
        let mut live = self.live();
        live.prepare(&self.options, text.len(), Now::of(record))?;
        live.append(text, &[text.len()]).map_err(|(_, error)| error)
    }

    fn write_batch(&self, records: &[SinkRecord<'_>], outcome: &mut dyn FnMut(io::Result<()>)) {
        let mut live = self.live();
        let mut rest = records;
        while let [first, ..] = rest {
            let (mut text, mut ends) = (String::new(), Vec::new());
            for record in rest {
                let is_full = text.len() + record.as_str().len() > CHUNK && !text.is_empty();
                if is_full || live.ends_before(&self.options, &text, record) {
                    break;
                }
                text.push_str(record.as_str());
                ends.push(text.len());
            }
            let ready =
                live.prepare(&self.options, ends.first().copied().unwrap_or_default(), Now::of(first));
            let (done, error) =
                match ready.map_err(|error| (0, error)).and_then(|()| live.append(&text, &ends)) {
                    Ok(()) => (text.len(), None),
                    Err((done, error)) => (done, Some(error)),
                };
            let repeat = || error.as_ref().map_or(Ok(()), |error| Err(again(error)));
            ends.iter().for_each(|end| outcome(if *end <= done { Ok(()) } else { repeat() }));
            rest = rest.get(ends.len().max(1)..).unwrap_or_default();
        }
    }

    fn flush(&self) -> io::Result<()> {
        match self.live().file.sync_data() {
            // What is no regular file has nothing to be synchronized.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            done => done,
        }
    }

    fn reopen(&self) -> io::Result<()> {
        self.live().follow(&self.options.path, Now { wall: SystemTime::now(), steady: Instant::now() })
    }
}

/// The most bytes of one write of several records.
const CHUNK: usize = 1 << 20;

/// An error once more, for the other records that it hit.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

impl Live {
    fn open(path: &Path, wall: SystemTime, steady: Instant) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            descriptor::make_folder(folder)?;
        }
        let file = descriptor::open_append(path)?;
        let metadata = file.metadata()?;
        let is_file = metadata.is_file();
        let length = if is_file { metadata.len() } else { 0 };
        // Others may prune old files, but not one that somebody holds.
        descriptor::hold(&file);
        Ok(Self {
            is_torn: length > 0 && File::open(path).is_ok_and(ends_within_line),
            identity: Identity::of(&file),
            length,
            since: if length > 0 { metadata.modified().unwrap_or(wall) } else { wall },
            looked: steady,
            stuck: None,
            has_failed: false,
            file,
        })
    }

    /// Makes the file ready for `more` bytes: follows the path, and rotates.
    fn prepare(&mut self, options: &FileOptions, more: usize, now: Now) -> io::Result<()> {
        if now.steady.saturating_duration_since(self.looked) >= LOOK {
            self.follow(&options.path, now)?;
        }
        let more = more as u64;
        let is_stuck = self.stuck.is_some_and(|stuck| now.steady.saturating_duration_since(stuck) < LOOK);
        let is_due = options.rotation.is_due(self.length, more, self.since, now.wall);
        if is_due && !self.has_failed && !is_stuck && !self.rotate(options, more, now) {
            self.stuck = Some(now.steady);
        }
        if self.length == 0 || now.wall > self.since || options.rotation.leaped(self.since, now.wall) {
            self.since = now.wall;
        }
        Ok(())
    }

    /// Whether the file has to be rotated between a text and a record behind it.
    fn ends_before(&self, options: &FileOptions, text: &str, record: &SinkRecord<'_>) -> bool {
        let length = self.length + text.len() as u64;
        let more = record.as_str().len() as u64;
        !text.is_empty() && options.rotation.is_due(length, more, self.since, record.failure().timestamp())
    }

    /// Goes on in the file of the path, where that is another one by now.
    fn follow(&mut self, path: &Path, now: Now) -> io::Result<()> {
        self.looked = now.steady;
        if self.identity.is_some() && Identity::of_path(path) == self.identity {
            // Truncated in place, or written by others.
            self.length = self.file.metadata().map_or(self.length, |metadata| metadata.len());
            self.is_torn &= self.length > 0;
            return Ok(());
        }
        match Self::open(path, now.wall, now.steady) {
            Ok(live) => *self = live,
            // In a file that was only moved away, records can still be found.
            Err(_) if descriptor::has_a_name(&self.file) => {}
            Err(error) => {
                self.looked = now.steady.checked_sub(LOOK).unwrap_or(now.steady);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Moves the file away and begins a new one. Where that fails the file goes on, and it is tried
    /// again a second later.
    fn rotate(&mut self, options: &FileOptions, more: u64, now: Now) -> bool {
        let Some(names) = Names::of(&options.path).filter(|_| self.identity.is_some()) else { return false };
        // Whoever else rotates in this folder is done in no time; this record may go to the old file.
        let Some(_lock) = descriptor::lock_folder(names.folder()) else { return true };
        if self.follow(&options.path, now).is_err() {
            return false;
        }
        if !options.rotation.is_due(self.length, more, self.since, now.wall) {
            // Another process was faster.
            return true;
        }
        let mut there = names.list();
        let old = rotation::next(options.rotation.hour(self.since, now.wall), &there);
        // The name is taken before the file gets it, so that no other file is ever replaced.
        let is_free = OpenOptions::new().write(true).create_new(true).open(names.path(old)).is_ok();
        if !is_free {
            return false;
        }
        // As with a file that is mounted by itself, or is somebody else's in a folder of everybody's.
        if fs::rename(&options.path, names.path(old)).is_err() {
            let _ = fs::remove_file(names.path(old));
            return false;
        }
        there.push(old);
        // Where no new file can be made, the next look at the path tries again.
        if let Ok(live) = Self::open(&options.path, now.wall, now.steady) {
            *self = live;
        }
        let kept = options.keep.unwrap_or(usize::MAX);
        let surplus = there.len().saturating_sub(kept);
        there.iter().take(surplus).for_each(|file| descriptor::remove_unless_held(&names.path(*file)));
        true
    }

    /// Writes whole records, which end at `ends`. An error comes with the number of bytes of `text`
    /// that are written.
    fn append(&mut self, text: &str, ends: &[usize]) -> Result<(), (usize, io::Error)> {
        let head = usize::from(self.is_torn);
        let result = if self.is_torn {
            descriptor::write_whole(&self.file, format!("\n{text}").as_bytes())
        } else {
            descriptor::write_whole(&self.file, text.as_bytes())
        };
        self.has_failed = result.is_err();
        match result {
            Ok(()) => {
                self.is_torn = false;
                self.length += (text.len() + head) as u64;
                Ok(())
            }
            Err((written, error)) => {
                self.length += written as u64;
                // With the first byte, the newline, a former line is ended.
                self.is_torn &= written == 0;
                let written = written.saturating_sub(head);
                let whole = ends.iter().rfind(|end| **end <= written).copied().unwrap_or(0);
                if written > whole {
                    self.clear_torn((written - whole) as u64);
                }
                Err((written, error))
            }
        }
    }

    /// Part of a record is there. It is taken back where nobody else writes to the file; else its
    /// line is ended, now if a byte still fits or before the next record.
    fn clear_torn(&mut self, bytes: u64) {
        if descriptor::take_back(&self.file, bytes) {
            self.length = self.length.saturating_sub(bytes);
        } else if descriptor::write_whole(&self.file, b"\n").is_ok() {
            self.length += 1;
        } else {
            self.is_torn = true;
        }
    }
}

/// Whether a file's last byte is no newline, and remains so: what another process is just writing can
/// be seen in part.
fn ends_within_line(mut file: File) -> bool {
    let mut is_torn = || {
        let mut last = [b'\n'];
        file.seek(SeekFrom::End(-1)).is_ok() && file.read_exact(&mut last).is_ok() && last != [b'\n']
    };
    is_torn()
        && (0..20).all(|_| {
            std::thread::sleep(Duration::from_millis(1));
            is_torn()
        })
}

/// The path of the file in the folder that systemd made for the service (`LogsDirectory=`); of
/// several, the first.
pub(crate) fn in_logs_directory(folders: &str) -> Option<PathBuf> {
    // Elsewhere a colon belongs to a path, and there is no systemd.
    let first = folders.split(':').find(|folder| cfg!(unix) && !folder.is_empty())?;
    Some(Path::new(first).join("dispatch-failures.jsonl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path in a folder of its own, and a clock.
    struct Scene {
        folder: tempfile::TempDir,
        options: FileOptions,
        start: Instant,
    }

    impl Scene {
        fn new(rotation: &str, keep: Option<usize>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("f.jsonl");
            let options = FileOptions { path, rotation: rotation.parse().unwrap(), keep };
            Self { folder, options, start: Instant::now() }
        }

        fn open(&self, time: &str) -> Live {
            Live::open(&self.options.path, at(time), self.start).unwrap()
        }

        /// Writes at a time of the clock on the wall and so many seconds after the start.
        fn write(&self, live: &mut Live, text: &str, wall: SystemTime, seconds: u64) {
            let now = Now { wall, steady: self.start + Duration::from_secs(seconds) };
            live.prepare(&self.options, text.len(), now).unwrap();
            live.append(text, &[text.len()]).unwrap();
        }

        fn files(&self) -> Vec<(String, String)> {
            let mut files: Vec<_> = fs::read_dir(self.folder.path())
                .unwrap()
                .map(|entry| entry.unwrap())
                .map(|entry| {
                    let text = fs::read_to_string(entry.path()).unwrap();
                    (entry.file_name().into_string().unwrap(), text)
                })
                .collect();
            files.sort();
            files
        }
    }

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_month_of_records_is_all_there_in_order_and_old_files_go() {
        let scene = Scene::new("hourly,1KiB", None);
        let start = at("2028-02-15T00:00:00Z");
        let mut live = scene.open("2028-02-15T00:00:00Z");
        let mut all = String::new();
        // Every five minutes for 31 days, over the end of a leap year's February; at times the clock
        // is set back by hours, once it leaps a year ahead and back. Windows and wine take long for
        // each file, and half of it is as good there.
        let days = if cfg!(windows) { 16 } else { 31 };
        for step in 0..days * 288_u64 {
            let mut wall = start + Duration::from_secs(step * 300);
            if step % 500 > 480 {
                wall -= Duration::from_secs(3 * 3600);
            }
            if (4000..4005).contains(&step) {
                wall += Duration::from_secs(366 * 86_400);
            }
            let line = format!("{step:06} {}\n", "x".repeat((step % 7) as usize * 40));
            scene.write(&mut live, &line, wall, step * 300);
            all.push_str(&line);
        }
        let files = scene.files();
        let (live, old): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| name == "f.jsonl");
        let joined: String = old.iter().chain(&live).map(|(_, text)| text.as_str()).collect();
        assert_eq!(joined, all, "by name, the files are in the order of writing");
        assert!(old.iter().all(|(_, text)| text.len() <= 1024 && !text.is_empty()));
        assert!(old.len() as u64 > days * 24 / 2, "{}", old.len());
    }

    #[test]
    fn a_clock_that_leaped_ahead_and_back_does_not_end_rotation() {
        let scene = Scene::new("hourly", None);
        let mut live = scene.open("2026-11-20T10:30:00Z");
        let (year, hour) = (Duration::from_secs(365 * 86_400), Duration::from_secs(3600));
        let start = at("2026-11-20T10:30:00Z");
        let times = [start, start + year, start + hour, start + 2 * hour, start + 3 * hour];
        for (line, wall) in times.into_iter().enumerate() {
            scene.write(&mut live, &format!("{line}\n"), wall, line as u64);
        }
        let texts: Vec<_> = scene.files().into_iter().map(|(_, text)| text).collect();
        // The third is in the file of the second, as a clock that is set back begins no new period.
        assert_eq!(texts, ["0\n", "1\n2\n", "3\n", "4\n"]);
    }

    #[test]
    fn as_many_old_files_stay_as_wanted_and_no_other_file_is_touched() {
        let scene = Scene::new("daily", Some(3));
        for other in
            ["f.jsonl.1", "f.20260101T00Z.0001.json", "g.20260101T00Z.0001.jsonl", "f.20260101T00Z.1.jsonl"]
        {
            fs::write(scene.folder.path().join(other), "other").unwrap();
        }
        let mut live = scene.open("2026-11-01T00:00:00Z");
        for day in 0..10 {
            let wall = at("2026-11-01T12:00:00Z") + Duration::from_secs(day * 86_400);
            scene.write(&mut live, &format!("{day}\n"), wall, day);
        }
        let names: Vec<_> = scene.files().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "f.20260101T00Z.0001.json",
                "f.20260101T00Z.1.jsonl",
                "f.20261107T12Z.0001.jsonl",
                "f.20261108T12Z.0001.jsonl",
                "f.20261109T12Z.0001.jsonl",
                "f.jsonl",
                "f.jsonl.1",
                "g.20260101T00Z.0001.jsonl",
            ]
        );
    }

    #[test]
    fn a_file_of_a_former_period_is_rotated_at_the_next_start() {
        let scene = Scene::new("hourly", None);
        fs::write(&scene.options.path, "old\n").unwrap();
        let file = File::options().write(true).open(&scene.options.path).unwrap();
        file.set_modified(at("2026-11-20T22:10:00Z")).unwrap();
        let mut live = scene.open("2026-11-20T23:00:00Z");
        scene.write(&mut live, "new\n", at("2026-11-20T23:00:00Z"), 0);
        let expected = [("f.20261120T22Z.0001.jsonl", "old\n"), ("f.jsonl", "new\n")];
        assert_eq!(scene.files(), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_torn_last_line_is_ended_before_the_next_record() {
        let scene = Scene::new("never", None);
        fs::write(&scene.options.path, "{\"half\":").unwrap();
        let mut live = scene.open("2026-11-20T23:00:00Z");
        scene.write(&mut live, "whole\n", at("2026-11-20T23:00:00Z"), 0);
        scene.write(&mut live, "more\n", at("2026-11-20T23:00:00Z"), 0);
        assert_eq!(fs::read_to_string(&scene.options.path).unwrap(), "{\"half\":\nwhole\nmore\n");
    }

    #[test]
    fn the_path_is_followed_within_a_second_and_at_once_when_asked() {
        let scene = Scene::new("never", None);
        let mut live = scene.open("2026-11-20T23:00:00Z");
        let wall = at("2026-11-20T23:00:00Z");
        let away = scene.folder.path().join("away");
        scene.write(&mut live, "1\n", wall, 0);
        fs::rename(&scene.options.path, &away).unwrap();
        scene.write(&mut live, "2\n", wall, 0);
        scene.write(&mut live, "3\n", wall, 1);
        assert_eq!(fs::read_to_string(&away).unwrap(), "1\n2\n");
        assert_eq!(fs::read_to_string(&scene.options.path).unwrap(), "3\n");
        fs::rename(&scene.options.path, &away).unwrap();
        live.follow(&scene.options.path, Now { wall, steady: scene.start }).unwrap();
        scene.write(&mut live, "4\n", wall, 1);
        assert_eq!(fs::read_to_string(&scene.options.path).unwrap(), "4\n");
    }

    #[test]
    fn after_a_failed_write_nothing_is_rotated_away() {
        let scene = Scene::new("1KiB", None);
        let mut live = scene.open("2026-11-20T23:00:00Z");
        let wall = at("2026-11-20T23:00:00Z");
        scene.write(&mut live, &"x".repeat(1000), wall, 0);
        live.has_failed = true;
        scene.write(&mut live, "does not fit\n", wall, 0);
        assert_eq!(scene.files().len(), 1);
        scene.write(&mut live, "does not fit either\n", wall, 0);
        assert_eq!(scene.files().len(), 2, "a write has gone well since");
    }
}
