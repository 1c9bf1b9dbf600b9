//! Instructions, counted by valgrind, and allocations, counted by our allocator.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

/// The cost of one run of a case's work.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    /// The instructions without the C library's allocator. Its cost for the same work depends on how the process
    /// used its memory before.
    pub(crate) without_allocator: f64,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

/// A build of this program by one profile of cargo.
#[derive(Debug, Clone)]
pub(crate) struct Build(PathBuf);

impl Build {
    pub(crate) fn this() -> Self {
        Self(std::env::current_exe().expect("this program has a path"))
    }

    pub(crate) fn at(path: &str) -> Self {
        Self(path.into())
    }
}

/// Costs by case.
pub(crate) struct Costs(HashMap<String, Cost>);

impl Costs {
    /// Measures cases in parallel, one for each processor: this does not change the counts.
    pub(crate) fn of(build: &Build, cases: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let queue: Mutex<Vec<String>> = Mutex::new(cases.into_iter().map(Into::into).collect());
        let costs = Mutex::new(HashMap::new());
        let next = || queue.lock().expect("no panic").pop();
        let work = || {
            while let Some(case) = next() {
                let cost = cost(build, &case);
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

    pub(crate) fn without_allocator(&self, case: &str) -> f64 {
        self.get(case).without_allocator
    }

    pub(crate) fn allocations(&self, case: &str) -> f64 {
        self.get(case).allocations
    }
}

const FEW: u64 = 100;
const MANY: u64 = 700;
const ROUNDS: usize = 3;

/// Returns the cost of one run: the difference between many runs and few, so that one-time work does not
/// count.
fn cost(build: &Build, case: &str) -> Cost {
    // Differences between processes, such as the memory layout, can only add instructions. So the minimum is
    // the cost of the work.
    let minimum = |times: u64| {
        let totals = (0..ROUNDS).map(|_| total(build, &["case", case, &times.to_string()], &[]));
        totals.min_by_key(|total| total.instructions).expect("a round")
    };
    let (few, many) = (minimum(FEW), minimum(MANY));
    let each = |few: u64, many: u64| (many as f64 - few as f64) / (MANY - FEW) as f64;
    Cost {
        instructions: each(few.instructions, many.instructions),
        without_allocator: each(few.instructions - few.allocator, many.instructions - many.allocator),
        allocations: each(few.allocations, many.allocations),
        bytes: each(few.bytes, many.bytes),
    }
}

/// Returns the instructions for startup, in a process with these environment variables: the difference
/// between a process that starts up once and a process that does not.
pub(crate) fn start(build: &Build, what: &str, vars: &[(&str, &str)]) -> f64 {
    let times = |times: &str| total(build, &["case", what, times], vars).instructions as f64;
    times("1") - times("0")
}

struct Total {
    instructions: u64,
    /// The instructions of the allocator.
    allocator: u64,
    allocations: u64,
    bytes: u64,
}

/// Runs a build of this program under callgrind, with only these environment variables.
fn total(build: &Build, arguments: &[&str], vars: &[(&str, &str)]) -> Total {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let profile = folder.path().join("profile");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no", "--compress-pos=no"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(&build.0)
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(vars.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("valgrind can be started");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {log}");
    let collected = log.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut numbers = printed.split_whitespace().map(|number| number.parse().expect("a number"));
    Total {
        instructions: collected.unwrap_or_else(|| panic!("valgrind counted nothing: {log}")),
        allocator: allocator(&fs::read_to_string(&profile).expect("callgrind's profile")),
        allocations: numbers.next().unwrap_or(0),
        bytes: numbers.next().unwrap_or(0),
    }
}

/// Returns the instructions of allocator calls from outside the C library. In a profile of callgrind, `cfn=`
/// names the called function, and the line after `calls=` ends with the cost of the calls.
fn allocator(profile: &str) -> u64 {
    const CALLED: [&str; 6] = ["malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc"];
    let mut lines = profile.lines();
    let (mut is_inside, mut is_called, mut sum) = (false, false, 0);
    while let Some(line) = lines.next() {
        if let Some(object) = line.strip_prefix("ob=") {
            is_inside = object.contains("/libc");
        } else if let Some(called) = line.strip_prefix("cfn=") {
            is_called = !is_inside && CALLED.contains(&called.trim_end_matches("'2"));
        } else if line.starts_with("calls=") {
            let spent = lines.next().and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0);
            sum += if is_called { spent } else { 0 };
        }
    }
    sum
}
