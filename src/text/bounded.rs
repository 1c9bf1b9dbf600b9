//! Formats the application's values into text of limited length.
//!
//! An application's `Debug` may log, fail, panic or print a gigabyte. Such a value is marked as faulty; the
//! rest of the record is not affected.

use crate::platform::reentry;
use std::{
    error::Error,
    fmt::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

/// The mark that ends a text which was cut at its limit.
pub(crate) const CUT_MARK: &str = "…[cut]";
/// The mark that ends a text whose `Debug` or `Display` returned an error.
const FAILED_MARK: &str = "[formatting failed]";
/// The mark that ends a text whose `Debug` or `Display` panicked.
const PANICKED_MARK: &str = "[formatting panicked]";

/// The maximum number of errors of a chain that are written: the error itself and its sources. A `source` may return a
/// chain without an end.
const MAX_ERRORS_IN_CHAIN: usize = 16;

/// How the formatting of a value ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The whole value was written.
    Complete,
    /// The value was cut at the limit.
    Truncated,
    /// The value's `Debug` or `Display` failed or panicked.
    Failed,
}

/// Appends at most `limit` bytes of what the application's `write` produces.
///
/// If the text was cut, or if `write` failed or panicked, a mark is appended beyond the limit.
pub(crate) fn append(
    text: &mut String,
    limit: usize,
    write: impl FnOnce(&mut dyn Write) -> fmt::Result,
) -> Written {
    let mut writer = LimitedWriter { text, remaining: limit, is_cut: false };
    let result = {
        // A `Debug` that logs must not cause another record.
        let _guard = reentry::enter_formatting();
        catch_unwind(AssertUnwindSafe(|| write(&mut writer)))
    };
    let is_cut = writer.is_cut;
    match result {
        // A `Debug` may swallow the error that ends it, so `is_cut` is checked in any case.
        Ok(Ok(())) if !is_cut => Written::Complete,
        result => append_mark(text, is_cut, result),
    }
}

/// Appends the mark for a text that is not complete.
#[cold]
fn append_mark(text: &mut String, is_cut: bool, result: thread::Result<fmt::Result>) -> Written {
    if let Err(payload) = result {
        // The payload belongs to the application as well, and its destructor may panic. That second payload
        // is leaked: dropping it could panic again.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
        text.push_str(PANICKED_MARK);
        return Written::Failed;
    }
    text.push_str(if is_cut { CUT_MARK } else { FAILED_MARK });
    if is_cut { Written::Truncated } else { Written::Failed }
}

/// Writes an error and its sources, joined by `: `; at most [`MAX_ERRORS_IN_CHAIN`] of them.
pub(crate) fn write_chain(error: &(dyn Error + 'static), out: &mut dyn Write) -> fmt::Result {
    write!(out, "{error}")?;
    let sources = std::iter::successors(error.source(), |error: &&(dyn Error + 'static)| (*error).source());
    sources.take(MAX_ERRORS_IN_CHAIN - 1).try_for_each(|source| write!(out, ": {source}"))
}

/// Returns the longest prefix of a text that has at most `limit` bytes and ends between two characters.
pub(crate) fn clip(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A writer that returns an error as soon as its limit is reached, which ends the formatting.
struct LimitedWriter<'a> {
    text: &'a mut String,
    /// The number of bytes that may still be written.
    remaining: usize,
    is_cut: bool,
}

impl Write for LimitedWriter<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.is_cut || more.len() > self.remaining {
            return self.cut(more);
        }
        self.remaining -= more.len();
        self.text.push_str(more);
        Ok(())
    }
}

impl LimitedWriter<'_> {
    /// Writes the part that still fits, and nothing after that.
    #[cold]
    fn cut(&mut self, more: &str) -> fmt::Result {
        if !self.is_cut {
            self.text.push_str(clip(more, self.remaining));
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
    fn a_long_value_is_cut_at_a_character_boundary() {
        assert_eq!(text(5, |out| out.write_str("会话")), ("会…[cut]".to_owned(), Written::Truncated));
        assert_eq!(text(6, |out| out.write_str("会话")), ("会话".to_owned(), Written::Complete));
    }

    #[test]
    fn a_value_that_fails_or_panics_costs_only_itself() {
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
        assert!(!reentry::is_in_user_code());
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
    fn an_endless_chain_of_sources_is_cut() {
        let (chain, written) = text(999, |out| write_chain(&Link(1), out));
        assert_eq!(written, Written::Complete);
        assert!(chain.starts_with("e1: e2: e3") && chain.ends_with(": e16"), "{chain}");
    }
}
