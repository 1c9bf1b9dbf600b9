//! Lines that are no records are shown with their place, and counted.

use crate::{program, run, run_on, stored};
use std::{
    fs,
    io::{Read, Write},
    process::Stdio,
};

#[test]
fn what_is_no_record_is_shown_with_its_file_and_number() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    fs::write(&first, format!("hello \u{1b}[31m\n{}\n", stored(&[1]))).unwrap();
    fs::write(&second, [stored(&[2]).as_bytes(), b"caf\xe9\n{\"schema\":1"].concat()).unwrap();
    let ran = run(&["render", first.to_str().unwrap(), second.to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
    let said: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        said[0].contains("a.jsonl:1: no record: expected value, at column 1: \"hello \\u{1b}[31m\""),
        "{said:#?}"
    );
    assert!(said[1].ends_with("a.jsonl:3: no record: the line is empty"), "{said:#?}");
    assert!(said[2].contains("b.jsonl:2: no record: not UTF-8 behind byte 3: \"caf"), "{said:#?}");
    assert!(said[3].contains("b.jsonl:3: no record: EOF while parsing"), "{said:#?}");
    assert_eq!(said[4], "dispatch-failure: 4 of 6 lines were no records");
    assert_eq!(said.len(), 5);
}

#[test]
fn a_line_of_any_length_costs_no_more_than_itself() {
    let long = "x".repeat(20 << 20);
    let ran = run_on(format!("{long}\n{}", stored(&[7])), &["render"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("session.id=7"), "{}", ran.stdout);
    assert!(
        ran.stderr.starts_with("dispatch-failure: standard input:1: no record: longer than"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.len() < 1000);
}

#[test]
fn the_last_record_needs_no_end_of_line() {
    let shown = run_on(stored(&[7]).trim_end(), &["render", "-"]).ok();
    assert!(shown.contains("session.id=7"), "{shown}");
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    fs::write(&file, stored(&[1])).unwrap();
    let ran =
        run(&["render", "/nowhere/failures.jsonl", folder.path().to_str().unwrap(), file.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stdout.contains("session.id=1"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("/nowhere/failures.jsonl: ") && ran.stderr.contains("this is a folder"),
        "{}",
        ran.stderr
    );
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(run_on("", &["render"]).ok(), "");
}

#[test]
fn a_record_that_comes_through_a_pipe_is_shown_at_once() {
    let mut child = program(&["render"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    // Half a line behind the record must not hold it back.
    to.write_all(format!("{}{{\"schema\"", stored(&[7])).as_bytes()).unwrap();
    let mut start = [0; 27];
    child.stdout.as_mut().unwrap().read_exact(&mut start).unwrap();
    assert_eq!(start[26], b'Z');
    drop(to);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let mut child = program(&["render"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut to = child.stdin.take().unwrap();
    let stored = stored(&[7]);
    // It is gone once nobody reads what we write.
    while to.write_all(stored.as_bytes()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
