//! The texts in a fallback chain of languages, ready to write.

use super::{
    Text,
    built_in::{self, ENGLISH},
    language::Language,
};
use crate::{
    record::{event_definition::DISPATCH_SESSION_FAILED, failure::Failure},
    text::{buffer, escape},
};
use std::{borrow::Cow, sync::Arc};

/// The texts of event 4031 in one language, with fallbacks.
///
/// If a language lacks a text, the next language of the chain is used, and at last the built-in English. A
/// clone is cheap: it shares the texts.
///
/// # Example: built-in texts in Polish
///
/// ```
/// use tracing_dispatch_failure::{Messages, Text};
///
/// let messages = Messages::new(&"pl-PL".parse()?);
/// let mut title = String::new();
/// assert_eq!(messages.write(Text::Title, &mut title), "pl-PL");
/// assert_eq!(title, "4031 - DispatchSessionFailed");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Messages {
    /// The languages in the order of preference, without the built-in English that ends every chain.
    chain: Arc<[Arc<Language>]>,
    /// The texts that need no record, each from the first language that has it without variables. They are
    /// resolved once, so that a record only has to copy them.
    static_texts: Arc<[StaticText; TEXT_COUNT]>,
}

/// The number of texts.
const TEXT_COUNT: usize = Text::ALL.len();

/// A text that is the same for all records.
#[derive(Debug)]
struct StaticText {
    text: Box<str>,
    /// The tag of the text's language.
    locale: Arc<str>,
    /// Whether no format has to escape the text.
    is_plain: bool,
    /// Whether the text applies to every record, because no earlier language of the chain has it with
    /// variables.
    needs_no_record: bool,
}

/// The message of a record in the sink's language.
#[derive(Debug)]
pub(crate) struct LocalizedMessage<'a> {
    /// The text. It is not escaped, and may contain any characters of the record's fields.
    pub(crate) text: Cow<'a, str>,
    /// The tag of the text's language.
    pub(crate) locale: &'a str,
    /// Whether the text is known to need no escapes in any format.
    pub(crate) is_plain: bool,
    /// Whether a language of the chain was skipped because the record lacks a variable of its message.
    pub(crate) is_fallback: bool,
}

impl Drop for LocalizedMessage<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.text {
            buffer::release(std::mem::take(text));
        }
    }
}

impl StaticText {
    /// Takes a text from the first language that has it without variables.
    fn from_chain(text: Text, chain: &[Arc<Language>]) -> Self {
        let mut needs_no_record = true;
        let mut out = String::new();
        for language in chain {
            if language.write(text, None, &mut out) {
                return Self::new(out, language.tag(), needs_no_record);
            }
            // The language has the text with variables, so for some records it comes first.
            needs_no_record &= !language.has_text(text);
        }
        // The built-in English texts have no variables; a test checks that.
        if !built_in::english().is_some_and(|english| english.write(text, None, &mut out)) {
            out.push_str(DISPATCH_SESSION_FAILED.name);
        }
        Self::new(out, &ENGLISH.into(), needs_no_record)
    }

    fn new(text: String, locale: &Arc<str>, needs_no_record: bool) -> Self {
        Self {
            is_plain: escape::is_plain(&text),
            text: text.into(),
            locale: Arc::clone(locale),
            needs_no_record,
        }
    }
}

impl Messages {
    /// Creates the texts for a chain of languages.
    pub(super) fn from_chain(chain: Vec<Arc<Language>>) -> Self {
        let mut texts = Text::ALL.iter();
        // `from_fn` is called once for each text, so the fallback is never used.
        let static_texts =
            std::array::from_fn(|_| StaticText::from_chain(*texts.next().unwrap_or(&Text::Message), &chain));
        Self { chain: chain.into(), static_texts: Arc::new(static_texts) }
    }

    /// Returns the tag of the first language: the best one available for the requested languages.
    #[must_use]
    pub fn locale(&self) -> &str {
        self.chain.first().map_or(ENGLISH, |language| language.tag())
    }

