//! Nanoseconds, measured by criterion, each case in its own process.

use crate::cases;
use criterion::Criterion;
use std::{collections::HashMap, fs, process::Command, time::Duration};

/// Returns the median of each case: the best of several rounds, because other processes can only add time.
pub(crate) fn medians<'a>(cases: &[&'a str], rounds: usize) -> HashMap<&'a str, f64> {
    let mut best = HashMap::new();
    for _ in 0..rounds {
        for case in cases {
            let median = in_process(case);
            let best = best.entry(*case).or_insert(median);
            *best = best.min(median);
        }
    }
    best
}

fn in_process(case: &str) -> f64 {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["time", case])
        .output()
        .expect("this program can be started");
    let printed = String::from_utf8_lossy(&output.stdout);
    let last = printed.lines().last().and_then(|line| line.parse().ok());
    last.unwrap_or_else(|| panic!("time {case}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Measures a case and prints the median.
pub(crate) fn run(case: &str) {
    let mut work = cases::prepare(case).unwrap_or_else(|| panic!("no case is called {case}"));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    Criterion::default()
        .output_directory(folder.path())
        .without_plots()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(40)
        .bench_function("case", |bencher| bencher.iter(&mut work));
    let estimates = fs::read(folder.path().join("case/new/estimates.json")).expect("criterion's estimates");
    let estimates: serde_json::Value = serde_json::from_slice(&estimates).expect("criterion's JSON");
    println!("\n{}", estimates["median"]["point_estimate"].as_f64().expect("a median"));
}
