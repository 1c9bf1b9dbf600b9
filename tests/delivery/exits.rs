//! The records on disk after a process has ended, for each way of ending.

use crate::{child::child_command, id, ids, size};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

/// The ids on disk after a process has ended in this way.
fn ids_left_by(end: &str, delivery: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap()), ("DELIVERY", delivery)];
    let mut command = child_command("end", &settings);
    command.env("END", end).stderr(Stdio::null()).status().unwrap();
    ids(&[path])
}

#[test]
fn synchronous_delivery_loses_nothing_however_the_process_ends() {
    for end in ["return", "leak", "exit", "abort", "panic", "panic-flushing"] {
        assert_eq!(ids_left_by(end, "sync").len(), 100, "{end}");
    }
    assert_eq!(ids_left_by("panic-elsewhere", "sync").len(), 101);
}

#[test]
fn queued_delivery_loses_only_the_newest_records_and_only_if_nobody_waits() {
    for end in ["return", "panic", "panic-flushing"] {
        assert_eq!(ids_left_by(end, "queued").len(), 100, "{end}");
    }
    assert_eq!(ids_left_by("panic-elsewhere", "queued").len(), 101);
    for end in ["leak", "exit", "abort"] {
        // The queue may be lost, but the file holds the oldest records, each complete.
        let left: BTreeSet<u32> = ids_left_by(end, "queued").iter().map(|id| id.parse().unwrap()).collect();
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
        let mut command = child_command("forever", &settings);
        let mut running = command.env("START", start.to_string()).stderr(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(running.stderr.take().unwrap()).lines();
        // Each round kills at another moment.
        for line in printed.by_ref().take(1 + round * 37 % 400) {
            closed.insert(line.unwrap());
        }
        running.kill().unwrap();
        running.wait().unwrap();
        // The pipe still holds lines printed before the kill; the last one may be incomplete.
        let rest: Vec<String> = printed.map_while(Result::ok).collect();
        closed.extend(rest.iter().take(rest.len().saturating_sub(1)).cloned());
        start += 1_000_000;
    }
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let torn = lines.iter().filter(|line| id(line).is_none()).count();
    let found: BTreeSet<String> = lines.iter().filter_map(|line| id(line)).collect();
    assert!(closed.is_subset(&found), "lost: {:?}", closed.difference(&found).collect::<Vec<_>>());
    assert!(torn <= size(10, 200), "a kill tears at most one line, and the next record starts a new one");
    assert_eq!(lines.len() - torn, found.len(), "no record is there twice");
}