    /// Returns whether the first language has a text itself, in an overlay or built in, so that no fallback
    /// is needed.
    ///
    /// # Example: texts that an overlay does not translate
    ///
    /// ```
    /// use tracing_dispatch_failure::{Catalog, Text};
    ///
    /// let folder = tempfile::tempdir()?;
    /// std::fs::create_dir(folder.path().join("uk"))?;
    /// std::fs::write(folder.path().join("uk/event-4031.ftl"), "message = Сеанс не передано.\n")?;
    ///
    /// let messages = Catalog::load(folder.path())?.messages(&"uk-UA".parse()?);
    /// assert_eq!(messages.locale(), "uk");
    /// assert!(messages.has(Text::Message) && !messages.has(Text::Title));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn has(&self, text: Text) -> bool {
        // An overlay and the built-in texts of the same language are two members of the chain.
        let mut first = self.chain.iter().take_while(|language| &**language.tag() == self.locale());
        self.locale() == ENGLISH || first.any(|language| language.has_text(text))
    }

    /// Appends a text that does not depend on a record, and returns the tag of its language.
    ///
    /// A language that has the text only with variables is skipped.
    ///
    /// # Example: the label of a field in another program
    ///
    /// ```
    /// use tracing_dispatch_failure::{Messages, Text};
    ///
    /// let messages = Messages::new(&"it".parse()?);
    /// let mut label = String::new();
    /// let locale = messages.write(Text::ErrorLabel, &mut label);
    /// assert_eq!((locale, label.as_str()), ("it-IT", "Errore"));
    /// # Ok::<(), tracing_dispatch_failure::ParseError>(())
    /// ```
    #[inline]
    pub fn write(&self, text: Text, out: &mut String) -> &str {
        let static_text = self.static_text(text);
        out.push_str(&static_text.text);
        &static_text.locale
    }

    /// Returns a text that needs no record.
    #[inline]
    fn static_text(&self, text: Text) -> &StaticText {
        // Every text has an index; the fallback only avoids a panic.
        let [first, ..] = &*self.static_texts;
        self.static_texts.get(text as usize).unwrap_or(first)
    }

    /// Appends the message of a record, with the record's values as variables, and returns the tag of its
    /// language.
    ///
    /// If the record lacks a variable, the next available message is used. The message is not escaped,
    /// and may contain any characters of the record's fields; [`Escaped`](crate::Escaped) makes it safe for a
    /// terminal.
    ///
    /// # Example: an overlay that names the worker
    ///
    /// ```
    /// use tracing_dispatch_failure::Catalog;
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// # drop(tracing::info_span!("dispatch_session", worker = "w-1", error = "refused"));
    /// # let failure = memory.take()[0].failure().clone();
    ///
    /// let folder = tempfile::tempdir()?;
    /// std::fs::create_dir(folder.path().join("en-US"))?;
    /// let overlay = "message = { $worker } failed: { $error }\n";
    /// std::fs::write(folder.path().join("en-US/event-4031.ftl"), overlay)?;
    ///
    /// let messages = Catalog::load(folder.path())?.messages(&"en".parse()?);
    /// let mut message = String::new();
    /// messages.write_message_of(&failure, &mut message);
    /// assert_eq!(message, "w-1 failed: refused");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_message_of(&self, failure: &Failure, out: &mut String) -> &str {
        let message = self.localize(failure);
        out.push_str(&message.text);
        message.locale
    }

    /// Returns the message of a record. Without variables, it is borrowed from the static texts.
    #[inline]
    pub(crate) fn localize(&self, failure: &Failure) -> LocalizedMessage<'_> {
        let StaticText { text, locale, is_plain, needs_no_record } = self.static_text(Text::Message);
        if !needs_no_record {
            return self.localize_with_fields(failure);
        }
        LocalizedMessage { text: Cow::Borrowed(text), locale, is_plain: *is_plain, is_fallback: false }
    }

    /// Returns the message of a record if at least one language has it with variables.
    fn localize_with_fields(&self, failure: &Failure) -> LocalizedMessage<'_> {
        let mut out = buffer::acquire();
        let mut is_fallback = false;
        for language in self.chain.iter() {
            if language.write(Text::Message, Some(failure), &mut out) {
                // `is_plain` is false, because the text contains values that were not checked yet.
                let locale = language.tag();
                return LocalizedMessage { text: Cow::Owned(out), locale, is_plain: false, is_fallback };
            }
            is_fallback |= language.has_text(Text::Message);
        }
        buffer::release(out);
        let StaticText { text, locale, is_plain, .. } = self.static_text(Text::Message);
        LocalizedMessage { text: Cow::Borrowed(text), locale, is_plain: *is_plain, is_fallback }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_ends_every_fallback_chain_and_needs_no_record() {
        let messages = Messages::from_chain(Vec::new());
        assert_eq!(messages.locale(), "en-US");
        for text in Text::ALL {
            let mut out = String::new();
            assert_eq!(messages.write(*text, &mut out), "en-US");
            assert!(!out.is_empty() && out != DISPATCH_SESSION_FAILED.name);
            assert!(messages.static_text(*text).needs_no_record, "{}", text.id());
        }
    }
}
