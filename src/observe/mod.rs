//! Detects failed dispatch spans from `tracing`'s callbacks.
//!
//! The layer selects spans, collects their fields and the evidence of failure, and decides at a span's close whether
//! it failed.

pub(crate) mod callsite_plan;
pub(crate) mod callsites;
pub(crate) mod directive;
pub(crate) mod doctor;
pub(crate) mod field_roles;
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
