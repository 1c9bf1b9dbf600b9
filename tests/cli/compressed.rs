//! Compressed input: gzip, and zstd as the real `zstd` writes it.

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

/// The session ids of the rendered records.
fn sessions(shown: &str) -> Vec<&str> {
    shown.lines().map(|line| line.split("session.id=").nth(1).unwrap().split(' ').next().unwrap()).collect()
}

#[test]
fn render_reads_every_member_of_a_gzip_file_whatever_its_name() {
    // Two members in a row, as `cat a.gz b.gz` writes them.
    let both = [gzip(&stored(&[1, 2])), gzip(&stored(&[3]))].concat();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failures");
    fs::write(&file, &both).unwrap();
    assert_eq!(sessions(&run(&["render", file.to_str().unwrap()]).ok()), ["1", "2", "3"]);
    assert_eq!(sessions(&run_on(&both, &["render"]).ok()), ["1", "2", "3"]);
}

#[test]
fn render_reads_every_frame_of_a_zstd_file() {
    if !has_tool("zstd") {
        return;
    }
    // A frame that readers skip (RFC 8878, section 3.1.2).
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let all: Vec<u64> = (10..5000).collect();
    let both = [skippable.clone(), zstd(&stored(&[1])), skippable, zstd(&stored(&all))].concat();
    let ran = run_on(&both, &["render"]).ok();
    let shown = sessions(&ran);
    assert_eq!((shown.len(), shown[0], shown[4990]), (4991, "1", "4999"));
}

#[test]
fn render_shows_the_readable_part_of_a_damaged_file_and_fails() {
    let text: String = (0..10_000).map(|number| stored(&[number])).collect();
    let mut whole = vec![gzip(&text)];
    if has_tool("zstd") {
        whole.push(zstd(&text));
        let mut corrupt = zstd(&text);
        // The last bytes are the checksum.
        *corrupt.last_mut().unwrap() ^= 1;
        let ran = run_on(corrupt, &["render"]);
        assert_eq!((ran.status, ran.stdout.lines().count()), (2, 10_000));
        assert!(ran.stderr.contains("its checksum does not match"), "{}", ran.stderr);
    }
    for whole in whole {
        let ran = run_on(&whole[..whole.len() - 9], &["render"]);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stdout.lines().count() > 100);
        assert!(ran.stderr.contains("standard input: after line "), "{}", ran.stderr);
    }
}
