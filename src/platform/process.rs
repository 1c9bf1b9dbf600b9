//! What is known about this process.

use std::{env, path::Path};

/// The executable's file name.
pub(crate) fn executable_name() -> Option<String> {
    let path = env::current_exe().ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// What the application's crate is called, going by its executable.
pub(crate) fn crate_name() -> Option<String> {
    let name = executable_name()?;
    let stem = Path::new(&name).file_stem()?.to_string_lossy();
    // Test executables end in a hash.
    let stem = stem.rsplit_once('-').map_or(stem.as_ref(), |(name, hash)| {
        if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) { name } else { &stem }
    });
    Some(stem.replace('-', "_"))
}

/// The host's name.
pub(crate) fn host_name() -> Option<String> {
    let name = gethostname::gethostname().to_string_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}
