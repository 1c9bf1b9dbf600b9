//! The record of a failed dispatch, independent of language.

pub(crate) mod activity;
pub(crate) mod cause;
pub(crate) mod entry;
pub(crate) mod event_definition;
pub(crate) mod failure;
pub(crate) mod metadata;
pub(crate) mod recording;
pub(crate) mod signal;
#[cfg(feature = "read")]
pub(crate) mod stored;
pub(crate) mod value;
