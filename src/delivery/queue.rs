//! Queued delivery: a bounded queue, and the worker that writes its records.

use super::outputs::Outputs;
use crate::{
    error::{ParseError, Quoted},
    platform::reentry,
    record::failure::Failure,
};
use std::{
    collections::VecDeque,
    fmt, io,
    str::FromStr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

/// What happens to a failure when the queue is full.
///
/// # Example: from text
///
/// ```
/// use tracing_dispatch_failure::QueueFull;
///
/// assert_eq!("drop".parse(), Ok(QueueFull::Drop));
/// assert_eq!(QueueFull::default().to_string(), "block");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum QueueFull {
    /// The application waits until there is room; nothing is lost. This is the default.
    #[default]
    Block,
    /// The failure is dropped and counted; the application never waits.
    Drop,
}

impl FromStr for QueueFull {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "block" => Ok(Self::Block),
            "drop" => Ok(Self::Drop),
            _ => Err(ParseError(format!(
                "{} is not a mode for a full queue; expected `block` or `drop`",
                Quoted(text)
            ))),
        }
    }
}

impl fmt::Display for QueueFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Block => "block",
            Self::Drop => "drop",
        })
    }
}

/// The settings of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueOptions {
    /// The maximum number of records.
    pub(crate) capacity: usize,
    pub(crate) when_full: QueueFull,
}

/// The maximum number of bytes that queued records use, whatever the capacity.
const MAX_BYTES: usize = 64 << 20;
/// The maximum number of records of one batch, which a sink gets in one call.
const MAX_BATCH: usize = 256;
/// The maximum number of bytes of written records that are kept for reuse: some thousand records, as many as producers
/// fill while the worker writes a batch. If none is left, a producer allocates.
const MAX_SPARE_BYTES: usize = 2 << 20;

/// Records, boxed so that they move between threads without being copied.
type Batch = Vec<Box<Failure>>;

/// The producers' side of the queue. Dropping it ends the worker once the queue is empty.
#[derive(Debug)]
pub(super) struct Queue {
    shared: Arc<Shared>,
    options: QueueOptions,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the worker: there is a record, or the queue is closed.
    not_empty: Condvar,
    /// Wakes producers: there is room again.
    not_full: Condvar,
    /// Wakes flushes: a batch was written.
    batch_written: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Box<Failure>>,
    /// The bytes of the records that wait or are being written.
    bytes: usize,
    /// Written records, whose memory producers reuse.
    spare: Batch,
    /// The bytes of the spare records.
    spare_bytes: usize,
    accepted: u64,
    written: u64,
    worker_sleeps: bool,
    blocked_producers: usize,
    is_closed: bool,
}

/// The result of adding a record to the queue.
pub(super) enum Pushed {
    /// The record is in the queue. In return, the caller may get a spare one.
    Accepted(Option<Box<Failure>>),
    /// The queue was full, and its mode is [`QueueFull::Drop`].
    Full(Box<Failure>),
    /// The queue was full until the deadline.
    TimedOut(Box<Failure>),
}

