//! Events whose filters were asked and that are still to come: their values are evaluated in between, and may
//! ask other questions.
//!
//! `tracing-subscriber` keeps the answers of all per-layer filters in one place of the thread, so another
//! question overwrites them (tokio-rs/tracing#2519). Some questions are asked only because of this crate: a span
//! that it needs within a dispatch, a record of `log`. Their answers must not count for another layer's event.

use std::cell::Cell;
use tracing::Metadata;

/// How many events may wait for each other's values. Of more, the outermost are forgotten.
const DEEPEST: usize = 8;

thread_local! {
    /// The addresses of the events' metadata, the innermost at the last index that was used.
    static EVENTS: [Cell<usize>; DEEPEST] = const { [const { Cell::new(0) }; DEEPEST] };
    /// The index of the innermost event.
    static INNERMOST: Cell<usize> = const { Cell::new(0) };
    /// Whether anything was asked since the innermost event was.
    static IS_OVERWRITTEN: Cell<bool> = const { Cell::new(false) };
}

/// Notes that the filters are asked about an event.
#[inline]
pub(crate) fn ask(event: &Metadata<'_>) {
    // Each layer of ours in a stack notes it.
    if get(INNERMOST.get()) != address(event) {
        let index = INNERMOST.get().wrapping_add(1) % DEEPEST;
        INNERMOST.set(index);
        set(index, address(event));
    }
    IS_OVERWRITTEN.set(false);
}

/// Notes that the filters are asked about anything else.
#[inline]
pub(crate) fn overwrite() {
    IS_OVERWRITTEN.set(true);
}

/// An event comes; whether the filters have been asked about something else since they were asked about it.
#[inline]
pub(crate) fn is_overwritten(event: &Metadata<'_>) -> bool {
    let index = INNERMOST.get();
    if get(index) == address(event) {
        set(index, 0);
        // What waits for this event's end was overwritten by it.
        INNERMOST.set(index.wrapping_sub(1) % DEEPEST);
        return IS_OVERWRITTEN.replace(true);
    }
    was_asked_earlier(event)
}

/// Whether an event was asked about before others that never came, as `event_enabled!` asks.
#[inline(never)]
fn was_asked_earlier(event: &Metadata<'_>) -> bool {
    let found = EVENTS.with(|events| events.iter().position(|pending| pending.get() == address(event)));
    if let Some(index) = found {
        set(index, 0);
    }
    found.is_some()
}

fn address(event: &Metadata<'_>) -> usize {
    std::ptr::from_ref(event).addr()
}

#[inline(always)]
fn get(index: usize) -> usize {
    EVENTS.with(|events| events.get(index).map_or(0, Cell::get))
}

#[inline(always)]
fn set(index: usize, address: usize) {
    EVENTS.with(|events| {
        if let Some(pending) = events.get(index) {
            pending.set(address);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    fn event(target: &str) -> &'static Metadata<'static> {
        synthetic::log_record(target, tracing::Level::INFO, false)
    }

    #[test]
    fn an_event_that_comes_at_once_is_not_overwritten() {
        for _ in 0..3 {
            ask(event("a"));
            assert!(!is_overwritten(event("a")));
        }
        assert!(!is_overwritten(event("never asked about")));
    }

    #[test]
    fn an_event_is_overwritten_by_what_its_values_ask() {
        ask(event("a"));
        overwrite();
        assert!(is_overwritten(event("a")));
        ask(event("a"));
        ask(event("b"));
        assert!(!is_overwritten(event("b")));
        assert!(is_overwritten(event("a")));
    }

    #[test]
    fn a_question_without_an_event_hides_nothing() {
        ask(event("a"));
        (0..3).for_each(|_| ask(event("a question")));
        assert!(is_overwritten(event("a")));
        assert!(!is_overwritten(event("a")));
        ask(event("a"));
        assert!(!is_overwritten(event("a")));
    }
}
