//! The sink `file`: appends records to a file, follows its path, and rotates it.

mod append;
mod clock;
pub(crate) mod file_system;
mod old_files;
mod open_file;
mod options;
mod rotate;
mod rotation;

pub(crate) use options::{FileOptions, path_in_logs_directory};
pub use rotation::Rotation;

use super::{Sink, SinkRecord};
use clock::Now;
use open_file::OpenFile;
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime},
};

/// A sink that appends each record to a file with one `write`.
///
/// The file is opened in append mode, so several processes can share it. Opening never waits: a FIFO that
/// nobody reads is an error. If others rename, delete or truncate the file, the sink continues in the file at
/// its path.
#[derive(Debug)]
pub(crate) struct FileSink {
    options: FileOptions,
    file: Mutex<OpenFile>,
}

impl FileSink {
    /// Opens the file, and creates it and its folder if they do not exist.
    pub(crate) fn open(options: FileOptions) -> io::Result<Self> {
        let file = OpenFile::open(&options.path, SystemTime::now(), Instant::now())?;
        Ok(Self { options, file: Mutex::new(file) })
    }

    /// Locks the file. A panic on another thread does not disable the sink.
    fn lock(&self) -> MutexGuard<'_, OpenFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for FileSink {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        // Rendered before the lock is taken, so that other threads wait less.
        let text = record.as_str();
        let mut file = self.lock();
        file.prepare(&self.options, text.len(), Now::for_record(record))?;
        file.append(text, &[text.len()]).map_err(|(_, error)| error)
    }

    /// Joins records into texts of at most [`MAX_WRITE`] bytes that need no rotation in between, and writes
    /// each with one call.
    fn write_batch(&self, records: &[SinkRecord<'_>], outcome: &mut dyn FnMut(io::Result<()>)) {
        let mut file = self.lock();
        let mut rest = records;
        while let [first, ..] = rest {
            let (mut text, mut ends) = (String::new(), Vec::new());
            for record in rest {
                let is_full = text.len() + record.as_str().len() > MAX_WRITE && !text.is_empty();
                if is_full || file.must_rotate_before(&self.options, &text, record) {
                    break;
                }
                text.push_str(record.as_str());
                ends.push(text.len());
            }
            // The first record decides: the text contains no record that needs a rotation before it.
            let ready = file.prepare(
                &self.options,
                ends.first().copied().unwrap_or_default(),
                Now::for_record(first),
            );
            let (done, error) =
                match ready.map_err(|error| (0, error)).and_then(|()| file.append(&text, &ends)) {
                    Ok(()) => (text.len(), None),
                    Err((done, error)) => (done, Some(error)),
                };
            let repeat = || error.as_ref().map_or(Ok(()), |error| Err(repeat_error(error)));
            ends.iter().for_each(|end| outcome(if *end <= done { Ok(()) } else { repeat() }));
            // At least one, so that the loop ends in any case.
            rest = rest.get(ends.len().max(1)..).unwrap_or_default();
        }
    }

    fn flush(&self) -> io::Result<()> {
        match self.lock().file.sync_data() {
            // `EINVAL`: a FIFO or a device, which has nothing to synchronize.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            done => done,
        }
    }

    fn reopen(&self) -> io::Result<()> {
        self.lock().follow(&self.options.path, Now { wall: SystemTime::now(), monotonic: Instant::now() })
    }
}

/// The maximum number of bytes of one write of several records. A longer record is written alone.
const MAX_WRITE: usize = 1 << 20;

