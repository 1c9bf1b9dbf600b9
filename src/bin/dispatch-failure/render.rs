//! `render`: shows stored records in the reader's language.

use crate::{
    Status,
    args::RenderArgs,
    follow::{self, Followed},
    language,
    lines::Lines,
    output::{self, Output, Stop},
    progress::Progress,
    reading::{Reading, Target},
    source::{Opened, Source},
};
use std::{
    collections::VecDeque,
    io::{self, IsTerminal},
};
use tracing_dispatch_failure::{Failure, Format, Messages};

pub(crate) fn run(args: &RenderArgs) -> Result<Status, Stop> {
    let messages = language::messages(&args.language)?;
    let sources = Source::of(&args.input.files);
    let filter = args.input.filter();
    // On a terminal the bar would be among the records, and with `--follow` there is no end to reach.
    let is_quiet = args.follow || io::stdout().is_terminal();
    let mut reading = Reading::new(&filter, Progress::new(Source::total_length(&sources), is_quiet));
    let mut renderer = Renderer {
        format: args.format,
        messages,
        color: output::colored(args.color),
        output: Output::new(),
        tail: args.tail.map(|count| Tail { count, records: VecDeque::new() }),
    };
    let mut followed = Vec::new();
    for source in sources {
        let opened = source.open(reading.progress().count());
        let Opened { reader, is_compressed, metadata } = match opened {
            Ok(opened) => opened,
            Err(error) => {
                reading.fail(&format!("{}: {error}", source.name()), &mut renderer)?;
                continue;
            }
        };
        let mut lines = Lines::new(reader);
        // Log files are compressed once they are complete.
        let grows = args.follow && !is_compressed;
        let name = source.name();
        match source {
            // The last line may still be incomplete, so it waits for the rest.
            Source::File(path) if grows => {
                reading.read(&name, &mut lines, false, &mut renderer)?;
                followed.push(Followed::new(path, lines, metadata.as_ref()));
            }
            _ => reading.read(&name, &mut lines, true, &mut renderer)?,
        }
    }
    // `--tail` is about the records that exist; from here on, each one is shown.
    renderer.show_tail()?;
    renderer.flush()?;
    // Standard input and compressed files end, so there may be nothing to follow.
    if !followed.is_empty() {
        follow::follow(followed, &mut reading, &mut renderer)?;
    }
    Ok(reading.finish())
}

struct Renderer {
    format: Format,
    messages: Messages,
    color: bool,
    output: Output,
    tail: Option<Tail>,
}

/// The newest records so far, for `--tail`.
struct Tail {
    count: usize,
    records: VecDeque<Failure>,
}

impl Renderer {
    fn show(&mut self, failure: &Failure) -> Result<(), Stop> {
        self.format.write(failure, &self.messages, self.color, self.output.text());
        self.output.flush_if_large()
    }

    /// Shows the kept records; later ones are shown as they arrive.
    fn show_tail(&mut self) -> Result<(), Stop> {
        let tail = self.tail.take().map(|tail| tail.records).unwrap_or_default();
        tail.iter().try_for_each(|failure| self.show(failure))
    }
}

impl Target for Renderer {
    fn record(&mut self, failure: Failure) -> Result<(), Stop> {
        let Some(tail) = &mut self.tail else { return self.show(&failure) };
        // Added before the oldest one is removed, so that a tail of 0 keeps none.
        tail.records.push_back(failure);
        if tail.records.len() > tail.count {
            tail.records.pop_front();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        self.output.flush()
    }
}
