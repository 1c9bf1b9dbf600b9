//! Reading records: a line that is not one is reported and counted.

use crate::{
    Status,
    filter::Filter,
    lines::{Lines, MAX_LINE, NextLine},
    output::{Stop, log_to_stderr, quoted},
    progress::Progress,
};
use tracing_dispatch_failure::Failure;

/// The state of reading: the filter, the progress bar, and what was found so far.
pub(crate) struct Reading<'a> {
    filter: &'a Filter,
    progress: Progress,
    lines: u64,
    invalid: u64,
    status: Status,
}

/// A consumer of records.
pub(crate) trait Target {
    fn record(&mut self, failure: Failure) -> Result<(), Stop>;

    /// Called before a message goes to stderr and before waiting for input, so that output stays in order.
    fn flush(&mut self) -> Result<(), Stop>;
}

impl<'a> Reading<'a> {
    pub(crate) fn new(filter: &'a Filter, progress: Progress) -> Self {
        Self { filter, progress, lines: 0, invalid: 0, status: Status::Done }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Reads all available lines. `is_complete` says that the source cannot grow: then a last line
    /// without a newline counts as well.
    pub(crate) fn read(
        &mut self,
        name: &str,
        lines: &mut Lines,
        is_complete: bool,
        target: &mut impl Target,
    ) -> Result<(), Stop> {
        loop {
            // While a pipe keeps us waiting, the user should see all records so far.
            if lines.may_block() {
                target.flush()?;
            }
            // Taken first, because the next line borrows `lines`.
            let number = lines.number() + 1;
            let step = match lines.next() {
                Ok(NextLine::End) if is_complete => match lines.rest() {
                    Some(step) => {
                        self.line(name, number, &step, target)?;
                        return Ok(());
                    }
                    None => return Ok(()),
                },
                Ok(NextLine::End) => return Ok(()),
                Ok(step) => step,
                // This source is over, but the next ones may be readable.
                Err(error) => {
                    self.fail(&format!("{name}: after line {}: {error}", number - 1), target)?;
                    return Ok(());
                }
            };
            self.line(name, number, &step, target)?;
        }
    }

    fn line(
        &mut self,
        name: &str,
        number: u64,
        step: &NextLine<'_>,
        target: &mut impl Target,
    ) -> Result<(), Stop> {
        self.lines += 1;
        self.progress.step();
        let (line, problem) = match step {
            NextLine::End => return Ok(()),
            NextLine::TooLong(line) => (*line, format!("longer than {MAX_LINE} bytes")),
            NextLine::Line(line) => match read(line) {
                Ok(failure) if self.filter.admits(&failure) => return target.record(failure),
                Ok(_) => return Ok(()),
                Err(problem) => (*line, problem),
            },
        };
        self.invalid += 1;
        // A source that cannot be read is worse, and must not be forgotten.
        self.status = self.status.max(Status::InvalidInput);
        let shown = if line.is_empty() { String::new() } else { format!(": {}", quoted(line)) };
        self.log(&format!("{name}:{number}: not a record: {problem}{shown}"), target)
    }

    /// Reports what could not be done.
    pub(crate) fn fail(&mut self, text: &str, target: &mut impl Target) -> Result<(), Stop> {
        self.status = Status::Failed;
        self.log(text, target)
    }

    fn log(&mut self, text: &str, target: &mut impl Target) -> Result<(), Stop> {
        // Earlier records come first, and the bar is on the same line as the message.
        target.flush()?;
        self.progress.clear();
        log_to_stderr(text);
        Ok(())
    }

    /// Reports how many lines were not records, and returns the exit status.
    pub(crate) fn finish(mut self) -> Status {
        self.progress.clear();
        if self.invalid > 0 {
            let (lines, s) = (self.lines, if self.lines == 1 { "" } else { "s" });
            let were = if self.invalid == 1 { "was not a record" } else { "were not records" };
            log_to_stderr(&format!("{} of {lines} line{s} {were}", self.invalid));
        }
        self.status
    }
}

fn read(line: &[u8]) -> Result<Failure, String> {
    // The parser would only say that the input ended.
    if line.is_empty() {
        return Err("the line is empty".to_owned());
    }
    let text =
        std::str::from_utf8(line).map_err(|error| format!("not UTF-8 after byte {}", error.valid_up_to()))?;
    Failure::from_json(text).map_err(|error| error.to_string())
}
