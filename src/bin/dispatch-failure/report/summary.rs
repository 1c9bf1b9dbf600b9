//! The page without scripts: counts, and the newest records.

use super::{html::push_text, texts::Language};
use crate::filter::milliseconds;
use std::{collections::HashMap, fmt::Write};
use tracing_dispatch_failure::{Failure, Format, Locales, Messages, Text};

/// The maximum number of records shown.
const RECORDS: usize = 500;
/// The maximum number of causes and spans shown.
const KINDS: usize = 20;

pub(crate) fn push(out: &mut String, failures: &[Failure], language: &Language) {
    out.push_str("<p class=\"note\">");
    push_text(out, language.text("without-scripts"));
    out.push_str("</p>");
    let unknown = language.text("unknown");
    push_counts(out, language.text("by-cause"), failures, |failure| failure.error().unwrap_or(unknown));
    push_counts(out, language.text("by-span"), failures, Failure::span);
    out.push_str("<section class=\"card\"><h2>");
    push_text(out, language.text("records"));
    out.push_str("</h2>");
    for (index, failure) in failures.iter().take(RECORDS).enumerate() {
        push_record(out, failure, language, index);
    }
    out.push_str("</section>");
}

fn push_counts<'a>(
    out: &mut String,
    heading: &str,
    failures: &'a [Failure],
    kind: impl Fn(&'a Failure) -> &'a str,
) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    failures.iter().for_each(|failure| *counts.entry(kind(failure)).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    // By name too, because the order of a `HashMap` is random.
    counts.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
    out.push_str("<section class=\"card\"><h2>");
    push_text(out, heading);
    out.push_str("</h2><table>");
    let most = counts.first().map_or(1, |(_, count)| *count);
    for (kind, count) in counts.iter().take(KINDS) {
        // HTML implies the end tags of cells and rows.
        let _ = write!(
            out,
            "<tr><td><progress max=\"{most}\" value=\"{count}\"></progress><td class=\"number\">{count}<td>"
        );
        push_text(out, kind);
    }
    out.push_str("</table></section>");
}

/// Appends a record: one line that unfolds to all details.
fn push_record(out: &mut String, failure: &Failure, language: &Language, index: usize) {
    out.push_str("<details><summary>");
    let mut json = String::new();
    // Taken from the JSON, so that the time looks as in the record.
    Format::Json.write(failure, &Messages::new(&Locales::default()), false, &mut json);
    let time =
        json.split("\"timestamp\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    push_text(out, time);
    out.push(' ');
    push_text(out, failure.error().unwrap_or(language.text("unknown")));
    out.push_str("</summary><p>");
    push_text(out, language.message(index));
    out.push_str("</p><table>");
    let mut row = |label: &str, value: &str| {
        out.push_str("<tr><th>");
        push_text(out, label);
        out.push_str("<td>");
        push_text(out, value);
    };
    row(language.event(Text::TimeLabel), time);
    let optional = [(Text::ErrorLabel, failure.error()), (Text::ErrorTypeLabel, failure.error_type())];
    for (label, value) in optional {
        value.into_iter().for_each(|value| row(language.event(label), value));
    }
    row(language.event(Text::SignalLabel), failure.signal().name());
    row(language.event(Text::DurationLabel), &milliseconds(failure.duration()));
    row(language.event(Text::ActivityIdLabel), &failure.activity_id().to_string());
    row(language.event(Text::SpanLabel), failure.span());
    row(language.event(Text::TargetLabel), failure.target());
    row(language.event(Text::AppLabel), failure.app());
    for (name, value) in failure.fields() {
        row(name, &value.to_string());
    }
    out.push_str("</table></details>");
}
