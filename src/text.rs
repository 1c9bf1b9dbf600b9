//! The text of the application's values, made without trusting them.
//!
//! A `Debug` may log, fail, panic or print a gigabyte: that costs its value, never the record.

use crate::{buffer, reentry};
use std::{
    error::Error,
    fmt::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Ends a value that was longer than allowed.
pub(crate) const CUT: &str = "…[cut]";
const FAILED: &str = "[formatting failed]";
const PANICKED: &str = "[formatting panicked]";

/// How many errors of a chain of sources are shown.
const SOURCES: usize = 16;

/// What happened to a value on its way to text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Whole,
    Cut,
    Faulty,
}

/// Writes a value into a buffer of this thread's, at most `limit` bytes of it, and hands out the
/// text. A text that was cut or whose writer failed or panicked ends in a mark.
pub(crate) fn with_text<R>(
    limit: usize,
    write: impl FnOnce(&mut dyn Write) -> fmt::Result,
    then: impl FnOnce(&str, Fate) -> R,
) -> R {
    let mut text = buffer::take();
    let mut clipped = Clipped { text: &mut text, limit, cut: false };
    let done = {
        let _guard = reentry::formatting();
        catch_unwind(AssertUnwindSafe(|| write(&mut clipped)))
    };
    let cut = clipped.cut;
    let fate = match done {
        Err(payload) => {
            // The payload is the application's too; its destructor may panic in turn.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget);
            text.push_str(PANICKED);
            Fate::Faulty
        }
        Ok(_) if cut => {
            text.push_str(CUT);
            Fate::Cut
        }
        Ok(Err(fmt::Error)) => {
            text.push_str(FAILED);
            Fate::Faulty
        }
        Ok(Ok(())) => Fate::Whole,
    };
    let result = then(&text, fate);
    buffer::give(text);
    result
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
    limit: usize,
    cut: bool,
}

impl Write for Clipped<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.cut {
            return Err(fmt::Error);
        }
        let fits = clip(more, self.limit - self.text.len());
        self.text.push_str(fits);
        if fits.len() < more.len() {
            self.cut = true;
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(limit: usize, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> (String, Fate) {
        with_text(limit, write, |text, fate| (text.to_owned(), fate))
    }

    #[test]
    fn a_long_value_is_cut_at_a_character() {
        assert_eq!(text(5, |out| out.write_str("会话")), ("会…[cut]".to_owned(), Fate::Cut));
        assert_eq!(text(6, |out| out.write_str("会话")), ("会话".to_owned(), Fate::Whole));
    }

    #[test]
    fn a_writer_that_fails_or_panics_costs_its_value_only() {
        let failing = |out: &mut dyn Write| out.write_str("half").and(Err(fmt::Error));
        assert_eq!(text(99, failing), ("half[formatting failed]".to_owned(), Fate::Faulty));
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
        assert_eq!(text(99, panicking), ("half[formatting panicked]".to_owned(), Fate::Faulty));
        assert!(!reentry::is_inside());
        assert_eq!(text(99, |out| out.write_str("clean")), ("clean".to_owned(), Fate::Whole));
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
        let (chain, fate) = text(999, |out| write_chain(&Link(1), out));
        assert_eq!(fate, Fate::Whole);
        assert!(chain.starts_with("e1: e2: e3") && chain.ends_with(": e16"), "{chain}");
    }
}
