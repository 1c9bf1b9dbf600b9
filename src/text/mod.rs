//! Writing text: escaped, within bounds, into memory that is used again; and matching it.

pub(crate) mod bounded;
pub(crate) mod buffer;
pub(crate) mod escape;
pub(crate) mod glob;
pub(crate) mod number;
