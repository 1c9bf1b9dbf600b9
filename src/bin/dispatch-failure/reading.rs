//! Reading records: every line is one, or is shown and counted.

use crate::{
    Status,
    filter::Filter,
    lines::{LONGEST, Lines, Step},
    output::{Stop, complain, quoted},
    progress::Progress,
};
use tracing_dispatch_failure::Failure;

/// What became of the lines.
pub(crate) struct Reading<'a> {
    filter: &'a Filter,
    progress: Progress,
    lines: u64,
    wrong: u64,
    status: Status,
}

/// Where records go.
pub(crate) trait Target {
    fn record(&mut self, failure: Failure) -> Result<(), Stop>;

    /// Called before something is said on stderr, or waited for.
    fn settle(&mut self) -> Result<(), Stop>;
}

impl<'a> Reading<'a> {
    pub(crate) fn new(filter: &'a Filter, progress: Progress) -> Self {
        Self { filter, progress, lines: 0, wrong: 0, status: Status::Done }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Reads the lines that there are. A line whose end is missing is one of them where nothing more
    /// can come.
    pub(crate) fn read(
        &mut self,
        name: &str,
        lines: &mut Lines,
        is_all: bool,
        target: &mut impl Target,
    ) -> Result<(), Stop> {
        loop {
            if lines.is_drained() {
                target.settle()?;
            }
            let number = lines.number() + 1;
            let step = match lines.next() {
                Ok(Step::End) if is_all => match lines.rest() {
                    Some(step) => {
                        self.line(name, number, &step, target)?;
                        return Ok(());
                    }
                    None => return Ok(()),
                },
                Ok(Step::End) => return Ok(()),
                Ok(step) => step,
                Err(error) => {
                    self.fail(&format!("{name}: behind line {}: {error}", number - 1), target)?;
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
        step: &Step<'_>,
        target: &mut impl Target,
    ) -> Result<(), Stop> {
        self.lines += 1;
        self.progress.step();
        let (line, problem) = match step {
            Step::End => return Ok(()),
            Step::TooLong(line) => (*line, format!("longer than {LONGEST} bytes")),
            Step::Line(line) => match read(line) {
                Ok(failure) if self.filter.admits(&failure) => return target.record(failure),
                Ok(_) => return Ok(()),
                Err(problem) => (*line, problem),
            },
        };
        self.wrong += 1;
        self.status = self.status.max(Status::Found);
        let shown = if line.is_empty() { String::new() } else { format!(": {}", quoted(line)) };
        self.say(&format!("{name}:{number}: no record: {problem}{shown}"), target)
    }

    /// Says what could not be done.
    pub(crate) fn fail(&mut self, text: &str, target: &mut impl Target) -> Result<(), Stop> {
        self.status = Status::Failed;
        self.say(text, target)
    }

    fn say(&mut self, text: &str, target: &mut impl Target) -> Result<(), Stop> {
        target.settle()?;
        self.progress.clear();
        complain(text);
        Ok(())
    }

    /// Says how many lines were no records.
    pub(crate) fn finish(mut self) -> Status {
        self.progress.clear();
        if self.wrong > 0 {
            let (lines, s) = (self.lines, if self.lines == 1 { "" } else { "s" });
            let were = if self.wrong == 1 { "was no record" } else { "were no records" };
            complain(&format!("{} of {lines} line{s} {were}", self.wrong));
        }
        self.status
    }
}

fn read(line: &[u8]) -> Result<Failure, String> {
    if line.is_empty() {
        return Err("the line is empty".to_owned());
    }
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 behind byte {}", error.valid_up_to()))?;
    Failure::from_json(text).map_err(|error| error.to_string())
}
