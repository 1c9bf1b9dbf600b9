//! What the operating system is asked for open files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    time::Duration,
};

pub(super) use imp::{Identity, has_a_name, hold, lock_folder, remove_unless_held, take_back};

/// Opens a file for appending, made with mode 0640 under the umask; never waits for a FIFO's reader.
pub(super) fn open_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o640).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    }
    options.open(path)
}

/// Makes a folder and those above it, with mode 0750 under the umask.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(folder)
}

/// Writes all bytes, in one call where the system takes them at once; a full pipe is waited for, but
/// not without end. An error comes with the number of bytes that were written before it.
pub(crate) fn write_whole(mut file: &File, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match file.write(rest) {
            Ok(0) => return Err((done, io::ErrorKind::WriteZero.into())),
            Ok(written) => done += written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                imp::wait_for_room(file).map_err(|error| (done, error))?;
            }
            Err(error) => return Err((done, error)),
        }
    }
    Ok(())
}

/// Whether a file's last byte is no newline, and remains so: what another process is just writing can
/// be seen in part.
pub(super) fn ends_within_line(mut file: File) -> bool {
    let mut is_torn = || {
        let mut last = [b'\n'];
        file.seek(SeekFrom::End(-1)).is_ok() && file.read_exact(&mut last).is_ok() && last != [b'\n']
    };
    is_torn()
        && (0..20).all(|_| {
            std::thread::sleep(Duration::from_millis(1));
            is_torn()
        })
}

#[cfg(unix)]
mod imp {
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        fs::{FlockOperation, OFlags, flock},
        io::Errno,
    };
    use std::{
        fs::{self, File},
        io::{self, Seek},
        os::unix::fs::{MetadataExt, OpenOptionsExt},
        path::Path,
    };

    /// Which file it is, whatever it is called: device and inode.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Identity(u64, u64);

    impl Identity {
        /// `None` for what is no regular file, and is never rotated or followed.
        pub(crate) fn of(file: &File) -> Option<Self> {
            Self::from(file.metadata().ok()?)
        }

        pub(crate) fn of_path(path: &Path) -> Option<Self> {
            Self::from(fs::metadata(path).ok()?)
        }

        fn from(metadata: fs::Metadata) -> Option<Self> {
            metadata.is_file().then(|| Self(metadata.dev(), metadata.ino()))
        }
    }

    /// Whether an open file can still be found in some folder.
    pub(crate) fn has_a_name(file: &File) -> bool {
        file.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
    }

    /// Tells other processes that this one writes to the file (a shared advisory lock). Where the
    /// file system has no locks, there are none.
    pub(crate) fn hold(file: &File) {
        let _ = flock(file, FlockOperation::NonBlockingLockShared);
    }

    /// Takes back the last bytes of a regular file, which we wrote just now; `false` where others may
    /// have written behind them.
    pub(crate) fn take_back(mut file: &File, bytes: u64) -> bool {
        let is_ours_alone = flock(file, FlockOperation::NonBlockingLockExclusive).is_ok();
        let end = file.stream_position().ok();
        let is_last =
            || file.metadata().is_ok_and(|metadata| metadata.is_file() && Some(metadata.len()) == end);
        let done = is_ours_alone
            && is_last()
            && end.and_then(|end| end.checked_sub(bytes)).is_some_and(|start| file.set_len(start).is_ok());
        hold(file);
        done
    }

    /// Removes a file, unless some process holds it.
    pub(crate) fn remove_unless_held(path: &Path) {
        // A FIFO of that name would wait for a writer, and a link may lead anywhere.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let opened = File::options().read(true).custom_flags(flags.bits() as i32).open(path);
        let Ok(file) = opened else { return };
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return;
        }
        if flock(&file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK) {
            let _ = fs::remove_file(path);
        }
    }

    /// Keeps others from rotating files in a folder; `None` where another does so right now.
    pub(crate) fn lock_folder(folder: &Path) -> Option<File> {
        let folder = File::open(folder).ok()?;
        let locked = flock(&folder, FlockOperation::NonBlockingLockExclusive);
        (locked != Err(Errno::WOULDBLOCK)).then_some(folder)
    }

    /// How long a reader that does not read may hold the application up.
    const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

    /// Waits until a descriptor in non-blocking mode takes bytes again.
    pub(super) fn wait_for_room(file: &File) -> io::Result<()> {
        match poll(&mut [PollFd::new(file, PollFlags::OUT)], Some(&PATIENCE)) {
            Ok(0) => Err(io::Error::new(io::ErrorKind::TimedOut, "the reader did not read for a second")),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::{
        fs::{self, File},
        io,
        path::Path,
    };

    /// Which file it is, whatever it is called.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Identity(same_file::Handle);

    impl Identity {
        /// `None` for what is no regular file, and is never rotated or followed.
        pub(crate) fn of(file: &File) -> Option<Self> {
            file.metadata().ok().filter(fs::Metadata::is_file)?;
            same_file::Handle::from_file(file.try_clone().ok()?).ok().map(Self)
        }

        pub(crate) fn of_path(path: &Path) -> Option<Self> {
            same_file::Handle::from_path(path).ok().map(Self)
        }
    }

    /// A deleted file's name lives as long as the file is open, so nothing can be told.
    pub(crate) fn has_a_name(_: &File) -> bool {
        false
    }

    pub(crate) fn take_back(_: &File, _: u64) -> bool {
        false
    }

    /// An open file holds itself: it can be moved, and is deleted once it is closed.
    pub(crate) fn hold(_: &File) {}

    pub(crate) fn remove_unless_held(path: &Path) {
        let _ = fs::remove_file(path);
    }

    /// Where several processes rotate at once here, the slower one moves a file away that is nearly
    /// empty; nothing is lost.
    pub(crate) fn lock_folder(_: &Path) -> Option<()> {
        Some(())
    }

    pub(super) fn wait_for_room(_: &File) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}
