//! The memory of a million open spans.

use crate::{allocations, stacks, work};
use std::{
    fs,
    process::{Command, Stdio},
};

const SPANS: usize = 1_000_000;

/// Bytes per span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes {
    /// Allocated and not freed.
    pub(crate) live: f64,
    /// The process's memory in RAM.
    pub(crate) resident: f64,
}

/// Measures in a separate process.
pub(crate) fn measure(stack: &str) -> Bytes {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["open-spans", stack])
        .stderr(Stdio::inherit())
        .output()
        .expect("this program can be started");
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        [live, resident] => Bytes { live: *live, resident: *resident },
        _ => panic!("open-spans {stack}: {printed:?}"),
    }
}

/// Opens the spans and prints [`Bytes`].
pub(crate) fn run(stack: &str) {
    stacks::install(stack).unwrap_or_else(|| panic!("no stack is called {stack}"));
    drop(work::short_span());
    let mut spans = Vec::with_capacity(SPANS);
    // Fill the list first, so that its own pages are not measured.
    spans.resize_with(SPANS, tracing::Span::none);
    let (live, resident) = (allocations::now().live, resident());
    spans.iter_mut().for_each(|span| *span = work::short_span());
    let each = |extra: u64| extra as f64 / SPANS as f64;
    println!("{} {}", each(allocations::now().live - live), each(self::resident() - resident));
    // Exit with the spans open, because closing them is not measured.
    std::process::exit(0);
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has the status of a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the status has this line");
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib * 1024
}
