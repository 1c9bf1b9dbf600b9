//! Sinks: the destinations of records.
//!
//! A new sink of the crate is a file here that implements [`Sink`], a variant in `SinkKind` and its `ALL`, the rows of
//! its variables in `config/variable_table.rs`, and an arm in `reporter/opening.rs`, which opens it. An application's
//! own sink needs none of that; `reporter/build.rs` takes it from `Builder::add_sink`.

mod console;
mod etw;
mod file;
pub(crate) mod journald;
mod memory;
mod sink_record;

pub(crate) use console::Console;
pub(crate) use etw::{EtwOptions, EtwSink};
pub use etw::{EtwProvider, EtwSchema, etw_manifest};
pub use file::Rotation;
pub(crate) use file::{FileOptions, FileSink, path_in_logs_directory};
pub(crate) use journald::JournaldSink;
pub use memory::{MemoryRecord, MemorySink};
pub use sink_record::SinkRecord;

use std::io;

/// A destination for records.
///
/// The crate's own sinks are enabled by `DISPATCH_FAILURE_SINKS`. An application adds its own with
/// [`Builder::add_sink`](crate::Builder::add_sink).
///
/// With synchronous delivery, which is the default, a sink is called on the thread that closed the span,
/// while the application waits; several threads may call it at once. With
/// [`Builder::queued`](crate::Builder::queued), a worker thread calls it. The reporter ignores what happens
/// inside a sink: a span that fails in [`write`](Self::write) gives no record. If a sink panics, its record
/// is lost and counted as failed.
///
/// # Example: a sink that sends error texts to another thread
///
/// ```
/// use std::{io, sync::mpsc};
/// use tracing_dispatch_failure::{Reporter, Sink, SinkRecord};
/// # use tracing_subscriber::prelude::*;
///
/// struct Channel(mpsc::Sender<String>);
///
/// impl Sink for Channel {
///     fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
///         let error = record.failure().error().unwrap_or("unknown").to_owned();
///         self.0.send(error).map_err(io::Error::other)
///     }
/// }
///
/// let (sender, receiver) = mpsc::channel();
/// let reporter = Reporter::builder().sinks([]).add_sink("channel", Channel(sender)).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
/// # drop(tracing::info_span!("dispatch_session", error = "refused"));
/// assert_eq!(receiver.recv(), Ok("refused".to_owned()));
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
///
/// # Example: a sink that can be switched off
///
/// ```
/// use std::{io, sync::atomic::{AtomicBool, Ordering::Relaxed}};
/// use tracing_dispatch_failure::{Reporter, Sink, SinkRecord};
/// # use tracing_subscriber::prelude::*;
///
/// static IS_ON: AtomicBool = AtomicBool::new(false);
///
/// struct Switchable;
///
/// impl Sink for Switchable {
///     fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
///         Ok(())
///     }
///
///     fn is_listening(&self) -> bool {
///         IS_ON.load(Relaxed)
///     }
/// }
///
/// let reporter = Reporter::builder().sinks([]).add_sink("switchable", Switchable).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
/// # drop(tracing::info_span!("dispatch_session", error = "refused"));
/// assert_eq!(reporter.stats().total().not_listening, 1);
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
pub trait Sink: Send + Sync + 'static {
    /// Writes one record.
    ///
    /// # Errors
    ///
    /// Returns why the record could not be written. The error is counted by its kind, and logged to stderr at
    /// a limited rate; the record is lost for this sink.
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()>;

    /// Writes several records of queued delivery at once. Calls `outcome` once for each record, in their
    /// order.
    ///
    /// By default, it writes them one by one.
    fn write_batch(&self, records: &[SinkRecord<'_>], outcome: &mut dyn FnMut(io::Result<()>)) {
        records.iter().for_each(|record| outcome(self.write(record)));
    }

    /// Returns whether anybody would receive a record now. If not, records are neither formatted nor written,
    /// but counted as [`not_listening`](crate::SinkStats::not_listening). By default, it returns `true`.
    fn is_listening(&self) -> bool {
        true
    }

    /// Makes the written records durable, as far as the destination allows it. By default, it does nothing.
    ///
    /// # Errors
    ///
    /// Returns why that failed. [`Reporter::flush`](crate::Reporter::flush) reports it.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Opens the destination again, for example after its file was renamed. By default, it does nothing.
    ///
    /// # Errors
    ///
    /// Returns why that failed. The sink continues with what was open before.
    fn reopen(&self) -> io::Result<()> {
        Ok(())
    }
}
