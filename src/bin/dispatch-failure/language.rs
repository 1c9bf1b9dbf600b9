//! The reader's language.

use crate::{
    args::LanguageArgs,
    output::{Stop, complain},
};
use tracing_dispatch_failure::{Catalog, Locales, Messages};

/// The languages that there are, with the overlays of `--locales-dir`.
pub(crate) fn catalog(args: &LanguageArgs) -> Result<Catalog, Stop> {
    let Some(folder) = &args.locales_dir else { return Ok(Catalog::default()) };
    let catalog = Catalog::load(folder).map_err(Stop::error)?;
    catalog.warnings().iter().for_each(|warning| complain(warning));
    Ok(catalog)
}

/// The languages that the reader wants.
pub(crate) fn wanted(args: &LanguageArgs) -> Locales {
    args.locale.clone().unwrap_or_else(Locales::from_env)
}

/// The texts in the reader's language.
pub(crate) fn messages(args: &LanguageArgs) -> Result<Messages, Stop> {
    Ok(catalog(args)?.messages(&wanted(args)))
}
