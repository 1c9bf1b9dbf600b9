//! Finds out whether a panic unwinds through a span.

use std::cell::{Cell, RefCell};
use tracing::span::Id;

/// How a thread exits a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Without a panic, or with a panic that began before the span was entered and so says nothing about it.
    Ordinary,
    /// A panic that began in the span unwinds through it.
    Unwinding,
}

thread_local! {
    // The spans that this thread entered while it was panicking already, such as a span that a destructor opens
    // during unwinding, or an idle future that another task's panic drops. When the thread exits these spans while it
    // is still panicking, they have not failed.
    static ENTERED_WHILE_PANICKING: RefCell<Vec<(u32, u64)>> = const { RefCell::new(Vec::new()) };

    // Whether there is any such span. Faster than a look at the list.
    static HAS_ENTERED_WHILE_PANICKING: Cell<bool> = const { Cell::new(false) };
}

/// Notes that this thread enters a layer's span.
#[inline]
pub(crate) fn enter(layer: u32, id: &Id) {
    if std::thread::panicking() {
        enter_while_panicking(layer, id);
    }
}

/// Notes that this thread exits a layer's span, and returns how.
#[inline]
pub(crate) fn exit(layer: u32, id: &Id) -> Exit {
    // Also without a panic: a span that was entered during one may be exited after it.
    if HAS_ENTERED_WHILE_PANICKING.get() && take_entered_while_panicking(layer, id) {
        return Exit::Ordinary;
    }
    if std::thread::panicking() { Exit::Unwinding } else { Exit::Ordinary }
}

#[cold]
fn enter_while_panicking(layer: u32, id: &Id) {
    HAS_ENTERED_WHILE_PANICKING.set(true);
    // Two layers may keep the same span, and enter it one after the other.
    let entry = (layer, id.into_u64());
    let _ = ENTERED_WHILE_PANICKING.try_with(|entered| entered.borrow_mut().push(entry));
}

/// Whether this thread was panicking already when it entered the span.
#[cold]
fn take_entered_while_panicking(layer: u32, id: &Id) -> bool {
    let entry = (layer, id.into_u64());
    let is_exited = ENTERED_WHILE_PANICKING.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        // The last one, because a span may be entered again within itself.
        let position = entered.iter().rposition(|other| *other == entry);
        position.map(|position| entered.remove(position));
        HAS_ENTERED_WHILE_PANICKING.set(!entered.is_empty());
        position.is_some()
    });
    // While the thread ends the list is gone. In doubt the span has not failed.
    is_exited.unwrap_or(true)
}
