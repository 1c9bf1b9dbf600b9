//! The page's data: rows of numbers and indexes into a list of texts, as `page/data.js` reads them.

use super::{
    html::push_json,
    texts::{Language, RecordMessages},
};
use std::{
    collections::HashMap,
    fmt::Write,
    time::{Duration, SystemTime},
};
use tracing_dispatch_failure::{DISPATCH_SESSION_FAILED as EVENT, Failure, Value};

/// Returns the page's data, a JSON object.
pub(crate) fn json(failures: &[Failure], total: usize, languages: &[Language], tag: &str) -> String {
    let mut strings = Strings::default();
    // Rows and languages come first, because both add to the list of texts.
    let mut rows = String::new();
    for (index, failure) in failures.iter().enumerate() {
        rows.push_str(if index == 0 { "\n" } else { ",\n" });
        push_row(&mut rows, failure, &mut strings);
    }
    let mut out = String::from("{\"locale\":");
    push_json(&mut out, tag);
    let _ = write!(out, ",\"total\":{total},\"event\":{{\"id\":{}", EVENT.id);
    for (key, text) in [("keyword", EVENT.keyword_name), ("channel", EVENT.channel_name)] {
        let _ = write!(out, ",\"{key}\":");
        push_json(&mut out, text);
    }
    out.push_str("},\"languages\":[");
    for (index, language) in languages.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        push_language(&mut out, language, &mut strings);
    }
    out.push_str("],\"rows\":[");
    out.push_str(&rows);
    out.push_str("],\"strings\":[");
    for (index, text) in strings.list.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        push_json(&mut out, text);
    }
    out.push_str("]}");
    out
}

/// The list of texts, each of them once.
#[derive(Default)]
struct Strings {
    list: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Strings {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        // Records share most texts, so each is in the page once.
        let number = self.list.len();
        self.list.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// Appends the index of a text; `-1` if there is none.
    fn push(&mut self, out: &mut String, text: Option<&str>) {
        match text {
            Some(text) => _ = write!(out, ",{}", self.number(text)),
            // `-1` is no index, and shorter than `null`; the script asks for `< 0`.
            None => out.push_str(",-1"),
        }
    }
}

/// Appends one record, its parts in the order of the columns in `page/data.js`.
fn push_row(out: &mut String, failure: &Failure, strings: &mut Strings) {
    // A clock before 1970 gives 0, because the page counts from there.
    let since = failure.timestamp().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let _ = write!(out, "[{},{}", micros(since), micros(failure.duration()));
    for text in [
        failure.error(),
        failure.error_type(),
        Some(failure.signal().name()),
        Some(failure.span()),
        Some(failure.target()),
        failure.file(),
        Some(failure.app()),
        failure.host(),
        failure.thread(),
        Some(&failure.activity_id().to_string()),
    ] {
        strings.push(out, text);
    }
    // As with texts, `-1` stands for a value that is missing.
    let line = failure.line().map_or(-1, i64::from);
    // The script reads each number as a double in any case.
    let suppressed = failure.suppressed().map_or(-1.0, |count| count as f64);
    let _ = write!(out, ",{line},{},{suppressed},[", failure.pid());
    let parents = failure.parents().map(|parent| strings.number(parent).to_string()).collect::<Vec<_>>();
    out.push_str(&parents.join(","));
    out.push_str("],[");
    for (index, (name, value)) in failure.fields().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let text = match value {
            Value::Str(text) => strings.number(text),
            // `2.0`, as in JSON, and not `2`.
            Value::F64(number) => strings.number(&format!("{number:?}")),
            value => strings.number(&value.to_string()),
        };
        let _ = write!(out, "{comma}{},{text}", strings.number(name));
    }
    out.push_str("]]");
}

/// Returns microseconds, limited to 2^53, up to which JavaScript's numbers are exact.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).min(1 << 53)
}

fn push_language(out: &mut String, language: &Language, strings: &mut Strings) {
    out.push_str("{\"tag\":");
    push_json(out, &language.tag);
    let page = language.page.iter().map(|(id, text)| (id.as_str(), text.as_str()));
    push_texts(out, "page", page);
    push_texts(out, "event", language.event.iter().map(|(id, text)| (*id, text.as_str())));
    out.push_str(",\"messages\":");
    match &language.messages {
        RecordMessages::One(message) => push_json(out, message),
        RecordMessages::Each(messages) => {
            let numbers: Vec<String> = messages.iter().map(|text| strings.number(text).to_string()).collect();
            let _ = write!(out, "[{}]", numbers.join(","));
        }
    }
    out.push('}');
}

fn push_texts<'a>(out: &mut String, key: &str, texts: impl Iterator<Item = (&'a str, &'a str)>) {
    let _ = write!(out, ",\"{key}\":{{");
    for (index, (id, text)) in texts.enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_json(out, id);
        out.push(':');
        push_json(out, text);
    }
    out.push('}');
}
