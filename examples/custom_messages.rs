//! Uses messages with fields of the span, from the Fluent files in `examples/locales`:
//!
//! ```sh
//! cargo run --example custom_messages
//! DISPATCH_FAILURE_LOCALE=ja-JP cargo run --example custom_messages
//! ```
//!
//! If you configure your application only by its environment, set `DISPATCH_FAILURE_LOCALES_DIR` to such a
//! folder instead.

use std::io;
use tracing::{Span, field::Empty};
use tracing_dispatch_failure::{Builder, Error};
use tracing_subscriber::prelude::*;

fn main() -> Result<(), Error> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/locales");
    let reporter = Builder::from_env().locales_dir(folder).build()?;
    tracing_subscriber::registry().with(reporter.layer()).init();
    reporter.verify()?;

    let _ = dispatch(1, Some("worker-a"), 1);
    let _ = dispatch(2, Some("worker-b"), 3);
    // This span has no `worker`. The message in the files needs it, so the crate's own message is used.
    let _ = dispatch(3, None, 0);
    Ok(())
}

#[tracing::instrument(name = "dispatch_session", skip_all, fields(session.id = id, worker = Empty, attempts), err)]
fn dispatch(id: u32, worker: Option<&str>, attempts: u32) -> io::Result<()> {
    let worker = worker.ok_or_else(|| io::Error::other("no worker is left"))?;
    Span::current().record("worker", worker).record("attempts", attempts);
    Err(io::Error::other("connection refused"))
}
