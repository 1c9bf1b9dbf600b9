//! Lines of bounded length.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line. A record of the default limits is below 4 MiB, however its texts are escaped.
pub(crate) const LONGEST: usize = 16 * 1024 * 1024;

/// Reads lines; what is no whole line yet is kept until more of it comes.
pub(crate) struct Lines {
    reader: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
    number: u64,
    is_too_long: bool,
}

/// What the next line is.
pub(crate) enum Step<'a> {
    /// A line without its end.
    Line(&'a [u8]),
    /// The start of a line that is longer than [`LONGEST`]; it was read to its end.
    TooLong(&'a [u8]),
    /// There is nothing more for now.
    End,
}

impl Lines {
    pub(crate) fn new(reader: BufReader<Box<dyn Read>>) -> Self {
        Self { reader, line: Vec::new(), number: 0, is_too_long: false }
    }

    /// The number of the line that came last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the next line has to be waited for.
    pub(crate) fn is_drained(&self) -> bool {
        !self.reader.buffer().contains(&b'\n')
    }

    pub(crate) fn next(&mut self) -> io::Result<Step<'_>> {
        if self.line.last() == Some(&b'\n') {
            self.line.clear();
            self.is_too_long = false;
        }
        if !self.is_too_long {
            let room = (LONGEST + 1).saturating_sub(self.line.len());
            self.reader.by_ref().take(room as u64).read_until(b'\n', &mut self.line)?;
            self.is_too_long = self.line.len() > LONGEST && self.line.last() != Some(&b'\n');
        }
        if self.is_too_long && !self.skip()? {
            return Ok(Step::End);
        }
        match self.line.strip_suffix(b"\n") {
            Some(line) => {
                self.number += 1;
                Ok(if self.is_too_long { Step::TooLong(line) } else { Step::Line(line) })
            }
            None => Ok(Step::End),
        }
    }

    /// What is left at the end of a file whose last line has no end.
    pub(crate) fn rest(&mut self) -> Option<Step<'_>> {
        if self.line.is_empty() || self.line.last() == Some(&b'\n') {
            return None;
        }
        self.number += 1;
        Some(if self.is_too_long { Step::TooLong(&self.line) } else { Step::Line(&self.line) })
    }

    /// Reads on to the end of the line without keeping it; `false` where that is not there yet.
    fn skip(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(length);
            if end.is_some() {
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
        let shown = |step: &Step<'_>| match step {
            Step::Line(line) => Some(String::from_utf8_lossy(line).into_owned()),
            Step::TooLong(line) => Some(format!("too long: {}", line.len())),
            Step::End => None,
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
        let long = io::repeat(b'x').take(3 * LONGEST as u64).chain(&b"\nshort\n"[..]);
        let mut lines = Lines::new(BufReader::new(Box::new(long)));
        assert!(matches!(lines.next().unwrap(), Step::TooLong(line) if line.len() == LONGEST + 1));
        assert!(lines.line.capacity() <= 2 * LONGEST + 16);
        assert!(matches!(lines.next().unwrap(), Step::Line(b"short")));
        assert_eq!(lines.number(), 2);
    }
}
