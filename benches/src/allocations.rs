//! A counting allocator.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, with three counters.
pub(crate) struct Counting;

/// The requests to the allocator so far, from all threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allocations {
    /// Calls of `alloc` and `realloc`.
    pub(crate) count: u64,
    /// Requested bytes; a `realloc` counts with its new size.
    pub(crate) bytes: u64,
    /// Bytes that are not freed yet.
    pub(crate) live: u64,
}

/// Returns the counts so far.
pub(crate) fn now() -> Allocations {
    let (bytes, freed) = (BYTES.load(Relaxed), FREED.load(Relaxed));
    Allocations { count: COUNT.load(Relaxed), bytes, live: bytes - freed }
}

fn count(size: usize) {
    COUNT.fetch_add(1, Relaxed);
    BYTES.fetch_add(size as u64, Relaxed);
}

// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller upholds the contract of the same method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller upholds the contract of the same method.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        FREED.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: the caller upholds the contract of the same method.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        FREED.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: the caller upholds the contract of the same method.
        unsafe { System.realloc(memory, layout, size) }
    }
}
