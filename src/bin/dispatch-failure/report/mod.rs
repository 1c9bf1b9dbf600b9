//! `report`: one page of HTML about stored records, complete in itself.

mod data;
mod destination;
mod html;
mod page;
mod summary;
mod texts;

use crate::{
    Status,
    args::ReportArgs,
    input::{Opened, Place},
    language,
    lines::Lines,
    output::{Stop, complain},
    progress::Progress,
    reading::{Reading, Target},
};
use tracing_dispatch_failure::Failure;

pub(crate) fn run(args: &ReportArgs) -> Result<Status, Stop> {
    let catalog = language::catalog(&args.language)?;
    let reader = catalog.messages(&language::wanted(&args.language));
    // Before gigabytes are read for nothing.
    destination::check(&args.out, args.force).map_err(|error| destination::stop(&args.out, &error))?;
    let places = Place::of(&args.input.files);
    let filter = args.input.filter();
    let mut reading = Reading::new(&filter, Progress::new(Place::total_length(&places), false));
    let mut newest = Newest { limit: args.limit, total: 0, failures: Vec::new() };
    for place in places {
        match place.open(reading.progress().count()) {
            Ok(Opened { reader, .. }) => {
                reading.read(&place.name(), &mut Lines::new(reader), true, &mut newest)?
            }
            Err(error) => reading.fail(&format!("{}: {error}", place.name()), &mut newest)?,
        }
    }
    let status = reading.finish();
    newest.sort();
    if newest.total > newest.failures.len() {
        complain(&format!(
            "the page has the newest {} of {} records; see --limit",
            newest.failures.len(),
            newest.total
        ));
    }
    let languages = texts::languages(&catalog, &newest.failures);
    let page = page::page(&newest.failures, newest.total, &languages, reader.locale());
    destination::write(&args.out, args.force, page.as_bytes())
        .map_err(|error| destination::stop(&args.out, &error))?;
    Ok(status)
}

/// The newest records.
struct Newest {
    limit: usize,
    total: usize,
    failures: Vec<Failure>,
}

impl Newest {
    /// Sorts them, the newest first, and leaves out those beyond the limit.
    fn sort(&mut self) {
        self.failures.sort_by_key(|failure| std::cmp::Reverse(failure.timestamp()));
        self.failures.truncate(self.limit);
    }
}

impl Target for Newest {
    fn record(&mut self, failure: Failure) -> Result<(), Stop> {
        self.total += 1;
        self.failures.push(failure);
        // Seldom, so that sorting costs little for each record.
        if self.failures.len() >= self.limit.saturating_mul(2).saturating_add(1000) {
            self.sort();
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}
