//! Delivery of records: real disks, pipes, processes and kills.
//!
//! A child process is this test executable, started again in one of the roles of `child`.
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

/// The full size if `FULL_TESTS` is set, otherwise the small one.
fn size(small: usize, full: usize) -> usize {
    if std::env::var_os("FULL_TESTS").is_some() { full } else { small }
}

/// Logs that a test is skipped, or fails it if no test may be skipped.
#[cfg(unix)]
fn skip(reason: &str) {
    assert!(
        std::env::var_os("REQUIRE_ALL_TESTS").is_none(),
        "REQUIRE_ALL_TESTS is set, and this test cannot run: {reason}"
    );
    // Not `eprintln!`: the test harness hides its output if the test succeeds.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// The ids (the field `n`) of the records in these files. Fails if a line is not a complete record, or an
/// id is there twice.
fn ids(paths: &[impl AsRef<Path>]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for path in paths {
        for line in fs::read_to_string(path).unwrap().lines() {
            let id = id(line).unwrap_or_else(|| panic!("not a record: {line:?}"));
            assert!(ids.insert(id.clone()), "{id} is there twice");
        }
    }
    ids
}

/// The id of the record in a line, or `None` if it is not a record.
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
