//! Real faults: full disks, closed pipes, withdrawn permissions, paths that become folders.

use crate::{
    child::{child_command, fail},
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

fn fail_dispatches(reporter: &Reporter, ids: std::ops::Range<u32>) {
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
        fail_dispatches(&reporter, 0..10);
        flushed();
        // Takes most of the disk, so that the next records fill the rest.
        let _ = fs::write(&filler, vec![0; 150 << 10]);
        fail_dispatches(&reporter, 10..1000);
        flushed();
        let full = stats(&reporter);
        assert!(full.failed() > 0 && full.delivered > 10, "{full:?}");
        assert_eq!(full.failed.keys().copied().collect::<Vec<_>>(), [Fault::Io(ErrorKind::StorageFull)]);
        fs::remove_file(&filler).unwrap();
        fail_dispatches(&reporter, 1000..1010);
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
fn a_file_that_cannot_be_renamed_keeps_growing_and_leaves_no_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    fs::write(&path, "").unwrap();
    // A bind mount, like a file that is mounted into a container, cannot be renamed.
    let mut mount = Command::new("mount");
    mount.arg("--bind").args([&path, &path]).stderr(Stdio::null());
    if !mount.status().is_ok_and(|status| status.success()) {
        return skip("only root can mount a file");
    }
    let rotation = "1KiB".parse().unwrap();
    let builder = Reporter::builder().sinks([SinkKind::File]).file_path(&path).file_rotation(rotation);
    let reporter = builder.build().unwrap();
    fail_dispatches(&reporter, 0..100);
    let files = fs::read_dir(folder.path()).unwrap().count();
    let found = ids(&[&path]).len();
    Command::new("umount").arg("-l").arg(&path).status().unwrap();
    assert_eq!((files, found), (1, 100));
}

#[test]
fn losses_on_a_full_device_are_logged_once_and_summed_up_at_the_end() {
    if !Path::new("/dev/full").exists() {
        return skip("there is no /dev/full");
    }
    let mut command = child_command("end", &[("SINKS", "file"), ("FILE_PATH", "/dev/full")]);
    let output = command.env("END", "return").stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let reports: Vec<&str> =
        stderr.lines().filter(|line| line.starts_with("tracing-dispatch-failure:")).collect();
    assert_eq!(reports.len(), 2, "{stderr}");
    assert!(reports[0].contains("the sink `file` lost 1 record: No space left"), "{stderr}");
    assert!(reports[1].contains("the sink `file` lost 100 records in all"), "{stderr}");
}

#[test]
fn a_closed_pipe_does_not_harm_the_process() {
    for (sinks, lines) in [("stdout", 2), ("stderr", 0)] {
        let mut command = child_command("end", &[("SINKS", sinks)]);
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
        let mut log = String::new();
        if let Some(stderr) = &mut running.stderr {
            stderr.read_to_string(&mut log).unwrap();
        }
        assert!(running.wait().unwrap().success(), "{log}");
        assert_eq!(log.matches("tracing-dispatch-failure:").count(), lines, "{log}");
    }
}

#[test]
fn a_folder_at_the_path_costs_counted_records_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    let reporter = file_reporter(&path);
    fail_dispatches(&reporter, 0..5);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(reporter.reopen().is_err());
    fail_dispatches(&reporter, 5..10);
    assert_eq!(stats(&reporter).failed.values().sum::<u64>(), 5);
    fs::remove_dir(&path).unwrap();
    fail_dispatches(&reporter, 10..15);
    assert_eq!(ids(&[&path]).len(), 5);
    assert_eq!(stats(&reporter).delivered, 10);
}

#[test]
fn records_go_to_the_moved_file_while_the_path_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("f.jsonl"), folder.path().join("away"));
    let reporter = file_reporter(&path);
    fs::rename(&path, &away).unwrap();
    fs::create_dir(&path).unwrap();
    reporter.reopen().unwrap();
    fail_dispatches(&reporter, 0..5);
    assert_eq!(ids(&[&away]).len(), 5);
    assert_eq!(stats(&reporter).delivered, 5);
}

#[test]
fn withdrawing_permissions_from_a_running_process_loses_nothing() {
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
        .env("CHILD_ROLE", "until-stdin-ends");
    command.env("DISPATCH_FAILURE_SINKS", "file").env("DISPATCH_FAILURE_FILE_PATH", &path);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let length = || fs::metadata(&path).map_or(0, |metadata| metadata.len());
    wait_until(|| length() > 0);
    let closed = fs::Permissions::from_mode(0o000);
    fs::set_permissions(path.parent().unwrap(), closed.clone()).unwrap();
    fs::set_permissions(&path, closed).unwrap();
    // Until the sink has looked at the path again, which is refused now.
    let start = std::time::Instant::now();
    wait_until(|| start.elapsed() > Duration::from_millis(1500));
    let before = length();
    wait_until(|| length() > before);
    drop(running.stdin.take());
    let mut count = String::new();
    running.stderr.take().unwrap().read_to_string(&mut count).unwrap();
    assert!(running.wait().unwrap().success(), "{count}");
    assert_eq!(count.trim().parse::<usize>().unwrap(), ids(&[&path]).len());
}

/// Waits until another process has brought something about.
pub fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

#[test]
fn a_record_starts_a_new_line_after_a_partial_one_of_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.jsonl");
    fs::write(&path, "{\"schema\":1,\"half").unwrap();
    let reporter = file_reporter(&path);
    fail_dispatches(&reporter, 0..2);
    let text = fs::read_to_string(&path).unwrap();
    let whole: Vec<_> = text.lines().map(|line| id(line).is_some()).collect();
    assert_eq!(whole, [false, true, true]);
}
