//! What a directive nearly matched: why it does not match a span, and what to write so that it does.

use crate::{
    directive::{Directive, is_below},
    glob::Glob,
};
use std::{borrow::Cow, fmt};
use tracing::{Level, Metadata, level_filters::LevelFilter};

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

/// Why a directive does not select a span of this callsite, if that looks like a mistake.
pub(crate) fn near_miss(directive: &Directive, span: &Metadata<'_>) -> Option<NearMiss> {
    let (reason, target, name) = reason(directive, span)?;
    let level = match directive.level() {
        LevelFilter::OFF => LevelFilter::OFF,
        level => level.max((*span.level()).into()),
    };
    let suggestion = Directive::new(target, name.as_deref(), level).in_short();
    // What cannot be written as a directive is of no use.
    let is_written = suggestion.parse::<Directive>().is_ok_and(|written| written.names(span));
    is_written.then(|| NearMiss {
        reason,
        span: span.name().to_owned(),
        target: span.target().to_owned(),
        level: *span.level(),
        suggestion,
    })
}

type Suggestion<'a> = (NearMissReason, Option<&'a str>, Option<Cow<'a, str>>);

/// The reason, and the target and the name to write.
fn reason<'a>(directive: &'a Directive, span: &'a Metadata<'_>) -> Option<Suggestion<'a>> {
    use NearMissReason::{MoreThanAName, OtherTarget, Similar, Spelling, TargetInBrackets, TooVerbose};
    let (target, name) = (span.target(), span.name());
    let pattern = directive.span().map(|glob| glob.as_str());
    if directive.names(span) {
        return Some((TooVerbose, directive.target(), pattern.map(Cow::from)));
    }
    let Some(pattern) = pattern else {
        let word = directive.target()?;
        let meant = bare_word(word, target, name).or_else(|| {
            let (reason, part) = other_target(word, target)?;
            Some((reason, Some(part), None))
        });
        return meant.or_else(|| is_similar(word, name).then(|| (Similar, None, Some(name.into()))));
    };
    let fits_name = directive.span().is_some_and(|glob| glob.matches(name));
    let is_exact = !pattern.contains('*');
    let fitting_target = match directive.target() {
        None => Some((None, None)),
        Some(wanted) if is_below(target, wanted) => Some((None, Some(wanted))),
        Some(wanted) => other_target(wanted, target).map(|(reason, part)| (Some(reason), Some(part))),
    };
    let exactly = Some(Cow::from(name));
    match fitting_target {
        _ if fits_name && fitting_target.is_none() => {
            is_exact.then_some((OtherTarget, Some(target), exactly))
        }
        Some((reason, part)) if fits_name => Some((reason?, part, Some(pattern.into()))),
        Some((reason, part)) if is_exact && folded(pattern) == folded(name) => {
            Some((reason.unwrap_or(Spelling).max(Spelling), part, exactly))
        }
        Some((reason, part)) if !is_exact => {
            let respelled = respelled(pattern).find(|pattern| Glob::new(pattern).matches(name))?;
            Some((reason.unwrap_or(Spelling).max(Spelling), part, Some(respelled.into())))
        }
        Some((None, part)) if is_among(pattern, name) => Some((MoreThanAName, part, exactly)),
        Some((None, None)) if is_path_of(pattern, target, name) => {
            Some((TargetInBrackets, Some(target), exactly))
        }
        Some((None, None)) if is_below(target, pattern) => Some((TargetInBrackets, Some(pattern), None)),
        Some((None, part)) if is_similar(pattern, name) => Some((Similar, part, exactly)),
        _ => None,
    }
}

/// A pattern in the spellings that names of spans have.
fn respelled(pattern: &str) -> impl Iterator<Item = String> {
    let separators = |separator| pattern.replace(['-', '_', ' ', '.'], separator);
    let all = ["_", "-", " ", "."].map(separators);
    let lower = all.clone().map(|pattern| pattern.to_lowercase());
    all.into_iter().chain(lower)
}

/// Whether a name stands among others, or beside a level or a word for "name".
fn is_among(pattern: &str, name: &str) -> bool {
    let trimmed = |part: &str| part.trim().trim_matches(['"', '\'', '`']) == name;
    pattern.contains([',', '=', '"', '\'', '`']) && pattern.split([',', '=']).any(trimmed)
}

