//! Appending records, and repairing a line that was torn.

use super::{descriptor, open_file::OpenFile};
use std::io;

impl OpenFile {
    /// Writes whole records, which end at `ends`. An error comes with the number of bytes of `text`
    /// that are written.
    pub(super) fn append(&mut self, text: &str, ends: &[usize]) -> Result<(), (usize, io::Error)> {
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
                    self.repair((written - whole) as u64);
                }
                Err((written, error))
            }
        }
    }

    /// Part of a record is there. It is taken back where nobody else writes to the file; else its
    /// line is ended, now if a byte still fits or before the next record.
    fn repair(&mut self, bytes: u64) {
        if descriptor::take_back(&self.file, bytes) {
            self.length = self.length.saturating_sub(bytes);
        } else if descriptor::write_whole(&self.file, b"\n").is_ok() {
            self.length += 1;
        } else {
            self.is_torn = true;
        }
    }
}
