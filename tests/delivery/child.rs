//! The roles that a child process plays.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::prelude::*;

/// A child in a role, with the settings `DISPATCH_FAILURE_<name>`.
pub fn child(role: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child::plays_its_role", "--nocapture", "--quiet"]).env("CHILD_ROLE", role);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    for (name, value) in settings {
        command.env(format!("DISPATCH_FAILURE_{name}"), value);
    }
    command
}

fn number(name: &str) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Fails one dispatch with an id.
pub fn fail(id: &str) {
    tracing::info_span!("dispatch_session", n = id, error = "refused").in_scope(|| {});
}

#[test]
fn plays_its_role() {
    let Ok(role) = std::env::var("CHILD_ROLE") else { return };
    let reporter = Reporter::from_env().unwrap();
    tracing_subscriber::registry().with(reporter.layer()).init();
    let process = std::process::id();
    match role.as_str() {
        // Fails so many dispatches on so many threads, and ends well.
        "storm" => {
            let (threads, count) = (number("THREADS"), number("COUNT"));
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
        // Fails dispatches without end, and says of each that its span has closed.
        "forever" => {
            let start = number("START");
            for number in start.. {
                fail(&number.to_string());
                // The parent counts on what it reads, so this must not wait in a buffer.
                if std::io::stderr().write_all(format!("{number}\n").as_bytes()).is_err() {
                    return;
                }
            }
        }
        // The same until stdin ends, without a word; then says how many there were.
        "until-told" => {
            let done = AtomicU64::new(0);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while done.load(Ordering::Relaxed) & TOLD == 0 {
                        let number = done.fetch_add(1, Ordering::Relaxed) & !TOLD;
                        fail(&format!("{process}-{number}"));
                    }
                });
                let _ = std::io::stdin().read_to_end(&mut Vec::new());
                done.fetch_or(TOLD, Ordering::Relaxed);
            });
            eprintln!("{}", done.load(Ordering::Relaxed) & !TOLD);
        }
        // Fails some dispatches, then ends in the way asked for.
        "end" => {
            // The parent ends stdin once it has closed what it wants closed.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            (0..100).for_each(|number| fail(&number.to_string()));
            match std::env::var("END").unwrap().as_str() {
                // The test harness would not survive a closed stdout.
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

const TOLD: u64 = 1 << 63;
