//! A failure on its way into one sink.

use crate::{format::Rendering, locale::LocalizedMessage, record::failure::Failure, text::buffer};
use std::{cell::OnceCell, fmt};

/// One record as a [`Sink`](crate::Sink) gets it: the failure with the message in the sink's
/// language, and on demand the whole in the sink's format.
pub struct SinkRecord<'a> {
    failure: &'a Failure,
    rendering: &'a Rendering,
    message: OnceCell<LocalizedMessage<'a>>,
    text: OnceCell<String>,
}

impl<'a> SinkRecord<'a> {
    pub(crate) fn new(failure: &'a Failure, rendering: &'a Rendering) -> Self {
        Self { failure, rendering, message: OnceCell::new(), text: OnceCell::new() }
    }

    /// The failure, in no language.
    #[must_use]
    pub fn failure(&self) -> &'a Failure {
        self.failure
    }

    /// The message in the sink's language. It may hold any characters that the application's fields
    /// hold.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.localized().text
    }

    /// The tag of the language that the message is in.
    #[must_use]
    pub fn locale(&self) -> &'a str {
        self.localized().locale
    }

    /// Whether the sink's first language had to be passed over, as its message wants a variable that
    /// the record lacks.
    pub(crate) fn is_fallback(&self) -> bool {
        self.message.get().is_some_and(|message| message.is_fallback)
    }

    /// The record in the sink's format, with its final newline.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.get_or_init(|| {
            let mut out = buffer::take();
            let message = self.localized();
            self.rendering.write(self.failure, message, &mut out);
            out
        })
    }

    fn localized(&self) -> &LocalizedMessage<'a> {
        self.message.get_or_init(|| self.rendering.messages.localize(self.failure))
    }
}

impl Drop for SinkRecord<'_> {
    fn drop(&mut self) {
        if let Some(text) = self.text.take() {
            buffer::give(text);
        }
    }
}

impl fmt::Debug for SinkRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkRecord").field("failure", self.failure).finish_non_exhaustive()
    }
}