/// A target that is really a span's name, or a path with the name behind it.
fn bare_word<'a>(word: &str, target: &'a str, name: &'a str) -> Option<Suggestion<'a>> {
    let reason = NearMissReason::NameWithoutBrackets;
    if folded(word) == folded(name) {
        return Some((reason, None, Some(name.into())));
    }
    is_path_of(word, target, name).then(|| (reason, Some(target), Some(name.into())))
}

/// Whether a path is that of a span: its name behind its target or behind what that lies in.
fn is_path_of(path: &str, target: &str, name: &str) -> bool {
    let path = folded(path);
    let within = path.rsplit_once("::").filter(|(_, last)| *last == folded(name));
    within.is_some_and(|(within, _)| is_below(&folded(target), within))
}

/// The part of a span's target that a directive's target was probably meant for.
fn other_target<'a>(wanted: &str, target: &'a str) -> Option<(NearMissReason, &'a str)> {
    let parts = folded(wanted).split("::").count();
    let ends = target.match_indices("::").map(|(at, _)| at).chain([target.len()]);
    let part = target.get(..ends.clone().nth(parts - 1)?)?;
    if folded(part) == folded(wanted) {
        Some((NearMissReason::Spelling, part))
    } else if wanted.len() > 2 && folded(part).starts_with(&folded(wanted)) {
        Some((NearMissReason::PartOfTarget, part))
    } else {
        is_similar(wanted, part).then_some((NearMissReason::Similar, part))
    }
}

/// A text without what is easily written otherwise.
fn folded(text: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in text.chars() {
        // `DispatchSession`
        if before.is_lowercase() && c.is_uppercase() {
            words.push('_');
        }
        words.push(c);
        before = c;
    }
    let text = words.to_lowercase().replace(['-', ' '], "_").replace(['.', '/'], "::");
    // A single colon.
    text.split(':').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("::")
}

/// Above this length names are not compared letter by letter.
const LONGEST: usize = 64;