/// Copies an error, which is not `Clone`, for the other records of the same write.
fn repeat_error(error: &io::Error) -> io::Error {
    // The number of an OS error gives the same text again; for other errors, only the kind is left.
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs::{self, File},
        time::Duration,
    };

    /// A sink's options in a temporary folder, and the start of its clock.
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

        fn open(&self, time: &str) -> OpenFile {
            OpenFile::open(&self.options.path, at(time), self.start).unwrap()
        }

        /// Writes at this wall-clock time, and this many seconds after the start.
        fn write(&self, file: &mut OpenFile, text: &str, wall: SystemTime, seconds: u64) {
            let now = Now { wall, monotonic: self.start + Duration::from_secs(seconds) };
            file.prepare(&self.options, text.len(), now).unwrap();
            file.append(text, &[text.len()]).unwrap();
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
    fn rotated_files_hold_all_records_in_order() {
        let scene = Scene::new("hourly,1KiB", None);
        let start = at("2028-02-15T00:00:00Z");
        let mut file = scene.open("2028-02-15T00:00:00Z");
        let mut all = String::new();
        // A record every five minutes for 31 days, across the end of February in a leap year. At times
        // the clock is set back by hours, and once it jumps a year ahead and back. Windows and wine are
        // slow with files, and half of the days prove as much there.
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
            scene.write(&mut file, &line, wall, step * 300);
            all.push_str(&line);
        }
        let files = scene.files();
        let (file, old): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| name == "f.jsonl");
        let joined: String = old.iter().chain(&file).map(|(_, text)| text.as_str()).collect();
        assert_eq!(joined, all, "by name, the files are in the order of writing");
        assert!(old.iter().all(|(_, text)| text.len() <= 1024 && !text.is_empty()));
        assert!(old.len() as u64 > days * 24 / 2, "{}", old.len());
    }

    #[test]
    fn a_clock_that_jumps_ahead_and_back_does_not_stop_rotation() {
        let scene = Scene::new("hourly", None);
        let mut file = scene.open("2026-11-20T10:30:00Z");
        let (year, hour) = (Duration::from_secs(365 * 86_400), Duration::from_secs(3600));
        let start = at("2026-11-20T10:30:00Z");
        let times = [start, start + year, start + hour, start + 2 * hour, start + 3 * hour];
        for (line, wall) in times.into_iter().enumerate() {
            scene.write(&mut file, &format!("{line}\n"), wall, line as u64);
        }
        let texts: Vec<_> = scene.files().into_iter().map(|(_, text)| text).collect();
        // A clock that is set back begins no new period, so the second and third records share a file.
        assert_eq!(texts, ["0\n", "1\n2\n", "3\n", "4\n"]);
    }

    #[test]
    fn rotation_keeps_the_newest_files_and_touches_no_other() {
        let scene = Scene::new("daily", Some(3));
        for other in
            ["f.jsonl.1", "f.20260101T00Z.0001.json", "g.20260101T00Z.0001.jsonl", "f.20260101T00Z.1.jsonl"]
        {
            fs::write(scene.folder.path().join(other), "other").unwrap();
        }
        let mut file = scene.open("2026-11-01T00:00:00Z");
        for day in 0..10 {
            let wall = at("2026-11-01T12:00:00Z") + Duration::from_secs(day * 86_400);
            scene.write(&mut file, &format!("{day}\n"), wall, day);
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
    fn a_file_of_an_earlier_period_is_rotated_after_a_restart() {
        let scene = Scene::new("hourly", None);
        fs::write(&scene.options.path, "old\n").unwrap();
        let file = File::options().write(true).open(&scene.options.path).unwrap();
        file.set_modified(at("2026-11-20T22:10:00Z")).unwrap();
        let mut file = scene.open("2026-11-20T23:00:00Z");
        scene.write(&mut file, "new\n", at("2026-11-20T23:00:00Z"), 0);
        let expected = [("f.20261120T22Z.0001.jsonl", "old\n"), ("f.jsonl", "new\n")];
        assert_eq!(scene.files(), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_torn_last_line_is_ended_before_the_next_record() {
        let scene = Scene::new("never", None);
        fs::write(&scene.options.path, "{\"half\":").unwrap();
        let mut file = scene.open("2026-11-20T23:00:00Z");
        scene.write(&mut file, "whole\n", at("2026-11-20T23:00:00Z"), 0);
        scene.write(&mut file, "more\n", at("2026-11-20T23:00:00Z"), 0);
        assert_eq!(fs::read_to_string(&scene.options.path).unwrap(), "{\"half\":\nwhole\nmore\n");
    }

    #[test]
    fn the_sink_follows_its_path_within_a_second_and_at_once_on_request() {
        let scene = Scene::new("never", None);
        let mut file = scene.open("2026-11-20T23:00:00Z");
        let wall = at("2026-11-20T23:00:00Z");
        let away = scene.folder.path().join("away");
        scene.write(&mut file, "1\n", wall, 0);
        fs::rename(&scene.options.path, &away).unwrap();
        scene.write(&mut file, "2\n", wall, 0);
        scene.write(&mut file, "3\n", wall, 1);
        assert_eq!(fs::read_to_string(&away).unwrap(), "1\n2\n");
        assert_eq!(fs::read_to_string(&scene.options.path).unwrap(), "3\n");
        fs::rename(&scene.options.path, &away).unwrap();
        file.follow(&scene.options.path, Now { wall, monotonic: scene.start }).unwrap();
        scene.write(&mut file, "4\n", wall, 1);
        assert_eq!(fs::read_to_string(&scene.options.path).unwrap(), "4\n");
    }

    #[test]
    fn rotation_waits_after_a_failed_write_until_one_succeeds() {
        let scene = Scene::new("1KiB", None);
        let mut file = scene.open("2026-11-20T23:00:00Z");
        let wall = at("2026-11-20T23:00:00Z");
        scene.write(&mut file, &"x".repeat(1000), wall, 0);
        file.has_failed = true;
        scene.write(&mut file, "does not fit\n", wall, 0);
        assert_eq!(scene.files().len(), 1);
        scene.write(&mut file, "does not fit either\n", wall, 0);
        assert_eq!(scene.files().len(), 2, "a write has succeeded since");
    }
}
