//! The languages that are compiled in.

use super::language::Language;
use std::sync::{Arc, OnceLock};

macro_rules! built_in {
    ($($tag:literal),* $(,)?) => {
        /// The compiled-in languages with their files; en-US is the first.
        static BUILT_IN: [BuiltIn; COUNT] = [$(BuiltIn {
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

/// How many languages are compiled in.
const COUNT: usize = 14;

struct BuiltIn {
    tag: &'static str,
    source: &'static str,
    /// Compiled at the first use; what is not used costs nothing.
    language: OnceLock<Option<Arc<Language>>>,
}

impl BuiltIn {
    fn language(&self) -> Option<&Arc<Language>> {
        // A test compiles every file, so nothing is lost with the mistakes here.
        let parse = || Some(Arc::new(Language::parse(&self.tag.parse().ok()?, self.source).ok()?));
        self.language.get_or_init(parse).as_ref()
    }
}

/// The tags of the compiled-in languages, en-US first.
pub(super) fn tags() -> impl ExactSizeIterator<Item = &'static str> {
    BUILT_IN.iter().map(|built_in| built_in.tag)
}

/// The compiled-in English.
pub(super) fn english() -> Option<&'static Arc<Language>> {
    let [english, ..] = &BUILT_IN;
    english.language()
}

/// A compiled-in language by its tag.
pub(super) fn find(tag: &str) -> Option<&'static Arc<Language>> {
    BUILT_IN.iter().find(|built_in| built_in.tag == tag)?.language()
}

/// The tag of the language behind every chain.
pub(super) const ENGLISH: &str = "en-US";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Text;

    #[test]
    fn every_built_in_language_is_complete() {
        assert_eq!(tags().count(), 14);
        for built_in in &BUILT_IN {
            let language = Language::parse(&built_in.tag.parse().unwrap(), built_in.source).unwrap();
            assert_eq!(&**language.tag(), built_in.tag);
            assert_eq!(language.remarks(), [], "{}", built_in.tag);
            for text in Text::ALL {
                assert!(language.has(*text), "{} lacks {}", built_in.tag, text.id());
            }
        }
    }
}
