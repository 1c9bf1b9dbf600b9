//! Whether a panic unwinds through a span that this thread leaves.

use std::cell::{Cell, RefCell};
use tracing::span::Id;

/// How a span is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As it should be, or by a panic that began before it was entered and says nothing about it.
    Ordinary,
    /// A panic that began in it unwinds through it.
    Unwinding,
}

thread_local! {
    // Spans that this thread entered while it was panicking already: a span that is opened in a
    // destructor during unwinding, or an idle future dropped by a stranger's panic. Exit them
    // while panicking says nothing about them.
    static ENTERED_WHILE_PANICKING: RefCell<Vec<(u32, u64)>> = const { RefCell::new(Vec::new()) };

    // Whether there is any of these, which is quicker to ask.
    static HAS_ENTERED_WHILE_PANICKING: Cell<bool> = const { Cell::new(false) };
}

/// Notes that a layer's span is entered.
#[inline]
pub(crate) fn enter(owner: u32, id: &Id) {
    if std::thread::panicking() {
        enter_while_panicking(owner, id);
    }
}

/// Notes that a layer's span is left.
#[inline]
pub(crate) fn leave(owner: u32, id: &Id) -> Exit {
    // Also without a panic: what was entered in one may be left after it.
    if HAS_ENTERED_WHILE_PANICKING.get() && leave_while_panicking(owner, id) {
        return Exit::Ordinary;
    }
    if std::thread::panicking() { Exit::Unwinding } else { Exit::Ordinary }
}

#[cold]
fn enter_while_panicking(owner: u32, id: &Id) {
    HAS_ENTERED_WHILE_PANICKING.set(true);
    let this = (owner, id.into_u64());
    let _ = ENTERED_WHILE_PANICKING.try_with(|entered| entered.borrow_mut().push(this));
}

/// Whether the span was entered while this thread was panicking already; where the thread is ending that
/// is not known, and it counts as such.
#[cold]
fn leave_while_panicking(owner: u32, id: &Id) -> bool {
    let this = (owner, id.into_u64());
    let is_left = ENTERED_WHILE_PANICKING.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let place = entered.iter().rposition(|entry| *entry == this);
        place.map(|place| entered.remove(place));
        HAS_ENTERED_WHILE_PANICKING.set(!entered.is_empty());
        place.is_some()
    });
    is_left.unwrap_or(true)
}
