//! The operating system: the process, the thread, and the Windows API.

pub(crate) mod event_descriptor;
pub(crate) mod process;
pub(crate) mod reentry;
#[cfg(windows)]
pub(crate) mod windows;
