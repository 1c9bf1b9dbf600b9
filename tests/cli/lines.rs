//! Lines that are not records: reported with file and line number, and counted.

use crate::{program, run, run_on, stored};
use std::{
    fs,
    io::{Read, Write},
    process::Stdio,
};

#[test]
fn lines_that_are_not_records_are_reported_with_file_and_line_number() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    fs::write(&first, format!("hello \u{1b}[31m\n{}\n", stored(&[1]))).unwrap();
    fs::write(&second, [stored(&[2]).as_bytes(), b"caf\xe9\n{\"schema\":1"].concat()).unwrap();
    let ran = run(&["render", first.to_str().unwrap(), second.to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
    let reported: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        reported[0].contains("a.jsonl:1: not a record: expected value, at column 1: \"hello \\u{1b}[31m\""),
        "{reported:#?}"
    );
    assert!(reported[1].ends_with("a.jsonl:3: not a record: the line is empty"), "{reported:#?}");
    assert!(reported[2].contains("b.jsonl:2: not a record: not UTF-8 after byte 3: \"caf"), "{reported:#?}");
    assert!(reported[3].contains("b.jsonl:3: not a record: EOF while parsing"), "{reported:#?}");
    assert_eq!(reported[4], "dispatch-failure: 4 of 6 lines were not records");
    assert_eq!(reported.len(), 5);
}

#[test]
fn an_overlong_line_is_reported_briefly_and_costs_no_other_record() {
    let long = "x".repeat(20 << 20);
    let ran = run_on(format!("{long}\n{}", stored(&[7])), &["render"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("session.id=7"), "{}", ran.stdout);
    assert!(
        ran.stderr.starts_with("dispatch-failure: standard input:1: not a record: longer than"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.len() < 1000);
}

#[test]
fn the_last_record_needs_no_newline() {
    let shown = run_on(stored(&[7]).trim_end(), &["render", "-"]).ok();
    assert!(shown.contains("session.id=7"), "{shown}");
}

#[test]
fn a_missing_file_is_an_error_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    fs::write(&file, stored(&[1])).unwrap();
    let ran =
        run(&["render", "/nowhere/failures.jsonl", folder.path().to_str().unwrap(), file.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stdout.contains("session.id=1"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("/nowhere/failures.jsonl: ") && ran.stderr.contains("it is a folder, not a file"),
        "{}",
        ran.stderr
    );
}

#[test]
fn empty_input_prints_nothing() {
    assert_eq!(run_on("", &["render"]).ok(), "");
}

#[test]
fn a_record_from_a_pipe_is_shown_at_once() {
    let mut child = program(&["render"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    // The incomplete line after the record must not delay it.
    to.write_all(format!("{}{{\"schema\"", stored(&[7])).as_bytes()).unwrap();
    // The first bytes of the rendered record are its timestamp.
    let mut start = [0; 27];
    child.stdout.as_mut().unwrap().read_exact(&mut start).unwrap();
    assert_eq!(start[26], b'Z');
    drop(to);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn render_exits_quietly_when_its_reader_closes_the_pipe() {
    let mut child = program(&["render"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut to = child.stdin.take().unwrap();
    let stored = stored(&[7]);
    // Writing fails once the program has exited.
    while to.write_all(stored.as_bytes()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
