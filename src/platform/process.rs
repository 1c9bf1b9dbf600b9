//! The names of this process: executable, crate and host.

use std::{env, path::Path};

/// Returns the executable's file name.
pub(crate) fn executable_name() -> Option<String> {
    let path = env::current_exe().ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// Returns the probable name of the application's crate, derived from the executable's name.
pub(crate) fn crate_name() -> Option<String> {
    let name = executable_name()?;
    let stem = Path::new(&name).file_stem()?.to_string_lossy();
    // Cargo appends a hash of sixteen hexadecimal digits to the names of test executables.
    let stem = stem.rsplit_once('-').map_or(stem.as_ref(), |(name, hash)| {
        if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) { name } else { &stem }
    });
    Some(stem.replace('-', "_"))
}

/// Returns the host's name, or `None` if it is empty.
pub(crate) fn host_name() -> Option<String> {
    let name = gethostname::gethostname().to_string_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}
