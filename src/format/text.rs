//! One line for people and `grep`.

use super::style::Style;
use crate::{
    locale::LocalizedMessage,
    record::{
        activity::push_id,
        event::DISPATCH_SESSION_FAILED as EVENT,
        failure::{Failure, ProcessInfo},
        metadata::{RenderedFormat, SpanMetadata},
        value::push_value,
    },
    text::{
        escape,
        number::{push_integer, push_milliseconds, push_time},
    },
};
use std::sync::LazyLock;

pub(super) fn write(failure: &Failure, message: &LocalizedMessage<'_>, colour: bool, out: &mut String) {
    let style = Style::new(colour);
    let look = if colour { RenderedFormat::ColouredText } else { RenderedFormat::Text };
    out.push_str(style.dim);
    push_time(out, failure.timestamp());
    out.push_str(if colour { &COLOURED_HEAD } else { &HEAD });
    if message.is_plain {
        out.push_str(&message.text);
    } else {
        escape::push_escaped(out, &message.text);
    }
    let is_plain = failure.is_plain();
    let line = &mut Line { out, style };
    if let Some(error) = failure.error() {
        line.key(" error=");
        push_text(line.out, error, is_plain);
    }
    if let Some(error_type) = failure.error_type() {
        line.key(" error_type=");
        push_text(line.out, error_type, is_plain);
    }
    line.key(" signal=");
    line.out.push_str(failure.signal().name());
    if let Some(suppressed) = failure.suppressed() {
        line.key(" suppressed=");
        push_integer(line.out, suppressed);
    }
    line.key(" duration_ms=");
    push_milliseconds(line.out, failure.duration());
    failure.for_each_field(|name, value| {
        line.out.push_str(name.cache.get(look, |out| push_field_name(out, style, &name.text)));
        push_value(line.out, value, |out, text| push_text(out, text, is_plain));
    });
    let metadata = failure.metadata();
    line.out.push_str(metadata.cache.get(look, |out| push_span(out, style, metadata)));
    for (index, parent) in failure.parents().enumerate() {
        if index == 0 {
            line.key(" parents=")
        } else {
            line.out.push('/')
        }
        push_word(line.out, parent);
    }
    line.key(" activity_id=");
    push_id(line.out, failure.activity_id());
    let process = &failure.process;
    line.out.push_str(process.cache.get(look, |out| push_process(out, style, process)));
    push_integer(line.out, failure.pid());
    if let Some(thread) = failure.thread() {
        line.word(" thread=", thread);
    }
    line.out.push('\n');
}

/// What is the same in every record, between the time and the message.
static HEAD: LazyLock<String> = LazyLock::new(|| head(Style::new(false)));
static COLOURED_HEAD: LazyLock<String> = LazyLock::new(|| head(Style::new(true)));

fn head(Style { red, bold, reset, .. }: Style) -> String {
    format!("{reset} {red}{}{reset} {bold}{} {}:{reset} ", EVENT.level_name, EVENT.id, EVENT.name)
}

/// What is the same in every record of a callsite.
fn push_span(out: &mut String, style: Style, metadata: &SpanMetadata) {
    let line = &mut Line { out, style };
    line.word(" span=", &metadata.span);
    line.word(" target=", &metadata.target);
    if let Some(file) = &metadata.file {
        line.word(" file=", file);
    }
    if let Some(number) = metadata.line {
        line.key(" line=");
        push_integer(line.out, number);
    }
}

/// What is the same in every record of a reporter, up to the process id.
fn push_process(out: &mut String, style: Style, process: &ProcessInfo) {
    let line = &mut Line { out, style };
    line.word(" app=", &process.app);
    if let Some(host) = &process.host {
        line.word(" host=", host);
    }
    line.key(" pid=");
}

/// A field's name as a key.
fn push_field_name(out: &mut String, style: Style, name: &str) {
    out.push(' ');
    out.push_str(style.dim);
    if is_own_key(name) || name.starts_with("fields.") {
        push_word(out, &format!("fields.{name}"));
    } else {
        push_word(out, name);
    }
    out.push('=');
    out.push_str(style.reset);
}

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
    /// Appends a key of the record itself, given with the blank in front and the `=` behind it.
    #[inline(always)]
    fn key(&mut self, key: &'static str) {
        if self.style.dim.is_empty() { self.out.push_str(key) } else { self.coloured_key(key) }
    }

    #[cold]
    fn coloured_key(&mut self, key: &str) {
        self.out.push(' ');
        self.out.push_str(self.style.dim);
        self.out.push_str(key.trim_start());
        self.out.push_str(self.style.reset);
    }

    fn word(&mut self, key: &'static str, text: &str) {
        self.key(key);
        push_word(self.out, text);
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
        push_value(out, value, |out, text| push_text(out, text, false));
    }
}

/// Appends a text in quotes, so that it differs from numbers; `is_plain` says that it is known to need no
/// escapes.
#[inline]
fn push_text(out: &mut String, text: &str, is_plain: bool) {
    if !is_plain {
        return escape::push_quoted(out, text);
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Appends a word, in quotes where it could be taken for something else.
fn push_word(out: &mut String, word: &str) {
    if is_simple(word) {
        out.push_str(word);
    } else {
        escape::push_quoted(out, word);
    }
}

/// Whether a word needs no quotes.
fn is_simple(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| SIMPLE.get(usize::from(byte)).is_some_and(|is_simple| *is_simple))
}

/// The bytes of such a word.
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
