//! The README and the pages of `docs/` are right: what they show, what their tables list, where their links lead.

mod configuration;
mod links;
mod markdown;
#[path = "../programs/mod.rs"]
mod programs;
mod readme;
mod record;
