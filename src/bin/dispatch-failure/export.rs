//! `catalog` and `manifest`: writes the files with which journald and Windows show the event in the reader's language.

use crate::{
    Status,
    args::{CatalogArgs, ManifestArgs},
    output::{self, Stop},
};
use std::{fs, path::Path};
use tracing_dispatch_failure::{Escaped, etw_manifest, journald_catalogs};

pub(crate) fn catalog(args: &CatalogArgs) -> Result<Status, Stop> {
    write_all(&args.out, journald_catalogs())
}

pub(crate) fn manifest(args: &ManifestArgs) -> Result<Status, Stop> {
    let provider = args.provider.clone().unwrap_or_default();
    let name = format!("{}.man", provider.manifested().name());
    write_all(&args.out, [(name, etw_manifest(&provider, &args.binary))])
}

/// Writes files to a folder, which is created, and prints their paths.
fn write_all(folder: &Path, files: impl IntoIterator<Item = (String, String)>) -> Result<Status, Stop> {
    let failed = |path: &Path, error| {
        Stop::error(format_args!("{} cannot be written: {error}", Escaped(&path.to_string_lossy())))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, error))?;
        // Printed one by one: after an error, the list still shows which files were written.
        output::print(&format!("{}\n", Escaped(&path.to_string_lossy())))?;
    }
    Ok(Status::Done)
}
