//! `completions` and `man`, both generated from the definitions of the arguments.

use crate::{
    Status,
    args::Args,
    output::{self, Stop},
};
use clap::CommandFactory;
use std::{io, path::Path};

const NAME: &str = "dispatch-failure";

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Status, Stop> {
    // Not to stdout directly, because `generate` panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), NAME, &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Status::Done)
}

/// Prints the manual page, or writes one page for the program and one per command to a folder.
pub(crate) fn man(folder: Option<&Path>) -> Result<Status, Stop> {
    let written = match folder {
        Some(folder) => std::fs::create_dir_all(folder)
            // Otherwise each command would also get a page for its `help`.
            .and_then(|()| clap_mangen::generate_to(Args::command().disable_help_subcommand(true), folder))
            .map_err(|error| Stop::error(format_args!("{}: {error}", folder.display()))),
        None => {
            // In memory first, so that `print` handles a closed pipe.
            let mut page = Vec::new();
            let rendered: io::Result<()> = clap_mangen::Man::new(Args::command()).render(&mut page);
            rendered.map_err(Stop::error)?;
            output::print(&String::from_utf8_lossy(&page))
        }
    };
    written.map(|()| Status::Done)
}
