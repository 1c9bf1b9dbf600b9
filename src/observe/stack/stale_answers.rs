//! Finds out whether the filters' current answers are about the event that is emitted now.
//!
//! `tracing-subscriber` keeps the answers of all per-layer filters in one place for each thread. An event's values are
//! evaluated after its filters were asked. If evaluating them asks other questions, the answers are overwritten
//! (tokio-rs/tracing#2519). Some questions are asked only because of this crate: about a span that it needs inside a
//! dispatch, or about a record of `log`. Their answers must not decide whether another layer sees the event.

use std::cell::Cell;
use tracing::Metadata;

thread_local! {
    /// The address of the metadata that this thread last asked its filters about, or 0.
    static LAST: Cell<usize> = const { Cell::new(0) };
    static IS_ASKING_AGAIN: Cell<bool> = const { Cell::new(false) };
}

/// While this guard exists, the thread asks the filters about an event for the second time.
pub(crate) struct AskAgainGuard(());

impl AskAgainGuard {
    /// Returns a guard; `None` if the thread has one already.
    pub(crate) fn start() -> Option<Self> {
        (!IS_ASKING_AGAIN.replace(true)).then(|| Self(()))
    }
}

impl Drop for AskAgainGuard {
    fn drop(&mut self) {
        IS_ASKING_AGAIN.set(false);
    }
}

/// Notes that the filters are asked about a span or an event.
#[inline(always)]
pub(crate) fn record_question(metadata: &Metadata<'_>) {
    LAST.set(address(metadata));
}

/// Notes that an event uses the filters' answers.
#[inline(always)]
pub(crate) fn clear() {
    LAST.set(0);
}

/// Whether the filters were asked about something else since they were asked about this event.
#[inline(always)]
pub(crate) fn is_overwritten(event: &Metadata<'_>) -> bool {
    LAST.get() != address(event) && is_from_macro(event)
}

/// Whether an event comes from a macro of `tracing`, whose filters are asked with the event's own metadata.
#[inline(never)]
fn is_from_macro(event: &Metadata<'_>) -> bool {
    // Bridges such as `tracing-log` ask with other metadata. Their events have no line.
    event.line().is_some()
}

fn address(metadata: &Metadata<'_>) -> usize {
    std::ptr::from_ref(metadata).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_asks_again_about_one_event_at_a_time() {
        let asking = AskAgainGuard::start();
        assert!(asking.is_some());
        assert!(AskAgainGuard::start().is_none());
        assert!(AskAgainGuard::start().is_none(), "a refused start ends nothing");
        drop(asking);
        assert!(AskAgainGuard::start().is_some());
    }
}
