//! Rotation: renames the file, opens a new one at its path, and deletes rotated files above the number to
//! keep.

use super::{
    FileOptions,
    clock::Now,
    file_system,
    old_files::{self, OldFiles},
    open_file::{CHECK_INTERVAL, OpenFile},
};
use crate::sink::SinkRecord;
use std::{
    fs::{self, OpenOptions},
    io,
};

impl OpenFile {
    /// Prepares the file for a write of `additional` bytes: follows the path and rotates, if either is due.
    pub(super) fn prepare(&mut self, options: &FileOptions, additional: usize, now: Now) -> io::Result<()> {
        if now.monotonic.saturating_duration_since(self.last_check) >= CHECK_INTERVAL {
            self.follow(&options.path, now)?;
        }
        let additional = additional as u64;
        let is_stuck = self
            .last_failed_rotation
            .is_some_and(|failed| now.monotonic.saturating_duration_since(failed) < CHECK_INTERVAL);
        let is_due = options.rotation.is_due(self.length, additional, self.last_written, now.wall);
        if is_due && !self.has_failed && !is_stuck && !self.rotate(options, additional, now) {
            self.last_failed_rotation = Some(now.monotonic);
        }
        // A clock that was set back a little does not move the time back, or its hour would begin twice.
        if self.length == 0
            || now.wall > self.last_written
            || options.rotation.is_clock_set_back(self.last_written, now.wall)
        {
            self.last_written = now.wall;
        }
        Ok(())
    }

    /// Returns whether the file must be rotated after `text` and before `record`.
    pub(super) fn must_rotate_before(
        &self,
        options: &FileOptions,
        text: &str,
        record: &SinkRecord<'_>,
    ) -> bool {
        let length = self.length + text.len() as u64;
        let additional = record.as_str().len() as u64;
        !text.is_empty()
            && options.rotation.is_due(length, additional, self.last_written, record.failure().timestamp())
    }

    /// Renames the file and opens a new one. Returns `false` if that failed: the sink continues in the same
    /// file, and tries again after [`CHECK_INTERVAL`].
    fn rotate(&mut self, options: &FileOptions, additional: u64, now: Now) -> bool {
        let Some(names) = OldFiles::for_path(&options.path).filter(|_| self.identity.is_some()) else {
            return false;
        };
        // Another process is rotating and will soon be done. This record may go to the file that it rotates.
        let Some(_lock) = file_system::lock_folder(names.folder()) else { return true };
        if self.follow(&options.path, now).is_err() {
            return false;
        }
        if !options.rotation.is_due(self.length, additional, self.last_written, now.wall) {
            // Another process has just rotated the file.
            return true;
        }
        let mut existing = names.list();
        let old = old_files::next_name(options.rotation.hour(self.last_written, now.wall), &existing);
        // `rename` would replace an existing file, so an empty file reserves the name first.
        let is_free = OpenOptions::new().write(true).create_new(true).open(names.path(old)).is_ok();
        if !is_free {
            return false;
        }
        // For example, the file is a mount point of its own, or belongs to another user in a sticky folder.
        if fs::rename(&options.path, names.path(old)).is_err() {
            let _ = fs::remove_file(names.path(old));
            return false;
        }
        existing.push(old);
        // If no new file can be created, the next check of the path tries again.
        if let Ok(file) = Self::open(&options.path, now.wall, now.monotonic) {
            *self = file;
        }
        let kept = options.keep.unwrap_or(usize::MAX);
        let surplus = existing.len().saturating_sub(kept);
        existing.iter().take(surplus).for_each(|file| file_system::remove_unless_locked(&names.path(*file)));
        true
    }
}
