//! The sinks `stdout` and `stderr`.
//!
//! They do not use the standard library's streams. The application may hold the lock of such a stream while
//! it waits for a thread whose dispatch fails; a sink that needed the lock would then cause a deadlock.

use super::{Sink, SinkRecord};
use std::{
    io,
    sync::{Mutex, PoisonError},
};

/// A standard stream of the process, written through a duplicate of its descriptor or handle.
#[derive(Debug)]
pub(crate) struct Console {
    stream: Mutex<Stream>,
    is_terminal: bool,
}

impl Console {
    /// Opens standard output.
    pub(crate) fn stdout() -> io::Result<Self> {
        let stdout = io::stdout();
        Ok(Self {
            is_terminal: io::IsTerminal::is_terminal(&stdout),
            stream: Mutex::new(Stream::duplicate(&stdout)?),
        })
    }

    /// Opens standard error.
    pub(crate) fn stderr() -> io::Result<Self> {
        let stderr = io::stderr();
        Ok(Self {
            is_terminal: io::IsTerminal::is_terminal(&stderr),
            stream: Mutex::new(Stream::duplicate(&stderr)?),
        })
    }

    /// Returns whether the stream was a terminal when it was opened.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Writes a text. Texts of several threads do not mix.
    pub(crate) fn write_text(&self, text: &str) -> io::Result<()> {
        // A writer that panicked leaves nothing half-changed, so a poisoned lock is usable.
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).write_text(text)
    }
}

impl Sink for Console {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        self.write_text(record.as_str())
    }
}

#[cfg(unix)]
use unix::Stream;

#[cfg(unix)]
mod unix {
    use crate::sink::file::file_system::write_all;
    use std::{fs::File, io, os::fd::AsFd};

    /// A duplicate of a stream's descriptor.
    #[derive(Debug)]
    pub(super) struct Stream(File);

    impl Stream {
        pub(super) fn duplicate(stream: &impl AsFd) -> io::Result<Self> {
            Ok(Self(File::from(stream.as_fd().try_clone_to_owned()?)))
        }

        pub(super) fn write_text(&mut self, text: &str) -> io::Result<()> {
            // How much was written does not matter, because a stream cannot be repaired.
            write_all(&self.0, text.as_bytes()).map_err(|(_, error)| error)
        }
    }
}

#[cfg(windows)]
use windows::Stream;

#[cfg(windows)]
mod windows {
    use std::{
        fs::File,
        io::{self, IsTerminal, Write},
        os::windows::io::AsHandle,
    };

    /// A duplicate of a stream's handle.
    #[derive(Debug)]
    pub(super) struct Stream {
        file: File,
        is_console: bool,
    }

    impl Stream {
        pub(super) fn duplicate(stream: &(impl AsHandle + IsTerminal)) -> io::Result<Self> {
            // `is_terminal` also accepts the pipes of MSYS terminals, which are written in bytes.
            let is_console = stream.is_terminal() && crate::platform::windows::is_console(stream.as_handle());
            Ok(Self { file: File::from(stream.as_handle().try_clone_to_owned()?), is_console })
        }

        /// A console gets UTF-16, because the code page of its bytes may not be UTF-8. A pipe or file gets
        /// UTF-8.
        pub(super) fn write_text(&mut self, text: &str) -> io::Result<()> {
            if self.is_console {
                crate::platform::windows::write_console(self.file.as_handle(), text)
            } else {
                self.file.write_all(text.as_bytes())
            }
        }
    }
}
