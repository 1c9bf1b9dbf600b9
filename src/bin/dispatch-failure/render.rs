//! `render`: stored records, shown in the reader's language.

use crate::{
    Status,
    args::RenderArgs,
    follow::{self, Followed},
    input::{Opened, Place},
    language,
    lines::Lines,
    output::{self, Output, Stop},
    progress::Progress,
    reading::{Reading, Target},
};
use std::{
    collections::VecDeque,
    io::{self, IsTerminal},
};
use tracing_dispatch_failure::{Failure, Format, Messages};

pub(crate) fn run(args: &RenderArgs) -> Result<Status, Stop> {
    let messages = language::messages(&args.language)?;
    let places = Place::of(&args.input.files);
    let filter = args.input.filter();
    let is_quiet = args.follow || io::stdout().is_terminal();
    let mut reading = Reading::new(&filter, Progress::new(Place::total_length(&places), is_quiet));
    let mut shown = Shown {
        format: args.format,
        messages,
        color: output::colored(args.color),
        output: Output::new(),
        last: args.tail.map(|count| Last { count, records: VecDeque::new() }),
    };
    let mut followed = Vec::new();
    for place in places {
        let opened = place.open(reading.progress().count());
        let Opened { reader, is_compressed, metadata } = match opened {
            Ok(opened) => opened,
            Err(error) => {
                reading.fail(&format!("{}: {error}", place.name()), &mut shown)?;
                continue;
            }
        };
        let mut lines = Lines::new(reader);
        let grows = args.follow && !is_compressed;
        let name = place.name();
        match place {
            Place::File(path) if grows => {
                reading.read(&name, &mut lines, false, &mut shown)?;
                followed.push(Followed::new(path, lines, metadata.as_ref()));
            }
            _ => reading.read(&name, &mut lines, true, &mut shown)?,
        }
    }
    shown.show_last()?;
    shown.settle()?;
    if !followed.is_empty() {
        follow::follow(followed, &mut reading, &mut shown)?;
    }
    Ok(reading.finish())
}

struct Shown {
    format: Format,
    messages: Messages,
    color: bool,
    output: Output,
    last: Option<Last>,
}

/// The last records, for `--tail`.
struct Last {
    count: usize,
    records: VecDeque<Failure>,
}

impl Shown {
    fn show(&mut self, failure: &Failure) -> Result<(), Stop> {
        self.format.write(failure, &self.messages, self.color, self.output.text());
        self.output.relieve()
    }

    /// Shows the last records; those that come later are shown as they come.
    fn show_last(&mut self) -> Result<(), Stop> {
        let last = self.last.take().map(|last| last.records).unwrap_or_default();
        last.iter().try_for_each(|failure| self.show(failure))
    }
}

impl Target for Shown {
    fn record(&mut self, failure: Failure) -> Result<(), Stop> {
        let Some(last) = &mut self.last else { return self.show(&failure) };
        last.records.push_back(failure);
        if last.records.len() > last.count {
            last.records.pop_front();
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Stop> {
        self.output.flush()
    }
}
