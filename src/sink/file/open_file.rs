//! The open file. It follows its path if others rename, delete or truncate the file.

use super::{
    clock::Now,
    file_system::{self, Identity},
};
use std::{
    fs::File,
    io,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

/// The file that the sink writes to: the file at the path as of the last check.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    /// `None` if it is not a regular file.
    pub(super) identity: Option<Identity>,
    /// The length at the last check, plus what this sink has written since.
    pub(super) length: u64,
    /// The wall-clock time of the last write, which decides about the file's period.
    pub(super) last_written: SystemTime,
    /// When the sink last checked which file is at the path.
    pub(super) last_check: Instant,
    /// When a rotation last failed, so that it is not tried again for every record.
    pub(super) last_failed_rotation: Option<Instant>,
    /// Whether the file ends within a line, because the disk was full or a process was killed.
    pub(super) is_torn: bool,
    /// Whether the last write failed. Then the file is not rotated.
    pub(super) has_failed: bool,
}

/// The time between two checks of the path, and between two attempts of a rotation that failed.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_secs(1);

impl OpenFile {
    /// Opens the file at a path, and creates it and its folder if they do not exist.
    pub(super) fn open(path: &Path, wall: SystemTime, monotonic: Instant) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            file_system::make_folder(folder)?;
        }
        let file = file_system::open_append(path)?;
        let metadata = file.metadata()?;
        let is_file = metadata.is_file();
        let length = if is_file { metadata.len() } else { 0 };
        // Another process that rotates the same path must not delete this file later.
        file_system::lock_shared(&file);
        Ok(Self {
            is_torn: length > 0 && File::open(path).is_ok_and(file_system::ends_within_line),
            identity: Identity::of_file(&file),
            length,
            last_written: if length > 0 { metadata.modified().unwrap_or(wall) } else { wall },
            last_check: monotonic,
            last_failed_rotation: None,
            has_failed: false,
            file,
        })
    }

    /// Continues in the file at the path if that is a different one now.
    pub(super) fn follow(&mut self, path: &Path, now: Now) -> io::Result<()> {
        self.last_check = now.monotonic;
        if self.identity.is_some() && Identity::of_path(path) == self.identity {
            // Others may have truncated the file or written to it.
            self.length = self.file.metadata().map_or(self.length, |metadata| metadata.len());
            self.is_torn &= self.length > 0;
            return Ok(());
        }
        match Self::open(path, now.wall, now.monotonic) {
            Ok(file) => *self = file,
            // The file was only renamed, so records are not lost in it.
            Err(_) if file_system::is_linked(&self.file) => {}
            Err(error) => {
                // The next record checks the path again, instead of a second later.
                self.last_check = now.monotonic.checked_sub(CHECK_INTERVAL).unwrap_or(now.monotonic);
                return Err(error);
            }
        }
        Ok(())
    }
}
