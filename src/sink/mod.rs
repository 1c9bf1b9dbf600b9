//! Where records go.

mod console;
mod etw;
mod file;
pub(crate) mod journald;
mod memory;
mod record;

pub(crate) use console::Console;
pub(crate) use etw::{EtwOptions, EtwSink};
pub use etw::{EtwProvider, EtwSchema, etw_manifest};
pub use file::Rotation;
pub(crate) use file::{FileOptions, FileSink, in_logs_directory};
pub(crate) use journald::JournaldSink;
pub use memory::{MemoryRecord, MemorySink};
pub use record::SinkRecord;

use std::io;

/// A place that records are written to.
///
/// The crate's own sinks are switched on by `DISPATCH_FAILURE_SINKS`; an application adds its own
/// with [`Builder::add_sink`](crate::Builder::add_sink).
///
/// A sink is called on the thread that closed the span, while the application waits, and by several
/// threads at once. What it does is not seen by the reporter: spans that fail inside
/// [`write`](Self::write) give no records. A panic costs the record, which is counted as failed.
///
/// ```
/// use std::{io, sync::mpsc};
/// use tracing_dispatch_failure::{SinkRecord, Sink};
///
/// /// Hands each failure's error text to another thread.
/// struct Channel(mpsc::Sender<String>);
///
/// impl Sink for Channel {
///     fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
///         let error = record.failure().error().unwrap_or("unknown").to_owned();
///         self.0.send(error).map_err(io::Error::other)
///     }
/// }
/// ```
pub trait Sink: Send + Sync + 'static {
    /// Writes one record.
    ///
    /// # Errors
    ///
    /// Whatever kept the record from being written. It is counted by its kind and said on stderr at
    /// a bounded rate; the record is lost for this sink.
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()>;

    /// Writes several records at once, as queued delivery has them, and calls `outcome` for each of
    /// them in their order.
    ///
    /// By default they are written one by one.
    fn write_batch(&self, records: &[SinkRecord<'_>], outcome: &mut dyn FnMut(io::Result<()>)) {
        records.iter().for_each(|record| outcome(self.write(record)));
    }

    /// Whether anybody would see a record now. Where nobody would, records are neither formatted
    /// nor written, and counted as such.
    fn is_listening(&self) -> bool {
        true
    }

    /// Makes sure that what was written stays, as far as that is possible.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being so.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Opens what the sink holds open anew, as after a file was moved away.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being so. What was open before stays in use.
    fn reopen(&self) -> io::Result<()> {
        Ok(())
    }
}
