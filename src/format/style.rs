//! Colours of a terminal.

/// The sequences that colour a terminal, or nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) red: &'static str,
    pub(super) bold: &'static str,
    pub(super) dim: &'static str,
    pub(super) reset: &'static str,
}

impl Style {
    pub(super) const fn new(colour: bool) -> Self {
        if colour {
            Self { red: "\x1b[31m", bold: "\x1b[1m", dim: "\x1b[2m", reset: "\x1b[0m" }
        } else {
            Self { red: "", bold: "", dim: "", reset: "" }
        }
    }
}
