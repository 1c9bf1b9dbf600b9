//! Lines of bounded length.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line, in bytes. With the default limits a record stays below 4 MiB, however much of it is escaped.
pub(crate) const MAX_LINE: usize = 16 * 1024 * 1024;

/// Reads lines. An incomplete last line is kept until more of it arrives.
pub(crate) struct Lines {
    reader: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
    number: u64,
    is_too_long: bool,
}

/// The next line, or the reason why there is none.
pub(crate) enum NextLine<'a> {
    /// A line, without its newline.
    Line(&'a [u8]),
    /// The start of a line longer than [`MAX_LINE`]; the rest of it was skipped.
    TooLong(&'a [u8]),
    /// No complete line is available now.
    End,
}

impl Lines {
    pub(crate) fn new(reader: BufReader<Box<dyn Read>>) -> Self {
        Self { reader, line: Vec::new(), number: 0, is_too_long: false }
    }

    /// Returns the number of the last line, counted from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether reading the next line may block.
    pub(crate) fn may_block(&self) -> bool {
        !self.reader.buffer().contains(&b'\n')
    }

    pub(crate) fn next(&mut self) -> io::Result<NextLine<'_>> {
        // The last line is complete. An incomplete one is kept, and more of it is read below.
        if self.line.last() == Some(&b'\n') {
            self.line.clear();
            self.is_too_long = false;
        }
        if !self.is_too_long {
            // One byte more than a line may have, for its newline.
            let room = (MAX_LINE + 1).saturating_sub(self.line.len());
            self.reader.by_ref().take(room as u64).read_until(b'\n', &mut self.line)?;
            self.is_too_long = self.line.len() > MAX_LINE && self.line.last() != Some(&b'\n');
        }
        if self.is_too_long && !self.skip()? {
            // The rest of the long line has not arrived, so the line is reported later.
            return Ok(NextLine::End);
        }
        match self.line.strip_suffix(b"\n") {
            Some(line) => {
                self.number += 1;
                Ok(if self.is_too_long { NextLine::TooLong(line) } else { NextLine::Line(line) })
            }
            None => Ok(NextLine::End),
        }
    }

    /// Returns the last line of a file that does not end in a newline.
    pub(crate) fn rest(&mut self) -> Option<NextLine<'_>> {
        if self.line.is_empty() || self.line.last() == Some(&b'\n') {
            return None;
        }
        self.number += 1;
        Some(if self.is_too_long { NextLine::TooLong(&self.line) } else { NextLine::Line(&self.line) })
    }

    /// Skips the rest of the line. Returns `false` if its end has not arrived yet.
    fn skip(&mut self) -> io::Result<bool> {
        loop {
            // Not stored, so that memory stays bounded.
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(length);
            if end.is_some() {
                // The newline marks the line as complete, as `next` and `rest` expect.
                self.line.push(b'\n');
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(bytes: &'static [u8]) -> Vec<String> {
        // One byte at a time, so that lines come in parts.
        let reader: Box<dyn Read> = Box::new(bytes);
        let mut lines = Lines::new(BufReader::with_capacity(1, reader));
        let mut found = Vec::new();
        let shown = |step: &NextLine<'_>| match step {
            NextLine::Line(line) => Some(String::from_utf8_lossy(line).into_owned()),
            NextLine::TooLong(line) => Some(format!("too long: {}", line.len())),
            NextLine::End => None,
        };
        while let Some(step) = shown(&lines.next().unwrap()) {
            found.push(step);
        }
        found.extend(lines.rest().as_ref().and_then(shown).map(|rest| format!("rest {rest}")));
        found
    }

    #[test]
    fn lines_end_at_newlines_and_the_last_may_have_none() {
        assert_eq!(steps(b"a\n\nb"), ["a", "", "rest b"]);
        assert_eq!(steps(b"a\n"), ["a"]);
        assert!(steps(b"").is_empty());
    }

    #[test]
    fn an_endless_line_takes_no_more_memory_than_the_longest_allowed() {
        let long = io::repeat(b'x').take(3 * MAX_LINE as u64).chain(&b"\nshort\n"[..]);
        let mut lines = Lines::new(BufReader::new(Box::new(long)));
        assert!(matches!(lines.next().unwrap(), NextLine::TooLong(line) if line.len() == MAX_LINE + 1));
        assert!(lines.line.capacity() <= 2 * MAX_LINE + 16);
        assert!(matches!(lines.next().unwrap(), NextLine::Line(b"short")));
        assert_eq!(lines.number(), 2);
    }
}
