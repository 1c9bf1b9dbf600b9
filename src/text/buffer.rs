//! Strings that each thread uses again and again.

use std::cell::RefCell;

/// An empty string, with the memory of a former one.
pub(crate) fn take() -> String {
    LARGE.with(Pool::take)
}

/// Gives a string's memory back.
pub(crate) fn give(string: String) {
    LARGE.with(|pool| pool.give(string));
}

/// An empty string for the texts of an open span, which may keep it for long: its memory is small.
pub(crate) fn take_small() -> String {
    SMALL.with(Pool::take)
}

/// Gives the memory of a span's texts back.
pub(crate) fn give_small(string: String) {
    SMALL.with(|pool| pool.give(string));
}

/// Strings without content.
struct Pool {
    spare: RefCell<Vec<String>>,
    /// How many are kept.
    count: usize,
    /// A string that grew beyond this many bytes is freed.
    capacity: usize,
}

impl Pool {
    const fn new(count: usize, capacity: usize) -> Self {
        Self { spare: RefCell::new(Vec::new()), count, capacity }
    }

    fn take(&self) -> String {
        self.spare.try_borrow_mut().ok().and_then(|mut spare| spare.pop()).unwrap_or_default()
    }

    fn give(&self, mut string: String) {
        if string.capacity() == 0 || string.capacity() > self.capacity {
            return;
        }
        string.clear();
        if let Ok(mut spare) = self.spare.try_borrow_mut() {
            if spare.len() < self.count {
                spare.push(string);
            }
        }
    }
}

/// A thread's pool, also while the thread ends: then it takes and gives nothing.
struct Local(&'static std::thread::LocalKey<Pool>);

impl Local {
    fn with<R: Default>(&self, run: impl FnOnce(&Pool) -> R) -> R {
        self.0.try_with(run).unwrap_or_default()
    }
}

static LARGE: Local = Local(&LARGE_POOL);
static SMALL: Local = Local(&SMALL_POOL);

thread_local! {
    static LARGE_POOL: Pool = const { Pool::new(4, 64 * 1024) };
    static SMALL_POOL: Pool = const { Pool::new(64, 512) };
}
