//! The page's texts in every language.

use fluent::{FluentArgs, FluentResource, concurrent::FluentBundle};
use std::collections::BTreeMap;
use tracing_dispatch_failure::{Catalog, Failure, Locales, Messages, Text};

macro_rules! files {
    ($($tag:literal),* $(,)?) => {
        /// The page's own texts by language, English first.
        const FILES: &[(&str, &str)] =
            &[$(($tag, include_str!(concat!("../../../../locales/", $tag, "/report.ftl"))),)*];
    };
}

files! {
    "en-US", "ja-JP", "ru-RU", "zh-TW", "fr-FR", "ko-KR", "de-DE",
    "es-ES", "it-IT", "pt-BR", "pl-PL", "cs-CZ", "tr-TR", "zh-CN",
}

/// All texts of the page in one language.
pub(crate) struct Language {
    pub(crate) tag: String,
    /// The page's own texts by their ids.
    pub(crate) page: BTreeMap<String, String>,
    /// The event's texts by their ids.
    pub(crate) event: Vec<(&'static str, String)>,
    pub(crate) messages: RecordMessages,
}

/// The records' messages.
pub(crate) enum RecordMessages {
    /// One message for all records, the usual case.
    One(String),
    /// One message per record, from an overlay that uses the record's values.
    Each(Vec<String>),
}

/// Returns all languages, overlays included.
pub(crate) fn languages(catalog: &Catalog, failures: &[Failure]) -> Vec<Language> {
    let language = |tag: String| {
        let messages = catalog.messages(&tag.parse::<Locales>().unwrap_or_default());
        let text = |text: &Text| {
            let mut out = String::new();
            messages.write(*text, &mut out);
            (text.id(), out)
        };
        let (event, messages) = (Text::ALL.iter().map(text).collect(), record_messages(&messages, failures));
        Language { page: page_texts(&tag), event, messages, tag }
    };
    catalog.locales().map(language).collect()
}

impl Language {
    /// Returns one of the page's own texts.
    pub(crate) fn text<'a>(&'a self, id: &'a str) -> &'a str {
        self.page.get(id).map_or(id, String::as_str)
    }

    /// Returns one of the event's texts.
    pub(crate) fn event(&self, text: Text) -> &str {
        self.event.iter().find(|(id, _)| *id == text.id()).map_or("", |(_, text)| text)
    }

    /// Returns the message of a record by its index.
    pub(crate) fn message(&self, index: usize) -> &str {
        match &self.messages {
            RecordMessages::One(message) => message,
            RecordMessages::Each(messages) => messages.get(index).map_or("", String::as_str),
        }
    }
}

fn record_messages(messages: &Messages, failures: &[Failure]) -> RecordMessages {
    let message = |failure: &Failure| {
        let mut out = String::new();
        messages.write_message_of(failure, &mut out);
        out
    };
    let mut first = String::new();
    match failures.first() {
        // An overlay may use a value that is the same in all records.
        Some(failure) => first = message(failure),
        None => _ = messages.write(Text::Message, &mut first),
    }
    // The usual case. One message for all records keeps the page small.
    if failures.iter().all(|failure| message(failure) == first) {
        return RecordMessages::One(first);
    }
    RecordMessages::Each(failures.iter().map(message).collect())
}

/// Returns the page's own texts. A language that only an overlay has gets them in English.
fn page_texts(tag: &str) -> BTreeMap<String, String> {
    let found = FILES.iter().find(|(other, _)| *other == tag);
    let mut texts = read(tag, found.unwrap_or(&FILES[0]).1);
    // English texts must not call the language English.
    if found.is_none() {
        texts.insert("language-name".to_owned(), tag.to_owned());
    }
    texts
}

fn read(tag: &str, source: &str) -> BTreeMap<String, String> {
    // A test parses every file, so errors can be ignored here.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let ids: Vec<String> = resource
        .entries()
        .filter_map(|entry| match entry {
            fluent_syntax::ast::Entry::Message(message) => Some(message.id.name.to_owned()),
            _ => None,
        })
        .collect();
    let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().unwrap_or_default()]);
    // Fluent would put invisible marks (U+2068, U+2069) around each argument.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    // The page's script fills these in.
    let args: FluentArgs<'_> = [("shown", "{shown}"), ("total", "{total}")].into_iter().collect();
    let mut texts = BTreeMap::new();
    for id in ids {
        let pattern = bundle.get_message(&id).and_then(|message| message.value());
        let text =
            pattern.map(|pattern| bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned());
        texts.extend(text.map(|text| (id, text)));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_text_and_its_variables() {
        let variables = |text: &str| ["{shown}", "{total}"].map(|variable| text.matches(variable).count());
        let english = read("en-US", FILES[0].1);
        assert_eq!(english.len(), 29);
        assert!(FILES.iter().map(|(tag, _)| *tag).eq(Messages::built_in_locales()));
        for &(tag, source) in FILES {
            assert!(FluentResource::try_new(source.to_owned()).is_ok(), "{tag}");
            let texts = read(tag, source);
            assert!(texts.keys().eq(english.keys()), "{tag}");
            for (id, text) in &texts {
                assert_eq!(variables(text), variables(&english[id]), "{tag}: {id}");
            }
        }
    }
}
