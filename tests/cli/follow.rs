//! `--follow`: files that grow, are renamed, or are emptied.

use crate::{program, programs::Running, stored};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
};

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn awaits(program: &Running, session: u64) {
    let line = program.stdout_line();
    assert!(line.contains(&format!("session.id={session} ")), "{line}");
}

#[test]
fn what_is_appended_is_shown_also_in_parts_and_behind_a_rename() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failures.jsonl");
    append(&file, &stored(&[1, 2]));
    let running = Running::start(program(&["render", "--follow", "--tail", "1", file.to_str().unwrap()]));
    awaits(&running, 2);
    append(&file, &stored(&[3]));
    awaits(&running, 3);
    let record = stored(&[4]);
    let (start, end) = record.split_at(100);
    append(&file, start);
    append(&file, end);
    awaits(&running, 4);
    // What is written to the old file after its renaming is read as well.
    let mut old = OpenOptions::new().append(true).open(&file).unwrap();
    fs::rename(&file, folder.path().join("failures.1.jsonl")).unwrap();
    old.write_all(stored(&[5]).as_bytes()).unwrap();
    append(&file, &stored(&[6]));
    awaits(&running, 5);
    awaits(&running, 6);
    File::create(&file).unwrap();
    // It must be seen empty, so a record that is longer than the former comes only behind a shorter.
    append(&file, "x\n");
    running.await_stderr("failures.jsonl:1: no record: expected value");
    append(&file, &stored(&[7]));
    awaits(&running, 7);
}

#[test]
fn several_files_are_followed_together() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    append(&first, &stored(&[1]));
    append(&second, "");
    let args = ["render", "--follow", first.to_str().unwrap(), second.to_str().unwrap()];
    let running = Running::start(program(&args));
    awaits(&running, 1);
    append(&second, &stored(&[2]));
    awaits(&running, 2);
    append(&first, &stored(&[3]));
    awaits(&running, 3);
}
