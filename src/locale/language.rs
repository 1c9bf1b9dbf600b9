//! The texts of one Fluent file.

use super::{
    Text,
    gate::{self, OverlayProblem},
    pattern::Pattern,
};
use crate::record::failure::Failure;
use fluent::{FluentResource, concurrent::FluentBundle};
use fluent_syntax::ast::Entry;
use std::{fmt, sync::Arc};
use unic_langid::LanguageIdentifier;

/// One file's texts, ready to write.
pub(crate) struct Language {
    /// The language's tag, as its folder has it.
    tag: Arc<str>,
    patterns: Vec<Option<Pattern>>,
    bundle: Option<FluentBundle<FluentResource>>,
    /// What is odd about the file, but no mistake.
    remarks: Vec<OverlayProblem>,
}

impl Language {
    /// Reads a file's text; all mistakes are found, not the first alone.
    pub(super) fn parse(identifier: &LanguageIdentifier, source: &str) -> Result<Self, Vec<OverlayProblem>> {
        gate::check(source).map_err(|mistake| vec![mistake])?;
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
            remarks: Vec::new(),
        };
        let mut mistakes = Vec::new();
        for entry in resource.entries() {
            let Entry::Message(message) = entry else { continue };
            let name = message.id.name;
            let at = name.as_ptr().addr().saturating_sub(resource.source().as_ptr().addr());
            let mut mistake = |at: usize, text: String| mistakes.push(OverlayProblem::new(at, text));
            let Some(value) = &message.value else {
                mistake(at, format!("the message `{name}` has no text"));
                continue;
            };
            let Some(slot) = Text::ALL.iter().position(|text| text.id() == name) else {
                let text = format!("no text of this program is called `{name}`");
                language.remarks.push(OverlayProblem::new(at, text));
                continue;
            };
            if !message.attributes.is_empty() {
                mistake(at, format!("the message `{name}` has attributes, which nothing shows"));
            }
            match Pattern::compile(value, &resource) {
                Ok(pattern) => match language.patterns.get_mut(slot) {
                    Some(Some(_)) => mistake(at, format!("the message `{name}` stands here a second time")),
                    Some(free) => {
                        // Nobody would ever see such a text, so its writer had better know.
                        if let Some(variable) =
                            pattern.variables().next().filter(|_| name != Text::Message.id())
                        {
                            let text = format!(
                                "`{name}` is shown without a record, so it has no `${variable}` and never appears"
                            );
                            language.remarks.push(OverlayProblem::new(at, text));
                        }
                        *free = Some(pattern);
                    }
                    None => {}
                },
                Err(found) => mistake(
                    if found.at == usize::MAX { at } else { found.at },
                    format!("in the message `{name}`: {}", found.text),
                ),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        if language.patterns.iter().flatten().any(Pattern::needs_fluent) {
            let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
            // The marks would be control characters in a log, and no language here mixes directions.
            bundle.set_use_isolating(false);
            bundle.add_resource_overriding(resource);
            language.bundle = Some(bundle);
        }
        Ok(language)
    }

    pub(crate) fn tag(&self) -> &Arc<str> {
        &self.tag
    }

    /// What is odd about the file, most likely misspelt.
    pub(crate) fn remarks(&self) -> &[OverlayProblem] {
        &self.remarks
    }

    /// Whether the file has this text.
    pub(crate) fn has(&self, text: Text) -> bool {
        self.patterns.get(text as usize).is_some_and(Option::is_some)
    }

    /// Appends a text; `false`, with nothing appended, where the file does not have it or the record
    /// lacks one of its variables.
    pub(super) fn write(&self, text: Text, failure: Option<&Failure>, out: &mut String) -> bool {
        let pattern = self.patterns.get(text as usize).and_then(Option::as_ref);
        pattern.is_some_and(|pattern| pattern.write(text.id(), self.bundle.as_ref(), failure, out))
    }
}

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
            let (line, column) = gate::position(source, mistake.at);
            format!("{line}:{column}: {}", mistake.text)
        };
        result.err().unwrap_or_default().into_iter().map(positioned).collect()
    }

    #[test]
    fn a_mistake_has_its_place() {
        assert!(!mistakes("message = x\ntitle = { $a\n").is_empty());
        assert!(mistakes("\n\n  message = x\n")[0].starts_with("3:1: "));
        assert!(
            mistakes("message = { NUMBER($x) }")[0].starts_with("1:13: in the message `message`: functions")
        );
        assert!(mistakes("message = a\n    .x = b\n")[0].starts_with("1:1: "));
        assert!(mistakes("message = a\nmessage = b\n")[0].starts_with("2:1: "));
    }

    #[test]
    fn what_nobody_would_see_is_remarked() {
        let source = "mesage = x\ntitle = { $error }\nmessage = { $error } { $of_a_field }\n-term = y\n";
        let language = Language::parse(&"en-US".parse().unwrap(), source).unwrap();
        let texts: Vec<_> =
            language.remarks().iter().map(|remark| (remark.at, remark.text.as_str())).collect();
        let title = "`title` is shown without a record, so it has no `$error` and never appears";
        assert_eq!(texts, [(0, "no text of this program is called `mesage`"), (11, title)]);
    }

    #[test]
    fn what_fluent_does_not_survive_is_refused() {
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
