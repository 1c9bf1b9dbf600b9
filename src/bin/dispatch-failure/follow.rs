//! `--follow`: keeps reading as files grow and are replaced.

use crate::{
    lines::Lines,
    output::Stop,
    reading::{Reading, Target},
    source::{Opened, Source},
};
use std::{
    fs::{self, Metadata},
    path::PathBuf,
    thread,
    time::Duration,
};

/// The time between two checks of the files. Polling works on every file system, network ones included.
const PERIOD: Duration = Duration::from_millis(100);

/// Reads new records, and never returns except with an error.
pub(crate) fn follow(
    mut files: Vec<Followed>,
    reading: &mut Reading<'_>,
    target: &mut impl Target,
) -> Result<(), Stop> {
    loop {
        for file in &mut files {
            file.read(reading, target)?;
        }
        // Before the sleep, so that a record appears as soon as it is read.
        target.flush()?;
        thread::sleep(PERIOD);
    }
}

/// A file that grows.
pub(crate) struct Followed {
    path: PathBuf,
    lines: Lines,
    known: Option<FileState>,
}

/// What distinguishes a file from the one that replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileState {
    identity: (u64, u64),
    len: u64,
}

impl FileState {
    fn of(metadata: &Metadata) -> Self {
        Self { identity: identity(metadata), len: metadata.len() }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> (u64, u64) {
    // The standard library has no stable file index for Windows, so the time of creation has to do.
    let made = metadata.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    made.map_or((0, 0), |made| (made.as_secs(), made.subsec_nanos().into()))
}

impl Followed {
    pub(crate) fn new(path: PathBuf, lines: Lines, metadata: Option<&Metadata>) -> Self {
        Self { path, lines, known: metadata.map(FileState::of) }
    }

    fn read(&mut self, reading: &mut Reading<'_>, target: &mut impl Target) -> Result<(), Stop> {
        let source = Source::File(self.path.clone());
        // Identify the file before reading it, so that records written to the old file in between are still read.
        let now = fs::metadata(&self.path).ok().map(|metadata| FileState::of(&metadata));
        let is_other = match (now, self.known) {
            // A shorter file was truncated in place, as logrotate's `copytruncate` does.
            (Some(now), Some(known)) => now.identity != known.identity || now.len < known.len,
            (Some(_), None) => true,
            // Between a rename and the creation of the new file, the old one may still grow.
            (None, _) => false,
        };
        // A file that was replaced is complete, so its last line needs no newline.
        reading.read(&source.name(), &mut self.lines, is_other, target)?;
        // While the path names no file, the last one is remembered.
        self.known = now.or(self.known);
        if is_other {
            // If it cannot be opened now, the next check tries again.
            let opened = source.open(reading.progress().count()).ok();
            self.known = opened.as_ref().and_then(|opened| opened.metadata.as_ref()).map(FileState::of);
            if let Some(Opened { reader, .. }) = opened {
                self.lines = Lines::new(reader);
                reading.read(&source.name(), &mut self.lines, false, target)?;
            }
        }
        Ok(())
    }
}
