//! One message, compiled when its file is loaded.
//!
//! Texts and variables become a list of segments, which nothing can go wrong in and which cost a
//! third of Fluent's own resolver. Selectors and references stay with Fluent; what in them could
//! panic or explode is refused here.

use super::{gate::OverlayProblem, variable::Variable};
use crate::{
    record::{failure::Failure, value::Value},
    text::number::push_integer,
};
use fluent::{FluentArgs, FluentError, FluentResource, FluentValue, concurrent::FluentBundle};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern as Ast, PatternElement, VariantKey};
use std::fmt::Write;

/// The most placeables of a message, all variants and references counted: Fluent's own limit, which
/// its resolver does not survive in every place.
const MAX_PLACEABLES: usize = 100;
/// The longest text that a message can become, its variables not counted.
const MAX_TEXT: usize = 64 * 1024;
/// The longest number; a fraction of more digits overflows in the parser of numbers.
const MAX_NUMBER: usize = 15;
/// How deep messages may refer to one another.
const MAX_REFERENCES: usize = 8;

/// Integers up to here are exact as Fluent's numbers.
const EXACT: u64 = 1 << 53;

#[derive(Debug)]
pub(super) enum Pattern {
    /// Texts and variables.
    Segments(Vec<Segment>),
    /// Anything else, with its variables.
    Fluent(Vec<Variable>),
}

#[derive(Debug)]
pub(super) enum Segment {
    Text(Box<str>),
    Variable(Variable),
}

impl Pattern {
    /// Compiles a message's pattern, or says why it is not allowed.
    pub(super) fn compile(ast: &Ast<&str>, resource: &FluentResource) -> Result<Self, OverlayProblem> {
        let mut survey = Census { resource, placeables: 0, text: 0, variables: Vec::new(), is_plain: true };
        survey.pattern(ast, 0)?;
        if !survey.is_plain {
            return Ok(Self::Fluent(survey.variables.into_iter().map(Variable::of).collect()));
        }
        let segments = ast.elements.iter().filter_map(|element| match element {
            PatternElement::TextElement { value } => Some(Segment::Text((*value).into())),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => match inline {
                InlineExpression::VariableReference { id } => Some(Segment::Variable(Variable::of(id.name))),
                InlineExpression::StringLiteral { value } => {
                    Some(Segment::Text(fluent_syntax::unicode::unescape_unicode_to_string(value).into()))
                }
                _ => None,
            },
            PatternElement::Placeable { .. } => None,
        });
        Ok(Self::Segments(segments.collect()))
    }

    pub(super) fn needs_fluent(&self) -> bool {
        matches!(self, Self::Fluent(_))
    }

    /// The names of the variables that it wants.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let (segments, variables): (&[Segment], &[Variable]) = match self {
            Self::Segments(segments) => (segments, &[]),
            Self::Fluent(variables) => (&[], variables),
        };
        let of_segments = segments.iter().filter_map(|segment| match segment {
            Segment::Variable(variable) => Some(variable.name()),
            Segment::Text(_) => None,
        });
        of_segments.chain(variables.iter().map(Variable::name))
    }

    /// Appends the message; `false`, with nothing appended, where the record lacks one of its
    /// variables.
    pub(super) fn write(
        &self,
        id: &str,
        bundle: Option<&FluentBundle<FluentResource>>,
        failure: Option<&Failure>,
        out: &mut String,
    ) -> bool {
        let start = out.len();
        let whole = match self {
            Self::Segments(segments) => segments.iter().all(|segment| match segment {
                Segment::Text(text) => {
                    out.push_str(text);
                    true
                }
                Segment::Variable(variable) => {
                    failure.and_then(|failure| variable.of_record(failure)).is_some_and(|value| {
                        match value {
                            Value::Str(text) => out.push_str(text),
                            Value::U64(number) => push_integer(out, number),
                            Value::I64(number) => push_integer(out, number),
                            value => _ = write!(out, "{value}"),
                        }
                        true
                    })
                }
            }),
            Self::Fluent(variables) => {
                bundle.is_some_and(|bundle| resolve(id, variables, bundle, failure, out))
            }
        };
        if !whole {
            out.truncate(start);
        }
        whole
    }
}

/// Lets Fluent write a message.
fn resolve(
    id: &str,
    variables: &[Variable],
    bundle: &FluentBundle<FluentResource>,
    failure: Option<&Failure>,
    out: &mut String,
) -> bool {
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { return false };
    let values =
        variables.iter().filter_map(|variable| Some((variable.name(), variable.of_record(failure?)?)));
    let args: FluentArgs<'_> = values.map(|(name, value)| (name, to_fluent(value))).collect();
    let mut errors: Vec<FluentError> = Vec::new();
    let written = bundle.write_pattern(out, pattern, Some(&args), &mut errors);
    written.is_ok() && errors.is_empty()
}

