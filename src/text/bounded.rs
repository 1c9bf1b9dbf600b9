//! The text of the application's values, made without trusting them.
//!
//! A `Debug` may log, fail, panic or print a gigabyte: that costs its value, never the record.

use crate::platform::reentry;
use std::{
    error::Error,
    fmt::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

/// Ends a value that was longer than allowed.
pub(crate) const CUT: &str = "…[cut]";
const FAILED: &str = "[formatting failed]";
const PANICKED: &str = "[formatting panicked]";

/// How many errors of a chain of sources are shown.
const SOURCES: usize = 16;

/// What happened to a value on its way to text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Complete,
    Truncated,
    Failed,
}

/// Appends what the application's code writes, at most `limit` bytes of it. A text that was cut or whose
/// writer failed or panicked ends in a mark.
pub(crate) fn append(
    text: &mut String,
    limit: usize,
    write: impl FnOnce(&mut dyn Write) -> fmt::Result,
) -> Written {
    let mut clipped = Clipped { text, left: limit, is_cut: false };
    let done = {
        let _guard = reentry::formatting();
        catch_unwind(AssertUnwindSafe(|| write(&mut clipped)))
    };
    let is_cut = clipped.is_cut;
    match done {
        Ok(Ok(())) if !is_cut => Written::Complete,
        done => mark(text, is_cut, done),
    }
}

/// Appends the mark of what went wrong.
#[cold]
fn mark(text: &mut String, is_cut: bool, done: thread::Result<fmt::Result>) -> Written {
    if let Err(payload) = done {
        // The payload is the application's too; its destructor may panic in turn.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
        text.push_str(PANICKED);
        return Written::Failed;
    }
    text.push_str(if is_cut { CUT } else { FAILED });
    if is_cut { Written::Truncated } else { Written::Failed }
}

/// Writes an error and its sources, joined by `: `.
pub(crate) fn write_chain(error: &(dyn Error + 'static), out: &mut dyn Write) -> fmt::Result {
    write!(out, "{error}")?;
    let sources = std::iter::successors(error.source(), |error: &&(dyn Error + 'static)| (*error).source());
    sources.take(SOURCES - 1).try_for_each(|source| write!(out, ": {source}"))
}

/// The longest start of a text that has at most `limit` bytes.
pub(crate) fn clip(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A writer that ends the formatting once its limit is reached.
struct Clipped<'a> {
    text: &'a mut String,
    /// How many bytes may still be written.
    left: usize,
    is_cut: bool,
}

impl Write for Clipped<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.is_cut || more.len() > self.left {
            return self.cut(more);
        }
        self.left -= more.len();
        self.text.push_str(more);
        Ok(())
    }
}

impl Clipped<'_> {
    /// Writes what still fits, and nothing more.
    #[cold]
    fn cut(&mut self, more: &str) -> fmt::Result {
        if !self.is_cut {
            self.text.push_str(clip(more, self.left));
            self.is_cut = true;
        }
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(limit: usize, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> (String, Written) {
        let mut text = "before ".to_owned();
        let written = append(&mut text, limit, write);
        (text.split_off("before ".len()), written)
    }

    #[test]
    fn a_long_value_is_cut_at_a_character() {
        assert_eq!(text(5, |out| out.write_str("会话")), ("会…[cut]".to_owned(), Written::Truncated));
        assert_eq!(text(6, |out| out.write_str("会话")), ("会话".to_owned(), Written::Complete));
    }

    #[test]
    fn a_writer_that_fails_or_panics_costs_its_value_only() {
        let failing = |out: &mut dyn Write| out.write_str("half").and(Err(fmt::Error));
        assert_eq!(text(99, failing), ("half[formatting failed]".to_owned(), Written::Failed));
        struct Angry;
        impl Drop for Angry {
            fn drop(&mut self) {
                std::panic::panic_any("even its payload");
            }
        }
        let panicking = |out: &mut dyn Write| {
            out.write_str("half")?;
            std::panic::resume_unwind(Box::new(Angry));
        };
        assert_eq!(text(99, panicking), ("half[formatting panicked]".to_owned(), Written::Failed));
        assert!(!reentry::is_inside());
        assert_eq!(text(99, |out| out.write_str("clean")), ("clean".to_owned(), Written::Complete));
    }

    #[derive(Debug)]
    struct Link(u32);
    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "e{}", self.0)
        }
    }
    impl Error for Link {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(Box::leak(Box::new(Link(self.0 + 1))))
        }
    }

    #[test]
    fn an_endless_chain_of_sources_ends() {
        let (chain, written) = text(999, |out| write_chain(&Link(1), out));
        assert_eq!(written, Written::Complete);
        assert!(chain.starts_with("e1: e2: e3") && chain.ends_with(": e16"), "{chain}");
    }
}
