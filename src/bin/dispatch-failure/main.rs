//! The program `dispatch-failure`: stored records of event 4031 in any language.

mod args;
mod check;
mod explain;
mod export;
mod filter;
mod follow;
mod input;
mod language;
mod lines;
mod locales;
mod output;
mod progress;
mod reading;
mod render;
mod report;
mod shell;
mod zstandard;

use args::{Args, Command};
use clap::Parser;
use output::Stop;
use std::process::ExitCode;

/// What the exit status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Done,
    /// Something that was read was not what it should be; it was said on stderr.
    Found,
    /// Something could not be done; it was said on stderr.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

fn main() -> ExitCode {
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
        // Whoever read our output has seen enough.
        Err(Stop::BrokenPipe) => ExitCode::SUCCESS,
        Err(Stop::Error(text)) => {
            output::complain(&text);
            Status::Failed.into()
        }
    }
}
