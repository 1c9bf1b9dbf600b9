//! Rotating: the file is renamed, a new one takes its path, and surplus old files are removed.

use super::{
    FileOptions,
    clock::Now,
    descriptor,
    old_files::{self, OldFiles},
    open_file::{CHECK_INTERVAL, OpenFile},
};
use crate::sink::SinkRecord;
use std::{
    fs::{self, OpenOptions},
    io,
};

impl OpenFile {
    /// Makes the file ready for `more` bytes: follows the path, and rotates.
    pub(super) fn prepare(&mut self, options: &FileOptions, more: usize, now: Now) -> io::Result<()> {
        if now.steady.saturating_duration_since(self.last_check) >= CHECK_INTERVAL {
            self.follow(&options.path, now)?;
        }
        let more = more as u64;
        let is_stuck = self
            .last_failed_rotation
            .is_some_and(|failed| now.steady.saturating_duration_since(failed) < CHECK_INTERVAL);
        let is_due = options.rotation.is_due(self.length, more, self.since, now.wall);
        if is_due && !self.has_failed && !is_stuck && !self.rotate(options, more, now) {
            self.last_failed_rotation = Some(now.steady);
        }
        if self.length == 0 || now.wall > self.since || options.rotation.leaped(self.since, now.wall) {
            self.since = now.wall;
        }
        Ok(())
    }

    /// Whether the file has to be rotated between a text and a record behind it.
    pub(super) fn ends_before(&self, options: &FileOptions, text: &str, record: &SinkRecord<'_>) -> bool {
        let length = self.length + text.len() as u64;
        let more = record.as_str().len() as u64;
        !text.is_empty() && options.rotation.is_due(length, more, self.since, record.failure().timestamp())
    }

    /// Moves the file away and begins a new one. Where that fails the file goes on, and it is tried
    /// again a second later.
    fn rotate(&mut self, options: &FileOptions, more: u64, now: Now) -> bool {
        let Some(names) = OldFiles::of(&options.path).filter(|_| self.identity.is_some()) else {
            return false;
        };
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
        let old = old_files::next(options.rotation.hour(self.since, now.wall), &there);
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
        if let Ok(file) = Self::open(&options.path, now.wall, now.steady) {
            *self = file;
        }
        let kept = options.keep.unwrap_or(usize::MAX);
        let surplus = there.len().saturating_sub(kept);
        there.iter().take(surplus).for_each(|file| descriptor::remove_unless_held(&names.path(*file)));
        true
    }
}