fn is_similar(wanted: &str, found: &str) -> bool {
    let length = wanted.chars().count();
    let allowed = if length < 5 {
        return false;
    } else if length < 9 {
        1
    } else {
        2
    };
    let is_short = wanted.len().max(found.len()) <= LONGEST;
    is_short && strsim::damerau_levenshtein(&folded(wanted), &folded(found)) <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directive::Directives, synthetic};

    /// What a directive says of a span: the reason and the suggestion.
    fn said(directive: &str, target: &str, name: &str, level: Level) -> Option<(NearMissReason, String)> {
        let directives: Directives = directive.parse().unwrap();
        let span = synthetic::span(name, target, level);
        assert_eq!(directives.level_for(span), None, "{directive} selects it");
        let near_miss = near_miss(directives.iter().next().unwrap(), span)?;
        let suggested: Directives = near_miss.suggestion.parse().unwrap();
        assert!(suggested.level_for(span).is_some(), "{} does not select it", near_miss.suggestion);
        Some((near_miss.reason, near_miss.suggestion))
    }

    #[test]
    fn each_near_miss_is_told_with_what_to_write() {
        use NearMissReason::*;
        for (directive, (target, name, level), reason, suggestion) in [
            (
                "[request]",
                ("tower_http::trace::make_span", "request", Level::DEBUG),
                TooVerbose,
                "[request]=debug",
            ),
            (
                "tower_http=debug",
                ("tower_http::trace", "request", Level::TRACE),
                TooVerbose,
                "tower_http=trace",
            ),
            ("[dispatch_*]=error", ("shop", "dispatch_order", Level::WARN), TooVerbose, "[dispatch_*]=warn"),
            ("request", ("shop::http", "request", Level::INFO), NameWithoutBrackets, "[request]"),
            (
                "request",
                ("tower_http::trace", "request", Level::DEBUG),
                NameWithoutBrackets,
                "[request]=debug",
            ),
            ("Request=debug", ("shop::http", "request", Level::INFO), NameWithoutBrackets, "[request]=debug"),
            (
                "shop::orders::run",
                ("shop::orders", "run", Level::INFO),
                NameWithoutBrackets,
                "shop::orders[run]",
            ),
            ("shop::run", ("shop::orders", "run", Level::INFO), NameWithoutBrackets, "shop::orders[run]"),
            ("my-shop[run]", ("my_shop::orders", "run", Level::INFO), Spelling, "my_shop[run]"),
            ("my-shop", ("my_shop::orders", "run", Level::INFO), Spelling, "my_shop"),
            ("my_shop.orders", ("my_shop::orders::x", "run", Level::INFO), Spelling, "my_shop::orders"),
            (
                "my_shop/orders[run]",
                ("my_shop::orders", "run", Level::INFO),
                Spelling,
                "my_shop::orders[run]",
            ),
            ("My_Shop:orders", ("my_shop::orders", "run", Level::INFO), Spelling, "my_shop::orders"),
            ("otel::tracing", ("otel-tracing", "run", Level::INFO), Spelling, ""),
            ("[dispatch-session]", ("shop", "dispatch_session", Level::INFO), Spelling, "[dispatch_session]"),
            ("[dispatch_session]", ("shop", "dispatch-session", Level::INFO), Spelling, "[dispatch-session]"),
            ("[http_request]", ("shop", "HTTP request", Level::INFO), Spelling, "[HTTP request]"),
            (
                "[Dispatch_Session]",
                ("shop", "dispatch_session", Level::DEBUG),
                Spelling,
                "[dispatch_session]=debug",
            ),
            (
                "my-shop[dispatch-session]",
                ("my_shop", "dispatch_session", Level::INFO),
                Spelling,
                "my_shop[dispatch_session]",
            ),
            (
                "tower[request]=debug",
                ("tower_http::trace", "request", Level::DEBUG),
                PartOfTarget,
                "tower_http[request]=debug",
            ),
            ("shop::order", ("shop::orders::new", "run", Level::INFO), PartOfTarget, "shop::orders"),
            ("[shop::orders]", ("shop::orders::new", "run", Level::INFO), TargetInBrackets, "shop::orders"),
            (
                "[shop::orders::run]",
                ("shop::orders", "run", Level::INFO),
                TargetInBrackets,
                "shop::orders[run]",
            ),
            ("shop::old[run]", ("shop::new", "run", Level::INFO), OtherTarget, "shop::new[run]"),
            ("[dispatch_sesion]", ("shop", "dispatch_session", Level::INFO), Similar, "[dispatch_session]"),
            (
                "DispatchSession",
                ("shop", "dispatch_session", Level::INFO),
                NameWithoutBrackets,
                "[dispatch_session]",
            ),
            ("[DispatchSession]", ("shop", "dispatch_session", Level::INFO), Spelling, "[dispatch_session]"),
            ("[dispatch_session]", ("shop", "DispatchSession", Level::INFO), Spelling, "[DispatchSession]"),
            ("[Dispatch-*]", ("shop", "dispatch_order", Level::INFO), Spelling, "[dispatch_*]"),
            ("my-shop[http_*]", ("my_shop", "http request", Level::INFO), Spelling, "my_shop[http *]"),
            ("[job,request]", ("shop", "request", Level::INFO), MoreThanAName, "[request]"),
            ("[request=info]", ("shop", "request", Level::INFO), MoreThanAName, "[request]"),
            ("shop[name=request]", ("shop", "request", Level::INFO), MoreThanAName, "shop[request]"),
            ("[\"request\"]", ("shop", "request", Level::INFO), MoreThanAName, "[request]"),
            ("dispatch_sesion", ("shop", "dispatch_session", Level::INFO), Similar, "[dispatch_session]"),
            ("shop::odrers[run]", ("shop::orders", "run", Level::INFO), Similar, "shop::orders[run]"),
        ] {
            if suggestion.is_empty() {
                assert_eq!(said(directive, target, name, level), None, "{directive}");
                continue;
            }
            let expected = Some((reason, suggestion.to_owned()));
            assert_eq!(said(directive, target, name, level), expected, "{directive} and {target}[{name}]");
        }
    }

    #[test]
    fn what_is_merely_different_is_no_near_miss() {
        for (directive, target, name) in [
            ("[request]", "shop", "response"),
            ("[job]", "shop", "jog"),
            ("shop", "store", "request"),
            ("shop::orders[run]", "shop::orders", "ran"),
            ("[dispatch_*]", "shop", "handle_order"),
            ("shop[dispatch_*]", "store", "dispatch_order"),
            ("sh", "shop", "request"),
        ] {
            assert_eq!(said(directive, target, name, Level::INFO), None, "{directive} and {target}[{name}]");
        }
    }
}
