//! Sending to journald, a datagram an entry.

use rustix::{
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create},
    io::Errno,
    net::{
        AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags,
        SocketType, connect, sendmsg_addr, sendto, socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
};
use std::{
    fs::File,
    io::{self, Write},
    mem::MaybeUninit,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// A socket that sends to journald's.
///
/// It is not connected: each datagram looks the path up anew, so that a journald that was started
/// again gets the next one.
#[derive(Debug)]
pub(super) struct Socket {
    socket: OwnedFd,
    address: SocketAddrUnix,
    path: PathBuf,
    /// Whether the last datagram waited in vain. Until journald reads again no further one waits, so
    /// that a stopped journald costs the application one wait and not one for each failure.
    is_stuck: AtomicBool,
}

/// How long a journald that does not read may hold the application up.
const PATIENCE: Duration = Duration::from_secs(1);

impl Socket {
    /// Makes a socket, after a look whether somebody listens at the path.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let named = |error: Errno| with_path(path, error.into());
        let address = SocketAddrUnix::new(path).map_err(named)?;
        connect(datagram_socket().map_err(named)?, &address).map_err(named)?;
        let socket = datagram_socket().map_err(named)?;
        set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE)).map_err(named)?;
        Ok(Self { socket, address, path: path.to_owned(), is_stuck: AtomicBool::new(false) })
    }

    /// Sends an entry. What is too long for a datagram goes in a file in memory.
    pub(super) fn send(&self, entry: &[u8]) -> io::Result<()> {
        let waits = !self.is_stuck.load(Relaxed);
        let flags = SendFlags::NOSIGNAL | if waits { SendFlags::empty() } else { SendFlags::DONTWAIT };
        let sent = match patiently(|| sendto(&self.socket, entry, flags, &self.address)) {
            Err(Errno::MSGSIZE | Errno::NOBUFS) => {
                let file = sealed_file(entry).map_err(|error| with_path(&self.path, error))?;
                patiently(|| self.send_file(&file, flags))
            }
            sent => sent,
        };
        self.is_stuck.store(sent == Err(Errno::AGAIN), Relaxed);
        match sent {
            Ok(_) => Ok(()),
            Err(Errno::AGAIN) => {
                let reason = if waits { "it did not read for a second" } else { "it does not read" };
                Err(with_path(&self.path, io::Error::new(io::ErrorKind::TimedOut, reason)))
            }
            Err(error) => Err(with_path(&self.path, error.into())),
        }
    }

    /// Sends a descriptor alone: journald takes an entry either from the datagram or from a file.
    fn send_file(&self, file: &File, flags: SendFlags) -> rustix::io::Result<usize> {
        let descriptors = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg_addr(&self.socket, &self.address, &[], &mut control, flags)
    }
}

fn datagram_socket() -> rustix::io::Result<OwnedFd> {
    socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
}

/// Calls again what a signal interrupted, but not without end.
fn patiently(mut call: impl FnMut() -> rustix::io::Result<usize>) -> rustix::io::Result<usize> {
    let start = Instant::now();
    loop {
        match call() {
            Err(Errno::INTR) if start.elapsed() < PATIENCE => {}
            done => return done,
        }
    }
}

/// A file in memory that nobody can change any more, as journald demands of what it maps.
///
/// The seals are exactly these four: older versions of journald compare them for equality, so that
/// `F_SEAL_EXEC`, which comes with `MFD_NOEXEC_SEAL`, would cost the entry.
fn sealed_file(entry: &[u8]) -> io::Result<File> {
    let file = memfd_create("dispatch-failure", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(file);
    file.write_all(entry)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
    Ok(file)
}

/// The error with the place that it happened at.
fn with_path(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::{
        fs::fcntl_get_seals,
        net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg},
    };
    use std::{
        io::{IoSliceMut, Read, Seek},
        os::unix::net::UnixDatagram,
    };

    fn listener() -> (tempfile::TempDir, PathBuf, UnixDatagram) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixDatagram::bind(&path).unwrap();
        (folder, path, listener)
    }

    /// The next datagram's bytes and descriptors.
    fn received(listener: &UnixDatagram) -> (usize, Vec<File>) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; 16];
        let mut buffers = [IoSliceMut::new(&mut bytes)];
        let message =
            recvmsg(listener, &mut buffers, &mut control, RecvFlags::DONTWAIT | RecvFlags::TRUNC).unwrap();
        let mut files = Vec::new();
        for part in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = part {
                files.extend(descriptors.map(File::from));
            }
        }
        (message.bytes, files)
    }

    #[test]
    fn short_entries_are_datagrams_and_long_ones_sealed_files() {
        let (_folder, path, listener) = listener();
        let socket = Socket::open(&path).unwrap();
        socket.send(b"MESSAGE=short\n").unwrap();
        let (length, files) = received(&listener);
        assert_eq!((length, files.len()), (14, 0));

        let entry: Vec<u8> = (0..8_000_000_u32).map(|n| n as u8).collect();
        socket.send(&entry).unwrap();
        let (length, mut files) = received(&listener);
        assert_eq!((length, files.len()), (0, 1), "journald takes a file from an empty datagram only");
        let seals = fcntl_get_seals(&files[0]).unwrap();
        assert_eq!(seals, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL);
        let mut found = Vec::new();
        files[0].rewind().unwrap();
        files[0].read_to_end(&mut found).unwrap();
        assert!(found == entry);
    }

    #[test]
    fn a_journald_that_does_not_read_delays_only_one_send() {
        let (_folder, path, listener) = listener();
        let socket = Socket::open(&path).unwrap();
        let first = std::iter::from_fn(|| Some(socket.send(b"MESSAGE=x\n"))).find_map(Result::err).unwrap();
        assert_eq!(first.kind(), io::ErrorKind::TimedOut);
        assert!(first.to_string().ends_with("socket: it did not read for a second"), "{first}");
        // Long entries wait no longer than short ones.
        for entry in [&b"MESSAGE=x\n"[..], &[b'x'; 1 << 20]] {
            let next = socket.send(entry).unwrap_err();
            assert_eq!(next.kind(), io::ErrorKind::TimedOut);
            assert!(next.to_string().ends_with("socket: it does not read"), "{next}");
        }
        received(&listener);
        socket.send(b"MESSAGE=x\n").unwrap();
        // It has read an entry, so the next send waits for it again.
        assert!(socket.send(b"MESSAGE=x\n").unwrap_err().to_string().ends_with("for a second"));
    }
}
