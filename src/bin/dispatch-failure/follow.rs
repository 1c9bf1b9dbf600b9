//! `--follow`: reading on while files grow and are replaced.

use crate::{
    input::{Opened, Place},
    lines::Lines,
    output::Stop,
    reading::{Reading, Target},
};
use std::{
    fs::{self, Metadata},
    path::PathBuf,
    thread,
    time::Duration,
};

/// How often the files are looked at. Asking works on every file system, those of networks included.
const PERIOD: Duration = Duration::from_millis(100);

/// Reads what comes, for ever.
pub(crate) fn follow(
    mut files: Vec<Followed>,
    reading: &mut Reading<'_>,
    target: &mut impl Target,
) -> Result<(), Stop> {
    loop {
        for file in &mut files {
            file.read(reading, target)?;
        }
        target.settle()?;
        thread::sleep(PERIOD);
    }
}

/// A file that grows.
pub(crate) struct Followed {
    path: PathBuf,
    lines: Lines,
    known: Option<Known>,
}

/// What tells a file from the one that takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    identity: (u64, u64),
    len: u64,
}

impl Known {
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
    let made = metadata.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    made.map_or((0, 0), |made| (made.as_secs(), made.subsec_nanos().into()))
}

impl Followed {
    pub(crate) fn new(path: PathBuf, lines: Lines, metadata: Option<&Metadata>) -> Self {
        Self { path, lines, known: metadata.map(Known::of) }
    }

    fn read(&mut self, reading: &mut Reading<'_>, target: &mut impl Target) -> Result<(), Stop> {
        let place = Place::File(self.path.clone());
        // First who is there, then the rest: what is written to the old file in between is read.
        let now = fs::metadata(&self.path).ok().map(|metadata| Known::of(&metadata));
        let is_other = match (now, self.known) {
            (Some(now), Some(known)) => now.identity != known.identity || now.len < known.len,
            (Some(_), None) => true,
            (None, _) => false,
        };
        reading.read(&place.name(), &mut self.lines, is_other, target)?;
        self.known = now.or(self.known);
        if is_other {
            // One that cannot be opened may be there again at the next look.
            let opened = place.open(reading.progress().count()).ok();
            self.known = opened.as_ref().and_then(|opened| opened.metadata.as_ref()).map(Known::of);
            if let Some(Opened { reader, .. }) = opened {
                self.lines = Lines::new(reader);
                reading.read(&place.name(), &mut self.lines, false, target)?;
            }
        }
        Ok(())
    }
}
