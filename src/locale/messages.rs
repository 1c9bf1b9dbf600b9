//! The texts in one chain of languages, ready to write.

use super::{
    Text,
    built_in::{self, ENGLISH},
    language::Language,
};
use crate::{event::DISPATCH_SESSION_FAILED, failure::Failure};
use std::sync::Arc;

/// The texts of event 4031 in one language, each falling back to the next language of a chain that
/// ends at the compiled-in English.
#[derive(Debug, Clone)]
pub struct Messages {
    /// All but the compiled-in English, which stands behind every chain.
    chain: Arc<[Arc<Language>]>,
}

impl Messages {
    pub(super) fn of(chain: Vec<Arc<Language>>) -> Self {
        Self { chain: chain.into() }
    }

    /// The tag of the first language.
    #[must_use]
    pub fn locale(&self) -> &str {
        self.chain.first().map_or(ENGLISH, |language| language.tag())
    }

    /// Whether the first language has a text itself, in an overlay or compiled in.
    #[must_use]
    pub fn has(&self, text: Text) -> bool {
        let mut first = self.chain.iter().take_while(|language| language.tag() == self.locale());
        self.locale() == ENGLISH || first.any(|language| language.has(text))
    }

    /// Appends a text that does not depend on a record, and returns the tag of its language.
    pub fn write(&self, text: Text, out: &mut String) -> &str {
        self.write_from(text, None, out).0
    }

    /// Appends the message of a record, in which the record's fields stand for the variables, and
    /// returns the tag of its language. It may hold any characters that the fields hold.
    pub fn write_message_of(&self, failure: &Failure, out: &mut String) -> &str {
        self.write_message(failure, out).0
    }

    /// Appends the message of a record and returns the tag of its language; `true` where a language
    /// of the chain had to be passed over, as the record lacks a variable.
    pub(crate) fn write_message(&self, failure: &Failure, out: &mut String) -> (&str, bool) {
        self.write_from(Text::Message, Some(failure), out)
    }

    fn write_from(&self, text: Text, failure: Option<&Failure>, out: &mut String) -> (&str, bool) {
        let mut passed_over = false;
        for language in self.chain.iter() {
            if language.write(text, failure, out) {
                return (language.tag(), passed_over);
            }
            passed_over |= language.has(text);
        }
        if let Some(english) = built_in::english().filter(|english| english.write(text, failure, out)) {
            return (english.tag(), passed_over);
        }
        // Not reached: the English texts have no variables, as a test makes sure.
        out.push_str(DISPATCH_SESSION_FAILED.name);
        (ENGLISH, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_stands_behind_every_chain_and_needs_nothing() {
        let messages = Messages::of(Vec::new());
        assert_eq!(messages.locale(), "en-US");
        for text in Text::ALL {
            let mut out = String::new();
            assert_eq!(messages.write_from(*text, None, &mut out), ("en-US", false));
            assert!(!out.is_empty());
        }
    }
}
