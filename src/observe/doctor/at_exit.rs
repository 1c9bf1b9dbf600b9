//! What is told at the end of a thread or of the process.
//!
//! A destructor of thread-local data runs when its thread ends. That of the main thread runs when `main` returns
//! or `exit` is called in it, and so at the end of the process; not so on Windows, nor with musl.

use std::{cell::RefCell, sync::Weak};

thread_local! {
    static ENDING: RefCell<Ending> = const { RefCell::new(Ending { witnesses: Vec::new(), is_main: false }) };
}

/// Who has something to tell at the end.
pub(crate) trait Witness {
    /// Tells at the end of a thread, or of the process.
    fn tell_at_end(&self, is_process: bool);
}

struct Ending {
    witnesses: Vec<Weak<dyn Witness>>,
    is_main: bool,
}

/// When this thread ends, the witness tells what it noticed.
pub(crate) fn watch_thread(witness: &Weak<dyn Witness>) {
    // A thread that is ending already tells nothing more.
    let _ = ENDING.try_with(|ending| {
        let Ok(mut ending) = ending.try_borrow_mut() else { return };
        ending.is_main = std::thread::current().name() == Some("main");
        let witnesses = &mut ending.witnesses;
        witnesses.retain(|known| known.strong_count() > 0);
        if !witnesses.iter().any(|known| known.ptr_eq(witness)) {
            witnesses.push(Weak::clone(witness));
        }
    });
}

/// The same, if this is the main thread.
pub(crate) fn watch_process(witness: &Weak<dyn Witness>) {
    if std::thread::current().name() == Some("main") {
        watch_thread(witness);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let Self { witnesses, is_main } = self;
        witnesses.iter().filter_map(Weak::upgrade).for_each(|witness| witness.tell_at_end(*is_main));
    }
}
