//! Random programs in random subscriber stacks, compared with a model.
//!
//! A failure prints its seed; `STACKS_SEED=<seed>` runs that program alone and prints its steps.
//! `FULL_TESTS=1` runs a million steps.

mod callsites;
mod concurrent;
mod filter;
mod model;
mod program;
mod recorder;
mod rng;
mod stack;
#[path = "../support/mod.rs"]
mod support;
mod watchdog;

use program::{Mode, Outcome};
use rng::Rng;
use stack::Stack;
use std::{
    any::Any,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};
use support::InChild;

/// Runs one test at a time: callsites cache their interest for all stacks of the process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Fails if the logger is set already, which is fine.
    let _ = tracing_log::LogTracer::init();
    guard
}

/// The full size if `FULL_TESTS` is set, otherwise the small one.
fn size(small: u64, full: u64) -> u64 {
    if std::env::var_os("FULL_TESTS").is_some() { full } else { small }
}

/// The seed of the only program to run, if `STACKS_SEED` is set.
fn requested_seed() -> Option<u64> {
    std::env::var("STACKS_SEED").ok().map(|seed| seed.parse().unwrap())
}

/// Runs a program on its own thread, because `tracing-subscriber` caches the answers of filters per thread.
fn run(seed: u64, stacks: &[Stack], mode: Mode) -> Result<Outcome, String> {
    let run = || program::run(seed, stacks, mode);
    let outcome = thread::scope(|scope| scope.spawn(run).join());
    outcome.map_err(|panic| format!("a panic: {}", panic_message(&*panic)))
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default()
}

/// Counts what was compared, so that a test that compares nothing fails.
#[derive(Debug, Default)]
struct Tally {
    programs: usize,
    /// Programs that panic in `tracing-subscriber` without our layers.
    panics: usize,
    reports: usize,
    /// Spans that no layer wanted.
    unwanted: usize,
    /// Spans and events that other layers saw only with our layers, or only without them.
    changed: usize,
}

/// Runs the program of a seed with our layers and without them; the error lists everything that is wrong.
fn check(seed: u64, is_global: bool, tally: &mut Tally) -> Result<(), String> {
    watchdog::watch(seed);
    let mut rng = Rng::new(seed);
    let stacks: Vec<Stack> = (0..1 + rng.below(2)).map(|_| Stack::random(&mut rng)).collect();
    let steps = 40 + rng.below(160);
    let others: Vec<Stack> = stacks.iter().map(Stack::without_ours).collect();
    let without = run(seed, &others, Mode { is_global: false, has_ours: false, steps });
    let with = run(seed, &stacks, Mode { is_global, has_ours: true, steps });
    tally.programs += 1;
    tally.panics += usize::from(without.is_err());
    let (with, mut wrong) = match (with, &without) {
        (Ok(mut with), Ok(without)) => {
            let mut wrong = std::mem::take(&mut with.wrong);
            wrong.extend(differences(&stacks, &others, &with, without, tally));
            tally.reports += with.reports;
            (with.log, wrong)
        }
        (Ok(with), Err(_)) => (with.log, with.wrong),
        // Debug assertions of `tracing-subscriber` fail without our layers too (tokio-rs/tracing#2519).
        (Err(_), Err(_)) => return Ok(()),
        (Err(panic), Ok(_)) => (Vec::new(), vec![panic]),
    };
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.insert(0, format!("STACKS_SEED={seed}"));
    wrong.extend(stacks.iter().map(|stack| format!("{stack:?}")));
    if requested_seed().is_some() {
        wrong.extend(with);
    }
    Err(wrong.join("\n"))
}

/// Lists what other layers wrongly lose or gain because of ours.
fn differences(
    stacks: &[Stack],
    others: &[Stack],
    with: &Outcome,
    without: &Outcome,
    tally: &mut Tally,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let has_wrong_limit = stacks.iter().chain(others).any(Stack::has_wrong_limit);
    for (now, then) in with.answers.iter().zip(&without.answers) {
        let stack = &others[now.stack];
        let is_doubtful = !now.can_ask || stack.seems_greedy();
        let is_wrong = if now.says { !now.is_wanted && !is_doubtful } else { now.is_wanted && then.says };
        if now.says != then.says && is_wrong && !has_wrong_limit && !stack.parts.is_empty() {
            wrong
                .push(format!("log_enabled! for {}: {}, without our layers {}", now.of, now.says, then.says));
        }
    }
    for (number, item) in &with.items {
        let Some(before) = without.items.get(number) else { continue };
        let is_alone = others[item.stack].parts.is_empty();
        let was_there = !is_alone && (before.exists || before.is_of_interest);
        if item.needs_others && item.exists && !was_there {
            wrong.push(format!("#{number} exists although no layer wants it"));
        }
        tally.unwanted += usize::from(item.needs_others && !was_there);
        // `tracing-subscriber` hides it because of a wrong level, which is not our fault.
        if item.is_limited && has_wrong_limit {
            continue;
        }
        for (recorder, fresh) in item.fresh.iter().enumerate() {
            let count = |outcome: &Outcome| {
                let seen = &outcome.seen[&(item.stack, recorder)];
                seen.iter().filter(|seen| *seen == number).count()
            };
            let (now, then) = (count(with), count(without));
            // A question that a field's value asks comes between the filters' answers and the span or event
            // that they are for, and overwrites them (tokio-rs/tracing#2519). A stack with our layers is
            // asked more questions, and refuses some, which clears the answers. The layer cannot fix that
            // for spans.
            if item.asks {
                continue;
            }
            tally.changed += usize::from(now != then);
            if now != then && now != usize::from(*fresh) {
                let Stack { parts, .. } = &others[item.stack];
                wrong.push(format!(
                    "#{number} {:?}: recorder {recorder} of stack {} sees it {now} times, {then} without our layers, \
                     its filter says {fresh} ({} parts)",
                    item.facts,
                    item.stack,
                    parts.len()
                ));
            }
        }
    }
    wrong
}

/// Runs each program in a child process whose global default is the stack: a scoped default hides some
/// behaviour.
#[test]
fn the_layer_follows_the_model_in_random_global_stacks() {
    let _alone = alone();
    let seeds = match requested_seed() {
        Some(seed) => seed..seed + 1,
        None => 1..1 + size(60, 1_000),
    };
    for seed in seeds {
        let child = InChild::new().var("STACKS_GLOBAL_SEED", seed.to_string()).run(|| {
            let seed = std::env::var("STACKS_GLOBAL_SEED").unwrap().parse().unwrap();
            if let Err(wrong) = check(seed, true, &mut Tally::default()) {
                println!("{wrong}");
            }
        });
        let wrong = child.ok().stdout;
        assert!(wrong.is_empty(), "{wrong}");
    }
}

#[test]
fn the_layer_follows_the_model_in_random_stacks() {
    let _alone = alone();
    let mut tally = Tally::default();
    if let Some(seed) = requested_seed() {
        check(seed, false, &mut tally).unwrap_or_else(|wrong| panic!("{wrong}"));
        return;
    }
    let before = watchdog::steps();
    let mut failures = Vec::new();
    for seed in 1.. {
        if watchdog::steps() - before > size(50_000, 1_000_000) || failures.len() >= 12 {
            break;
        }
        failures.extend(check(seed, false, &mut tally).err());
    }
    watchdog::suspend();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    println!("{tally:?}");
    let Tally { programs, panics, reports, unwanted, changed } = tally;
    assert!(panics < programs / 10 && reports > programs && unwanted > programs && changed > 0);
}
