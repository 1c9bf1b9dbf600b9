//! `locales`: lists the languages and how complete each is.

use crate::{
    Status,
    args::LocalesArgs,
    language,
    output::{self, Stop},
};
use std::fmt::Write;
use tracing_dispatch_failure::{Catalog, Locales, Text};

pub(crate) fn run(args: &LocalesArgs) -> Result<Status, Stop> {
    let catalog = language::catalog(&args.language)?;
    let reader = catalog.messages(&language::requested(&args.language));
    let mut out = String::new();
    for tag in catalog.locales() {
        let missing = missing(&catalog, &tag);
        let (all, here) = (Text::ALL.len(), Text::ALL.len() - missing.len());
        let mark = if tag == reader.locale() { '*' } else { ' ' };
        let _ = write!(out, "{mark} {tag:<10} {here:>2} of {all} texts");
        if !missing.is_empty() {
            let ids: Vec<_> = missing.iter().map(|text| text.id()).collect();
            let _ = write!(out, "; missing: {}", ids.join(", "));
        }
        out.push('\n');
    }
    output::print(&out)?;
    Ok(Status::Done)
}

/// Returns the texts that this language lacks, which come from another one.
fn missing(catalog: &Catalog, tag: &str) -> Vec<Text> {
    let Ok(locales) = tag.parse::<Locales>() else { return Text::ALL.to_vec() };
    let messages = catalog.messages(&locales);
    // A language that is not available falls back to another one, whose texts do not count.
    let is_missing = |text: &Text| messages.locale() != tag || !messages.has(*text);
    Text::ALL.iter().copied().filter(is_missing).collect()
}
