//! The format `text`: one line for people and `grep`.

use super::style::Style;
use crate::{
    locale::LocalizedMessage,
    record::{
        activity::push_id,
        event_definition::DISPATCH_SESSION_FAILED as EVENT,
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

/// Appends the line of a failure.
pub(super) fn write(failure: &Failure, message: &LocalizedMessage<'_>, color: bool, out: &mut String) {
    let style = Style::new(color);
    let format = if color { RenderedFormat::ColoredText } else { RenderedFormat::Text };
    out.push_str(style.dim);
    push_time(out, failure.timestamp());
    // The head ends the color of the time.
    out.push_str(if color { &COLORED_HEAD } else { &HEAD });
    if message.is_plain {
        out.push_str(&message.text);
    } else {
        escape::push_escaped(out, &message.text);
    }
    // All texts are checked at once, instead of one by one.
    let is_plain = failure.is_plain();
    let line = &mut Line { out, style };
    if let Some(error) = failure.error() {
        line.push_key(" error=");
        push_text(line.out, error, is_plain);
    }
    if let Some(error_type) = failure.error_type() {
        line.push_key(" error_type=");
        push_text(line.out, error_type, is_plain);
    }
    line.push_key(" signal=");
    line.out.push_str(failure.signal().name());
    if let Some(suppressed) = failure.suppressed() {
        line.push_key(" suppressed=");
        push_integer(line.out, suppressed);
    }
    line.push_key(" duration_ms=");
    push_milliseconds(line.out, failure.duration());
    failure.for_each_field(|name, value| {
        // A key is rendered once for all records of its callsite.
        line.out.push_str(name.cache.get_or_render(format, |out| push_field_name(out, style, &name.text)));
        push_value(line.out, value, |out, text| push_text(out, text, is_plain));
    });
    let metadata = failure.metadata();
    line.out.push_str(metadata.cache.get_or_render(format, |out| push_span(out, style, metadata)));
    for (index, parent) in failure.parents().enumerate() {
        if index == 0 {
            line.push_key(" parents=")
        } else {
            line.out.push('/')
        }
        push_word(line.out, parent);
    }
    line.push_key(" activity_id=");
    push_id(line.out, failure.activity_id());
    let process = &failure.process;
    line.out.push_str(process.cache.get_or_render(format, |out| push_process(out, style, process)));
    // Not cached, because `fork` changes the id.
    push_integer(line.out, failure.pid());
    if let Some(thread) = failure.thread() {
        line.push_pair(" thread=", thread);
    }
    line.out.push('\n');
}

/// The text between the time and the message, which is the same in every record.
static HEAD: LazyLock<String> = LazyLock::new(|| render_head(Style::new(false)));
/// The same with color.
static COLORED_HEAD: LazyLock<String> = LazyLock::new(|| render_head(Style::new(true)));

/// Returns the text between the time and the message.
fn render_head(Style { red, bold, reset, .. }: Style) -> String {
    format!("{reset} {red}{}{reset} {bold}{} {}:{reset} ", EVENT.level_name, EVENT.id, EVENT.name)
}

/// Appends the part that is the same in every record of a callsite.
fn push_span(out: &mut String, style: Style, metadata: &SpanMetadata) {
    let line = &mut Line { out, style };
    line.push_pair(" span=", &metadata.span);
    line.push_pair(" target=", &metadata.target);
    if let Some(file) = &metadata.file {
        line.push_pair(" file=", file);
    }
    if let Some(number) = metadata.line {
        line.push_key(" line=");
        push_integer(line.out, number);
    }
}

/// Appends the part that is the same in every record of a reporter, up to the process id. The id itself may
/// change, by `fork`.
fn push_process(out: &mut String, style: Style, process: &ProcessInfo) {
    let line = &mut Line { out, style };
    line.push_pair(" app=", &process.app);
    if let Some(host) = &process.host {
        line.push_pair(" host=", host);
    }
    line.push_key(" pid=");
}

/// Appends a field's name as a key.
fn push_field_name(out: &mut String, style: Style, name: &str) {
    out.push(' ');
    out.push_str(style.dim);
    // Otherwise, a field `error` could not be told from the record's own key. A name that begins with
    // `fields.` gets the prefix as well, so that different names stay different.
    if is_own_key(name) || name.starts_with("fields.") {
        push_word(out, &format!("fields.{name}"));
    } else {
        push_word(out, name);
    }
    out.push('=');
    out.push_str(style.reset);
}

/// Returns whether a name is one of the record's own keys. A field with such a name is written as
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

/// A writer of the line's own keys.
struct Line<'a> {
    out: &'a mut String,
    style: Style,
}

impl Line<'_> {
    /// Appends one of the record's own keys. `key` includes the space before it and the `=` after it.
    #[inline(always)]
    fn push_key(&mut self, key: &'static str) {
        if self.style.dim.is_empty() { self.out.push_str(key) } else { self.push_colored_key(key) }
    }

    /// Appends a key with color. Most lines have none.
    #[cold]
    fn push_colored_key(&mut self, key: &str) {
        self.out.push(' ');
        self.out.push_str(self.style.dim);
        self.out.push_str(key.trim_start());
        self.out.push_str(self.style.reset);
    }

    /// Appends a key with a value that is not quoted if it is simple.
    fn push_pair(&mut self, key: &'static str, text: &str) {
        self.push_key(key);
        push_word(self.out, text);
    }
}

/// Appends a record's fields as `name=value`, separated by spaces.
#[cfg(any(windows, test))]
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

/// Appends a text in quotes, so that it differs from a number. If `is_plain`, it is known to need no escapes.
#[inline]
fn push_text(out: &mut String, text: &str, is_plain: bool) {
    if !is_plain {
        return escape::push_quoted(out, text);
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Appends a word, in quotes if it could be mistaken for something else.
fn push_word(out: &mut String, word: &str) {
    if is_simple(word) {
        out.push_str(word);
    } else {
        escape::push_quoted(out, word);
    }
}

/// Returns whether a word needs no quotes.
fn is_simple(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| IS_SIMPLE.get(usize::from(byte)).is_some_and(|is_simple| *is_simple))
}

/// The bytes that may occur in a word without quotes. A table, because every byte of a word is looked up.
#[expect(clippy::indexing_slicing, reason = "it is evaluated by the compiler")]
static IS_SIMPLE: [bool; 256] = {
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
