//! What the synchronous file sink asks of the operating system, as strace sees it.

use std::{collections::BTreeMap, fs, process::Command};

const FEW: u64 = 100;
const MANY: u64 = 1100;

/// System calls by name.
#[derive(Debug)]
pub(crate) struct Calls {
    /// Between the few and the many failing spans.
    more: BTreeMap<String, i64>,
    /// How long the longer run took at most, in seconds.
    pub(crate) seconds: f64,
}

impl Calls {
    pub(crate) fn of_file_sink() -> Self {
        let start = std::time::Instant::now();
        let (few, many) = (trace(FEW), trace(MANY));
        let mut more = many;
        for (name, count) in few {
            *more.entry(name).or_default() -= count;
        }
        more.retain(|_, count| *count != 0);
        Self { more, seconds: start.elapsed().as_secs_f64() }
    }

    /// Calls of `write` and its like for each record.
    pub(crate) fn writes(&self) -> f64 {
        self.sum(&["write", "writev", "pwrite64", "pwritev", "pwritev2"]) / (MANY - FEW) as f64
    }

    /// How often a path or a file was looked at in all.
    pub(crate) fn looks(&self) -> f64 {
        self.sum(&["stat", "lstat", "fstat", "statx", "newfstatat", "fstatfs", "access", "faccessat2"])
    }

    /// What is called other than `write`.
    pub(crate) fn others(&self) -> String {
        let others = self.more.iter().filter(|(name, _)| *name != "write");
        let shown: Vec<_> = others
            .map(|(name, count)| format!("{name} {:.2}", *count as f64 / (MANY - FEW) as f64))
            .collect();
        shown.join(", ")
    }

    fn sum(&self, names: &[&str]) -> f64 {
        names.iter().filter_map(|name| self.more.get(*name)).sum::<i64>() as f64
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
    assert_eq!(lines, times + crate::WARM_UP, "a record for each failing span");
    let mut calls = BTreeMap::new();
    for line in fs::read_to_string(&list).expect("strace's list").lines() {
        // `4711 write(3, "…", 8) = 8`; what was interrupted is resumed on a line without the name.
        let call = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        if let Some((name, _)) = call.split_once('(').filter(|(name, _)| !name.contains([' ', '<', '+'])) {
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    calls
}
