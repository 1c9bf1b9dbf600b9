//! What becomes of records: real disks, pipes, processes and kills.
//!
//! Children are this test executable once more, playing one of the roles of `child`.
//! `FULL_TESTS=1` runs the large sizes; `REQUIRE_ALL_TESTS=1` makes a test that cannot run here fail
//! instead of being skipped.

mod child;
#[cfg(unix)]
mod exits;
#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod logrotate;
mod storms;

#[cfg(unix)]
use std::io::Write;
use std::{collections::BTreeSet, fs, path::Path};

/// The large size where it is asked for, else the small one.
fn size(small: usize, full: usize) -> usize {
    if std::env::var_os("FULL_TESTS").is_some() { full } else { small }
}

/// Says that a test is skipped, or fails where none may be.
#[cfg(unix)]
fn skip(reason: &str) {
    assert!(std::env::var_os("REQUIRE_ALL_TESTS").is_none(), "this test must run: {reason}");
    // Not by `eprintln!`, which the test harness keeps to itself where a test succeeds.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// The ids (the field `n`) of a file's records, each of which must be one whole line; fails where one
/// is there twice.
fn ids(paths: &[impl AsRef<Path>]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for path in paths {
        for line in fs::read_to_string(path).unwrap().lines() {
            let id = id(line).unwrap_or_else(|| panic!("no record: {line:?}"));
            assert!(ids.insert(id.clone()), "{id} is there twice");
        }
    }
    ids
}

/// The id of a line that is a record.
fn id(line: &str) -> Option<String> {
    let record: serde_json::Value = serde_json::from_str(line).ok()?;
    assert_eq!(record["event"]["id"], 4031);
    Some(record["fields"]["n"].as_str()?.to_owned())
}

/// The files of a folder, sorted by name.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
