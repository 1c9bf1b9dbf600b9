//! Queued delivery: a bounded queue and one worker.

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

/// What happens to a failure that finds the queue full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum QueueFull {
    /// The application waits; nothing is lost.
    #[default]
    Block,
    /// The failure is dropped, and counted.
    Drop,
}

impl FromStr for QueueFull {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "block" => Ok(Self::Block),
            "drop" => Ok(Self::Drop),
            _ => Err(ParseError(format!("{} is neither `block` nor `drop`", Quoted(text)))),
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueOptions {
    /// The most records.
    pub(crate) capacity: usize,
    pub(crate) full: QueueFull,
}

/// The most bytes of memory that queued records hold, whatever the capacity.
const MAX_BYTES: usize = 64 << 20;
/// The most records of one batch, which is one write.
const BATCH: usize = 256;

/// Records on their way from thread to thread.
type Batch = Vec<Box<Failure>>;

/// The producers' end. Dropping it ends the worker once the queue is empty.
#[derive(Debug)]
pub(super) struct Queue {
    shared: Arc<Shared>,
    options: QueueOptions,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is work, or the end has come.
    work: Condvar,
    /// There is room.
    room: Condvar,
    /// Records were written.
    progress: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Box<Failure>>,
    /// The bytes that the records hold which wait or are being written.
    bytes: usize,
    /// Records written, to be filled again.
    spare: Batch,
    /// The bytes that those hold.
    spare_bytes: usize,
    accepted: u64,
    finished: u64,
    worker_sleeps: bool,
    producers_blocked: usize,
    is_closed: bool,
}

/// What became of a record that was pushed.
pub(super) enum Pushed {
    /// It is in the queue; here is memory for another.
    Accepted(Option<Box<Failure>>),
    Full(Box<Failure>),
    /// There was no room until the deadline.
    Late(Box<Failure>),
}

impl Queue {
    pub(super) fn start(options: QueueOptions, outputs: Arc<Outputs>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        thread::Builder::new().name("dispatch-failure".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || work(&shared, &outputs)
        })?;
        Ok(Self { shared, options })
    }

    /// Adds a record. Where the queue blocks, it waits for room, at the longest until the deadline.
    /// Never called by the worker, which would wait for itself.
    pub(super) fn push(&self, failure: Box<Failure>, deadline: Option<Instant>) -> Pushed {
        let bytes = failure.capacity();
        let mut state = self.shared.state();
        while state.waiting.len() >= self.options.capacity
            || (state.bytes + bytes > MAX_BYTES && !state.waiting.is_empty())
        {
            if self.options.full == QueueFull::Drop {
                return Pushed::Full(failure);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Pushed::Late(failure);
            }
            state.producers_blocked += 1;
            state = wait(&self.shared.room, state, deadline);
            state.producers_blocked -= 1;
        }
        state.waiting.push_back(failure);
        state.bytes += bytes;
        state.accepted += 1;
        let spare = state.spare.pop();
        state.spare_bytes -= spare.as_ref().map_or(0, |failure| failure.capacity());
        let wake = std::mem::take(&mut state.worker_sleeps);
        drop(state);
        if wake {
            self.shared.work.notify_one();
        }
        Pushed::Accepted(spare)
    }

    /// Waits until all that was accepted so far is written, at the longest until the deadline; returns
    /// how many records are not. Never called by the worker.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> u64 {
        let mut state = self.shared.state();
        let goal = state.accepted;
        let remaining = |state: &State| goal.saturating_sub(state.finished);
        while remaining(&state) > 0 && deadline.is_none_or(|deadline| Instant::now() < deadline) {
            state = wait(&self.shared.progress, state, deadline);
        }
        remaining(&state)
    }
}

/// Waits for a change, at the longest until the deadline.
fn wait<'a>(
    change: &Condvar,
    state: MutexGuard<'a, State>,
    deadline: Option<Instant>,
) -> MutexGuard<'a, State> {
    let Some(deadline) = deadline else {
        return change.wait(state).unwrap_or_else(PoisonError::into_inner);
    };
    let left = deadline.saturating_duration_since(Instant::now());
    change.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.state().is_closed = true;
        self.shared.work.notify_one();
    }
}

/// Without the records, of which there may be thousands.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next batch, or `None` at the end.
    fn next_batch(&self, batch: &mut Batch) -> Option<()> {
        let mut state = self.state();
        while state.waiting.is_empty() {
            if state.is_closed {
                return None;
            }
            state.worker_sleeps = true;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let count = state.waiting.len().min(BATCH);
        batch.extend(state.waiting.drain(..count));
        let blocked = state.producers_blocked > 0;
        drop(state);
        if blocked {
            self.room.notify_all();
        }
        Some(())
    }

    /// Gives a batch's memory back.
    fn finish(&self, batch: &mut Batch) {
        let count = batch.len() as u64;
        let bytes: usize = batch.iter().map(|failure| failure.capacity()).sum();
        let mut state = self.state();
        state.finished += count;
        state.bytes -= bytes;
        if state.spare_bytes + bytes <= SPARE_BYTES {
            state.spare_bytes += bytes;
            state.spare.append(batch);
        }
        let blocked = state.producers_blocked > 0;
        drop(state);
        batch.clear();
        self.progress.notify_all();
        if blocked {
            self.room.notify_all();
        }
    }
}

/// The most bytes that written records hold for others: some thousand records, as many as producers fill
/// while a batch is written. Where there is none to fill, a producer asks for memory.
const SPARE_BYTES: usize = 2 << 20;

/// The worker: what its sinks do is never observed, and never ends it.
fn work(shared: &Shared, outputs: &Outputs) {
    let _guard = reentry::delivering();
    let mut batch = Batch::with_capacity(BATCH);
    while shared.next_batch(&mut batch).is_some() {
        outputs.write_batch(&batch);
        shared.finish(&mut batch);
    }
}
