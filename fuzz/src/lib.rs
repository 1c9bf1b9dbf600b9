//! Shared code of the fuzz targets: failed spans of any shape, overlays, and characters that must never be
//! written.

mod overlay;
mod span;

pub use overlay::{MOST_TEXT, Overlay};
pub use span::{Field, Recorded, Shape, fail};

use std::{path::Path, sync::OnceLock};

/// Returns whether a character must be escaped, because it can forge lines, control a terminal or change the
/// direction of text.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}

/// Returns an empty folder.
pub fn empty_folder() -> &'static Path {
    static EMPTY: OnceLock<tempfile::TempDir> = OnceLock::new();
    EMPTY.get_or_init(|| tempfile::tempdir().unwrap()).path()
}

/// The default limit for the text of a field, in bytes.
pub const FIELD_LIMIT: usize = 8 * 1024;

/// Returns a text as a record keeps it: cut and marked if it is above the limit.
pub fn kept(text: &str) -> String {
    if text.len() <= FIELD_LIMIT {
        return text.to_owned();
    }
    let end = (0..=FIELD_LIMIT).rev().find(|end| text.is_char_boundary(*end)).unwrap();
    format!("{}…[cut]", &text[..end])
}
