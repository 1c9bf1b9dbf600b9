//! Appends records, and repairs a line that was written only in part.

use super::{file_system, open_file::OpenFile};
use std::io;

impl OpenFile {
    /// Writes records: `text` is the concatenated records, and `ends` are their end offsets. An error comes with
    /// the number of bytes of `text` that were written.
    pub(super) fn append(&mut self, text: &str, ends: &[usize]) -> Result<(), (usize, io::Error)> {
        // The newline that ends a torn line, in the same write as the records.
        let head = usize::from(self.is_torn);
        let result = if self.is_torn {
            file_system::write_all(&self.file, format!("\n{text}").as_bytes())
        } else {
            file_system::write_all(&self.file, text.as_bytes())
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
                // The first byte was the newline, so the torn line is ended.
                self.is_torn &= written == 0;
                let written = written.saturating_sub(head);
                // Records that were written whole stay; only the rest of the last one is removed.
                let whole = ends.iter().rfind(|end| **end <= written).copied().unwrap_or(0);
                if written > whole {
                    self.repair((written - whole) as u64);
                }
                Err((written, error))
            }
        }
    }

    /// Removes the last `bytes` bytes, which are a part of a record.
    ///
    /// If others write to the file too, the line is ended instead: at once if the newline can be written,
    /// otherwise before the next record.
    fn repair(&mut self, bytes: u64) {
        if file_system::truncate_last(&self.file, bytes) {
            self.length = self.length.saturating_sub(bytes);
        } else if file_system::write_all(&self.file, b"\n").is_ok() {
            self.length += 1;
        } else {
            self.is_torn = true;
        }
    }
}
