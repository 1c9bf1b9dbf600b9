//! A Fluent pattern, compiled when its file is loaded.
//!
//! A pattern of texts and variables becomes a list of segments. Writing it cannot fail, and costs a third of
//! what Fluent's own resolver needs. Selectors and references are left to Fluent; patterns on which it could
//! panic, or which could become very long, are rejected here.

use super::{message_variable::Variable, precheck::OverlayProblem};
use crate::{
    record::{failure::Failure, value::Value},
    text::number::push_integer,
};
use fluent::{FluentArgs, FluentError, FluentResource, FluentValue, concurrent::FluentBundle};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern as Ast, PatternElement, VariantKey};
use std::fmt::Write;

/// The maximum number of placeables of a message, including its variants and references. It is Fluent's own limit, and
/// Fluent's resolver can panic when a message exceeds it.
const MAX_PLACEABLES: usize = 100;
/// The maximum number of bytes of text that a message can become, without the values of its variables.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The maximum number of characters of a number. A longer fraction overflows in Fluent's parser of numbers.
const MAX_NUMBER_LENGTH: usize = 15;
/// How deep references may be nested. It also ends cycles.
const MAX_REFERENCE_DEPTH: usize = 8;

/// The largest integer that is exact as a number in Fluent, which is a double (IEEE 754).
const MAX_EXACT_INTEGER: u64 = 1 << 53;

/// A compiled pattern.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Only texts and variables.
    Segments(Vec<Segment>),
    /// Anything else, with the variables that it uses. Fluent writes it.
    Fluent(Vec<Variable>),
}

/// A part of a simple pattern.
#[derive(Debug)]
pub(super) enum Segment {
    Text(Box<str>),
    Variable(Variable),
}

impl Pattern {
    /// Compiles a message's pattern.
    ///
    /// # Errors
    ///
    /// Returns the first problem if the pattern is not allowed. An offset of `usize::MAX` means the message
    /// as a whole.
    pub(super) fn compile(ast: &Ast<&str>, resource: &FluentResource) -> Result<Self, OverlayProblem> {
        let mut check =
            PatternCheck { resource, placeables: 0, text: 0, variables: Vec::new(), is_plain: true };
        check.check_pattern(ast, 0)?;
        if !check.is_plain {
            return Ok(Self::Fluent(check.variables.into_iter().map(Variable::from_name).collect()));
        }
        // Every other expression has set `is_plain` to false above.
        let segments = ast.elements.iter().filter_map(|element| match element {
            PatternElement::TextElement { value } => Some(Segment::Text((*value).into())),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => match inline {
                InlineExpression::VariableReference { id } => {
                    Some(Segment::Variable(Variable::from_name(id.name)))
                }
                InlineExpression::StringLiteral { value } => {
                    Some(Segment::Text(fluent_syntax::unicode::unescape_unicode_to_string(value).into()))
                }
                _ => None,
            },
            PatternElement::Placeable { .. } => None,
        });
        Ok(Self::Segments(segments.collect()))
    }

    /// Returns whether Fluent has to write the pattern.
    pub(super) fn needs_fluent(&self) -> bool {
        matches!(self, Self::Fluent(_))
    }

    /// Returns the names of the variables that the pattern uses.
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

    /// Appends the message. Returns `false`, with nothing appended, if the record lacks one of its variables.
    pub(super) fn write(
        &self,
        id: &str,
        bundle: Option<&FluentBundle<FluentResource>>,
        failure: Option<&Failure>,
        out: &mut String,
    ) -> bool {
        let start = out.len();
        // `all` ends at the first variable that the record lacks.
        let is_complete = match self {
            Self::Segments(segments) => segments.iter().all(|segment| match segment {
                Segment::Text(text) => {
                    out.push_str(text);
                    true
                }
                Segment::Variable(variable) => {
                    failure.and_then(|failure| variable.value_in(failure)).is_some_and(|value| {
                        match value {
                            Value::Str(text) => out.push_str(text),
                            // The most common integers, without the cost of `fmt`.
                            Value::U64(number) => push_integer(out, number),
                            Value::I64(number) => push_integer(out, number),
                            value => _ = write!(out, "{value}"),
                        }
                        true
                    })
                }
            }),
            Self::Fluent(variables) => {
                bundle.is_some_and(|bundle| write_with_fluent(id, variables, bundle, failure, out))
            }
        };
        if !is_complete {
            out.truncate(start);
        }
        is_complete
    }
}

/// Appends a message with Fluent's resolver. Returns whether it succeeded.
fn write_with_fluent(
    id: &str,
    variables: &[Variable],
    bundle: &FluentBundle<FluentResource>,
    failure: Option<&Failure>,
    out: &mut String,
) -> bool {
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { return false };
    let values =
        variables.iter().filter_map(|variable| Some((variable.name(), variable.value_in(failure?)?)));
    let args: FluentArgs<'_> = values.map(|(name, value)| (name, to_fluent_value(value))).collect();
    let mut errors: Vec<FluentError> = Vec::new();
    let written = bundle.write_pattern(out, pattern, Some(&args), &mut errors);
    // Fluent writes `{$name}` for a missing variable, and reports an error.
    written.is_ok() && errors.is_empty()
}

/// Converts a value for Fluent. Selectors need numbers, but Fluent's numbers are doubles. So an integer that
/// would not be exact becomes text, and keeps its digits.
fn to_fluent_value(value: Value<'_>) -> FluentValue<'_> {
    match value {
        Value::I64(number) if number.unsigned_abs() <= MAX_EXACT_INTEGER => FluentValue::from(number),
        Value::U64(number) if number <= MAX_EXACT_INTEGER => FluentValue::from(number),
        Value::F64(number) if number.is_finite() => FluentValue::from(number),
        Value::Str(text) => FluentValue::from(text),
        value => FluentValue::from(value.to_string()),
    }
}

/// The check of a pattern, before any of it is used. It counts across variants and references.
struct PatternCheck<'a> {
    resource: &'a FluentResource,
    placeables: usize,
    /// The bytes of text.
    text: usize,
    variables: Vec<&'a str>,
    /// Whether the pattern consists only of texts and variables.
    is_plain: bool,
}

