//! Prints how many allocations 1000 failed dispatches cost: without a sink, and with the sink `etw` as the
//! environment configures it.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};
use tracing::dispatcher;
use tracing_dispatch_failure::{Builder, Reporter};
use windows_programs::{builder, fail, run};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does everything.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The allocations of 1000 failures, after 1000 others have filled all caches.
fn allocations(builder: Builder) -> u64 {
    let mut count = 0;
    run(builder, |_, dispatch| {
        dispatcher::with_default(dispatch, || {
            let fail = || (0..1000).for_each(|number| fail!(number, worker = "worker-a", error = "refused"));
            fail();
            let before = ALLOCATIONS.get();
            fail();
            count = ALLOCATIONS.get() - before;
        });
    });
    count
}

fn main() {
    println!("{}", allocations(Reporter::builder().sinks([])));
    println!("{}", allocations(builder()));
}
