//! Turns `tracing`'s callbacks into failed dispatch spans.
//!
//! It decides which spans to look at, keeps their fields and evidence, and judges at the close whether a span failed.

pub(crate) mod callsite_plan;
pub(crate) mod callsites;
pub(crate) mod directive;
pub(crate) mod doctor;
pub(crate) mod fields;
pub(crate) mod layer;
pub(crate) mod observer;
pub(crate) mod outcome;
pub(crate) mod probe;
pub(crate) mod redact;
mod span_state;
pub(crate) mod stack;
pub(crate) mod synthetic;
pub(crate) mod unwinding;
pub(crate) mod visit;
