//! What became of the directives, for programs that look at it.

use crate::observe::doctor::near_miss::NearMiss;
use std::fmt;
use tracing::Metadata;

/// What each directive matched so far, and what it nearly matched; see
/// [`Reporter::diagnose`](crate::Reporter::diagnose).
///
/// Its `Display` is one line for each directive, and two more for each that matched nothing but nearly
/// matched something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The directives of `DISPATCH_FAILURE_SPANS`, then those of `DISPATCH_FAILURE_CONTEXT`.
    pub directives: Vec<DirectiveDiagnosis>,
}

/// What one directive matched so far.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectiveDiagnosis {
    /// The variable that holds the directive.
    pub variable: &'static str,
    /// The directive, with its level.
    pub directive: String,
    /// How many callsites of spans it matched, whether or not they opened a span.
    pub callsites: usize,
    /// How many dispatch spans that it selects were opened.
    pub opened: u64,
    /// How many of them failed.
    pub failed: u64,
    /// What it nearly matched, the surest first, at most five; empty where it matched anything.
    pub near_misses: Vec<NearMiss>,
}

/// A callsite of dispatch spans.
pub(crate) struct DispatchCallsite {
    pub(crate) callsite: &'static Metadata<'static>,
    pub(crate) opened: u64,
    pub(crate) failed: u64,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, directive) in self.directives.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{directive}")?;
        }
        Ok(())
    }
}

impl fmt::Display for DirectiveDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, directive, callsites, opened, failed, near_misses } = self;
        write!(
            f,
            "{variable}: `{directive}`: {callsites} callsites, {opened} spans opened, {failed} failed"
        )?;
        near_misses
            .iter()
            .try_for_each(|near_miss| write!(f, "\n  {near_miss}\n  write `{}`", near_miss.suggestion))
    }
}
