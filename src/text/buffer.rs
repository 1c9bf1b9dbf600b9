//! Pools of strings, one per thread, so that most records are written without an allocation.

use std::cell::RefCell;

/// Takes an empty string from the thread's pool, with capacity from an earlier use if there is one.
pub(crate) fn acquire() -> String {
    LARGE.with(Pool::acquire)
}

/// Returns a string's memory to the thread's pool.
pub(crate) fn release(string: String) {
    LARGE.with(|pool| pool.release(string));
}

/// Takes an empty string for the texts of an open span. A span may be open for long, so these strings are
/// small.
pub(crate) fn acquire_small() -> String {
    SMALL.with(Pool::acquire)
}

/// Returns the memory of a span's texts to the thread's pool.
pub(crate) fn release_small(string: String) {
    SMALL.with(|pool| pool.release(string));
}

/// Empty strings whose memory can be used again.
struct Pool {
    spare: RefCell<Vec<String>>,
    /// The maximum number of strings that the pool keeps; further ones are freed.
    max_spare: usize,
    /// The largest capacity that the pool keeps, in bytes; a larger string is freed.
    max_capacity: usize,
}

impl Pool {
    /// Creates an empty pool.
    const fn new(max_spare: usize, max_capacity: usize) -> Self {
        Self { spare: RefCell::new(Vec::new()), max_spare, max_capacity }
    }

    /// Takes a string, or creates one.
    fn acquire(&self) -> String {
        // A borrowed pool must not panic in a subscriber's callback; an empty string works as well.
        self.spare.try_borrow_mut().ok().and_then(|mut spare| spare.pop()).unwrap_or_default()
    }

    /// Keeps a string's memory, or frees it.
    fn release(&self, mut string: String) {
        if string.capacity() == 0 || string.capacity() > self.max_capacity {
            return;
        }
        // Text of one record must never appear in another.
        string.clear();
        if let Ok(mut spare) = self.spare.try_borrow_mut() {
            if spare.len() < self.max_spare {
                spare.push(string);
            }
        }
    }
}

/// A thread's pool. While the thread ends and its pool is already destroyed, `acquire` returns a new string
/// and `release` frees it.
struct ThreadLocalPool(&'static std::thread::LocalKey<Pool>);

impl ThreadLocalPool {
    /// Calls `run` with the pool, or returns the default if the pool is destroyed.
    fn with<R: Default>(&self, run: impl FnOnce(&Pool) -> R) -> R {
        self.0.try_with(run).unwrap_or_default()
    }
}

/// Strings for messages and records.
static LARGE: ThreadLocalPool = ThreadLocalPool(&LARGE_POOL);
/// Strings for the texts of open spans.
static SMALL: ThreadLocalPool = ThreadLocalPool(&SMALL_POOL);

thread_local! {
    static LARGE_POOL: Pool = const { Pool::new(4, 64 * 1024) };
    static SMALL_POOL: Pool = const { Pool::new(64, 512) };
}
