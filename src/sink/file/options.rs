//! Which file, and when it is rotated.

use super::rotation::Rotation;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileOptions {
    pub(crate) path: PathBuf,
    pub(crate) rotation: Rotation,
    /// How many old files stay; `None` is all.
    pub(crate) keep: Option<usize>,
}

impl FileOptions {
    /// Whether the file can be rotated, where it is to be.
    pub(crate) fn can_rotate(&self) -> bool {
        let is_unicode = self.path.file_name().is_none_or(|name| name.to_str().is_some());
        self.rotation == Rotation::NEVER || is_unicode
    }
}

/// The path of the file in the folder that systemd made for the service (`LogsDirectory=`); of
/// several, the first.
pub(crate) fn in_logs_directory(folders: &str) -> Option<PathBuf> {
    // Elsewhere a colon belongs to a path, and there is no systemd.
    let first = folders.split(':').find(|folder| cfg!(unix) && !folder.is_empty())?;
    Some(Path::new(first).join("dispatch-failures.jsonl"))
}
