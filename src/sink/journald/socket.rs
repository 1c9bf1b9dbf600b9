//! Sends entries to journald, each as one datagram.

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

/// A socket for sending to journald.
///
/// It is not connected. Each datagram looks up the path again, so a restarted journald receives the next one.
#[derive(Debug)]
pub(super) struct Socket {
    socket: OwnedFd,
    address: SocketAddrUnix,
    path: PathBuf,
    /// Whether the last datagram timed out. Until journald accepts one again, none waits, so that a stopped
    /// journald delays the application once, and not at each failure.
    is_stuck: AtomicBool,
}

/// How long the application may wait for a journald that does not read.
const SEND_TIMEOUT: Duration = Duration::from_secs(1);

impl Socket {
    /// Creates a socket. Returns an error if nobody listens at the path.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let named = |error: Errno| with_path(path, error.into());
        let address = SocketAddrUnix::new(path).map_err(named)?;
        // Connecting a socket that is not used otherwise shows whether somebody listens, without sending
        // anything.
        connect(datagram_socket().map_err(named)?, &address).map_err(named)?;
        let socket = datagram_socket().map_err(named)?;
        // Without a timeout, a stopped journald with a full socket would block the application.
        set_socket_timeout(&socket, Timeout::Send, Some(SEND_TIMEOUT)).map_err(named)?;
        Ok(Self { socket, address, path: path.to_owned(), is_stuck: AtomicBool::new(false) })
    }

    /// Sends an entry. An entry that is too long for a datagram is sent as a file in memory (systemd's
    /// *Native Journal Protocol*).
    pub(super) fn send(&self, entry: &[u8]) -> io::Result<()> {
        let may_wait = !self.is_stuck.load(Relaxed);
        let flags = SendFlags::NOSIGNAL | if may_wait { SendFlags::empty() } else { SendFlags::DONTWAIT };
        let sent = match retry_interrupted(|| sendto(&self.socket, entry, flags, &self.address)) {
            // Above the socket's send buffer (`EMSGSIZE`), or above what the system can allocate (`ENOBUFS`).
            Err(Errno::MSGSIZE | Errno::NOBUFS) => {
                let file = sealed_file(entry).map_err(|error| with_path(&self.path, error))?;
                retry_interrupted(|| self.send_file(&file, flags))
            }
            sent => sent,
        };
        // Relaxed is enough: at worst, one more thread waits.
        self.is_stuck.store(sent == Err(Errno::AGAIN), Relaxed);
        match sent {
            Ok(_) => Ok(()),
            // The timeout, or a full socket when sending without waiting.
            Err(Errno::AGAIN) => {
                let reason = if may_wait {
                    "journald accepted no data for one second"
                } else {
                    "journald still accepts no data"
                };
                Err(with_path(&self.path, io::Error::new(io::ErrorKind::TimedOut, reason)))
            }
            Err(error) => Err(with_path(&self.path, error.into())),
        }
    }

    /// Sends a file descriptor in an empty datagram. journald takes an entry either from the datagram or from
    /// a file.
    fn send_file(&self, file: &File, flags: SendFlags) -> rustix::io::Result<usize> {
        let descriptors = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg_addr(&self.socket, &self.address, &[], &mut control, flags)
    }
}

/// Creates an unconnected datagram socket. The application's child processes do not inherit it.
fn datagram_socket() -> rustix::io::Result<OwnedFd> {
    socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
}

/// Calls `call` again if a signal interrupted it, for at most [`SEND_TIMEOUT`]. An application with a timer
/// signal would otherwise repeat it for ever.
fn retry_interrupted(mut call: impl FnMut() -> rustix::io::Result<usize>) -> rustix::io::Result<usize> {
    let start = Instant::now();
    loop {
        match call() {
            Err(Errno::INTR) if start.elapsed() < SEND_TIMEOUT => {}
            done => return done,
        }
    }
}

/// Creates a file in memory that nobody can change any more. journald requires that of a file that it maps.
///
/// The seals are exactly these four. Older versions of journald compare them for equality, so with
/// `F_SEAL_EXEC`, which `MFD_NOEXEC_SEAL` implies, they would reject the entry.
fn sealed_file(entry: &[u8]) -> io::Result<File> {
    let file = memfd_create("dispatch-failure", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(file);
    file.write_all(entry)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
    Ok(file)
}

/// Adds the socket's path to an error.
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
        assert!(first.to_string().ends_with("socket: journald accepted no data for one second"), "{first}");
        // Long entries wait no longer than short ones.
        for entry in [&b"MESSAGE=x\n"[..], &[b'x'; 1 << 20]] {
            let next = socket.send(entry).unwrap_err();
            assert_eq!(next.kind(), io::ErrorKind::TimedOut);
            assert!(next.to_string().ends_with("socket: journald still accepts no data"), "{next}");
        }
        received(&listener);
        socket.send(b"MESSAGE=x\n").unwrap();
        // It has read an entry, so the next send waits for it again.
        assert!(socket.send(b"MESSAGE=x\n").unwrap_err().to_string().ends_with("for one second"));
    }
}
