//! From `tracing`'s callbacks to a failed dispatch span: which spans are looked at, what is kept of them, and whether
//! they failed.

pub(crate) mod directive;
pub(crate) mod doctor;
pub(crate) mod entered;
pub(crate) mod fields;
pub(crate) mod layer;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod redact;
pub(crate) mod stack;
pub(crate) mod visit;
pub(crate) mod watch;
