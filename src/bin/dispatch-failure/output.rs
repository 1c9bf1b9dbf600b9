//! What the program writes, and what it says when it cannot.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal, Write},
};
use tracing_dispatch_failure::{Color, Escaped};

/// Why a command ends early.
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

/// Standard output with a buffer of our own, so that it is written when we want it.
pub(crate) struct Output {
    text: String,
    to: io::Stdout,
}

/// How much is gathered before it is written.
const GATHERED: usize = 64 * 1024;

impl Output {
    pub(crate) fn new() -> Self {
        Self { text: String::new(), to: io::stdout() }
    }

    /// Where to append what is to be written.
    pub(crate) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Writes what is there if that is much.
    pub(crate) fn relieve(&mut self) -> Result<(), Stop> {
        if self.text.len() < GATHERED { Ok(()) } else { self.flush() }
    }

    /// Writes what is there.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        if self.text.is_empty() {
            return Ok(());
        }
        let mut to = self.to.lock();
        let written = to.write_all(self.text.as_bytes()).and_then(|()| to.flush());
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

/// Says something on stderr. There is nobody to tell if that fails.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "dispatch-failure: {text}");
}

/// Whether standard output gets colours.
pub(crate) fn colored(color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        _ => {
            let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
            set("NO_COLOR").is_none()
                && set("TERM").is_none_or(|term| term != "dumb")
                && io::stdout().is_terminal()
        }
    }
}

/// How many characters of a quoted text are shown.
const QUOTED: usize = 120;

/// A text from outside, as it is quoted on stderr: escaped, and shortened.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let shown = String::from_utf8_lossy(bytes.get(..QUOTED * 4).unwrap_or(bytes)).into_owned();
    let short: String = shown.chars().take(QUOTED).collect();
    let dots = if short.len() < bytes.len() { "…" } else { "" };
    format!("\"{}\"{dots}", Escaped(&short))
}
