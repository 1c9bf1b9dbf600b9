//! Aborts the process if a test hangs.

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

/// Watches a test. If it hangs, the watchdog prints this seed.
pub(crate) fn watch(seed: u64) {
    static STARTED: Once = Once::new();
    SEED.store(seed, Relaxed);
    note_step();
    STARTED.call_once(|| {
        thread::spawn(watch_steps);
    });
}

/// Notes that the test makes progress.
pub(crate) fn note_step() {
    STEPS.fetch_add(1, Relaxed);
}

/// The number of steps so far.
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
        // Between two tests, when no seed is set, the process may be idle.
        if idle >= PATIENCE && SEED.load(Relaxed) != 0 {
            eprintln!("no step for {PATIENCE} s; rerun with STACKS_SEED={}", SEED.load(Relaxed));
            std::process::abort();
        }
    }
}

/// Stops watching until the next test.
pub(crate) fn suspend() {
    SEED.store(0, Relaxed);
}
