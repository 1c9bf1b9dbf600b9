//! Message catalogs: the explanation that `journalctl -x` shows with an entry, in the reader's language
//! (<https://systemd.io/CATALOG/>).

use crate::{
    locale::{Locales, Messages, Text},
    record::event_definition::DISPATCH_SESSION_FAILED as EVENT,
};
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The built-in languages, each with the locales for which it is installed.
///
/// `journalctl` cuts the reader's locale at the first `.` or `@`, and looks for a catalog for exactly
/// `zh_TW`, then for `zh`, then for the catalog without a language (`find_id` in systemd's `catalog.c`). So
/// each language is installed under its bare code. Chinese is also installed under each region whose readers
/// would otherwise get the wrong script.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("en-US", &[""]),
    ("ja-JP", &["ja"]),
    ("ru-RU", &["ru"]),
    ("zh-TW", &["zh_TW", "zh_HK", "zh_MO"]),
    ("fr-FR", &["fr"]),
    ("ko-KR", &["ko"]),
    ("de-DE", &["de"]),
    ("es-ES", &["es"]),
    ("it-IT", &["it"]),
    ("pt-BR", &["pt_BR", "pt"]),
    ("pl-PL", &["pl"]),
    ("cs-CZ", &["cs"]),
    ("tr-TR", &["tr"]),
    ("zh-CN", &["zh_CN", "zh_SG", "zh"]),
];

/// The widest line of a body, in columns (`CATALOG.md`: "not more than 76").
const WIDTH: usize = 76;

/// The fields of the entry that the body shows, with their labels. `journalctl` replaces `@NAME@` by the
/// field's value.
const ROWS: [(Text, &str); 3] = [
    (Text::ErrorLabel, "@DISPATCH_ERROR@"),
    (Text::SpanLabel, "@DISPATCH_SPAN@"),
    (Text::ActivityIdLabel, "@DISPATCH_ACTIVITY_ID@"),
];

/// Returns the message catalogs for journald: file names with their contents.
///
/// If they are installed in `/usr/lib/systemd/catalog` and compiled by `journalctl --update-catalog`,
/// `journalctl -x` explains event 4031 to each reader in the reader's own language. The language of the
/// entry's `MESSAGE` does not matter. Catalogs are available on every operating system, and without the cargo
/// feature `journald`. They contain the built-in texts, without overlays.
///
/// Source of the format: *Journal Message Catalogs* (<https://systemd.io/CATALOG/>).
///
/// # Example: writing the files into a folder
///
/// ```
/// let folder = tempfile::tempdir()?;
/// for (name, text) in tracing_dispatch_failure::journald_catalogs() {
///     std::fs::write(folder.path().join(name), text)?;
/// }
/// assert!(folder.path().join("dispatch-failure.ja.catalog").exists());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn journald_catalogs() -> impl Iterator<Item = (String, String)> {
    LANGUAGES.iter().flat_map(|(tag, locales)| {
        let text = catalog(tag);
        locales.iter().map(move |locale| (file_name(locale), text.clone()))
    })
}

/// Returns the file name of the catalog for a locale.
fn file_name(locale: &str) -> String {
    let dot = if locale.is_empty() { "" } else { "." };
    format!("dispatch-failure{dot}{locale}.catalog")
}

/// Returns the catalog in one language.
fn catalog(tag: &str) -> String {
    let messages = Messages::new(&tag.parse().unwrap_or_else(|_| Locales::default()));
    let text = |text: Text| {
        let mut out = String::new();
        messages.write(text, &mut out);
        out
    };
    let mut out = String::new();
    // Without hyphens, the same as `MESSAGE_ID`.
    let _ = writeln!(out, "-- {:032x}", EVENT.documentation_id);
    let _ = writeln!(out, "Subject: {}", text(Text::Message));
    let _ = writeln!(out, "Defined-By: {}", env!("CARGO_PKG_NAME"));
    let _ = writeln!(out, "Documentation: {}", page(tag));
    let _ = writeln!(out, "\n{}\n", text(Text::Title));
    wrap(&text(Text::Description), &mut out);
    out.push('\n');
    let rows = ROWS.map(|(label, reference)| (text(label), reference));
    // Labels are aligned by columns, because some characters are two columns wide.
    let widest = rows.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    for (label, reference) in &rows {
        let padding = widest - label.width() + 2;
        let _ = writeln!(out, "  {label}{:padding$}{reference}", "");
    }
    out
}

/// Returns the address of the event's documentation page in a language.
fn page(tag: &str) -> String {
    // The addresses of Microsoft's documentation are in lower case.
    let (name, tag) = (EVENT.name.to_lowercase(), tag.to_lowercase());
    let folder = "dotnet/framework/wcf/diagnostics/etw";
    format!("https://learn.microsoft.com/{tag}/{folder}/{}-{name}", EVENT.id)
}

