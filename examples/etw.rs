//! Writes failed dispatches to ETW, in all three schemas. On other systems, it prints that ETW is for
//! Windows only.
//!
//! To see the events on Windows, from an administrator's prompt:
//!
//! ```bat
//! logman start failures -ets -p {b33cd0b4-9b63-5dcc-b5a9-73ccdc670e6c} -o failures.etl
//! cargo run --example etw
//! logman stop failures -ets
//! tracerpt failures.etl -of XML -o failures.xml
//! ```

use tracing_dispatch_failure::{Builder, EtwSchema, SinkKind};
use tracing_subscriber::prelude::*;

#[tracing::instrument(name = "dispatch_session", fields(session.id = id), err)]
fn dispatch(id: u64, worker: &str) -> Result<(), std::io::Error> {
    Err(std::io::Error::other(format!("{worker} refused the connection of session {id}")))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !SinkKind::Etw.is_available() {
        println!("ETW is for Windows only.");
        return Ok(());
    }
    let reporter =
        Builder::from_env().sinks([SinkKind::Etw]).etw_schemas(EtwSchema::ALL.iter().copied()).build()?;
    tracing_subscriber::registry().with(reporter.layer()).init();
    reporter.verify()?;

    for id in 1..=3 {
        let _ = dispatch(id, "worker-a");
    }
    println!("{:#?}", reporter.stats().total());
    Ok(())
}
