//! The program `dispatch-failure`: reads stored records of event 4031 and shows them in any language.

mod args;
mod check;
mod explain;
mod export;
mod filter;
mod follow;
mod language;
mod lines;
mod locales;
mod output;
mod progress;
mod reading;
mod render;
mod report;
mod shell;
mod source;
mod zstandard;

use args::{Args, Command};
use clap::Parser;
use output::Stop;
use std::process::ExitCode;

/// The exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Done,
    /// Some input was invalid; stderr says what.
    InvalidInput,
    /// Something could not be done; stderr says what.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

fn main() -> ExitCode {
    // Arguments that are not valid end the program here, with the exit status 2.
    let args = Args::parse();
    let done = match args.command {
        Command::Explain(explain) => explain::run(&explain),
        Command::Render(render) => render::run(&render),
        Command::Report(report) => report::run(&report),
        Command::Check(check) => check::run(&check),
        Command::Locales(locales) => locales::run(&locales),
        Command::Catalog(catalog) => export::catalog(&catalog),
        Command::Manifest(manifest) => export::manifest(&manifest),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { out } => shell::man(out.as_deref()),
    };
    match done {
        Ok(status) => status.into(),
        // The reader of our output closed it, as `head` does: that is no failure.
        Err(Stop::BrokenPipe) => ExitCode::SUCCESS,
        Err(Stop::Error(text)) => {
            output::log_to_stderr(&text);
            Status::Failed.into()
        }
    }
}
