//! The README and the pages of `docs/` are right: what they show, what their tables list, where their links lead.

mod configuration;
mod links;
mod markdown;
#[path = "../programs/mod.rs"]
mod programs;
mod readme;
mod record;

use std::{fs, path::Path};

/// Whether the tests run in the published package, which has no pictures and whose Cargo.toml Cargo wrote.
fn is_published() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml.orig").exists()
}

/// Cargo.toml as it is in the repository.
fn manifest() -> String {
    let name = if is_published() { "Cargo.toml.orig" } else { "Cargo.toml" };
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}
