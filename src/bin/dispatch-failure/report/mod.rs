//! `report`: writes a self-contained HTML page about stored records.

mod data;
mod destination;
mod html;
mod page;
mod summary;
mod texts;

use crate::{
    Status,
    args::ReportArgs,
    language,
    lines::Lines,
    output::{Stop, log_to_stderr},
    progress::Progress,
    reading::{Reading, Target},
    source::{Opened, Source},
};
use tracing_dispatch_failure::Failure;

pub(crate) fn run(args: &ReportArgs) -> Result<Status, Stop> {
    let catalog = language::catalog(&args.language)?;
    let reader = catalog.messages(&language::requested(&args.language));
    // Checked before gigabytes are read in vain.
    destination::check(&args.out, args.force).map_err(|error| destination::error_at(&args.out, &error))?;
    let sources = Source::of(&args.input.files);
    let filter = args.input.filter();
    let mut reading = Reading::new(&filter, Progress::new(Source::total_length(&sources), false));
    let mut newest = Newest { limit: args.limit, total: 0, failures: Vec::new() };
    for source in sources {
        match source.open(reading.progress().count()) {
            Ok(Opened { reader, .. }) => {
                reading.read(&source.name(), &mut Lines::new(reader), true, &mut newest)?
            }
            Err(error) => reading.fail(&format!("{}: {error}", source.name()), &mut newest)?,
        }
    }
    // Before any other message, because it removes the progress bar.
    let status = reading.finish();
    // The sources need not be in the order of time.
    newest.sort();
    if newest.total > newest.failures.len() {
        log_to_stderr(&format!(
            "the page has the newest {} of {} records; --limit changes that",
            newest.failures.len(),
            newest.total
        ));
    }
    let languages = texts::languages(&catalog, &newest.failures);
    let page = page::page(&newest.failures, newest.total, &languages, reader.locale());
    destination::write(&args.out, args.force, page.as_bytes())
        .map_err(|error| destination::error_at(&args.out, &error))?;
    Ok(status)
}

/// The newest records so far.
struct Newest {
    limit: usize,
    total: usize,
    failures: Vec<Failure>,
}

impl Newest {
    /// Sorts the records, newest first, and drops those beyond the limit.
    fn sort(&mut self) {
        self.failures.sort_by_key(|failure| std::cmp::Reverse(failure.timestamp()));
        self.failures.truncate(self.limit);
    }
}

impl Target for Newest {
    fn record(&mut self, failure: Failure) -> Result<(), Stop> {
        self.total += 1;
        self.failures.push(failure);
        // Rarely, so that sorting costs little per record.
        if self.failures.len() >= self.limit.saturating_mul(2).saturating_add(1000) {
            self.sort();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        // The page is written after the last record, so nothing waits here.
        Ok(())
    }
}
