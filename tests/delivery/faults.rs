//! Real faults: full disks, closed pipes, files that turn into something else.

use crate::{
    child::{child, fail},
    id, ids, skip,
};
use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tracing_dispatch_failure::{Fault, Reporter, SinkKind, SinkStats};
use tracing_subscriber::prelude::*;

fn file_reporter(path: &Path) -> Reporter {
    Reporter::builder().sinks([SinkKind::File]).file_path(path).build().unwrap()
}

fn storm(reporter: &Reporter, ids: std::ops::Range<u32>) {
    let subscriber = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(subscriber, || ids.for_each(|number| fail(&number.to_string())));
}

fn stats(reporter: &Reporter) -> SinkStats {
    reporter.stats().sinks[0].clone()
}

/// A small file system in memory, mounted for as long as this lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn on_a_full_disk_the_counts_match_the_file_and_writing_resumes() {
    let Some(disk) = SmallDisk::mount("256k") else { return skip("only root can mount a small disk") };
    for queued in [false, true] {
        let path = disk.0.path().join(format!("{queued}.jsonl"));
        let filler = disk.0.path().join("filler");
        let reporter =
            Reporter::builder().sinks([SinkKind::File]).file_path(&path).queued(queued).build().unwrap();
        let flushed = || reporter.flush(Duration::from_secs(60)).unwrap();
        storm(&reporter, 0..10);
        flushed();
        // Fills what is left, up to the last bytes.
        let _ = fs::write(&filler, vec![0; 150 << 10]);
        storm(&reporter, 10..1000);
        flushed();
        let full = stats(&reporter);
        assert!(full.failed() > 0 && full.delivered > 10, "{full:?}");
        assert_eq!(full.failed.keys().copied().collect::<Vec<_>>(), [Fault::Io(ErrorKind::StorageFull)]);
        fs::remove_file(&filler).unwrap();
        storm(&reporter, 1000..1010);
        flushed();
        let after = stats(&reporter);
        assert_eq!(after.failed, full.failed);
        assert_eq!(after.observed, 1010);
        assert_eq!(after.delivered + after.failed(), 1010);
        let found = ids(&[&path]);
        assert_eq!(found.len() as u64, after.delivered);
        assert!((1000..1010).all(|number| found.contains(&number.to_string())));
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_that_cannot_be_moved_away_grows_and_leaves_no_others_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    fs::write(&path, "").unwrap();
    // As a file that is handed into a container.
    let mut mount = Command::new("mount");
    mount.arg("--bind").args([&path, &path]).stderr(Stdio::null());
    if !mount.status().is_ok_and(|status| status.success()) {
        return skip("only root can mount a file");
    }
    let rotation = "1KiB".parse().unwrap();
    let builder = Reporter::builder().sinks([SinkKind::File]).file_path(&path).file_rotation(rotation);
    let reporter = builder.build().unwrap();
    storm(&reporter, 0..100);
    let files = fs::read_dir(folder.path()).unwrap().count();
    let found = ids(&[&path]).len();
    Command::new("umount").arg("-l").arg(&path).status().unwrap();
    assert_eq!((files, found), (1, 100));
}

#[test]
fn a_full_device_is_counted_and_spoken_of_once() {
    if !Path::new("/dev/full").exists() {
        return skip("there is no /dev/full");
    }
    let mut command = child("end", &[("SINKS", "file"), ("FILE_PATH", "/dev/full")]);
    let output = command.env("END", "return").stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let about: Vec<&str> =
        said.lines().filter(|line| line.starts_with("tracing-dispatch-failure:")).collect();
    assert_eq!(about.len(), 2, "{said}");
    assert!(about[0].contains("the sink `file` lost 1 record: No space left"), "{said}");
    assert!(about[1].contains("the sink `file` lost 100 records in all"), "{said}");
}

#[test]
fn a_closed_pipe_harms_nobody() {
    for (sinks, lines) in [("stdout", 2), ("stderr", 0)] {
        let mut command = child("end", &[("SINKS", sinks)]);
        command.env("END", "return").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        // The test harness of the child writes too, but only before it plays its role.
        let mut harness = BufReader::new(running.stdout.take().unwrap()).lines();
        assert!(harness.any(|line| line.unwrap().starts_with("running")));
        drop(harness);
        if sinks == "stderr" {
            drop(running.stderr.take());
        }
        drop(running.stdin.take());
        let mut said = String::new();
        if let Some(stderr) = &mut running.stderr {
            stderr.read_to_string(&mut said).unwrap();
        }
        assert!(running.wait().unwrap().success(), "{said}");
        assert_eq!(said.matches("tracing-dispatch-failure:").count(), lines, "{said}");
    }
}

#[test]
fn a_path_that_becomes_a_folder_is_a_counted_loss_until_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let reporter = file_reporter(&path);
    storm(&reporter, 0..5);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(reporter.reopen().is_err());
    storm(&reporter, 5..10);
    assert_eq!(stats(&reporter).failed.values().sum::<u64>(), 5);
    fs::remove_dir(&path).unwrap();
    storm(&reporter, 10..15);
    assert_eq!(ids(&[&path]).len(), 5);
    assert_eq!(stats(&reporter).delivered, 10);
}

#[test]
fn records_find_a_file_that_was_moved_away_while_the_path_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("f.jsonl"), folder.path().join("away"));
    let reporter = file_reporter(&path);
    fs::rename(&path, &away).unwrap();
    fs::create_dir(&path).unwrap();
    reporter.reopen().unwrap();
    storm(&reporter, 0..5);
    assert_eq!(ids(&[&away]).len(), 5);
    assert_eq!(stats(&reporter).delivered, 5);
}

#[test]
fn permissions_withdrawn_from_a_running_process_lose_nothing() {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let can_change = Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !is_root || !can_change {
        return skip("only root can run a process as somebody else (setpriv)");
    }
    let folder = tempfile::tempdir().unwrap();
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(folder.path(), open).unwrap();
    let path = folder.path().join("logs/f.jsonl");
    let executable = folder.path().join("child");
    fs::copy(std::env::current_exe().unwrap(), &executable).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&executable);
    command
        .args(["--exact", "child::plays_its_role", "--nocapture", "--quiet"])
        .env("CHILD_ROLE", "until-told");
    command.env("DISPATCH_FAILURE_SINKS", "file").env("DISPATCH_FAILURE_FILE_PATH", &path);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let length = || fs::metadata(&path).map_or(0, |metadata| metadata.len());
    await_that(|| length() > 0);
    let closed = fs::Permissions::from_mode(0o000);
    fs::set_permissions(path.parent().unwrap(), closed.clone()).unwrap();
    fs::set_permissions(&path, closed).unwrap();
    // Past the next look at the path, which is refused now.
    let start = std::time::Instant::now();
    await_that(|| start.elapsed() > Duration::from_millis(1500));
    let before = length();
    await_that(|| length() > before);
    drop(running.stdin.take());
    let mut said = String::new();
    running.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(running.wait().unwrap().success(), "{said}");
    assert_eq!(said.trim().parse::<usize>().unwrap(), ids(&[&path]).len());
}

/// Waits for something that another process does.
pub fn await_that(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

#[test]
fn a_partial_record_of_another_process_is_not_glued_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    fs::write(&path, "{\"schema\":1,\"half").unwrap();
    let reporter = file_reporter(&path);
    storm(&reporter, 0..2);
    let text = fs::read_to_string(&path).unwrap();
    let whole: Vec<_> = text.lines().map(|line| id(line).is_some()).collect();
    assert_eq!(whole, [false, true, true]);
}
