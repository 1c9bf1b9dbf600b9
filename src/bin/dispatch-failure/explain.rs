//! `explain`: prints the event's documentation page.

use crate::{Status, args::ExplainArgs, language, output};
use tracing_dispatch_failure::{DISPATCH_SESSION_FAILED as EVENT, explain};

pub(crate) fn run(args: &ExplainArgs) -> Result<Status, output::Stop> {
    if args.id != EVENT.id {
        let text = format!("event {} is unknown; the only event is {} {}", args.id, EVENT.id, EVENT.name);
        return Err(output::Stop::Error(text));
    }
    let messages = language::messages(&args.language)?;
    output::print(&explain(&messages, output::colored(args.color)))?;
    Ok(Status::Done)
}
