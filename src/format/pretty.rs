//! The documentation page of the event, filled with one occurrence.

use super::style::Style;
use crate::{
    locale::{Messages, Text},
    record::{
        event::DISPATCH_SESSION_FAILED as EVENT,
        failure::Failure,
        value::{JsonType, json_type, push_number},
    },
    text::{
        escape,
        number::{push_milliseconds, push_time},
    },
};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

pub(super) fn write(failure: &Failure, message: &str, messages: &Messages, colour: bool, out: &mut String) {
    let page = Page { messages, style: Style::new(colour) };
    page.head(out);
    page.heading(Text::MessageHeading, out);
    page.paragraph(message, out);
    page.heading(Text::DetailsHeading, out);
    page.rows(&page.details(failure), out);
    out.push('\n');
}

/// The event's documentation page in a language, without an occurrence.
///
/// ```
/// use tracing_dispatch_failure::{Messages, explain};
///
/// let page = explain(&Messages::new(&"ja-JP".parse()?), false);
/// assert!(page.contains("セッション ディスパッチに失敗しました。"));
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[must_use]
pub fn explain(messages: &Messages, color: bool) -> String {
    let page = Page { messages, style: Style::new(color) };
    let mut out = String::new();
    page.head(&mut out);
    page.heading(Text::MessageHeading, &mut out);
    page.paragraph(&page.text(Text::Message), &mut out);
    page.heading(Text::DetailsHeading, &mut out);
    out
}

struct Page<'a> {
    messages: &'a Messages,
    style: Style,
}

/// A label with what it labels.
type Row = (String, String);

impl Page<'_> {
    /// Title, properties and description.
    fn head(&self, out: &mut String) {
        let Style { red, bold, reset, .. } = self.style;
        let _ = writeln!(out, "{red}{bold}{}{reset}", escaped(&self.text(Text::Title)));
        self.heading(Text::PropertiesHeading, out);
        let properties = [
            (self.text(Text::IdLabel), EVENT.id.to_string()),
            (self.text(Text::KeywordsLabel), self.named(Text::KeywordName, EVENT.keyword_name)),
            (self.text(Text::LevelLabel), self.text(Text::LevelName)),
            (self.text(Text::ChannelLabel), self.named(Text::ChannelName, EVENT.channel_name)),
        ];
        self.rows(&properties.map(|(label, value)| (label, escaped(&value))), out);
        self.heading(Text::DescriptionHeading, out);
        self.paragraph(&self.text(Text::Description), out);
    }

    fn details(&self, failure: &Failure) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut add =
            |label: Text, value: Option<String>| rows.extend(value.map(|value| (self.text(label), value)));
        add(Text::TimeLabel, Some(with(|out| push_time(out, failure.timestamp()))));
        add(Text::ErrorLabel, failure.error().map(escaped));
        add(Text::ErrorTypeLabel, failure.error_type().map(escaped));
        add(Text::SignalLabel, Some(failure.signal().name().to_owned()));
        add(Text::SuppressedLabel, failure.suppressed().map(|count| count.to_string()));
        add(Text::DurationLabel, Some(with(|out| push_milliseconds(out, failure.duration()))));
        add(Text::ActivityIdLabel, Some(failure.activity_id().to_string()));
        add(Text::SpanLabel, Some(escaped(failure.span())));
        add(Text::TargetLabel, Some(escaped(failure.target())));
        let source = failure.file().map(|file| match failure.line() {
            Some(line) => format!("{}:{line}", escaped(file)),
            None => escaped(file),
        });
        add(Text::SourceLabel, source);
        let parents: Vec<String> = failure.parents().map(escaped).collect();
        add(Text::ParentsLabel, (!parents.is_empty()).then(|| parents.join(" / ")));
        add(Text::AppLabel, Some(escaped(failure.app())));
        add(Text::HostLabel, failure.host().map(escaped));
        add(Text::ProcessLabel, Some(failure.pid().to_string()));
        add(Text::ThreadLabel, failure.thread().map(escaped));
        let fields = failure.fields();
        if fields.len() > 0 {
            rows.push((self.text(Text::FieldsLabel), String::new()));
        }
        rows.extend(fields.map(|(name, value)| {
            let value = with(|out| match json_type(value) {
                JsonType::Text(text) => escape::push_escaped(out, text),
                JsonType::Number(value) => push_number(out, value),
                JsonType::Digits(value) => _ = write!(out, "{value}"),
            });
            (format!("  {name}"), value)
        }));
        rows
    }

    fn text(&self, text: Text) -> String {
        with(|out| _ = self.messages.write(text, out))
    }

    /// A display name, with the identifier where they differ.
    fn named(&self, text: Text, identifier: &str) -> String {
        let name = self.text(text);
        if name == identifier { name } else { format!("{name} ({identifier})") }
    }

    fn heading(&self, text: Text, out: &mut String) {
        let Style { bold, reset, .. } = self.style;
        let _ = writeln!(out, "\n{bold}{}{reset}", escaped(&self.text(text)));
    }

    fn paragraph(&self, text: &str, out: &mut String) {
        let _ = writeln!(out, "  {}", escaped(text));
    }

    /// Rows whose values start in one column; wide characters take two.
    fn rows(&self, rows: &[Row], out: &mut String) {
        let labels: Vec<String> = rows.iter().map(|(label, _)| escaped(label)).collect();
        let width =
            labels.iter().map(|label| label.width()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
        for (label, (_, value)) in labels.iter().zip(rows) {
            let Style { dim, reset, .. } = self.style;
            let _ = write!(out, "  {dim}{label}{reset}");
            if !value.is_empty() {
                let padding = width.saturating_sub(label.width()) + 2;
                let _ = write!(out, "{:padding$}{value}", "");
            }
            out.push('\n');
        }
    }
}

/// A wider label, a field of a very long name, does not move the others' values.
const WIDEST: usize = 32;

fn with(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

fn escaped(text: &str) -> String {
    with(|out| escape::push_escaped(out, text))
}
