//! Text: escaping, length limits, numbers, globs and reusable buffers.

pub(crate) mod bounded;
pub(crate) mod buffer;
pub(crate) mod escape;
pub(crate) mod glob;
pub(crate) mod number;
