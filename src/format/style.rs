//! Terminal colors.

/// The escape sequences that color a terminal (ECMA-48, *SGR*), or empty strings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) red: &'static str,
    pub(super) bold: &'static str,
    pub(super) dim: &'static str,
    pub(super) reset: &'static str,
}

impl Style {
    /// Returns the escape sequences, or empty strings without color.
    pub(super) const fn new(color: bool) -> Self {
        if color {
            Self { red: "\x1b[31m", bold: "\x1b[1m", dim: "\x1b[2m", reset: "\x1b[0m" }
        } else {
            Self { red: "", bold: "", dim: "", reset: "" }
        }
    }
}
