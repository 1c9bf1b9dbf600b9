//! The built-in languages.

use super::language::Language;
use std::sync::{Arc, OnceLock};

/// Declares the built-in languages by their tags, and includes their files.
macro_rules! built_in {
    ($($tag:literal),* $(,)?) => {
        /// The built-in languages with their files. en-US is the first.
        static BUILT_IN: [BuiltIn; [$($tag),*].len()] = [$(BuiltIn {
            tag: $tag,
            source: include_str!(concat!("../../locales/", $tag, "/event-4031.ftl")),
            language: OnceLock::new(),
        },)*];
    };
}

built_in! {
    "en-US", "ja-JP", "ru-RU", "zh-TW", "fr-FR", "ko-KR", "de-DE",
    "es-ES", "it-IT", "pt-BR", "pl-PL", "cs-CZ", "tr-TR", "zh-CN",
}

/// A built-in language.
struct BuiltIn {
    tag: &'static str,
    source: &'static str,
    /// Parsed at first use, so that an unused language costs no time.
    language: OnceLock<Option<Arc<Language>>>,
}

impl BuiltIn {
    /// Returns the parsed language.
    fn language(&self) -> Option<&Arc<Language>> {
        // A test parses every file, so there are no errors to report here.
        let parse = || Some(Arc::new(Language::parse(&self.tag.parse().ok()?, self.source).ok()?));
        self.language.get_or_init(parse).as_ref()
    }
}

/// Returns the tags of the built-in languages, en-US first.
pub(super) fn tags() -> impl ExactSizeIterator<Item = &'static str> {
    BUILT_IN.iter().map(|built_in| built_in.tag)
}

/// Returns the built-in English.
pub(super) fn english() -> Option<&'static Arc<Language>> {
    let [english, ..] = &BUILT_IN;
    english.language()
}

/// Returns a built-in language by its tag.
pub(super) fn find(tag: &str) -> Option<&'static Arc<Language>> {
    BUILT_IN.iter().find(|built_in| built_in.tag == tag)?.language()
}

/// The tag of the language that ends every fallback chain.
pub(super) const ENGLISH: &str = "en-US";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Text;

    #[test]
    fn every_built_in_language_is_complete() {
        for built_in in &BUILT_IN {
            let language = Language::parse(&built_in.tag.parse().unwrap(), built_in.source).unwrap();
            assert_eq!(&**language.tag(), built_in.tag);
            assert_eq!(language.warnings(), [], "{}", built_in.tag);
            for text in Text::ALL {
                assert!(language.has_text(*text), "{} lacks {}", built_in.tag, text.id());
            }
        }
    }
}
