//! Instructions as valgrind counts them, and allocations as our allocator does.

use std::{
    collections::HashMap,
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

/// What one run of a case's work costs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

/// Costs by case.
pub(crate) struct Costs(HashMap<String, Cost>);

impl Costs {
    /// Measures cases, as many at once as there are processors: counts do not mind.
    pub(crate) fn of(cases: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let queue: Mutex<Vec<String>> = Mutex::new(cases.into_iter().map(Into::into).collect());
        let costs = Mutex::new(HashMap::new());
        let next = || queue.lock().expect("no panic").pop();
        let work = || {
            while let Some(case) = next() {
                let cost = cost(&case);
                costs.lock().expect("no panic").insert(case, cost);
            }
        };
        let processors = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| (0..processors).for_each(|_| _ = scope.spawn(work)));
        Self(costs.into_inner().expect("no panic"))
    }

    pub(crate) fn get(&self, case: &str) -> Cost {
        *self.0.get(case).unwrap_or_else(|| panic!("{case} was not measured"))
    }

    pub(crate) fn instructions(&self, case: &str) -> f64 {
        self.get(case).instructions
    }

    pub(crate) fn allocations(&self, case: &str) -> f64 {
        self.get(case).allocations
    }
}

const FEW: u64 = 100;
const MANY: u64 = 700;
const ROUNDS: usize = 3;

/// The difference between many times and few, so that what is made once does not count.
fn cost(case: &str) -> Cost {
    // What differs from process to process, as where memory lies, only adds: the least is the work's own.
    let least = |times: u64| {
        let totals = (0..ROUNDS).map(|_| total(&["case", case, &times.to_string()], &[]));
        totals.min_by_key(|total| total.instructions).expect("a round")
    };
    let (few, many) = (least(FEW), least(MANY));
    let each = |few: u64, many: u64| (many as f64 - few as f64) / (MANY - FEW) as f64;
    Cost {
        instructions: each(few.instructions, many.instructions),
        allocations: each(few.allocations, many.allocations),
        bytes: each(few.bytes, many.bytes),
    }
}

/// What it costs to start, in a process whose environment holds these variables: with it less
/// without it.
pub(crate) fn start(what: &str, vars: &[(&str, &str)]) -> f64 {
    let times = |times: &str| total(&["case", what, times], vars).instructions as f64;
    times("1") - times("0")
}

struct Total {
    instructions: u64,
    allocations: u64,
    bytes: u64,
}

/// Runs this program under callgrind, with an environment of these variables alone.
fn total(arguments: &[&str], vars: &[(&str, &str)]) -> Total {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().expect("this program has a path"))
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(vars.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("valgrind can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut numbers = printed.split_whitespace().map(|number| number.parse().expect("a number"));
    Total {
        instructions: collected.unwrap_or_else(|| panic!("valgrind counted nothing: {said}")),
        allocations: numbers.next().unwrap_or(0),
        bytes: numbers.next().unwrap_or(0),
    }
}
