//! A span's metadata: everything that is the same in all records of a callsite, with a cache of its rendered
//! text.

use std::{borrow::Cow, fmt, sync::OnceLock};
use tracing::Metadata;

/// An identifier. It is borrowed from the program, or owned by a stored record.
pub(crate) type Name = Cow<'static, str>;

/// The metadata of a span: of a callsite in this program, or of a stored record.
#[derive(Debug, Clone)]
pub(crate) struct SpanMetadata {
    pub(crate) span: Name,
    pub(crate) target: Name,
    pub(crate) file: Option<Name>,
    pub(crate) line: Option<u32>,
    /// The names of the span's fields, in the order of their declaration.
    pub(crate) fields: Vec<FieldName>,
    /// The rendered metadata, without the field names.
    pub(crate) cache: RenderCache,
}

impl SpanMetadata {
    /// Copies the metadata of a callsite.
    pub(crate) fn from_tracing(span: &'static Metadata<'static>) -> Self {
        Self {
            span: Cow::Borrowed(span.name()),
            target: Cow::Borrowed(span.target()),
            file: span.file().map(Cow::Borrowed),
            line: span.line(),
            fields: span.fields().iter().map(|field| FieldName::new(field.name().into())).collect(),
            cache: RenderCache::default(),
        }
    }

    /// Creates metadata with empty names, to be filled in.
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

/// A field's name, as it was recorded and as a Fluent variable.
#[derive(Debug, Clone)]
pub(crate) struct FieldName {
    pub(crate) text: Name,
    /// The name of the Fluent variable.
    variable: Box<str>,
    pub(crate) cache: RenderCache,
}

impl FieldName {
    /// Creates a name and its variable.
    pub(crate) fn new(text: Name) -> Self {
        Self { variable: variable_name(&text).into(), cache: RenderCache::default(), text }
    }

    /// Returns whether `name` is the field's Fluent variable.
    #[inline(always)]
    pub(crate) fn is_variable(&self, name: &str) -> bool {
        // Most names differ in length, and comparing lengths needs no call of `memcmp`.
        self.variable.len() == name.len() && *self.variable == *name
    }
}

/// Returns the name of the Fluent variable for a field. Every character outside `[A-Za-z0-9_-]` becomes `_`,
/// and a name that does not begin with a letter gets the prefix `f_`.
///
/// Source: Fluent's grammar, where an identifier is `[a-zA-Z] [a-zA-Z0-9_-]*` (`fluent.ebnf`).
fn variable_name(field: &str) -> String {
    let prefix = if field.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "f_" };
    let replacement = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    prefix.chars().chain(field.chars().map(replacement)).collect()
}

/// A cache of rendered text that is the same in many records, such as a callsite's names. Each format renders
/// it once, at first use.
#[derive(Clone, Default)]
pub(crate) struct RenderCache([OnceLock<Box<str>>; 3]);

/// A format that caches rendered text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RenderedFormat {
    Json,
    Text,
    ColoredText,
}

impl RenderCache {
    /// Returns the text for a format. On first use, `render` produces it.
    #[inline]
    pub(crate) fn get_or_render(&self, format: RenderedFormat, render: impl FnOnce(&mut String)) -> &str {
        let [json, text, colored_text] = &self.0;
        let cell = match format {
            RenderedFormat::Json => json,
            RenderedFormat::Text => text,
            RenderedFormat::ColoredText => colored_text,
        };
        // At first use, because most callsites never fail, and most reporters use one format.
        cell.get_or_init(|| {
            let mut out = String::new();
            render(&mut out);
            out.into()
        })
    }
}

/// Without the cached texts, which would only repeat the values beside them.
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
