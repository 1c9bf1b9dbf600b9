//! `--locale` and `--locales-dir`: the reader's language.

use crate::{
    args::LanguageArgs,
    output::{Stop, log_to_stderr},
};
use tracing_dispatch_failure::{Catalog, Locales, Messages};

/// Loads all languages, with the overlays of `--locales-dir`.
pub(crate) fn catalog(args: &LanguageArgs) -> Result<Catalog, Stop> {
    let Some(folder) = &args.locales_dir else { return Ok(Catalog::default()) };
    let catalog = Catalog::load(folder).map_err(Stop::error)?;
    catalog.warnings().iter().for_each(|warning| log_to_stderr(warning));
    Ok(catalog)
}

/// Returns the languages of `--locale`, or the environment's languages without that option.
pub(crate) fn requested(args: &LanguageArgs) -> Locales {
    args.locale.clone().unwrap_or_else(Locales::from_env)
}

/// Returns the texts in the reader's language.
pub(crate) fn messages(args: &LanguageArgs) -> Result<Messages, Stop> {
    Ok(catalog(args)?.messages(&requested(args)))
}
