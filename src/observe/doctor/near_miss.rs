//! A span that a directive nearly selects.

use std::fmt;
use tracing::Level;

/// A span of the application that a directive does not select, but was probably meant to select.
///
/// [`Reporter::diagnose`](crate::Reporter::diagnose) returns near misses. `Display` writes one sentence: which span
/// exists, and why the directive does not select it.
///
/// # Example: the directive that selects the span
///
/// ```
/// use tracing_dispatch_failure::Reporter;
/// use tracing_subscriber::prelude::*;
///
/// let reporter = Reporter::from_vars([("DISPATCH_FAILURE_SPANS", "[rpc]")])?;
/// let stack = tracing_subscriber::registry().with(reporter.layer()).with(tracing_subscriber::fmt::layer());
/// tracing::subscriber::with_default(stack, || drop(tracing::debug_span!(target: "grpc", "rpc")));
///
/// let diagnosis = reporter.diagnose();
/// let near_miss = &diagnosis.directives[0].near_misses[0];
/// assert_eq!(near_miss.suggestion, "[rpc]=debug");
/// assert!(near_miss.to_string().starts_with("a span `rpc` of the target `grpc` exists at DEBUG"));
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearMiss {
    /// Why the directive does not select the span.
    pub reason: NearMissReason,
    /// The span's name.
    pub span: String,
    /// The span's target.
    pub target: String,
    /// The span's level.
    pub level: Level,
    /// The directive that selects the span, such as `tower_http[request]=debug`.
    pub suggestion: String,
}

/// The reason why a directive does not select a span that it was probably meant for.
///
/// The reasons are ordered: the first ones are sure signs of a mistake, the last ones are guesses.
///
/// # Example: acting on sure signs only
///
/// ```
/// use tracing_dispatch_failure::{NearMissReason, Reporter};
/// use tracing_subscriber::prelude::*;
///
/// let reporter = Reporter::from_vars([("DISPATCH_FAILURE_SPANS", "my-app")])?;
/// let stack = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(stack, || drop(tracing::info_span!(target: "my_app", "run")));
///
/// let diagnosis = reporter.diagnose();
/// let near_misses = &diagnosis.directives[0].near_misses;
/// let sure: Vec<_> = near_misses.iter().filter(|it| it.reason < NearMissReason::PartOfTarget).collect();
/// assert_eq!(sure[0].reason, NearMissReason::Spelling);
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NearMissReason {
    /// The directive names the span, but the span is more verbose than the directive's level.
    TooVerbose,
    /// The directive is the span's name without brackets. A word without brackets is a target.
    NameWithoutBrackets,
    /// Target or name differ in case, hyphens, dots or slashes. For example, the target of a crate called `my-app` is
    /// `my_app`.
    Spelling,
    /// The directive's target is the beginning of a part of the span's target. Targets match whole parts between
    /// `::`.
    PartOfTarget,
    /// The brackets contain more than the span's name: several names, a level, `span=` or `name=`.
    MoreThanAName,
    /// The brackets contain the span's target, not its name.
    TargetInBrackets,
    /// The directive names the span, but with another target.
    OtherTarget,
    /// Target or name differ in a letter or two.
    Similar,
}

impl NearMissReason {
    /// Whether this hardly happens by chance.
    pub(crate) fn is_sure(self) -> bool {
        self < Self::PartOfTarget
    }

    fn explanation(self) -> &'static str {
        match self {
            Self::TooVerbose => "the directive does not look at that level",
            Self::NameWithoutBrackets => "a bare word is a target; write a span's name in brackets",
            Self::Spelling => "spelling counts, and in targets a crate's hyphens are underscores",
            Self::PartOfTarget => "a target matches whole parts of a module path",
            Self::MoreThanAName => "brackets hold the name of one span alone",
            Self::TargetInBrackets => "brackets hold the name of a span; write a target without brackets",
            Self::OtherTarget => "the span has another target",
            Self::Similar => "it differs in a letter or two",
        }
    }
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, span, target, level, .. } = self;
        write!(f, "a span `{span}` of the target `{target}` exists at {level}: {}", reason.explanation())
    }
}
