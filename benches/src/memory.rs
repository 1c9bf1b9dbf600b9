//! The destination of every measured subscriber: a thread-local buffer.

use std::{cell::RefCell, io};
use tracing_dispatch_failure::{Sink, SinkRecord};

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Overwrites the buffer with each record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory;

fn put(bytes: &[u8]) {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        buffer.extend_from_slice(bytes);
    });
}

/// Returns the last record that was written on this thread.
pub(crate) fn last() -> String {
    BUFFER.with_borrow(|buffer| String::from_utf8(buffer.clone()).expect("the output is UTF-8"))
}

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Memory {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        put(record.as_str().as_bytes());
        Ok(())
    }
}
