//! What the fuzz targets share: failed spans of any shape, overlays, and what must never be written.

mod overlay;
mod span;

pub use overlay::{MOST_TEXT, Overlay};
pub use span::{Field, Recorded, Shape, fail};

use std::{path::Path, sync::OnceLock};

/// Whether a character must not reach a reader unescaped: it would forge lines, drive a terminal or
/// turn text around.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}

/// A folder in which there is nothing.
pub fn empty_folder() -> &'static Path {
    static EMPTY: OnceLock<tempfile::TempDir> = OnceLock::new();
    EMPTY.get_or_init(|| tempfile::tempdir().unwrap()).path()
}

/// The longest text of a field, by default.
pub const FIELD_LIMIT: usize = 8 * 1024;

/// A text as a record keeps it: cut and marked above the limit.
pub fn kept(text: &str) -> String {
    if text.len() <= FIELD_LIMIT {
        return text.to_owned();
    }
    let end = (0..=FIELD_LIMIT).rev().find(|end| text.is_char_boundary(*end)).unwrap();
    format!("{}…[cut]", &text[..end])
}
