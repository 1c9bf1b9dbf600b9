//! The real logrotate, over a process under load.

use crate::{child::child, faults::await_that, files, id, ids, skip};
use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A process that fails dispatches until it is told to end.
struct Load {
    running: Child,
    path: PathBuf,
}

impl Load {
    fn start(path: &Path) -> Self {
        let settings = [("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap())];
        let mut command = child("until-told", &settings);
        let running = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let load = Self { running, path: path.to_owned() };
        await_that(|| load.length() > 0);
        load
    }

    fn length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// Ends the process, and returns how many dispatches failed.
    fn end(mut self) -> usize {
        drop(self.running.stdin.take());
        let mut said = String::new();
        self.running.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.running.wait().unwrap().success(), "{said}");
        said.trim().parse().unwrap()
    }
}

/// Runs logrotate three times in a mode, awaiting new records in between.
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
        await_that(|| load.length() > 10_000);
    }
}

fn is_there() -> bool {
    Command::new("logrotate").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn with_create_every_record_is_found_exactly_once() {
    if !is_there() {
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
fn with_copytruncate_the_file_goes_on_from_its_start() {
    if !is_there() {
        return skip("logrotate is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let load = Load::start(&folder.path().join("logs/f.jsonl"));
    rotate(folder.path(), &load, "copytruncate");
    let count = load.end();
    let files = files(&folder.path().join("logs"));
    assert_eq!(files.len(), 4);
    // copytruncate loses what is written between its copying and its truncating, and may cut a record
    // there; but there are no holes, nothing is there twice, and nothing else is lost.
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
    assert!(gaps.count() <= 3, "more is lost than at three truncations");
    assert!(found.contains(&(count - 1)));
}
