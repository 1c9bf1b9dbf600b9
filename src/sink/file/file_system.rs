//! Operations on open files and their folders, for Unix and for other systems.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    time::Duration,
};

pub(super) use imp::{Identity, is_linked, lock_folder, lock_shared, remove_unless_locked, truncate_last};

/// Opens a file for appending. A new file gets mode 0640 under the umask. Opening a FIFO without a reader is
/// an error, instead of waiting for one.
pub(super) fn open_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // In append mode, the system finds the end and writes in one step, also with several processes.
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o640).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    }
    options.open(path)
}

/// Creates a folder and its parents, with mode 0750 under the umask.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(folder)
}

/// Writes all bytes, in one call if the system accepts them at once.
///
/// If a non-blocking descriptor is full, it waits, for at most one second each time. An error comes with the
/// number of bytes that were written before it.
pub(crate) fn write_all(mut file: &File, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match file.write(rest) {
            // Without progress, the loop would never end.
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

/// Returns whether a file's last byte is not a newline, and stays so for 20 milliseconds. A shorter time
/// would not be enough: a record that another process is just writing can be visible in part.
pub(super) fn ends_within_line(mut file: File) -> bool {
    let mut is_torn = || {
        let mut last = [b'\n'];
        // A file that cannot be read counts as complete.
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

    /// The identity of a file, independent of its name: device and inode.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Identity(u64, u64);

    impl Identity {
        /// Returns the identity of an open file, or `None` if it is not a regular file. A FIFO or device is
        /// never rotated.
        pub(crate) fn of_file(file: &File) -> Option<Self> {
            Self::from(file.metadata().ok()?)
        }

        /// Returns the identity of the regular file at a path.
        pub(crate) fn of_path(path: &Path) -> Option<Self> {
            Self::from(fs::metadata(path).ok()?)
        }

        fn from(metadata: fs::Metadata) -> Option<Self> {
            metadata.is_file().then(|| Self(metadata.dev(), metadata.ino()))
        }
    }

    /// Returns whether an open file still has a name in some folder.
    pub(crate) fn is_linked(file: &File) -> bool {
        file.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
    }

    /// Takes a shared advisory lock (`flock`), which tells other processes that this one writes to the file.
    /// On a file system without locks, it does nothing.
    pub(crate) fn lock_shared(file: &File) {
        let _ = flock(file, FlockOperation::NonBlockingLockShared);
    }

    /// Removes the last bytes of a regular file, which this process has just written. Returns `false`, with
    /// nothing removed, if another process may have written after them.
    pub(crate) fn truncate_last(mut file: &File, bytes: u64) -> bool {
        let is_ours_alone = flock(file, FlockOperation::NonBlockingLockExclusive).is_ok();
        let end = file.stream_position().ok();
        // In append mode, the position is right after the last write. If the file is longer, another process
        // has appended to it.
        let is_last =
            || file.metadata().is_ok_and(|metadata| metadata.is_file() && Some(metadata.len()) == end);
        let done = is_ours_alone
            && is_last()
            && end.and_then(|end| end.checked_sub(bytes)).is_some_and(|start| file.set_len(start).is_ok());
        // Converts the exclusive lock back; a failed attempt has lost the shared one.
        lock_shared(file);
        done
    }

    /// Deletes a regular file, unless a process has locked it.
    pub(crate) fn remove_unless_locked(path: &Path) {
        // Opening a FIFO would wait for a writer, and a symbolic link may point anywhere.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let opened = File::options().read(true).custom_flags(flags.bits() as i32).open(path);
        let Ok(file) = opened else { return };
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return;
        }
        // Any other error is taken for a file system without locks.
        if flock(&file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK) {
            let _ = fs::remove_file(path);
        }
    }

    /// Locks a folder for rotation until the result is dropped. Returns `None` if another process is rotating
    /// in it.
    pub(crate) fn lock_folder(folder: &Path) -> Option<File> {
        let folder = File::open(folder).ok()?;
        let locked = flock(&folder, FlockOperation::NonBlockingLockExclusive);
        (locked != Err(Errno::WOULDBLOCK)).then_some(folder)
    }

    /// How long the application may wait for a reader that does not read.
    const WRITE_TIMEOUT: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

    /// Waits until a non-blocking descriptor accepts bytes again.
    pub(super) fn wait_for_room(file: &File) -> io::Result<()> {
        match poll(&mut [PollFd::new(file, PollFlags::OUT)], Some(&WRITE_TIMEOUT)) {
            Ok(0) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "the reader accepted no data for one second"))
            }
            // After a signal, the next write tells whether there is room.
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

    /// The identity of a file, independent of its name.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Identity(same_file::Handle);

    impl Identity {
        /// Returns the identity of an open file, or `None` if it is not a regular file. A pipe or device is
        /// never rotated.
        pub(crate) fn of_file(file: &File) -> Option<Self> {
            file.metadata().ok().filter(fs::Metadata::is_file)?;
            same_file::Handle::from_file(file.try_clone().ok()?).ok().map(Self)
        }

        /// Returns the identity of the file at a path.
        pub(crate) fn of_path(path: &Path) -> Option<Self> {
            same_file::Handle::from_path(path).ok().map(Self)
        }
    }

    /// Not known here: on Windows, a deleted file keeps its name as long as it is open.
    pub(crate) fn is_linked(_: &File) -> bool {
        false
    }

    /// Not supported here, because nothing tells whether others write to the file.
    pub(crate) fn truncate_last(_: &File, _: u64) -> bool {
        false
    }

    /// Not needed here: Windows deletes an open file only after it is closed.
    pub(crate) fn lock_shared(_: &File) {}

    /// Deletes a file.
    pub(crate) fn remove_unless_locked(path: &Path) {
        let _ = fs::remove_file(path);
    }

    /// Locks nothing. If several processes rotate at once, the slower one may rotate a file that is nearly
    /// empty; nothing is lost.
    pub(crate) fn lock_folder(_: &Path) -> Option<()> {
        Some(())
    }

    /// Waiting is not supported here.
    pub(super) fn wait_for_room(_: &File) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}
