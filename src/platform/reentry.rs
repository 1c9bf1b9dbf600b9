//! Per-thread guards that keep the layer from observing its own work.
//!
//! A value's `Debug` may log, and a sink may open spans. Under a global subscriber, such an event would come
//! back to the layer, without end. Only these guards prevent that.

use std::cell::Cell;

thread_local! {
    static FORMATTING_DEPTH: Cell<u32> = const { Cell::new(0) };
    static DELIVERY_DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Returns whether this thread is formatting a value or delivering a record. Both call code of the
/// application.
pub(crate) fn is_in_user_code() -> bool {
    FORMATTING_DEPTH.get() != 0 || DELIVERY_DEPTH.get() != 0
}

/// Returns whether this thread is handing a record to a sink.
pub(crate) fn is_delivering() -> bool {
    DELIVERY_DEPTH.get() != 0
}

/// Marks this thread as formatting a value of the application, until the guard is dropped.
pub(crate) fn enter_formatting() -> Guard {
    FORMATTING_DEPTH.set(FORMATTING_DEPTH.get() + 1);
    Guard(&FORMATTING_DEPTH)
}

/// Marks this thread as handing a record to a sink, until the guard is dropped.
pub(crate) fn enter_delivery() -> Guard {
    DELIVERY_DEPTH.set(DELIVERY_DEPTH.get() + 1);
    Guard(&DELIVERY_DEPTH)
}

/// Leaves the marked section on drop, also during a panic.
pub(crate) struct Guard(&'static std::thread::LocalKey<Cell<u32>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
