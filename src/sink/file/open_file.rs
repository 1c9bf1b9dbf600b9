//! The open file, and following its path when others move, delete or truncate the file.

use super::{
    clock::Now,
    descriptor::{self, Identity},
};
use std::{
    fs::File,
    io,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

/// The file that is written to, which is that of the path as of the last check.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) identity: Option<Identity>,
    /// The length as last seen, and all that we wrote since.
    pub(super) length: u64,
    /// When the file was last written, before its period counts from.
    pub(super) since: SystemTime,
    /// When we last checked which file the path names.
    pub(super) last_check: Instant,
    /// When a rotation last failed.
    pub(super) last_failed_rotation: Option<Instant>,
    /// Whether the file ends within a line, torn by a full disk or by the end of a process.
    pub(super) is_torn: bool,
    /// Whether the last write failed; then nothing is rotated away.
    pub(super) has_failed: bool,
}

/// We check at most this often which file the path names, and retry a failed rotation.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_secs(1);

impl OpenFile {
    pub(super) fn open(path: &Path, wall: SystemTime, steady: Instant) -> io::Result<Self> {
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
            is_torn: length > 0 && File::open(path).is_ok_and(descriptor::ends_within_line),
            identity: Identity::of(&file),
            length,
            since: if length > 0 { metadata.modified().unwrap_or(wall) } else { wall },
            last_check: steady,
            last_failed_rotation: None,
            has_failed: false,
            file,
        })
    }

    /// Goes on in the file of the path, where that is another one by now.
    pub(super) fn follow(&mut self, path: &Path, now: Now) -> io::Result<()> {
        self.last_check = now.steady;
        if self.identity.is_some() && Identity::of_path(path) == self.identity {
            // Truncated in place, or written by others.
            self.length = self.file.metadata().map_or(self.length, |metadata| metadata.len());
            self.is_torn &= self.length > 0;
            return Ok(());
        }
        match Self::open(path, now.wall, now.steady) {
            Ok(file) => *self = file,
            // In a file that was only moved away, records can still be found.
            Err(_) if descriptor::has_a_name(&self.file) => {}
            Err(error) => {
                self.last_check = now.steady.checked_sub(CHECK_INTERVAL).unwrap_or(now.steady);
                return Err(error);
            }
        }
        Ok(())
    }
}
