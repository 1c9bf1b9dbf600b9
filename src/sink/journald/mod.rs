//! The sink `journald`: sends records to the systemd journal as fields. Message catalogs explain the event to
//! each reader in the reader's own language.
//!
//! `entry` encodes a record in journald's native protocol, and `socket` sends it. `message_catalog` is available on
//! every system.

mod message_catalog;

pub use message_catalog::journald_catalogs;

/// The path of journald's socket (systemd's *Native Journal Protocol*).
pub(crate) const SOCKET: &str = "/run/systemd/journal/socket";

#[cfg(all(feature = "journald", target_os = "linux"))]
mod entry;
#[cfg(all(feature = "journald", target_os = "linux"))]
mod socket;

#[cfg(all(feature = "journald", target_os = "linux"))]
mod sink {
    use super::{entry::payload, socket::Socket};
    use crate::sink::{Sink, SinkRecord};
    use std::{io, path::Path};

    /// A connection to journald.
    #[derive(Debug)]
    pub(crate) struct JournaldSink {
        socket: Socket,
    }

    impl JournaldSink {
        /// Opens a socket. Returns an error if nobody listens at the path.
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

    /// A type without values: the sink cannot be opened in this build.
    #[derive(Debug)]
    pub(crate) struct JournaldSink(Infallible);

    impl JournaldSink {
        /// Returns an error.
        pub(crate) fn open(_: &Path) -> io::Result<Self> {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "journald needs Linux and the cargo feature `journald`",
            ))
        }
    }

    impl Sink for JournaldSink {
        fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
            // Without a value, this is never called.
            match self.0 {}
        }
    }
}

pub(crate) use sink::JournaldSink;
