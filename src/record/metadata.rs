//! Where failures happen: the callsite of a span, with what stays the same in all of its records.

use std::{borrow::Cow, fmt, sync::OnceLock};
use tracing::Metadata;

/// An identifier: of the program's own text, or of a stored record's.
pub(crate) type Name = Cow<'static, str>;

/// A span's callsite.
#[derive(Debug, Clone)]
pub(crate) struct SpanMetadata {
    pub(crate) span: Name,
    pub(crate) target: Name,
    pub(crate) file: Option<Name>,
    pub(crate) line: Option<u32>,
    /// The names of the span's fields.
    pub(crate) fields: Vec<FieldName>,
    pub(crate) cache: RenderCache,
}

impl SpanMetadata {
    pub(crate) fn of(span: &'static Metadata<'static>) -> Self {
        Self {
            span: Cow::Borrowed(span.name()),
            target: Cow::Borrowed(span.target()),
            file: span.file().map(Cow::Borrowed),
            line: span.line(),
            fields: span.fields().iter().map(|field| FieldName::new(field.name().into())).collect(),
            cache: RenderCache::default(),
        }
    }

    /// A place that nothing is known of yet.
    #[cfg(any(test, feature = "read"))]
    pub(crate) fn unknown() -> Self {
        Self {
            span: Cow::Borrowed(""),
            target: Cow::Borrowed(""),
            file: None,
            line: None,
            fields: Vec::new(),
            cache: RenderCache::default(),
        }
    }
}

/// A field's name.
#[derive(Debug, Clone)]
pub(crate) struct FieldName {
    pub(crate) text: Name,
    variable: Box<str>,
    pub(crate) cache: RenderCache,
}

impl FieldName {
    pub(crate) fn new(text: Name) -> Self {
        Self { variable: variable_of(&text).into(), cache: RenderCache::default(), text }
    }

    /// Whether this is the name of the Fluent variable that stands for the field.
    #[inline(always)]
    pub(crate) fn is_variable(&self, name: &str) -> bool {
        // Most names differ in their length, which is known without a call.
        self.variable.len() == name.len() && *self.variable == *name
    }
}

/// What a field's name becomes in a Fluent file: what is none of `[A-Za-z0-9_-]` becomes `_`, and a name
/// that does not start with a letter gets `f_`.
fn variable_of(field: &str) -> String {
    let prefix = if field.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "f_" };
    let becomes = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    prefix.chars().chain(field.chars().map(becomes)).collect()
}

/// What the formats make of something that stays the same, each made at its first use.
#[derive(Clone, Default)]
pub(crate) struct RenderCache([OnceLock<Box<str>>; 3]);

/// A format, as far as it has looks of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RenderedFormat {
    Json,
    Text,
    ColouredText,
}

impl RenderCache {
    #[inline]
    pub(crate) fn get(&self, look: RenderedFormat, make: impl FnOnce(&mut String)) -> &str {
        let [json, text, coloured_text] = &self.0;
        let cell = match look {
            RenderedFormat::Json => json,
            RenderedFormat::Text => text,
            RenderedFormat::ColouredText => coloured_text,
        };
        cell.get_or_init(|| {
            let mut out = String::new();
            make(&mut out);
            out.into()
        })
    }
}

impl fmt::Debug for RenderCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RenderCache")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_become_variable_names() {
        for (field, variable) in [
            ("session.id", "session_id"),
            ("worker", "worker"),
            ("http-code", "http-code"),
            ("1st", "f_1st"),
            ("_x", "f__x"),
            ("ключ", "f_____"),
            ("", "f_"),
        ] {
            assert!(FieldName::new(field.into()).is_variable(variable), "{field:?} is not ${variable}");
        }
    }
}
