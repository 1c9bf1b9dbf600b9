//! The roles that child processes play in these tests.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::prelude::*;

/// A command that runs this test executable in a role, with the settings `DISPATCH_FAILURE_<name>`.
pub fn child_command(role: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child::plays_its_role", "--nocapture", "--quiet"]).env("CHILD_ROLE", role);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    for (name, value) in settings {
        command.env(format!("DISPATCH_FAILURE_{name}"), value);
    }
    command
}

/// A number from the environment; 1 if the variable is not set.
fn env_number(name: &str) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Fails one dispatch, whose field `n` is the id.
pub fn fail(id: &str) {
    tracing::info_span!("dispatch_session", n = id, error = "refused").in_scope(|| {});
}

/// Does nothing unless [`child_command`] started this process.
#[test]
fn plays_its_role() {
    let Ok(role) = std::env::var("CHILD_ROLE") else { return };
    let reporter = Reporter::from_env().unwrap();
    tracing_subscriber::registry().with(reporter.layer()).init();
    let process = std::process::id();
    match role.as_str() {
        // Fails COUNT dispatches on each of THREADS threads.
        "storm" => {
            let (threads, count) = (env_number("THREADS"), env_number("COUNT"));
            std::thread::scope(|scope| {
                for thread in 0..threads {
                    scope.spawn(move || {
                        (0..count).for_each(|number| fail(&format!("{process}-{thread}-{number}")))
                    });
                }
            });
            reporter.flush(Duration::from_secs(60)).unwrap();
            let total = reporter.stats().total();
            assert_eq!((total.observed, total.delivered), (threads * count, threads * count));
        }
        // Fails dispatches without end, and prints each number once its span has closed.
        "forever" => {
            let start = env_number("START");
            for number in start.. {
                fail(&number.to_string());
                // The parent relies on every line that it reads, so no line may wait in a buffer.
                if std::io::stderr().write_all(format!("{number}\n").as_bytes()).is_err() {
                    return;
                }
            }
        }
        // Fails dispatches silently until stdin ends, then prints how many.
        "until-stdin-ends" => {
            let done = AtomicU64::new(0);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while done.load(Ordering::Relaxed) & STOP == 0 {
                        let number = done.fetch_add(1, Ordering::Relaxed) & !STOP;
                        fail(&format!("{process}-{number}"));
                    }
                });
                let _ = std::io::stdin().read_to_end(&mut Vec::new());
                done.fetch_or(STOP, Ordering::Relaxed);
            });
            eprintln!("{}", done.load(Ordering::Relaxed) & !STOP);
        }
        // Fails 100 dispatches, then ends in the way that END names.
        "end" => {
            // The parent ends stdin once it has closed the pipes that it wants closed.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            (0..100).for_each(|number| fail(&number.to_string()));
            match std::env::var("END").unwrap().as_str() {
                // Exits instead of returning: the test harness would not survive a closed stdout.
                "return" => {
                    drop(reporter);
                    std::process::exit(0)
                }
                "leak" => std::mem::forget(reporter),
                "exit" => std::process::exit(3),
                "abort" => std::process::abort(),
                "panic" => panic!("at the end"),
                "panic-flushing" => {
                    reporter.flush_on_panic(Duration::from_secs(60));
                    let outcome = std::panic::catch_unwind(|| panic!("at the end"));
                    assert!(outcome.is_err());
                    std::process::exit(3)
                }
                "panic-elsewhere" => {
                    let other = std::thread::spawn(|| {
                        let _span = tracing::info_span!("dispatch_session", n = "panicking").entered();
                        panic!("elsewhere");
                    });
                    assert!(other.join().is_err());
                    reporter.flush(Duration::from_secs(60)).unwrap();
                }
                other => unreachable!("{other}"),
            }
        }
        other => unreachable!("{other}"),
    }
}

/// The bit of the counter in `until-stdin-ends` that asks to stop; the lower bits count.
const STOP: u64 = 1 << 63;
