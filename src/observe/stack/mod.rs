//! The layer in its subscriber stack, beside other layers: which spans and events reach it, which spans exist because
//! of it, and how it asks the stack about other layers.

mod admission;
pub(crate) mod demand;
pub(crate) mod enclosing;
pub(crate) mod filter;
pub(crate) mod filtered;
pub(crate) mod inside;
pub(crate) mod pending;
pub(crate) mod span_set;
pub(crate) mod verify;