/// A value as Fluent knows it: selectors want numbers, but its numbers are floating-point, so
/// integers that would not be exact are passed as text.
fn to_fluent(value: Value<'_>) -> FluentValue<'_> {
    match value {
        Value::I64(number) if number.unsigned_abs() <= EXACT => FluentValue::from(number),
        Value::U64(number) if number <= EXACT => FluentValue::from(number),
        Value::F64(number) if number.is_finite() => FluentValue::from(number),
        Value::Str(text) => FluentValue::from(text),
        value => FluentValue::from(value.to_string()),
    }
}

/// What a pattern holds, counted before anything of it is used.
struct Census<'a> {
    resource: &'a FluentResource,
    placeables: usize,
    text: usize,
    variables: Vec<&'a str>,
    is_plain: bool,
}

impl<'a> Census<'a> {
    fn pattern(&mut self, ast: &'a Ast<&'a str>, references: usize) -> Result<(), OverlayProblem> {
        for element in &ast.elements {
            match element {
                PatternElement::TextElement { value } => self.add_text(value)?,
                PatternElement::Placeable { expression } => {
                    self.placeables += 1;
                    if self.placeables > MAX_PLACEABLES {
                        return Err(self.mistake(
                            "",
                            format!("a message has at most {MAX_PLACEABLES} placeables, references included"),
                        ));
                    }
                    self.expression(expression, references)?;
                }
            }
        }
        Ok(())
    }

    fn expression(
        &mut self,
        expression: &'a Expression<&'a str>,
        references: usize,
    ) -> Result<(), OverlayProblem> {
        let (selector, variants) = match expression {
            Expression::Inline(inline) => return self.inline(inline, references),
            Expression::Select { selector, variants } => (selector, variants),
        };
        self.is_plain = false;
        if !matches!(selector, InlineExpression::VariableReference { .. }) {
            return Err(self.mistake("", "a selector is a variable: `{ $name -> … }`"));
        }
        self.inline(selector, references)?;
        for variant in variants {
            if let VariantKey::NumberLiteral { value } = &variant.key {
                self.number(value)?;
            }
            self.pattern(&variant.value, references)?;
        }
        Ok(())
    }

    fn inline(
        &mut self,
        inline: &'a InlineExpression<&'a str>,
        references: usize,
    ) -> Result<(), OverlayProblem> {
        match inline {
            InlineExpression::StringLiteral { value } => self.add_text(value),
            InlineExpression::NumberLiteral { value } => {
                self.is_plain = false;
                self.number(value)
            }
            InlineExpression::VariableReference { id } => {
                if !self.variables.contains(&id.name) {
                    self.variables.push(id.name);
                }
                Ok(())
            }
            InlineExpression::MessageReference { id, attribute: None } => {
                self.reference(id.name, false, references)
            }
            InlineExpression::TermReference { id, attribute: None, arguments: None } => {
                self.reference(id.name, true, references)
            }
            InlineExpression::MessageReference { id, .. } | InlineExpression::TermReference { id, .. } => {
                Err(self.mistake(id.name, "attributes and arguments of messages and terms are not available"))
            }
            InlineExpression::FunctionReference { id, .. } => {
                Err(self.mistake(id.name, "functions are not available; a variable is written `{ $name }`"))
            }
            InlineExpression::Placeable { .. } => {
                Err(self.mistake("", "a placeable in a placeable has no meaning"))
            }
        }
    }

    fn reference(&mut self, name: &'a str, is_term: bool, references: usize) -> Result<(), OverlayProblem> {
        self.is_plain = false;
        if references >= MAX_REFERENCES {
            return Err(self.mistake(name, "messages refer to one another too deep, or in a circle"));
        }
        let resource: &'a FluentResource = self.resource;
        let found = resource.entries().find_map(|entry| match entry {
            Entry::Term(term) if is_term && term.id.name == name => Some(&term.value),
            Entry::Message(message) if !is_term && message.id.name == name => message.value.as_ref(),
            _ => None,
        });
        match found {
            Some(pattern) => self.pattern(pattern, references + 1),
            None => Err(self.mistake(name, "this file has no message or term of this name")),
        }
    }

    fn number(&self, digits: &'a str) -> Result<(), OverlayProblem> {
        if digits.len() <= MAX_NUMBER {
            return Ok(());
        }
        Err(self.mistake(digits, format!("a number has at most {MAX_NUMBER} characters")))
    }

    fn add_text(&mut self, text: &'a str) -> Result<(), OverlayProblem> {
        self.text += text.len();
        if self.text <= MAX_TEXT {
            return Ok(());
        }
        Err(self
            .mistake(text, format!("a message has at most {MAX_TEXT} bytes of text, references included")))
    }

    /// A mistake at a part of the file's text; `""` stands for the message as a whole.
    fn mistake(&self, part: &'a str, text: impl Into<String>) -> OverlayProblem {
        let start = self.resource.source().as_ptr().addr();
        let at = if part.is_empty() { usize::MAX } else { part.as_ptr().addr().saturating_sub(start) };
        OverlayProblem::new(at, text)
    }
}