impl<'a> PatternCheck<'a> {
    /// Checks a pattern. `references` is the number of references that lead to it.
    fn check_pattern(&mut self, ast: &'a Ast<&'a str>, references: usize) -> Result<(), OverlayProblem> {
        for element in &ast.elements {
            match element {
                PatternElement::TextElement { value } => self.add_text(value)?,
                PatternElement::Placeable { expression } => {
                    self.placeables += 1;
                    if self.placeables > MAX_PLACEABLES {
                        return Err(self.problem_at(
                            "",
                            format!(
                                "it has more than {MAX_PLACEABLES} placeables, counting those in references"
                            ),
                        ));
                    }
                    self.check_expression(expression, references)?;
                }
            }
        }
        Ok(())
    }

    /// Checks a placeable's expression.
    fn check_expression(
        &mut self,
        expression: &'a Expression<&'a str>,
        references: usize,
    ) -> Result<(), OverlayProblem> {
        let (selector, variants) = match expression {
            Expression::Inline(inline) => return self.check_inline(inline, references),
            Expression::Select { selector, variants } => (selector, variants),
        };
        self.is_plain = false;
        if !matches!(selector, InlineExpression::VariableReference { .. }) {
            return Err(self.problem_at("", "the selector is not a variable; expected `{ $name -> … }`"));
        }
        self.check_inline(selector, references)?;
        // All variants count, because the record decides which one is written.
        for variant in variants {
            if let VariantKey::NumberLiteral { value } = &variant.key {
                self.check_number(value)?;
            }
            self.check_pattern(&variant.value, references)?;
        }
        Ok(())
    }

    /// Checks an inline expression.
    fn check_inline(
        &mut self,
        inline: &'a InlineExpression<&'a str>,
        references: usize,
    ) -> Result<(), OverlayProblem> {
        match inline {
            InlineExpression::StringLiteral { value } => self.add_text(value),
            InlineExpression::NumberLiteral { value } => {
                self.is_plain = false;
                self.check_number(value)
            }
            InlineExpression::VariableReference { id } => {
                if !self.variables.contains(&id.name) {
                    self.variables.push(id.name);
                }
                Ok(())
            }
            InlineExpression::MessageReference { id, attribute: None } => {
                self.check_reference(id.name, false, references)
            }
            InlineExpression::TermReference { id, attribute: None, arguments: None } => {
                self.check_reference(id.name, true, references)
            }
            InlineExpression::MessageReference { id, .. } | InlineExpression::TermReference { id, .. } => {
                Err(self
                    .problem_at(id.name, "attributes and arguments of messages and terms are not supported"))
            }
            InlineExpression::FunctionReference { id, .. } => {
                Err(self.problem_at(id.name, "functions are not supported; write a variable as `{ $name }`"))
            }
            InlineExpression::Placeable { .. } => {
                Err(self.problem_at("", "a placeable in a placeable is not supported"))
            }
        }
    }

    /// Checks the message or term that a reference inserts.
    fn check_reference(
        &mut self,
        name: &'a str,
        is_term: bool,
        references: usize,
    ) -> Result<(), OverlayProblem> {
        self.is_plain = false;
        if references >= MAX_REFERENCE_DEPTH {
            return Err(self.problem_at(
                name,
                format!("references are nested deeper than {MAX_REFERENCE_DEPTH} levels, or form a cycle"),
            ));
        }
        // A copy of the reference, so that `self` can be borrowed mutably below.
        let resource: &'a FluentResource = self.resource;
        // A linear search is enough: files are small, and are loaded once.
        let found = resource.entries().find_map(|entry| match entry {
            Entry::Term(term) if is_term && term.id.name == name => Some(&term.value),
            Entry::Message(message) if !is_term && message.id.name == name => message.value.as_ref(),
            _ => None,
        });
        match found {
            Some(pattern) => self.check_pattern(pattern, references + 1),
            None => {
                let dash = if is_term { "-" } else { "" };
                Err(self.problem_at(name, format!("`{dash}{name}` is not defined in this file")))
            }
        }
    }

    /// Checks the length of a number.
    fn check_number(&self, digits: &'a str) -> Result<(), OverlayProblem> {
        if digits.len() <= MAX_NUMBER_LENGTH {
            return Ok(());
        }
        Err(self.problem_at(
            digits,
            format!("the number is too long; at most {MAX_NUMBER_LENGTH} characters are allowed"),
        ))
    }

    /// Counts a text.
    fn add_text(&mut self, text: &'a str) -> Result<(), OverlayProblem> {
        self.text += text.len();
        if self.text <= MAX_TEXT_BYTES {
            return Ok(());
        }
        Err(self.problem_at(
            text,
            format!("it has more than {MAX_TEXT_BYTES} bytes of text, counting references"),
        ))
    }

    /// Creates a problem at `part`, which is a slice of the file's text. `""` means the message as a whole.
    fn problem_at(&self, part: &'a str, text: impl Into<String>) -> OverlayProblem {
        // Fluent's syntax tree consists of slices of the source.
        let start = self.resource.source().as_ptr().addr();
        let offset = if part.is_empty() { usize::MAX } else { part.as_ptr().addr().saturating_sub(start) };
        OverlayProblem::new(offset, text)
    }
}
