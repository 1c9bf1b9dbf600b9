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

fn await_record(program: &Running, session: u64) {
    let line = program.stdout_line();
    assert!(line.contains(&format!("session.id={session} ")), "{line}");
}

#[test]
fn follow_shows_records_through_partial_writes_a_rename_and_a_truncation() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failures.jsonl");
    append(&file, &stored(&[1, 2]));
    let running = Running::start(program(&["render", "--follow", "--tail", "1", file.to_str().unwrap()]));
    await_record(&running, 2);
    append(&file, &stored(&[3]));
    await_record(&running, 3);
    let record = stored(&[4]);
    let (start, end) = record.split_at(100);
    append(&file, start);
    append(&file, end);
    await_record(&running, 4);
    // A writer may keep the renamed file open, so its late records are shown as well.
    let mut old = OpenOptions::new().append(true).open(&file).unwrap();
    fs::rename(&file, folder.path().join("failures.1.jsonl")).unwrap();
    old.write_all(stored(&[5]).as_bytes()).unwrap();
    append(&file, &stored(&[6]));
    await_record(&running, 5);
    await_record(&running, 6);
    File::create(&file).unwrap();
    // A truncation is recognized by the shorter length, so a short line must be read first.
    append(&file, "x\n");
    running.await_stderr("failures.jsonl:1: not a record: expected value");
    append(&file, &stored(&[7]));
    await_record(&running, 7);
}

#[test]
fn follow_reads_several_files_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    append(&first, &stored(&[1]));
    append(&second, "");
    let args = ["render", "--follow", first.to_str().unwrap(), second.to_str().unwrap()];
    let running = Running::start(program(&args));
    await_record(&running, 1);
    append(&second, &stored(&[2]));
    await_record(&running, 2);
    append(&first, &stored(&[3]));
    await_record(&running, 3);
}
