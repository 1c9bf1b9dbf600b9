//! The command line: help texts, completions and manual pages are all generated from here.

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

const EXIT_STATUS: &str = "Exit status: 0 success; 1 the input is invalid, such as a line that is not a \
    record; 2 something could not be done.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Explain(ExplainArgs),
    Render(RenderArgs),
    Report(ReportArgs),
    Check(CheckArgs),
    Locales(LocalesArgs),
    Catalog(CatalogArgs),
    Manifest(ManifestArgs),
    /// Prints a shell completion script
    Completions {
        /// The shell to complete in
        shell: clap_complete::Shell,
    },
    /// Prints this program's manual page
    Man {
        /// Writes one page per command into this folder instead
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

/// Prints the event's documentation page
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The event's id
    #[arg(default_value_t = 4031)]
    pub(crate) id: u16,
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
    /// When to use colors: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// Shows stored records in your language
///
/// Reads records in the format `json`, one per line, from plain, gzip or zstd files, and prints them
/// as the application would have written them in your language.
///
/// A line that is not a record is reported on stderr with its file and line number, and the exit
/// status becomes 1.
#[derive(Debug, clap::Args)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
    /// Output format: text, pretty or json
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
    /// When to use colors: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Shows only the last N records
    #[arg(long, value_name = "N")]
    pub(crate) tail: Option<usize>,
    /// Keeps reading as files grow, and when new files replace them
    #[arg(long)]
    pub(crate) follow: bool,
}

/// Writes an HTML report about stored records
///
/// The page shows failures over time, by cause, span and field, their durations, and every record, in
/// all languages. It is a single file that loads nothing else, and only you may read it.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
    /// The file to write
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: PathBuf,
    /// Replaces the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// The largest number of records on the page; the newest are kept
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) limit: usize,
}

/// Checks the configuration in the environment, or a folder of texts
///
/// Shows the effective value of each variable and its source, every mistake, every unknown
/// `DISPATCH_FAILURE_…` name, and whether each sink can be opened. Any problem makes the exit status 1.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Also writes one record, marked as a test, to each sink
    #[arg(long, conflicts_with = "locales")]
    pub(crate) emit: bool,
    /// Checks the `<tag>/event-4031.ftl` files of this folder instead, and reports mistakes by file,
    /// line and column
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) locales: Option<PathBuf>,
}

/// Lists the languages and how complete each is; yours is marked with `*`
#[derive(Debug, clap::Args)]
pub(crate) struct LocalesArgs {
    #[command(flatten)]
    pub(crate) language: LanguageArgs,
}

/// Writes the journald message catalogs, which let `journalctl -x` explain the event
///
/// There is one file per language. Install them in /usr/lib/systemd/catalog or /etc/systemd/catalog, then
/// run `journalctl --update-catalog`.
#[derive(Debug, clap::Args)]
pub(crate) struct CatalogArgs {
    /// The folder to write to; it is created, and files of the same names are replaced
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
}

/// Writes the instrumentation manifest of the crate's own ETW provider, for `mc.exe` and `wevtutil im`
#[derive(Debug, clap::Args)]
pub(crate) struct ManifestArgs {
    /// The folder to write to; it is created, and a file of the same name is replaced
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// The path of the compiled resources on the machine where the manifest is installed
    #[arg(long, value_name = "PATH", default_value = r"%windir%\system32\tracing-dispatch-failure.dll")]
    pub(crate) binary: String,
    /// The provider, written as in DISPATCH_FAILURE_ETW_PROVIDER
    #[arg(long, value_name = "NAME[:{GUID}]")]
    pub(crate) provider: Option<EtwProvider>,
}

/// The language options.
#[derive(Debug, clap::Args)]
pub(crate) struct LanguageArgs {
    /// Your languages as BCP 47 tags in order of preference, such as `ja-JP,en`; by default from LC_ALL,
    /// LC_MESSAGES or LANG
    #[arg(long, value_name = "TAG")]
    pub(crate) locale: Option<Locales>,
    /// A folder whose `<tag>/event-4031.ftl` files replace or add texts
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) locales_dir: Option<PathBuf>,
}

/// The input options.
#[derive(Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Files to read; standard input if there are none, or for `-`
    #[arg(value_name = "FILES", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Skips failures before this time in UTC: `2026-11-20T23:30:00Z`, `2026-11-20`, or an age such as
    /// `2h`
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Time>,
    /// Skips failures at or after this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Time>,
    /// Keeps only records that match: `field=value`, `field!=value` or `field~part`. A field is one of the
    /// span, or a key of the format `text` (`error`, `signal`, `span`, …). Repeated, all must match
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<Condition>,
}

impl InputArgs {
    pub(crate) fn filter(&self) -> Filter {
        Filter::new(self.since, self.until, &self.conditions)
    }
}