impl Queue {
    /// Starts the worker.
    pub(super) fn start(options: QueueOptions, outputs: Arc<Outputs>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        thread::Builder::new().name("dispatch-failure".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || run_worker(&shared, &outputs)
        })?;
        Ok(Self { shared, options })
    }

    /// Adds a record. If the queue blocks, it waits for room, until the deadline at most.
    ///
    /// The worker must not call it, because it would wait for itself.
    pub(super) fn push(&self, failure: Box<Failure>, deadline: Option<Instant>) -> Pushed {
        let bytes = failure.capacity();
        let mut state = self.shared.state();
        // An empty queue accepts any record, because a record above the limit would never find room.
        while state.waiting.len() >= self.options.capacity
            || (state.bytes + bytes > MAX_BYTES && !state.waiting.is_empty())
        {
            if self.options.when_full == QueueFull::Drop {
                return Pushed::Full(failure);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Pushed::TimedOut(failure);
            }
            state.blocked_producers += 1;
            state = wait_until(&self.shared.not_full, state, deadline);
            state.blocked_producers -= 1;
        }
        state.waiting.push_back(failure);
        state.bytes += bytes;
        state.accepted += 1;
        let spare = state.spare.pop();
        state.spare_bytes -= spare.as_ref().map_or(0, |failure| failure.capacity());
        // Waking the worker is a system call, which costs more than the record. A worker that is awake takes the
        // record without it.
        let must_wake = std::mem::take(&mut state.worker_sleeps);
        // Without the lock, because the worker needs it as soon as it wakes.
        drop(state);
        if must_wake {
            self.shared.not_empty.notify_one();
        }
        Pushed::Accepted(spare)
    }

    /// Waits until every record accepted so far is written, until the deadline at most. Returns how many are not.
    ///
    /// The worker must not call it, because it would wait for itself.
    pub(super) fn wait_until_written(&self, deadline: Option<Instant>) -> u64 {
        let mut state = self.shared.state();
        // Records that are accepted from now on do not count: other threads may add some without end.
        let goal = state.accepted;
        let remaining = |state: &State| goal.saturating_sub(state.written);
        while remaining(&state) > 0 && deadline.is_none_or(|deadline| Instant::now() < deadline) {
            state = wait_until(&self.shared.batch_written, state, deadline);
        }
        remaining(&state)
    }
}

/// Waits for a notification, until the deadline at most.
fn wait_until<'a>(
    condition: &Condvar,
    state: MutexGuard<'a, State>,
    deadline: Option<Instant>,
) -> MutexGuard<'a, State> {
    let Some(deadline) = deadline else {
        return condition.wait(state).unwrap_or_else(PoisonError::into_inner);
    };
    let left = deadline.saturating_duration_since(Instant::now());
    condition.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.state().is_closed = true;
        // The worker writes what still waits, and then ends.
        self.shared.not_empty.notify_one();
    }
}

/// Leaves the records out: there may be thousands.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for records and takes a batch; `None` if the queue is closed and empty.
    fn take_batch(&self, batch: &mut Batch) -> Option<()> {
        let mut state = self.state();
        while state.waiting.is_empty() {
            if state.is_closed {
                return None;
            }
            state.worker_sleeps = true;
            state = self.not_empty.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let count = state.waiting.len().min(MAX_BATCH);
        batch.extend(state.waiting.drain(..count));
        let has_blocked_producers = state.blocked_producers > 0;
        drop(state);
        // All of them, because a batch makes room for many.
        if has_blocked_producers {
            self.not_full.notify_all();
        }
        Some(())
    }

    /// Counts a written batch, and keeps its records for reuse.
    fn finish_batch(&self, batch: &mut Batch) {
        let count = batch.len() as u64;
        let bytes: usize = batch.iter().map(|failure| failure.capacity()).sum();
        let mut state = self.state();
        state.written += count;
        state.bytes -= bytes;
        // Kept only up to a limit: after a burst, most of this memory is not needed again.
        if state.spare_bytes + bytes <= MAX_SPARE_BYTES {
            state.spare_bytes += bytes;
            state.spare.append(batch);
        }
        let has_blocked_producers = state.blocked_producers > 0;
        drop(state);
        // The records that are not kept are freed without the lock.
        batch.clear();
        self.batch_written.notify_all();
        // The bytes of the batch count until now, so a producer may have waited for them.
        if has_blocked_producers {
            self.not_full.notify_all();
        }
    }
}

/// Runs the worker until the queue is closed and empty.
fn run_worker(shared: &Shared, outputs: &Outputs) {
    // A dispatch that fails inside a sink must not reach the sinks again: that would never end.
    let _guard = reentry::enter_delivery();
    let mut batch = Batch::with_capacity(MAX_BATCH);
    while shared.take_batch(&mut batch).is_some() {
        outputs.write_batch(&batch);
        shared.finish_batch(&mut batch);
    }
}
