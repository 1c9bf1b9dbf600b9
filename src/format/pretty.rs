//! The format `pretty`: the event's documentation page with the values of one failure.

use super::style::Style;
use crate::{
    locale::{Messages, Text},
    record::{
        event_definition::DISPATCH_SESSION_FAILED as EVENT,
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

/// Appends the page of a failure.
pub(super) fn write(failure: &Failure, message: &str, messages: &Messages, color: bool, out: &mut String) {
    let page = Page { messages, style: Style::new(color) };
    page.write_head(out);
    page.write_heading(Text::MessageHeading, out);
    page.write_paragraph(message, out);
    page.write_heading(Text::DetailsHeading, out);
    page.write_rows(&page.detail_rows(failure), out);
    // An empty line separates this page from the next record.
    out.push('\n');
}

/// Returns the event's documentation page in the languages of `messages`, without a failure.
///
/// It is what `dispatch-failure explain` prints. `color` adds ANSI colors (ECMA-48 `SGR` sequences).
///
/// # Example: the page in Japanese
///
/// ```
/// use tracing_dispatch_failure::{Messages, explain};
///
/// let page = explain(&Messages::new(&"ja-JP".parse()?), false);
/// assert!(page.contains("4031") && page.contains("セッション ディスパッチに失敗しました。"));
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[must_use]
pub fn explain(messages: &Messages, color: bool) -> String {
    let page = Page { messages, style: Style::new(color) };
    let mut out = String::new();
    page.write_head(&mut out);
    page.write_heading(Text::MessageHeading, &mut out);
    page.write_paragraph(&page.text(Text::Message), &mut out);
    page.write_heading(Text::DetailsHeading, &mut out);
    out
}

/// The page's writer: its texts and its style.
struct Page<'a> {
    messages: &'a Messages,
    style: Style,
}

/// A label and its value.
type Row = (String, String);

impl Page<'_> {
    /// Appends title, properties and description.
    fn write_head(&self, out: &mut String) {
        let Style { red, bold, reset, .. } = self.style;
        let _ = writeln!(out, "{red}{bold}{}{reset}", escaped(&self.text(Text::Title)));
        self.write_heading(Text::PropertiesHeading, out);
        let properties = [
            (self.text(Text::IdLabel), EVENT.id.to_string()),
            (
                self.text(Text::KeywordsLabel),
                self.name_with_identifier(Text::KeywordName, EVENT.keyword_name),
            ),
            (self.text(Text::LevelLabel), self.text(Text::LevelName)),
            (self.text(Text::ChannelLabel), self.name_with_identifier(Text::ChannelName, EVENT.channel_name)),
        ];
        self.write_rows(&properties.map(|(label, value)| (label, escaped(&value))), out);
        self.write_heading(Text::DescriptionHeading, out);
        self.write_paragraph(&self.text(Text::Description), out);
    }

    /// Returns the failure's values with their labels; the fields come last.
    fn detail_rows(&self, failure: &Failure) -> Vec<Row> {
        let mut rows = Vec::new();
        // A value that is not known has no row.
        let mut add =
            |label: Text, value: Option<String>| rows.extend(value.map(|value| (self.text(label), value)));
        add(Text::TimeLabel, Some(render(|out| push_time(out, failure.timestamp()))));
        add(Text::ErrorLabel, failure.error().map(escaped));
        add(Text::ErrorTypeLabel, failure.error_type().map(escaped));
        add(Text::SignalLabel, Some(failure.signal().name().to_owned()));
        add(Text::SuppressedLabel, failure.suppressed().map(|count| count.to_string()));
        add(Text::DurationLabel, Some(render(|out| push_milliseconds(out, failure.duration()))));
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
        // A label without a value heads the rows of the fields.
        if fields.len() > 0 {
            rows.push((self.text(Text::FieldsLabel), String::new()));
        }
        rows.extend(fields.map(|(name, value)| {
            let value = render(|out| match json_type(value) {
                JsonType::Text(text) => escape::push_escaped(out, text),
                JsonType::Number(value) => push_number(out, value),
                // Nobody parses this format, so the digits need no quotes.
                JsonType::Digits(value) => _ = write!(out, "{value}"),
            });
            // `write_rows` escapes all labels.
            (format!("  {name}"), value)
        }));
        rows
    }

    /// Returns a text in the page's languages.
    fn text(&self, text: Text) -> String {
        render(|out| _ = self.messages.write(text, out))
    }

    /// Returns a translated name, followed by the identifier if they differ. The identifier is what other
    /// tools show.
    fn name_with_identifier(&self, text: Text, identifier: &str) -> String {
        let name = self.text(text);
        if name == identifier { name } else { format!("{name} ({identifier})") }
    }

    fn write_heading(&self, text: Text, out: &mut String) {
        let Style { bold, reset, .. } = self.style;
        let _ = writeln!(out, "\n{bold}{}{reset}", escaped(&self.text(text)));
    }

    fn write_paragraph(&self, text: &str, out: &mut String) {
        // A message may contain any characters of the record's fields.
        let _ = writeln!(out, "  {}", escaped(text));
    }

    /// Appends rows whose values start in the same column. Wide characters, as in Japanese, count as two
    /// columns (Unicode Standard Annex #11).
    fn write_rows(&self, rows: &[Row], out: &mut String) {
        let labels: Vec<String> = rows.iter().map(|(label, _)| escaped(label)).collect();
        let width = labels
            .iter()
            .map(|label| label.width())
            .filter(|width| *width <= MAX_LABEL_WIDTH)
            .max()
            .unwrap_or(0);
        for (label, (_, value)) in labels.iter().zip(rows) {
            let Style { dim, reset, .. } = self.style;
            let _ = write!(out, "  {dim}{label}{reset}");
            // The row above the fields is only a label.
            if !value.is_empty() {
                // A label above the maximum is still followed by two spaces.
                let padding = width.saturating_sub(label.width()) + 2;
                let _ = write!(out, "{:padding$}{value}", "");
            }
            out.push('\n');
        }
    }
}

/// The widest label that the column of values is aligned to. A longer one, such as a very long field name,
/// does not move the values of the other rows.
const MAX_LABEL_WIDTH: usize = 32;

/// Returns what `write` appends.
fn render(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// Returns a text with its unsafe characters and backslashes escaped.
fn escaped(text: &str) -> String {
    render(|out| escape::push_escaped(out, text))
}