/// Appends a text in lines of at most [`WIDTH`] columns. Wide characters count as two columns.
///
/// Lines break at spaces. A word that is wider than a line, as in a language without spaces, breaks anywhere
/// except before a punctuation mark that must not begin a line.
fn wrap(text: &str, out: &mut String) {
    let mut used = 0;
    for word in text.split_whitespace() {
        if used > 0 && used + 1 + word.width() <= WIDTH {
            out.push(' ');
            used += 1;
        } else if used > 0 {
            out.push('\n');
            used = 0;
        }
        // A word that fits into a line is appended without a break.
        let mut characters = word.chars().peekable();
        while let Some(c) = characters.next() {
            // A mark stays with the character before it.
            let mark = characters.peek().filter(|next| "、。，：；！？）」』】".contains(**next));
            let needed = c.width().unwrap_or(0) + mark.and_then(|mark| mark.width()).unwrap_or(0);
            if used + needed > WIDTH {
                out.push('\n');
                used = 0;
            }
            out.push(c);
            used += c.width().unwrap_or(0);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn catalogs() -> BTreeMap<String, String> {
        journald_catalogs().collect()
    }

    #[test]
    fn every_language_has_a_catalog_with_its_own_subject() {
        let tags: Vec<&str> = LANGUAGES.iter().map(|(tag, _)| *tag).collect();
        assert_eq!(tags, Messages::built_in_locales().collect::<Vec<_>>());
        assert_eq!(catalogs().len(), LANGUAGES.iter().map(|(_, locales)| locales.len()).sum::<usize>());
        let subjects: Vec<String> =
            tags.iter().map(|tag| catalog(tag).lines().nth(1).unwrap().to_owned()).collect();
        for (tag, subject) in tags.iter().zip(&subjects) {
            let same = subjects.iter().filter(|other| *other == subject).count();
            assert_eq!(same, 1, "{tag} has no subject of its own: {subject}");
        }
    }

    #[test]
    fn a_catalog_has_the_headers_and_references_that_systemd_reads() {
        for (name, text) in catalogs() {
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some("-- c9fe9959aeac4446a4887c7c94c92cef"), "{name}");
            assert!(lines.next().unwrap().starts_with("Subject: "), "{name}");
            assert_eq!(lines.next(), Some("Defined-By: tracing-dispatch-failure"), "{name}");
            assert!(lines.next().unwrap().starts_with("Documentation: https://"), "{name}");
            assert_eq!(lines.next(), Some(""), "{name}");
            for reference in ["@DISPATCH_ERROR@", "@DISPATCH_SPAN@"] {
                assert_eq!(text.matches(reference).count(), 1, "{name}");
            }
            // A line of the body must not look like a comment or another entry.
            assert!(!lines.clone().any(|line| line.starts_with(['#', ';']) || line.starts_with("-- ")));
            let widest = lines.map(UnicodeWidthStr::width).max().unwrap();
            assert!(widest <= WIDTH, "{name} is {widest} columns wide");
        }
    }

    /// What journalctl would show to a reader (`find_id` in systemd's `catalog.c`).
    fn shown_to(locale: &str) -> String {
        let catalogs = catalogs();
        let exact = locale.split(['.', '@']).next().unwrap();
        let language = exact.split('_').next().unwrap();
        let found = [exact, language].into_iter().find_map(|name| catalogs.get(&file_name(name)));
        found.unwrap_or(&catalogs[&file_name("")]).clone()
    }

    #[test]
    fn readers_of_every_region_get_their_language() {
        for (locales, tag) in [
            (&["ja_JP.UTF-8", "ja_JP.eucJP"][..], "ja-JP"),
            (&["zh_TW.UTF-8", "zh_HK.UTF-8", "zh_MO", "zh_TW.Big5"], "zh-TW"),
            (&["zh_CN.UTF-8", "zh_SG", "zh_MY.UTF-8"], "zh-CN"),
            (&["pt_BR.UTF-8", "pt_PT@euro"], "pt-BR"),
            (&["de_AT.UTF-8", "de_CH"], "de-DE"),
            (&["en_GB.UTF-8", "uk_UA.UTF-8", "C.UTF-8"], "en-US"),
        ] {
            for locale in locales {
                assert_eq!(shown_to(locale), catalog(tag), "{locale}");
            }
        }
    }

    #[test]
    fn long_texts_are_wrapped_and_lose_nothing() {
        let wrapped = |text: &str| {
            let mut out = String::new();
            wrap(text, &mut out);
            assert!(out.lines().all(|line| line.width() <= WIDTH && !line.starts_with(['。', ' '])), "{out}");
            out
        };
        let words = "dispatch ".repeat(30);
        assert_eq!(wrapped(&words).split_whitespace().count(), 30);
        assert_eq!(wrapped(&words).lines().count(), 4);
        // 38 characters fill a line, and the mark must not begin the next one.
        for length in [37, 38, 39, 76, 200] {
            let text = format!("{}。", "会".repeat(length));
            assert_eq!(wrapped(&text).replace('\n', ""), text);
        }
        assert_eq!(wrapped(&format!("{}。", "会".repeat(38))).lines().last(), Some("会。"));
    }
}
