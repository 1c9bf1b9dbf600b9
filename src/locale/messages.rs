//! The texts in one chain of languages, ready to write.

use super::{
    Text,
    built_in::{self, ENGLISH},
    language::Language,
};
use crate::{
    record::{event::DISPATCH_SESSION_FAILED, failure::Failure},
    text::{buffer, escape},
};
use std::{borrow::Cow, sync::Arc};

/// The texts of event 4031 in one language, each falling back to the next language of a chain that
/// ends at the compiled-in English.
#[derive(Debug, Clone)]
pub struct Messages {
    /// All but the compiled-in English, which stands behind every chain.
    chain: Arc<[Arc<Language>]>,
    /// The texts as they are without a record, each from the first language that has it so.
    fixed: Arc<[Fixed; COUNT]>,
}

const COUNT: usize = Text::ALL.len();

/// A text that depends on no record.
#[derive(Debug)]
struct Fixed {
    text: Box<str>,
    /// The tag of its language.
    locale: Arc<str>,
    /// Whether no format has to escape it.
    is_plain: bool,
    /// Whether no language in front of this one has the text with variables.
    is_first: bool,
}

/// The message of a record.
#[derive(Debug)]
pub(crate) struct LocalizedMessage<'a> {
    /// May hold any characters that the fields hold.
    pub(crate) text: Cow<'a, str>,
    /// The tag of its language.
    pub(crate) locale: &'a str,
    /// Whether the text is known to need no escapes in any format.
    pub(crate) is_plain: bool,
    /// Whether a language of the chain had to be passed over, as the record lacks a variable.
    pub(crate) is_fallback: bool,
}

impl Drop for LocalizedMessage<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.text {
            buffer::give(std::mem::take(text));
        }
    }
}

impl Fixed {
    fn of(text: Text, chain: &[Arc<Language>]) -> Self {
        let mut is_first = true;
        let mut out = String::new();
        for language in chain {
            if language.write(text, None, &mut out) {
                return Self::new(out, language.tag(), is_first);
            }
            is_first &= !language.has(text);
        }
        // The English texts have no variables, as a test makes sure.
        if !built_in::english().is_some_and(|english| english.write(text, None, &mut out)) {
            out.push_str(DISPATCH_SESSION_FAILED.name);
        }
        Self::new(out, &ENGLISH.into(), is_first)
    }

    fn new(text: String, locale: &Arc<str>, is_first: bool) -> Self {
        Self { is_plain: escape::is_plain(&text), text: text.into(), locale: Arc::clone(locale), is_first }
    }
}

impl Messages {
    pub(super) fn of(chain: Vec<Arc<Language>>) -> Self {
        let mut texts = Text::ALL.iter();
        let fixed = std::array::from_fn(|_| Fixed::of(*texts.next().unwrap_or(&Text::Message), &chain));
        Self { chain: chain.into(), fixed: Arc::new(fixed) }
    }

    /// The tag of the first language.
    #[must_use]
    pub fn locale(&self) -> &str {
        self.chain.first().map_or(ENGLISH, |language| language.tag())
    }

    /// Whether the first language has a text itself, in an overlay or compiled in.
    #[must_use]
    pub fn has(&self, text: Text) -> bool {
        let mut first = self.chain.iter().take_while(|language| &**language.tag() == self.locale());
        self.locale() == ENGLISH || first.any(|language| language.has(text))
    }

    /// Appends a text that does not depend on a record, and returns the tag of its language.
    #[inline]
    pub fn write(&self, text: Text, out: &mut String) -> &str {
        let fixed = self.fixed(text);
        out.push_str(&fixed.text);
        &fixed.locale
    }

    #[inline]
    fn fixed(&self, text: Text) -> &Fixed {
        let [first, ..] = &*self.fixed;
        self.fixed.get(text as usize).unwrap_or(first)
    }

    /// Appends the message of a record, in which the record's fields stand for the variables, and
    /// returns the tag of its language. It may hold any characters that the fields hold.
    pub fn write_message_of(&self, failure: &Failure, out: &mut String) -> &str {
        let spoken = self.localize(failure);
        out.push_str(&spoken.text);
        spoken.locale
    }

    /// The message of a record.
    #[inline]
    pub(crate) fn localize(&self, failure: &Failure) -> LocalizedMessage<'_> {
        let Fixed { text, locale, is_plain, is_first } = self.fixed(Text::Message);
        if !is_first {
            return self.localize_with_fields(failure);
        }
        LocalizedMessage { text: Cow::Borrowed(text), locale, is_plain: *is_plain, is_fallback: false }
    }

    /// The message of a record where a language has it with variables.
    fn localize_with_fields(&self, failure: &Failure) -> LocalizedMessage<'_> {
        let mut out = buffer::take();
        let mut is_fallback = false;
        for language in self.chain.iter() {
            if language.write(Text::Message, Some(failure), &mut out) {
                let locale = language.tag();
                return LocalizedMessage { text: Cow::Owned(out), locale, is_plain: false, is_fallback };
            }
            is_fallback |= language.has(Text::Message);
        }
        buffer::give(out);
        let Fixed { text, locale, is_plain, .. } = self.fixed(Text::Message);
        LocalizedMessage { text: Cow::Borrowed(text), locale, is_plain: *is_plain, is_fallback }
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
            assert_eq!(messages.write(*text, &mut out), "en-US");
            assert!(!out.is_empty() && out != DISPATCH_SESSION_FAILED.name);
            assert!(messages.fixed(*text).is_first, "{}", text.id());
        }
    }
}
