//! Turns `tracing`'s callbacks into failed dispatch spans.
//!
//! It decides which spans to look at, keeps their fields and evidence, and judges at the close whether a span failed.

pub(crate) mod callsites;
pub(crate) mod directive;
pub(crate) mod doctor;
pub(crate) mod entered;
pub(crate) mod fields;
pub(crate) mod layer;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod redact;
pub(crate) mod stack;
pub(crate) mod synthetic;
pub(crate) mod visit;
pub(crate) mod watch;
