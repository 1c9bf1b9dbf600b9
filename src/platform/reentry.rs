//! What this thread is in the middle of, so that our own work is never observed by ourselves.
//!
//! A value's `Debug` may log, a sink may open spans. Under a global subscriber nothing but this
//! guard keeps such an event from coming back to the layer, without end.

use std::cell::Cell;

thread_local! {
    static FORMATTING: Cell<u32> = const { Cell::new(0) };
    static DELIVERING: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread runs the application's code on our behalf: a value's formatting or a sink.
pub(crate) fn is_inside() -> bool {
    FORMATTING.get() != 0 || DELIVERING.get() != 0
}

/// Whether this thread is handing a record to a sink.
pub(crate) fn is_delivering() -> bool {
    DELIVERING.get() != 0
}

/// Until dropped, this thread formats a value of the application's.
pub(crate) fn formatting() -> Guard {
    FORMATTING.set(FORMATTING.get() + 1);
    Guard(&FORMATTING)
}

/// Until dropped, this thread hands a record to a sink.
pub(crate) fn delivering() -> Guard {
    DELIVERING.set(DELIVERING.get() + 1);
    Guard(&DELIVERING)
}

pub(crate) struct Guard(&'static std::thread::LocalKey<Cell<u32>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
