//! Whether the filters' answers that count for an event are the answers for it.
//!
//! `tracing-subscriber` keeps the answers of all per-layer filters in one place of the thread. The values of an
//! event are evaluated after its filters were asked, and whatever these ask overwrites the answers
//! (tokio-rs/tracing#2519). Some questions are asked only because of this crate: a span that it needs within a
//! dispatch, a record of `log`. Their answers must not count for another layer's event.

use std::cell::Cell;
use tracing::Metadata;

thread_local! {
    /// The address of the metadata that the filters of this thread were last asked about.
    static LAST: Cell<usize> = const { Cell::new(0) };
    static IS_ASKING_AGAIN: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread asks the filters about an event for the second time.
pub(crate) struct AskingAgain(());

impl AskingAgain {
    /// Nothing where the thread does so already.
    pub(crate) fn start() -> Option<Self> {
        (!IS_ASKING_AGAIN.replace(true)).then(|| Self(()))
    }
}

impl Drop for AskingAgain {
    fn drop(&mut self) {
        IS_ASKING_AGAIN.set(false);
    }
}

/// Notes that the filters are asked about a span or an event.
#[inline(always)]
pub(crate) fn ask(metadata: &Metadata<'_>) {
    LAST.set(address(metadata));
}

/// Notes that an event comes: the answers for it are used.
#[inline(always)]
pub(crate) fn consume() {
    LAST.set(0);
}

/// Whether the filters were asked about something else since they were asked about this event.
#[inline(always)]
pub(crate) fn is_overwritten(event: &Metadata<'_>) -> bool {
    LAST.get() != address(event) && is_of_a_macro(event)
}

/// Whether filters are asked about an event by the metadata that it has itself. Bridges, such as `tracing-log`,
/// ask by others; their events have no line.
#[inline(never)]
fn is_of_a_macro(event: &Metadata<'_>) -> bool {
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
        let asking = AskingAgain::start();
        assert!(asking.is_some());
        assert!(AskingAgain::start().is_none());
        assert!(AskingAgain::start().is_none(), "a refused start ends nothing");
        drop(asking);
        assert!(AskingAgain::start().is_some());
    }
}
