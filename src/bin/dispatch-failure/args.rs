//! What the program takes: the one place that help texts, completions and manual pages come from.

use crate::filter::{Condition, Filter, Time};
use clap::{Parser, Subcommand, ValueHint};
use std::path::PathBuf;
use tracing_dispatch_failure::{Color, EtwProvider, Format, Locales};

/// Shows stored failures of dispatch sessions (event 4031) in your language
#[derive(Debug, Parser)]
#[command(name = "dispatch-failure", version, max_term_width = 100, after_help = EXIT_STATUS)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 all went well; 1 something that was read is not what it should \
    be, as a line that is no record; 2 something could not be done.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Explain(ExplainArgs),
    Render(RenderArgs),
    Report(ReportArgs),
    Check(CheckArgs),
    Locales(LocalesArgs),
    Catalog(CatalogArgs),
    Manifest(ManifestArgs),
    /// Prints a script that completes this program's arguments in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints this program's manual page
    Man {
        /// Writes a page for each command into this folder instead
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

/// Prints the event's documentation page
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The event's number
    #[arg(default_value_t = 4031)]
    pub(crate) id: u16,
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
    /// Whether to use colours: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// Shows stored records in your language
///
/// Reads records that were written in the format `json`, one a line, also those of files compressed
/// with gzip or zstd, and writes them as a program would have written them in your language.
///
/// A line that is no record is shown on stderr with its file and number, and makes the exit status 1.
#[derive(Debug, clap::Args)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
    /// How to show a record: text, pretty or json
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
    /// Whether to use colours: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Shows the last N of the records only
    #[arg(long, value_name = "N")]
    pub(crate) tail: Option<usize>,
    /// Goes on while the files grow, and when they are replaced by new ones
    #[arg(long)]
    pub(crate) follow: bool,
}

/// Writes one page of HTML about stored records
///
/// The page shows failures over time, by cause, by span and field, how long they took, and every record,
/// in all languages. It is one file that loads nothing from anywhere, and that only you may read.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
    /// The file to write
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: PathBuf,
    /// Replaces the file if it is there already
    #[arg(long)]
    pub(crate) force: bool,
    /// How many records the page has at most; the newest
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) limit: usize,
}

/// Checks what the environment configures, or files of texts
///
/// Shows the effective value of each variable and where it comes from, every mistake, every unknown
/// `DISPATCH_FAILURE_…` name, and whether each sink can be opened. Anything that is wrong makes the exit
/// status 1.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Writes one record through each sink; it is marked as a test
    #[arg(long, conflicts_with = "locales")]
    pub(crate) emit: bool,
    /// Checks the `<tag>/event-4031.ftl` of this folder instead, and names mistakes by file, line and
    /// column
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) locales: Option<PathBuf>,
}

/// Lists the languages, and how many of the texts each has; yours is marked with a `*`
#[derive(Debug, clap::Args)]
pub(crate) struct LocalesArgs {
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
}

/// Writes the message catalogs of journald, with which `journalctl -x` explains the event
///
/// One file for each language, to be laid into /usr/lib/systemd/catalog or /etc/systemd/catalog before
/// `journalctl --update-catalog`.
#[derive(Debug, clap::Args)]
pub(crate) struct CatalogArgs {
    /// The folder to write into; it is made, and files of the same names are replaced
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
}

/// Writes the instrumentation manifest of our own ETW provider, for `mc.exe` and `wevtutil im`
#[derive(Debug, clap::Args)]
pub(crate) struct ManifestArgs {
    /// The folder to write into; it is made, and a file of the same name is replaced
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// The path that the file with the compiled resources will have on the machine where the manifest is
    /// installed
    #[arg(long, value_name = "PATH", default_value = r"%windir%\system32\tracing-dispatch-failure.dll")]
    pub(crate) binary: String,
    /// The provider, as in DISPATCH_FAILURE_ETW_PROVIDER
    #[arg(long, value_name = "NAME[:{GUID}]")]
    pub(crate) provider: Option<EtwProvider>,
}

/// Which language to show.
#[derive(Debug, clap::Args)]
pub(crate) struct LanguageArgs {
    /// Your languages as BCP 47 tags, best first, such as `ja-JP,en`; by default those of LC_ALL,
    /// LC_MESSAGES or LANG
    #[arg(long, value_name = "TAG")]
    pub(crate) locale: Option<Locales>,
    /// A folder whose `<tag>/event-4031.ftl` replace or add texts
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) locales_dir: Option<PathBuf>,
}

/// Which records to read.
#[derive(Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Files of records; `-` or none is standard input
    #[arg(value_name = "FILES", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Leaves out what failed before this time: `2026-11-20T23:30:00Z`, `2026-11-20`, or an age such as
    /// `2h`; UTC
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Time>,
    /// Leaves out what failed at this time or later
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Time>,
    /// Shows only records of which this holds: `field=value`, `field!=value`, or `field~part`; of a
    /// field of the span, or of the record as the format `text` names it (`error`, `signal`, `span`…).
    /// Given several times, all must hold
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<Condition>,
}

impl InputArgs {
    pub(crate) fn filter(&self) -> Filter {
        Filter::new(self.since, self.until, &self.conditions)
    }
}
