//! One language: the texts of a Fluent file, compiled.

use super::{
    Text,
    pattern::Pattern,
    precheck::{self, OverlayProblem},
};
use crate::record::failure::Failure;
use fluent::{FluentResource, concurrent::FluentBundle};
use fluent_syntax::ast::Entry;
use std::{fmt, sync::Arc};
use unic_langid::LanguageIdentifier;

/// The texts of one Fluent file, ready to write.
pub(crate) struct Language {
    /// The language's tag.
    tag: Arc<str>,
    /// The compiled texts, in the order of [`Text::ALL`].
    patterns: Vec<Option<Pattern>>,
    /// Fluent's own representation, only if a text has selectors or references.
    bundle: Option<FluentBundle<FluentResource>>,
    /// Texts that are never shown.
    warnings: Vec<OverlayProblem>,
}

impl Language {
    /// Parses a file. An error contains all problems, not only the first one.
    pub(super) fn parse(identifier: &LanguageIdentifier, source: &str) -> Result<Self, Vec<OverlayProblem>> {
        precheck::check(source).map_err(|problem| vec![problem])?;
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
            errors
                .iter()
                .map(|error| OverlayProblem::new(error.pos.start, error.kind.to_string()))
                .collect::<Vec<_>>()
        })?;
        let mut language = Self {
            tag: identifier.to_string().into(),
            patterns: Text::ALL.iter().map(|_| None).collect(),
            bundle: None,
            warnings: Vec::new(),
        };
        let mut problems = Vec::new();
        for entry in resource.entries() {
            let Entry::Message(message) = entry else { continue };
            let name = message.id.name;
            // Fluent keeps no positions, but the name is a slice of the source.
            let offset = name.as_ptr().addr().saturating_sub(resource.source().as_ptr().addr());
            let mut add_problem =
                |offset: usize, text: String| problems.push(OverlayProblem::new(offset, text));
            let Some(value) = &message.value else {
                add_problem(offset, format!("the message `{name}` has no text"));
                continue;
            };
            let Some(slot) = Text::ALL.iter().position(|text| text.id() == name) else {
                let text = format!("`{name}` is not a text of event 4031, so it is never shown");
                language.warnings.push(OverlayProblem::new(offset, text));
                continue;
            };
            if !message.attributes.is_empty() {
                add_problem(
                    offset,
                    format!("the message `{name}` has attributes, which are never shown; remove them"),
                );
            }
            match Pattern::compile(value, &resource) {
                Ok(pattern) => match language.patterns.get_mut(slot) {
                    Some(Some(_)) => {
                        add_problem(offset, format!("the message `{name}` is already defined in this file"))
                    }
                    Some(free) => {
                        // All texts but `message` are written without a record, so such a text would never be
                        // shown.
                        if let Some(variable) =
                            pattern.variables().next().filter(|_| name != Text::Message.id())
                        {
                            let text = format!(
                                "`{name}` uses `${variable}`, but only `message` can use variables, so it is never shown"
                            );
                            language.warnings.push(OverlayProblem::new(offset, text));
                        }
                        *free = Some(pattern);
                    }
                    None => {}
                },
                Err(found) => add_problem(
                    if found.offset == usize::MAX { offset } else { found.offset },
                    format!("in the message `{name}`: {}", found.text),
                ),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if language.patterns.iter().flatten().any(Pattern::needs_fluent) {
            let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
            // Fluent would enclose variables in U+2068 and U+2069, which a log should not contain. They
            // matter only for texts of mixed direction.
            bundle.set_use_isolating(false);
            bundle.add_resource_overriding(resource);
            language.bundle = Some(bundle);
        }
        Ok(language)
    }

    /// Returns the language's tag.
    pub(crate) fn tag(&self) -> &Arc<str> {
        &self.tag
    }

    /// Returns warnings about texts that are never shown, most likely because a name is misspelt.
    pub(crate) fn warnings(&self) -> &[OverlayProblem] {
        &self.warnings
    }

    /// Returns whether the file has a text.
    pub(crate) fn has_text(&self, text: Text) -> bool {
        self.patterns.get(text as usize).is_some_and(Option::is_some)
    }

    /// Appends a text. Returns `false`, with nothing appended, if the file lacks the text or the record lacks
    /// a variable.
    pub(super) fn write(&self, text: Text, failure: Option<&Failure>, out: &mut String) -> bool {
        let pattern = self.patterns.get(text as usize).and_then(Option::as_ref);
        pattern.is_some_and(|pattern| pattern.write(text.id(), self.bundle.as_ref(), failure, out))
    }
}

/// Only the tag: the texts are long.
impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Language").field(&self.tag).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(source: &str) -> Vec<String> {
        let result = Language::parse(&"en-US".parse().unwrap(), source);
        let positioned = |mistake: OverlayProblem| {
            let (line, column) = precheck::position(source, mistake.offset);
            format!("{line}:{column}: {}", mistake.text)
        };
        result.err().unwrap_or_default().into_iter().map(positioned).collect()
    }

    #[test]
    fn a_mistake_has_its_line_and_column() {
        assert!(!mistakes("message = x\ntitle = { $a\n").is_empty());
        assert!(mistakes("\n\n  message = x\n")[0].starts_with("3:1: "));
        assert!(
            mistakes("message = { NUMBER($x) }")[0].starts_with("1:13: in the message `message`: functions")
        );
        assert!(mistakes("message = a\n    .x = b\n")[0].starts_with("1:1: "));
        assert!(mistakes("message = a\nmessage = b\n")[0].starts_with("2:1: "));
    }

    #[test]
    fn texts_that_never_appear_get_a_remark() {
        let source = "mesage = x\ntitle = { $error }\nmessage = { $error } { $of_a_field }\n-term = y\n";
        let language = Language::parse(&"en-US".parse().unwrap(), source).unwrap();
        let texts: Vec<_> =
            language.warnings().iter().map(|warning| (warning.offset, warning.text.as_str())).collect();
        let title = "`title` uses `$error`, but only `message` can use variables, so it is never shown";
        assert_eq!(texts, [(0, "`mesage` is not a text of event 4031, so it is never shown"), (11, title)]);
    }

    #[test]
    fn messages_that_fluent_does_not_survive_are_refused() {
        for hostile in [
            format!("message = {}", "{ $x }".repeat(101)),
            format!("message = {{ 1 ->\n  *[one] {}\n }}\n", "{ $x }".repeat(120)),
            "message = { { $x } }".to_owned(),
            "message = { \"\\u202\u{feff}\" }".to_owned(),
            "message = { message }".to_owned(),
            "-a = { -b }\n-b = { -a }\nmessage = { -a }".to_owned(),
            format!("-a = {}\nmessage = {}", "x".repeat(60_000), "{ -a }".repeat(2)),
            "message = { $x ->\n [0.12345678901234567890123] a\n *[b] b\n }\n".to_owned(),
            "message = { 0.12345678901234567890123 }".to_owned(),
            "message = { NUMBER($x, minimumFractionDigits: 100000000000000) }".to_owned(),
        ] {
            assert_eq!(mistakes(&hostile).len(), 1, "{}", crate::text::bounded::clip(&hostile, 80));
        }
        assert_eq!(mistakes("message = x\r\ntitle = y\r\n"), Vec::<String>::new());
    }
}
