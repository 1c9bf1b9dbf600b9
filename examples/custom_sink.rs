//! Adds a custom sink to the sinks that the environment enables. It sends each failure to the person on
//! call, in their language. A separate thread does the slow part, so no dispatch waits for it.
//!
//! ```sh
//! cargo run --example custom_sink
//! ```

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};
use tracing_dispatch_failure::{Builder, Locales, Sink, SinkOptions, SinkRecord};
use tracing_subscriber::prelude::*;

/// Sends failures to the thread that calls people.
struct OnCall(SyncSender<Call>);

enum Call {
    Say(String),
    /// Answered when all earlier calls are done.
    Flush(SyncSender<()>),
}

impl Sink for OnCall {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        let failure = record.failure();
        let session = failure.field("session.id").map(|id| id.to_string()).unwrap_or_default();
        let cause = failure.error().unwrap_or("?");
        let call = Call::Say(format!("{} ({session}: {cause})", record.message()));
        // If the queue is full, only this sink loses the record. The reporter counts and logs the loss.
        self.0.try_send(call).map_err(|_| io::ErrorKind::WouldBlock.into())
    }

    fn flush(&self) -> io::Result<()> {
        let (done, wait) = sync_channel(1);
        self.0.send(Call::Flush(done)).map_err(io::Error::other)?;
        wait.recv().map_err(io::Error::other)
    }
}

fn call_people(calls: Receiver<Call>) {
    for call in calls {
        match call {
            Call::Say(text) => println!("on call: {text}"),
            Call::Flush(done) => _ = done.send(()),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (calls, receiver) = sync_channel(1024);
    thread::spawn(move || call_people(receiver));

    let french = SinkOptions::default().locale("fr-FR".parse::<Locales>()?);
    let reporter = Builder::from_env().add_sink_with("on-call", OnCall(calls), french).build()?;
    tracing_subscriber::registry().with(reporter.layer()).init();
    reporter.verify()?;

    for session in 1..=3 {
        let _ = dispatch(session);
    }

    reporter.flush(Duration::from_secs(5))?;
    for sink in reporter.stats().sinks {
        println!("{}: {} delivered, {} failed", sink.name, sink.delivered, sink.failed());
    }
    Ok(())
}

#[tracing::instrument(name = "dispatch_session", skip_all, fields(session.id = id), err)]
fn dispatch(id: u32) -> io::Result<()> {
    if id == 2 { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}
