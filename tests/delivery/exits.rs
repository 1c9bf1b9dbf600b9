//! What is left when a process ends, in each way that it can.

use crate::{child::child, id, ids, size};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

/// The ids that are on disk after a process ended in this way.
fn left_by(end: &str, delivery: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap()), ("DELIVERY", delivery)];
    let mut command = child("end", &settings);
    command.env("END", end).stderr(Stdio::null()).status().unwrap();
    ids(&[path])
}

#[test]
fn synchronous_delivery_loses_nothing_however_the_process_ends() {
    for end in ["return", "leak", "exit", "abort", "panic", "panic-flushing"] {
        assert_eq!(left_by(end, "sync").len(), 100, "{end}");
    }
    assert_eq!(left_by("panic-elsewhere", "sync").len(), 101);
}

#[test]
fn queued_delivery_loses_nothing_where_somebody_waits_for_it() {
    for end in ["return", "panic", "panic-flushing"] {
        assert_eq!(left_by(end, "queued").len(), 100, "{end}");
    }
    assert_eq!(left_by("panic-elsewhere", "queued").len(), 101);
    for end in ["leak", "exit", "abort"] {
        // The queue may be lost, but what is there is whole, and the oldest.
        let left: BTreeSet<u32> = left_by(end, "queued").iter().map(|id| id.parse().unwrap()).collect();
        assert!(left.iter().copied().eq(0..left.len() as u32), "{end}: {left:?}");
    }
}

#[test]
fn a_kill_at_any_moment_loses_no_record_of_a_closed_span() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap())];
    let mut start = 0_u64;
    let mut closed = BTreeSet::new();
    for round in 0..size(10, 200) {
        let mut command = child("forever", &settings);
        let mut running = command.env("START", start.to_string()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(running.stderr.take().unwrap()).lines();
        for line in said.by_ref().take(1 + round * 37 % 400) {
            closed.insert(line.unwrap());
        }
        running.kill().unwrap();
        running.wait().unwrap();
        // What the pipe still holds had been said before the end. A line may have been cut.
        let rest: Vec<String> = said.map_while(Result::ok).collect();
        closed.extend(rest.iter().take(rest.len().saturating_sub(1)).cloned());
        start += 1_000_000;
    }
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let torn = lines.iter().filter(|line| id(line).is_none()).count();
    let found: BTreeSet<String> = lines.iter().filter_map(|line| id(line)).collect();
    assert!(closed.is_subset(&found), "lost: {:?}", closed.difference(&found).collect::<Vec<_>>());
    assert!(torn <= size(10, 200), "no more than one line a kill is torn, and the next starts on its own");
    assert_eq!(lines.len() - torn, found.len(), "none is there twice");
}
