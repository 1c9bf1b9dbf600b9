//! Standard output, and messages on stderr.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal, Write},
};
use tracing_dispatch_failure::{Color, Escaped};

/// The reason why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    BrokenPipe,
    Error(String),
}

impl Stop {
    pub(crate) fn error(text: impl Display) -> Self {
        Self::Error(text.to_string())
    }
}

/// Standard output with a buffer of its own, which is written only when we say so.
pub(crate) struct Output {
    text: String,
    to: io::Stdout,
}

/// The number of buffered bytes above which the buffer is written.
const FLUSH_SIZE: usize = 64 * 1024;

impl Output {
    pub(crate) fn new() -> Self {
        Self { text: String::new(), to: io::stdout() }
    }

    /// Returns the buffer to append to.
    pub(crate) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Writes the buffer if it is large.
    pub(crate) fn flush_if_large(&mut self) -> Result<(), Stop> {
        if self.text.len() < FLUSH_SIZE { Ok(()) } else { self.flush() }
    }

    /// Writes the buffer.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        if self.text.is_empty() {
            return Ok(());
        }
        let mut to = self.to.lock();
        let written = to.write_all(self.text.as_bytes()).and_then(|()| to.flush());
        // Also after an error: a part may be written already, and must not be written twice.
        self.text.clear();
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Stop::BrokenPipe,
            _ => Stop::error(format_args!("standard output cannot be written: {error}")),
        })
    }
}

/// Writes a text to standard output.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut output = Output::new();
    output.text().push_str(text);
    output.flush()
}

/// Writes a line to stderr. If that fails there is nowhere to report it.
pub(crate) fn log_to_stderr(text: &str) {
    let _ = writeln!(io::stderr().lock(), "dispatch-failure: {text}");
}

/// Whether to write colors to standard output.
pub(crate) fn colored(color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        _ => {
            // An empty variable counts as unset (no-color.org).
            let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
            set("NO_COLOR").is_none()
                && set("TERM").is_none_or(|term| term != "dumb")
                && io::stdout().is_terminal()
        }
    }
}

/// The maximum number of characters of a quoted text.
const QUOTED: usize = 120;

/// Quotes input for a message: escaped and shortened.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    // A character has at most four bytes, so this much is enough, however long the input is.
    let shown = String::from_utf8_lossy(bytes.get(..QUOTED * 4).unwrap_or(bytes)).into_owned();
    let short: String = shown.chars().take(QUOTED).collect();
    let dots = if short.len() < bytes.len() { "…" } else { "" };
    format!("\"{}\"{dots}", Escaped(&short))
}
