//! Instructions as valgrind counts them, and allocations as our allocator does.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

/// What one run of a case's work costs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    /// The instructions without the C library's allocator. It takes more or less for the same work, as what the
    /// process did with its memory before left it.
    pub(crate) own: f64,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

/// This program, as one profile of cargo builds it.
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
    /// Measures cases, as many at once as there are processors: counts do not mind.
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

    pub(crate) fn own(&self, case: &str) -> f64 {
        self.get(case).own
    }

    pub(crate) fn allocations(&self, case: &str) -> f64 {
        self.get(case).allocations
    }
}

const FEW: u64 = 100;
const MANY: u64 = 700;
const ROUNDS: usize = 3;

/// The difference between many times and few, so that what is made once does not count.
fn cost(build: &Build, case: &str) -> Cost {
    // What differs from process to process, as where memory lies, only adds: the least is the work's own.
    let least = |times: u64| {
        let totals = (0..ROUNDS).map(|_| total(build, &["case", case, &times.to_string()], &[]));
        totals.min_by_key(|total| total.instructions).expect("a round")
    };
    let (few, many) = (least(FEW), least(MANY));
    let each = |few: u64, many: u64| (many as f64 - few as f64) / (MANY - FEW) as f64;
    Cost {
        instructions: each(few.instructions, many.instructions),
        own: each(few.instructions - few.allocator, many.instructions - many.allocator),
        allocations: each(few.allocations, many.allocations),
        bytes: each(few.bytes, many.bytes),
    }
}

/// What it costs to start, in a process whose environment holds these variables: with it less
/// without it.
pub(crate) fn start(build: &Build, what: &str, vars: &[(&str, &str)]) -> f64 {
    let times = |times: &str| total(build, &["case", what, times], vars).instructions as f64;
    times("1") - times("0")
}

struct Total {
    instructions: u64,
    /// The allocator's part of them.
    allocator: u64,
    allocations: u64,
    bytes: u64,
}

/// Runs a build of this program under callgrind, with an environment of these variables alone.
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
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut numbers = printed.split_whitespace().map(|number| number.parse().expect("a number"));
    Total {
        instructions: collected.unwrap_or_else(|| panic!("valgrind counted nothing: {said}")),
        allocator: allocator(&fs::read_to_string(&profile).expect("callgrind's profile")),
        allocations: numbers.next().unwrap_or(0),
        bytes: numbers.next().unwrap_or(0),
    }
}

/// What is spent in calls of the allocator from outside of the C library, as a profile of callgrind has it: `cfn=`
/// names what is called, and the line after `calls=` ends with what the calls took.
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
