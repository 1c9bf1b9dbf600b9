//! The file sink: the files and folders that it creates, what it leaves unchanged, and sharing a file.

#![cfg(unix)]

mod support;

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};
use support::InChild;
use tracing::info_span;
#[cfg(target_os = "linux")]
use tracing_dispatch_failure::{Fault, Format};
use tracing_dispatch_failure::{Reporter, SinkKind};
use tracing_subscriber::prelude::*;

fn open(path: &Path) -> Reporter {
    Reporter::builder().sinks([SinkKind::File]).file_path(path).build().unwrap()
}

fn fail(reporter: &Reporter, sessions: impl IntoIterator<Item = u64>) {
    let stack = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(stack, || {
        for session in sessions {
            drop(info_span!("dispatch_session", session.id = session, error = "refused"));
        }
    });
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Returns the modes of the folder and the file that the sink creates under a umask.
fn modes_under(umask: &str) -> (u32, u32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/failures.jsonl");
    InChild::new()
        .shell(umask)
        .var("FILE", &path)
        .run(|| drop(open(Path::new(&std::env::var_os("FILE").unwrap()))))
        .ok();
    assert_eq!(mode(&folder.path().join("a")), mode(&folder.path().join("a/b")));
    (mode(&folder.path().join("a/b")), mode(&path))
}

#[cfg(target_os = "linux")]
#[test]
fn rotation_requires_a_file_name_that_is_unicode() {
    use std::os::unix::ffi::OsStringExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsString::from_vec(b"f\xff.jsonl".to_vec()));
    let builder = || Reporter::builder().sinks([SinkKind::File]).file_path(&path);
    let error = builder().file_rotation("hourly".parse().unwrap()).build().unwrap_err();
    assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_FILE_ROTATION"));
    assert!(error.to_string().contains("not Unicode"), "{error}");
    builder().build().unwrap();
}

#[test]
fn others_have_no_access_to_a_new_folder_or_file() {
    assert_eq!(modes_under("umask 022"), (0o750, 0o640));
}

#[test]
fn a_stricter_umask_applies() {
    assert_eq!(modes_under("umask 077"), (0o700, 0o600));
}

#[test]
fn a_laxer_umask_does_not_apply() {
    assert_eq!(modes_under("umask 000"), (0o750, 0o640));
}

#[test]
fn an_existing_file_keeps_its_mode_and_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    fs::write(&path, "{\"before\":1}\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o701)).unwrap();
    fail(&open(&path), 0..2);
    fail(&open(&path), 2..3);
    assert_eq!((mode(&path), mode(folder.path())), (0o604, 0o701));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"before\":1}\n{\"schema\":"), "{text}");
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn the_next_record_starts_a_new_line_after_a_torn_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    fs::write(&path, "{\"schema\":1,\"times").unwrap();
    fail(&open(&path), 0..2);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "{\"schema\":1,\"times"), "{text}");
    lines[1..].iter().for_each(|line| _ = serde_json::from_str::<serde_json::Value>(line).unwrap());
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_fifo_without_a_reader_is_an_error_and_does_not_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    if std::env::var_os("FIFO").is_none() {
        make_fifo(&path);
    }
    let output = InChild::new()
        .var("FIFO", &path)
        .run(|| {
            let path = std::env::var_os("FIFO").unwrap();
            let built = Reporter::builder().sinks([SinkKind::File]).file_path(path).build();
            print!("{}", built.unwrap_err());
        })
        .ok();
    assert!(output.stdout.starts_with("DISPATCH_FAILURE_FILE_PATH: the file \""), "{}", output.stdout);
    assert!(output.stdout.contains("cannot be opened"), "{}", output.stdout);
}

#[test]
fn a_fifo_with_a_reader_gets_the_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    make_fifo(&path);
    // Opens both ends, because opening one would wait for the other.
    let mut reader = File::options().read(true).write(true).open(&path).unwrap();
    fail(&open(&path), 0..1);
    let mut bytes = vec![0; 64 * 1024];
    let length = reader.read(&mut bytes).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&bytes[..length]).unwrap();
    assert_eq!(record["event"]["id"], 4031);
}

#[test]
#[cfg(target_os = "linux")]
fn losses_on_a_full_disk_are_counted_and_logged_once_and_do_not_affect_other_sinks() {
    let output = InChild::new()
        .run(|| {
            let builder =
                Reporter::builder().sinks([SinkKind::File, SinkKind::Stdout]).file_path("/dev/full");
            let reporter = builder.format(Format::Json).build().unwrap();
            fail(&reporter, 0..3);
            let stats = reporter.stats();
            let file = stats.sink("file").unwrap();
            assert_eq!((file.observed, file.delivered), (3, 0));
            assert_eq!(file.failed[&Fault::Io(std::io::ErrorKind::StorageFull)], 3);
            assert_eq!(stats.sink("stdout").unwrap().delivered, 3);
        })
        .ok();
    assert_eq!(output.stdout.lines().count(), 3);
    assert!(output.stderr.contains("the sink `file` lost 1 record: "), "{}", output.stderr);
    assert_eq!(output.stderr.matches("lost 1 record").count(), 1, "logged once: {}", output.stderr);
}

#[test]
fn several_processes_share_a_file_without_tearing_a_record() {
    const PROCESSES: u64 = 4;
    const RECORDS: u64 = 500;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    let children: Vec<_> = (0..PROCESSES)
        .map(|process| {
            InChild::new().var("FILE", &path).var("FIRST", (process * RECORDS).to_string()).start(|| {
                let first: u64 = std::env::var("FIRST").unwrap().parse().unwrap();
                let reporter = open(Path::new(&std::env::var_os("FILE").unwrap()));
                fail(&reporter, first..first + RECORDS);
                assert_eq!(reporter.stats().sink("file").unwrap().delivered, RECORDS);
            })
        })
        .collect();
    children.into_iter().for_each(|child| _ = child.finish().ok());
    let text = fs::read_to_string(&path).unwrap();
    let mut sessions: BTreeMap<u64, u64> = BTreeMap::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a torn record");
        *sessions.entry(record["fields"]["session.id"].as_u64().unwrap()).or_default() += 1;
    }
    assert_eq!(
        sessions.into_iter().collect::<Vec<_>>(),
        (0..PROCESSES * RECORDS).map(|id| (id, 1)).collect::<Vec<_>>()
    );
}
