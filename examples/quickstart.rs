//! Dispatches three sessions; the second one fails. The environment alone configures the output:
//!
//! ```sh
//! cargo run --example quickstart
//! DISPATCH_FAILURE_LOCALE=ja-JP DISPATCH_FAILURE_FORMAT=pretty cargo run --example quickstart
//! ```

use std::io;
use tracing_subscriber::prelude::*;

fn main() -> Result<(), tracing_dispatch_failure::Error> {
    let reporter = tracing_dispatch_failure::Reporter::from_env()?;
    tracing_subscriber::registry().with(reporter.layer()).init();
    reporter.verify()?;

    for session in 1..=3 {
        let _ = dispatch(session, "worker-a");
    }
    Ok(())
}

#[tracing::instrument(name = "dispatch_session", skip_all, fields(session.id = id, worker = worker), err)]
fn dispatch(id: u32, worker: &str) -> io::Result<()> {
    match id {
        2 => Err(io::Error::other(format!("{worker} refused the connection"))),
        _ => Ok(()),
    }
}
