//! Ends the process where a test hangs.

use std::{
    sync::{
        Once,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

static STEPS: AtomicU64 = AtomicU64::new(0);
static SEED: AtomicU64 = AtomicU64::new(0);

/// How long a test may go without a step, in seconds.
const PATIENCE: u64 = 60;

/// Names the seed that the watchdog prints.
pub(crate) fn watch(seed: u64) {
    static STARTED: Once = Once::new();
    SEED.store(seed, Relaxed);
    note_step();
    STARTED.call_once(|| {
        thread::spawn(watch_steps);
    });
}

/// Notes that the test goes on.
pub(crate) fn note_step() {
    STEPS.fetch_add(1, Relaxed);
}

/// How many steps were done.
pub(crate) fn steps() -> u64 {
    STEPS.load(Relaxed)
}

fn watch_steps() {
    let (mut last, mut idle) = (0, 0);
    loop {
        thread::sleep(Duration::from_secs(1));
        let now = steps();
        idle = if now == last { idle + 1 } else { 0 };
        last = now;
        // A process between two tests is idle as well.
        if idle >= PATIENCE && SEED.load(Relaxed) != 0 {
            eprintln!("no step for {PATIENCE} s; rerun with STACKS_SEED={}", SEED.load(Relaxed));
            std::process::abort();
        }
    }
}

/// The test is over.
pub(crate) fn rest() {
    SEED.store(0, Relaxed);
}
