//! One line for people and `grep`.

use super::{
    Style,
    number::{Plain, plain, push_id, push_integer, push_milliseconds, push_number, push_time},
};
use crate::{escape, event::DISPATCH_SESSION_FAILED as EVENT, failure::Failure, value::Value};
use std::{fmt::Write, sync::LazyLock};

pub(super) fn write(failure: &Failure, message: &str, colour: bool, out: &mut String) {
    let style = Style::new(colour);
    out.push_str(style.dim);
    push_time(out, failure.timestamp());
    let Style { red, bold, reset, .. } = style;
    for part in [reset, " ", red, EVENT.level_name, reset, " ", bold, &EVENT_NAME, reset, " "] {
        out.push_str(part);
    }
    escape::push_escaped(out, message);
    let line = &mut Line { out, style };
    if let Some(error) = failure.error() {
        line.key("error");
        escape::push_quoted(line.out, error);
    }
    if let Some(error_type) = failure.error_type() {
        line.key("error_type");
        escape::push_quoted(line.out, error_type);
    }
    line.key("signal");
    line.out.push_str(failure.signal().name());
    if let Some(suppressed) = failure.suppressed() {
        line.key("suppressed");
        push_integer(line.out, suppressed);
    }
    line.key("duration_ms");
    push_milliseconds(line.out, failure.duration());
    for (name, value) in failure.fields() {
        line.field(name, value);
    }
    line.word("span", failure.span());
    line.word("target", failure.target());
    if let Some(file) = failure.file() {
        line.word("file", file);
    }
    if let Some(number) = failure.line() {
        line.key("line");
        push_integer(line.out, number);
    }
    for (index, parent) in failure.parents().enumerate() {
        if index == 0 {
            line.key("parents")
        } else {
            line.out.push('/')
        }
        push_word(line.out, parent);
    }
    line.key("activity_id");
    push_id(line.out, failure.activity_id());
    line.word("app", failure.app());
    if let Some(host) = failure.host() {
        line.word("host", host);
    }
    line.key("pid");
    push_integer(line.out, failure.pid());
    if let Some(thread) = failure.thread() {
        line.word("thread", thread);
    }
    line.out.push('\n');
}

/// Id, name and colon.
static EVENT_NAME: LazyLock<String> = LazyLock::new(|| format!("{} {}:", EVENT.id, EVENT.name));

/// Whether a name is one of the keys of the record itself; a field of such a name is shown as
/// `fields.<name>`.
fn is_own_key(name: &str) -> bool {
    matches!(
        name,
        "error"
            | "error_type"
            | "signal"
            | "suppressed"
            | "duration_ms"
            | "span"
            | "target"
            | "file"
            | "line"
            | "parents"
            | "activity_id"
            | "app"
            | "host"
            | "pid"
            | "thread"
    )
}

struct Line<'a> {
    out: &'a mut String,
    style: Style,
}

impl Line<'_> {
    /// Appends a key of the record itself, which needs no quotes.
    fn key(&mut self, key: &'static str) {
        self.out.push(' ');
        self.out.push_str(self.style.dim);
        self.out.push_str(key);
        self.out.push('=');
        self.out.push_str(self.style.reset);
    }

    fn word(&mut self, key: &'static str, text: &str) {
        self.key(key);
        push_word(self.out, text);
    }

    fn field(&mut self, name: &str, value: Value<'_>) {
        self.out.push(' ');
        self.out.push_str(self.style.dim);
        if is_own_key(name) || name.starts_with("fields.") {
            push_word(self.out, &format!("fields.{name}"));
        } else {
            push_word(self.out, name);
        }
        self.out.push('=');
        self.out.push_str(self.style.reset);
        push_value(self.out, value);
    }
}

#[cfg(any(windows, test))]
/// Appends a record's fields as `name=value`, separated by blanks.
pub(crate) fn push_field_list(out: &mut String, failure: &Failure) {
    for (index, (name, value)) in failure.fields().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        push_word(out, name);
        out.push('=');
        push_value(out, value);
    }
}

/// Appends a value; texts are in quotes, so that they differ from numbers.
fn push_value(out: &mut String, value: Value<'_>) {
    match plain(value) {
        Plain::Text(text) => escape::push_quoted(out, text),
        Plain::Number(value) => push_number(out, value),
        Plain::Digits(value) => _ = write!(out, "\"{value}\""),
    }
}

/// Appends a word, in quotes where it could be taken for something else.
fn push_word(out: &mut String, word: &str) {
    if !word.is_empty()
        && word.bytes().all(|byte| SIMPLE.get(usize::from(byte)).is_some_and(|simple| *simple))
    {
        out.push_str(word);
    } else {
        escape::push_quoted(out, word);
    }
}

/// The bytes of a word that needs no quotes.
#[expect(clippy::indexing_slicing, reason = "it is evaluated by the compiler")]
static SIMPLE: [bool; 256] = {
    let mut simple = [false; 256];
    let mut byte = 0;
    while byte < simple.len() {
        let c = byte as u8;
        simple[byte] =
            c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b':' | b'/' | b'@' | b'+' | b'~');
        byte += 1;
    }
    simple
};
