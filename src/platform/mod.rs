//! The ground that every module may use: the process's names, guards against reentrance, and the Windows API.

pub(crate) mod event_descriptor;
pub(crate) mod process;
pub(crate) mod reentry;
#[cfg(windows)]
pub(crate) mod windows;
