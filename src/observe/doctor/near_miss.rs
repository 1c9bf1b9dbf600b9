//! A span that a directive nearly selects.

use std::fmt;
use tracing::Level;

/// A span of the application that a directive does not select, but was probably meant to.
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
    /// The directive that selects the span, as `tower_http[request]=debug`.
    pub suggestion: String,
}

/// Why a directive does not select a span that it was probably meant for.
///
/// In the order of how much it says: the first are sure signs, the last are guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NearMissReason {
    /// The directive names the span, which is more verbose than the directive's level.
    TooVerbose,
    /// The directive is a bare word, so a target; the span has it as its name.
    NameWithoutBrackets,
    /// Target or name differ in case, or in hyphens, dots or slashes: a crate `my-app` has the target `my_app`.
    Spelling,
    /// The directive's target is the beginning of a part of the span's target: targets match whole parts
    /// between `::`.
    PartOfTarget,
    /// Between the brackets stands more than the span's name: several names, a level, `span=` or `name=`.
    MoreThanAName,
    /// What stands between brackets is the span's target, not its name.
    TargetInBrackets,
    /// The directive names the span, but another target.
    OtherTarget,
    /// Target or name differ in a letter or two.
    Similar,
}

impl NearMissReason {
    /// Whether it hardly happens by chance.
    pub(crate) fn is_sure(self) -> bool {
        self < Self::PartOfTarget
    }

    fn explanation(self) -> &'static str {
        match self {
            Self::TooVerbose => "the directive does not look at that level",
            Self::NameWithoutBrackets => "a bare word is a target; the name of a span stands in brackets",
            Self::Spelling => "spelling counts, and in targets a crate's hyphens are underscores",
            Self::PartOfTarget => "a target matches whole parts of a module path",
            Self::MoreThanAName => "brackets hold the name of one span alone",
            Self::TargetInBrackets => "brackets hold the name of a span; write a target without brackets",
            Self::OtherTarget => "the span has another target",
            Self::Similar => "it differs in a letter or two",
        }
    }
}

/// The near miss in one sentence: which span exists, and why it is not selected.
impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, span, target, level, .. } = self;
        write!(f, "a span `{span}` of the target `{target}` exists at {level}: {}", reason.explanation())
    }
}
