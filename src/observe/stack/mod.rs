//! The layer in its subscriber stack, beside other layers: which spans and events reach it, which spans exist because
//! of it, and how it asks the stack about other layers.

mod admission;
pub(crate) mod demand;
pub(crate) mod enclosing;
pub(crate) mod filtered_layer;
pub(crate) mod inside;
pub(crate) mod interest;
pub(crate) mod span_set;
pub(crate) mod stale_answers;
pub(crate) mod verify;
