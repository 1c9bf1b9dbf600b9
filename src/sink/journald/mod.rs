//! The journal of systemd: fields instead of lines, and catalogs that show the event to each reader
//! in their own language.
//!
//! `fields` turns a record into the bytes of journald's native protocol, `socket` sends them;
//! `catalog` needs neither and is there on every system.

mod catalog;

pub use catalog::journald_catalogs;

/// Where journald listens (systemd's `JOURNAL_NATIVE_PROTOCOL`).
pub(crate) const SOCKET: &str = "/run/systemd/journal/socket";

#[cfg(all(feature = "journald", target_os = "linux"))]
mod fields;
#[cfg(all(feature = "journald", target_os = "linux"))]
mod socket;

#[cfg(all(feature = "journald", target_os = "linux"))]
mod sink {
    use super::{fields::payload, socket::Socket};
    use crate::sink::{Sink, SinkRecord};
    use std::{io, path::Path};

    /// A connection to journald.
    #[derive(Debug)]
    pub(crate) struct JournaldSink {
        socket: Socket,
    }

    impl JournaldSink {
        /// Makes sure that journald is there.
        pub(crate) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self { socket: Socket::open(path)? })
        }
    }

    impl Sink for JournaldSink {
        fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
            self.socket.send(&payload(record.failure(), record.message(), record.locale()))
        }
    }
}

#[cfg(not(all(feature = "journald", target_os = "linux")))]
mod sink {
    use crate::sink::{Sink, SinkRecord};
    use std::{convert::Infallible, io, path::Path};

    /// What there is no value of in this build.
    #[derive(Debug)]
    pub(crate) struct JournaldSink(Infallible);

    impl JournaldSink {
        pub(crate) fn open(_: &Path) -> io::Result<Self> {
            Err(io::Error::new(io::ErrorKind::Unsupported, "journald is not available in this build"))
        }
    }

    impl Sink for JournaldSink {
        fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
            match self.0 {}
        }
    }
}

pub(crate) use sink::JournaldSink;
