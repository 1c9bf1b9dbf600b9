//! The real logrotate rotates the file of a process under load.

use crate::{child::child_command, faults::wait_until, files, id, ids, skip};
use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A process that fails dispatches until its stdin ends.
struct Load {
    running: Child,
    path: PathBuf,
}

impl Load {
    fn start(path: &Path) -> Self {
        let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap())];
        let mut command = child_command("until-stdin-ends", &settings);
        let running = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let load = Self { running, path: path.to_owned() };
        wait_until(|| load.length() > 0);
        load
    }

    fn length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// Ends the process, and returns how many dispatches failed.
    fn end(mut self) -> usize {
        drop(self.running.stdin.take());
        let mut count = String::new();
        self.running.stderr.take().unwrap().read_to_string(&mut count).unwrap();
        assert!(self.running.wait().unwrap().success(), "{count}");
        count.trim().parse().unwrap()
    }
}

/// Runs logrotate three times in a mode, and waits for new records after each time.
fn rotate(folder: &Path, load: &Load, mode: &str) {
    let configuration = folder.join("logrotate.conf");
    let state = folder.join("state");
    let path = load.path.display();
    let text = format!("{path} {{\n  rotate 10\n  {mode}\n  nocompress\n  missingok\n  su root root\n}}\n");
    fs::write(&configuration, text).unwrap();
    for _ in 0..3 {
        let mut logrotate = Command::new("logrotate");
        let status =
            logrotate.arg("--force").arg("--state").arg(&state).arg(&configuration).status().unwrap();
        assert!(status.success());
        wait_until(|| load.length() > 10_000);
    }
}

fn has_logrotate() -> bool {
    Command::new("logrotate").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn logrotate_create_keeps_every_record_exactly_once() {
    if !has_logrotate() {
        return skip("logrotate is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let load = Load::start(&folder.path().join("logs/f.jsonl"));
    rotate(folder.path(), &load, "create");
    let count = load.end();
    let files = files(&folder.path().join("logs"));
    assert_eq!(files.len(), 4);
    assert_eq!(ids(&files).len(), count);
}

#[test]
fn logrotate_copytruncate_leaves_no_holes_and_no_duplicates() {
    if !has_logrotate() {
        return skip("logrotate is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let load = Load::start(&folder.path().join("logs/f.jsonl"));
    rotate(folder.path(), &load, "copytruncate");
    let count = load.end();
    let files = files(&folder.path().join("logs"));
    assert_eq!(files.len(), 4);
    // copytruncate loses the records that are written between its copy and its truncation, and may tear
    // one there. Nothing else may be lost or doubled, and no file may have a hole.
    let mut found = BTreeSet::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains('\0'), "a hole in {file:?}");
        let torn = text.lines().filter(|line| id(line).is_none()).count();
        assert!(torn <= 1, "{torn} torn lines in {file:?}");
        for id in text.lines().filter_map(id) {
            let (_process, number) = id.split_once('-').unwrap();
            assert!(found.insert(number.parse::<usize>().unwrap()), "{id} is there twice");
        }
    }
    let gaps = (0..count)
        .filter(|number| !found.contains(number) && (*number == 0 || found.contains(&(number - 1))));
    assert!(gaps.count() <= 3, "there are more gaps than truncations");
    assert!(found.contains(&(count - 1)));
}
