//! Writing the page to its file: completely or not at all, and readable by its owner only.

use crate::output::Stop;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Checks that the page may be written to this path.
pub(crate) fn check(path: &Path, force: bool) -> io::Result<()> {
    // A link counts as itself: the rename replaces it, and not its target.
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => Err(io::Error::other("it is a folder")),
        Ok(_) if !force => Err(io::Error::other("the file exists; --force replaces it")),
        _ => Ok(()),
    }
}

/// Writes the page to a temporary file beside its path, then renames it.
pub(crate) fn write(path: &Path, force: bool, page: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    // In the same folder, because a rename cannot cross file systems.
    let beside = path.with_file_name(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let written = create(&beside)
        // Synchronized before the rename, so that a crash leaves no empty page.
        .and_then(|mut file| file.write_all(page).and_then(|()| file.sync_all()))
        // Again, because another program may have created the file since the first check.
        .and_then(|()| check(path, force))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Creates a file that only its owner may read, as records may be confidential.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // An existing file or link of this name is not followed or overwritten.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(crate) fn error_at(path: &Path, error: &io::Error) -> Stop {
    Stop::error(format_args!("{}: {error}", path.display()))
}
