//! The system calls of the synchronous file sink, counted by strace.

use std::{collections::BTreeMap, fs, process::Command};

const FEW: u64 = 100;
const MANY: u64 = 1100;

/// System calls by name.
#[derive(Debug)]
pub(crate) struct Calls {
    /// The difference between few and many failing spans.
    extra: BTreeMap<String, i64>,
    /// An upper bound for the duration of the longer run, in seconds.
    pub(crate) seconds: f64,
}

impl Calls {
    pub(crate) fn of_file_sink() -> Self {
        let start = std::time::Instant::now();
        let (few, many) = (trace(FEW), trace(MANY));
        let mut extra = many;
        for (name, count) in few {
            *extra.entry(name).or_default() -= count;
        }
        extra.retain(|_, count| *count != 0);
        Self { extra, seconds: start.elapsed().as_secs_f64() }
    }

    /// Returns the calls of `write` and similar calls per record.
    pub(crate) fn writes(&self) -> f64 {
        self.sum(&["write", "writev", "pwrite64", "pwritev", "pwritev2"]) / (MANY - FEW) as f64
    }

    /// Returns how often a path or a file was checked, in total.
    pub(crate) fn file_checks(&self) -> f64 {
        self.sum(&["stat", "lstat", "fstat", "statx", "newfstatat", "fstatfs", "access", "faccessat2"])
    }

    /// Lists all calls except `write`.
    pub(crate) fn others(&self) -> String {
        let others = self.extra.iter().filter(|(name, _)| *name != "write");
        let shown: Vec<_> = others
            .map(|(name, count)| format!("{name} {:.2}", *count as f64 / (MANY - FEW) as f64))
            .collect();
        shown.join(", ")
    }

    fn sum(&self, names: &[&str]) -> f64 {
        names.iter().filter_map(|name| self.extra.get(*name)).sum::<i64>() as f64
    }
}

fn trace(times: u64) -> BTreeMap<String, i64> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (file, list) = (folder.path().join("failures.jsonl"), folder.path().join("calls"));
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&list)
        .arg(std::env::current_exe().expect("this program has a path"))
        .args(["case", "ours-file/failing", &times.to_string()])
        .env("BENCH_FILE", &file)
        .output()
        .expect("strace can be started");
    assert!(output.status.success(), "strace: {}", String::from_utf8_lossy(&output.stderr));
    let lines = fs::read_to_string(&file).expect("the sink's file").lines().count() as u64;
    assert_eq!(lines, times + crate::WARM_UP, "one record per failing span");
    let mut calls = BTreeMap::new();
    for line in fs::read_to_string(&list).expect("strace's list").lines() {
        // `4711 write(3, "…", 8) = 8`; an interrupted call resumes on a line that does not begin with its name.
        let call = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        if let Some((name, _)) = call.split_once('(').filter(|(name, _)| !name.contains([' ', '<', '+'])) {
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    calls
}
