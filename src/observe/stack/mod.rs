//! The layer among the others of its subscriber: what reaches it, which spans exist because of it, and what it asks
//! the stack.

mod admission;
pub(crate) mod demand;
pub(crate) mod enclosing;
pub(crate) mod filter;
pub(crate) mod filtered;
pub(crate) mod inside;
pub(crate) mod pending;
pub(crate) mod span_set;
pub(crate) mod verify;
