//! Files compressed by the real tools.

use crate::{programs::has_tool, run, run_on, stored};
use flate2::{Compression, write::GzEncoder};
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    let mut child =
        Command::new("zstd").args(["-q", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().stdout
}

fn sessions(shown: &str) -> Vec<&str> {
    shown.lines().map(|line| line.split("session.id=").nth(1).unwrap().split(' ').next().unwrap()).collect()
}

#[test]
fn gzip_files_are_read_whole_whatever_their_name() {
    // Two members one behind the other, as `cat a.gz b.gz` makes them.
    let both = [gzip(&stored(&[1, 2])), gzip(&stored(&[3]))].concat();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failures");
    fs::write(&file, &both).unwrap();
    assert_eq!(sessions(&run(&["render", file.to_str().unwrap()]).ok()), ["1", "2", "3"]);
    assert_eq!(sessions(&run_on(&both, &["render"]).ok()), ["1", "2", "3"]);
}

#[test]
fn zstd_files_are_read_whole() {
    if !has_tool("zstd") {
        return;
    }
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let all: Vec<u64> = (10..5000).collect();
    let both = [skipped.clone(), zstd(&stored(&[1])), skipped, zstd(&stored(&all))].concat();
    let ran = run_on(&both, &["render"]).ok();
    let shown = sessions(&ran);
    assert_eq!((shown.len(), shown[0], shown[4990]), (4991, "1", "4999"));
}

#[test]
fn a_damaged_file_is_an_error_behind_what_could_be_read() {
    let text: String = (0..10_000).map(|number| stored(&[number])).collect();
    let mut whole = vec![gzip(&text)];
    if has_tool("zstd") {
        whole.push(zstd(&text));
        let mut wrong = zstd(&text);
        // The checksum is at the end.
        *wrong.last_mut().unwrap() ^= 1;
        let ran = run_on(wrong, &["render"]);
        assert_eq!((ran.status, ran.stdout.lines().count()), (2, 10_000));
        assert!(ran.stderr.contains("the checksum is wrong"), "{}", ran.stderr);
    }
    for whole in whole {
        let ran = run_on(&whole[..whole.len() - 9], &["render"]);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stdout.lines().count() > 100);
        assert!(ran.stderr.contains("standard input: behind line "), "{}", ran.stderr);
    }
}
