//! The settings of a file sink.

use super::rotation::Rotation;
use std::path::{Path, PathBuf};

/// The settings of a file sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileOptions {
    pub(crate) path: PathBuf,
    pub(crate) rotation: Rotation,
    /// The number of rotated files to keep; `None` keeps all.
    pub(crate) keep: Option<usize>,
}

impl FileOptions {
    /// Returns whether the file can be rotated as configured. The names of rotated files must be Unicode.
    pub(crate) fn can_rotate(&self) -> bool {
        let is_unicode = self.path.file_name().is_none_or(|name| name.to_str().is_some());
        self.rotation == Rotation::NEVER || is_unicode
    }
}

/// Returns the path of the file in the folder that systemd created for the service (`LogsDirectory=` in
/// systemd.exec(5)). `LOGS_DIRECTORY` may list several folders, separated by colons; the first one counts.
pub(crate) fn path_in_logs_directory(folders: &str) -> Option<PathBuf> {
    // On other systems, a colon may be part of a path, and there is no systemd.
    let first = folders.split(':').find(|folder| cfg!(unix) && !folder.is_empty())?;
    Some(Path::new(first).join("dispatch-failures.jsonl"))
}
