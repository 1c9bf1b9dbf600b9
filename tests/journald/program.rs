//! Fails dispatches on command, for `tests/journald/run.sh`. Each line on standard input is a command, and
//! gets a line of answer on standard output. Configured by the environment.

use std::io::{BufRead, Write};
use tracing::info_span;
use tracing_dispatch_failure::{Reporter, journald_catalogs};
use tracing_subscriber::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let reporter = Reporter::from_env()?;
    tracing_subscriber::registry().with(reporter.layer()).init();
    reporter.verify()?;
    for command in std::io::stdin().lock().lines() {
        let command = command?;
        let (verb, argument) = command.split_once(' ').unwrap_or((&command, ""));
        let answer = match verb {
            "catalogs" => {
                for (name, text) in journald_catalogs() {
                    std::fs::write(std::path::Path::new(argument).join(name), text)?;
                }
                "done".to_owned()
            }
            "stats" => {
                let stats = reporter.stats();
                let sink = stats.sink("journald").ok_or("the sink `journald` is off")?;
                format!("delivered {} failed {}", sink.delivered, sink.failed())
            }
            _ => {
                fail(verb, argument)?;
                "done".to_owned()
            }
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn fail(verb: &str, argument: &str) -> Result<(), Box<dyn std::error::Error>> {
    let outer = info_span!("request", trace_id = "4bf92f3577b34da6a3ce929d0e0e4736");
    let _entered = outer.enter();
    match verb {
        "plain" => info_span!(
            "dispatch_session",
            session.id = 7_u64,
            load = 2.0,
            retried = true,
            delta = -5_i64,
            worker = argument,
            error = "worker-a refused the connection",
            error.type = "ConnectionRefused",
        )
        .in_scope(|| {}),
        "unknown" => {
            // The payload of this panic has no text.
            let _ = std::panic::catch_unwind(|| {
                let _entered = info_span!("dispatch_session").entered();
                std::panic::resume_unwind(Box::new(()));
            });
        }
        "large" => {
            let value = "0123456789abcdef".repeat(argument.parse::<usize>()? / 16);
            let [large_1, large_2, large_3] = [&value; 3];
            info_span!("dispatch_session", large_1, large_2, large_3, error = "too much").in_scope(|| {});
        }
        "binary" => info_span!(
            "dispatch_session",
            lines = "first\nMESSAGE=forged\nlast\n",
            bytes = "\0\u{1}\u{1b}[31m=\t\u{7f}",
            empty = "",
            bidi = "\u{202e}gnp.exe",
            error = "first cause\n\nsecond cause",
        )
        .in_scope(|| {}),
        "colliding" => info_span!(
            "dispatch_session",
            user.id = "dot",
            user_id = "underscore",
            "a_name_of_more_than_sixty_four_characters_that_begins_like_another_one" = "first",
            "a_name_of_more_than_sixty_four_characters_that_begins_like_another_two" = "second",
            error = "refused",
        )
        .in_scope(|| {}),
        _ => return Err(format!("{verb:?} is not a command").into()),
    }
    Ok(())
}
