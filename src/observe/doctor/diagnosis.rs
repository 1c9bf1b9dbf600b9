//! The diagnosis of the directives, for programs.

use crate::observe::doctor::near_miss::NearMiss;
use std::fmt;
use tracing::Metadata;

/// What each directive matched and nearly matched so far.
///
/// [`Reporter::diagnose`](crate::Reporter::diagnose) returns it. `Display` writes one line for each directive, and two
/// more lines for each near miss.
///
/// # Example: a health check that shows which directives select nothing
///
/// ```
/// use tracing_dispatch_failure::Reporter;
/// use tracing_subscriber::prelude::*;
///
/// let reporter = Reporter::from_vars([("DISPATCH_FAILURE_SPANS", "[hand_over],transfer")])?;
/// let stack = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(stack, || {
///     tracing::info_span!("hand_over", error = "refused");
///     tracing::info_span!(target: "bank", "transfer");
/// });
/// let text = reporter.diagnose().to_string();
/// let lines: Vec<&str> = text.lines().collect();
/// assert!(lines[0].ends_with("`[hand_over]=info`: 1 callsites, 1 spans opened, 1 failed"));
/// assert!(lines[1].ends_with("`transfer=info`: 0 callsites, 0 spans opened, 0 failed"));
/// assert!(lines[2].starts_with("  a span `transfer` of the target `bank` exists at INFO"));
/// assert_eq!(lines[3], "  write `[transfer]`");
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The directives of `DISPATCH_FAILURE_SPANS`, then the directives of `DISPATCH_FAILURE_CONTEXT`.
    pub directives: Vec<DirectiveDiagnosis>,
}

/// What one directive matched and nearly matched so far.
///
/// # Example: finding the directives that select nothing
///
/// ```
/// use tracing_dispatch_failure::Reporter;
/// use tracing_subscriber::prelude::*;
///
/// let reporter = Reporter::from_vars([("DISPATCH_FAILURE_SPANS", "[dispatch_*],[charge_*]")])?;
/// let stack = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(stack, || drop(tracing::info_span!("dispatch_order")));
///
/// let diagnosis = reporter.diagnose();
/// let unmatched: Vec<&str> = diagnosis
///     .directives
///     .iter()
///     .filter(|directive| directive.callsites == 0)
///     .map(|directive| directive.directive.as_str())
///     .collect();
/// assert_eq!(unmatched, ["[charge_*]=info"]);
/// assert_eq!(diagnosis.directives[0].opened, 1);
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectiveDiagnosis {
    /// The variable that contains the directive.
    pub variable: &'static str,
    /// The directive, with its level.
    pub directive: String,
    /// The number of callsites of spans that it matched, whether or not they opened a span.
    pub callsites: usize,
    /// The number of dispatch spans at these callsites that were opened.
    pub opened: u64,
    /// The number of these dispatch spans that failed.
    pub failed: u64,
    /// The spans that it nearly matched, the surest near miss first, at most five. Empty if it matched anything.
    pub near_misses: Vec<NearMiss>,
}

/// A callsite of dispatch spans, with the numbers of its spans.
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
