//! Suggests what to write instead of a directive that does not select a span.

use crate::{
    observe::{
        directive::{Directive, Directives, is_below},
        doctor::{
            near_miss::{NearMiss, NearMissReason},
            spelling::{is_similar, normalize_name, normalize_target, respell},
        },
    },
    text::glob::Glob,
};
use std::borrow::Cow;
use tracing::{Metadata, level_filters::LevelFilter};

/// Returns why a directive does not select the spans of a callsite, if that looks like a mistake.
pub(crate) fn find_near_miss(directive: &Directive, span: &Metadata<'_>) -> Option<NearMiss> {
    let Suggestion { reason, target, names, level } = suggest(directive, span)?;
    let level = match directive.level() {
        // Excluding spans that this process does not have is not a mistake.
        LevelFilter::OFF if !reason.is_sure() => return None,
        // Keep `off`: with a level, the suggestion would select the spans that it should exclude.
        LevelFilter::OFF => LevelFilter::OFF,
        own => own.max(level).max((*span.level()).into()),
    };
    let write = |name: Option<&str>| Directive::new(target, name, level).to_short_string();
    let suggestion = match names.as_slice() {
        [] => write(None),
        names => names.iter().map(|name| write(Some(name))).collect::<Vec<_>>().join(","),
    };
    // Some targets and names cannot be written in a directive, such as a name with `]`.
    let is_valid = suggestion
        .parse::<Directives>()
        .is_ok_and(|parsed| parsed.iter().any(|one| one.matches_ignoring_level(span)));
    is_valid.then(|| NearMiss {
        reason,
        span: span.name().to_owned(),
        target: span.target().to_owned(),
        level: *span.level(),
        suggestion,
    })
}

/// What a directive was probably meant to select.
struct Suggestion<'a> {
    reason: NearMissReason,
    target: Option<&'a str>,
    /// The names of spans; empty for all spans of the target.
    names: Vec<Cow<'a, str>>,
    /// The level that was written among the names; `OFF` for none.
    level: LevelFilter,
}

impl<'a> Suggestion<'a> {
    fn new(reason: NearMissReason, target: Option<&'a str>, name: Option<Cow<'a, str>>) -> Self {
        Self { reason, target, names: name.into_iter().collect(), level: LevelFilter::OFF }
    }
}

/// Compares a directive with a span that it does not select. Surer reasons are tried first.
fn suggest<'a>(directive: &'a Directive, span: &'a Metadata<'_>) -> Option<Suggestion<'a>> {
    use NearMissReason::{MoreThanAName, OtherTarget, Similar, Spelling, TargetInBrackets, TooVerbose};
    let (target, name) = (span.target(), span.name());
    let pattern = directive.span().map(|glob| glob.as_str());
    // It does not select the span, so only the level can be wrong.
    if directive.matches_ignoring_level(span) {
        return Some(Suggestion::new(TooVerbose, directive.target(), pattern.map(Cow::from)));
    }
    let exactly = Some(Cow::from(name));
    let Some(pattern) = pattern else {
        let word = directive.target()?;
        let suggestion = name_without_brackets(word, target, name).or_else(|| {
            let (reason, part) = match_target(word, target)?;
            Some(Suggestion::new(reason, Some(part), None))
        });
        return suggestion
            .or_else(|| is_similar(word, name).then(|| Suggestion::new(Similar, None, exactly)));
    };
    let matches_name = directive.span().is_some_and(|glob| glob.matches(name));
    let is_exact = !pattern.contains('*');
    // The reason is `None` if the target is right.
    let matched_target = match directive.target() {
        None => Some((None, None)),
        Some(wanted) if is_below(target, wanted) => Some((None, Some(wanted))),
        Some(wanted) => match_target(wanted, target).map(|(reason, part)| (Some(reason), Some(part))),
    };
    let Some((reason, part)) = matched_target else {
        // With a star, a match under another target is likely to be a coincidence.
        return (matches_name && is_exact).then(|| Suggestion::new(OtherTarget, Some(target), exactly));
    };
    if matches_name {
        return Some(Suggestion::new(reason?, part, Some(pattern.into())));
    }
    if let Some(respelled) = respell(pattern, name) {
        // Of the target's and the name's reason, the less sure one counts.
        return Some(Suggestion::new(reason.unwrap_or(Spelling).max(Spelling), part, Some(respelled)));
    }
    // From here on the name differs by more than its spelling. If the target differs too, it is another span.
    if reason.is_some() {
        return None;
    }
    if let Some((names, level)) = parse_brackets(pattern, name) {
        return Some(Suggestion { reason: MoreThanAName, target: part, names, level });
    }
    let path = pattern.trim_end_matches([':', '*']);
    if part.is_none() && is_exact && is_span_path(pattern, target, name) {
        Some(Suggestion::new(TargetInBrackets, Some(target), exactly))
    } else if part.is_none()
        && !path.is_empty()
        && (is_exact || pattern.ends_with("::*"))
        && is_below(target, path)
    {
        Some(Suggestion::new(TargetInBrackets, Some(path), None))
    } else {
        (is_exact && is_similar(pattern, name)).then(|| Suggestion::new(Similar, part, exactly))
    }
}

/// Parses brackets that contain more than one name, such as `[job,request=debug]`. Returns the names and the level,
/// if this span's name is among them.
fn parse_brackets<'a>(pattern: &'a str, name: &str) -> Option<(Vec<Cow<'a, str>>, LevelFilter)> {
    let is_mark = |c: char| c.is_whitespace() || "\"'`".contains(c);
    let text = pattern.trim_matches(is_mark);
    let keys = ["span=", "span:", "name=", "name:"];
    let text = keys.into_iter().find_map(|key| text.strip_prefix(key)).unwrap_or(text);
    let with_level = text.rsplit_once(['=', ':']).and_then(|(text, level)| {
        // `LevelFilter` takes an empty text for `error`.
        let level = Some(level.trim()).filter(|level| !level.is_empty())?;
        Some((text, level.parse::<LevelFilter>().ok()?))
    });
    let (text, level) = with_level.unwrap_or((text, LevelFilter::OFF));
    let names = text.split([',', ';', '|']).map(|part| part.trim_matches(is_mark));
    let names: Vec<&str> = names.filter(|part| !part.is_empty()).collect();
    let is_meant = names != [pattern] && names.iter().any(|part| Glob::new(part).matches(name));
    is_meant.then(|| (names.into_iter().map(Cow::from).collect(), level))
}

/// Returns a suggestion if a directive's target is really the name of a span, or a path that ends with the name.
fn name_without_brackets<'a>(word: &str, target: &'a str, name: &'a str) -> Option<Suggestion<'a>> {
    let reason = NearMissReason::NameWithoutBrackets;
    if normalize_name(word) == normalize_name(name) {
        return Some(Suggestion::new(reason, None, Some(name.into())));
    }
    is_span_path(word, target, name).then(|| Suggestion::new(reason, Some(target), Some(name.into())))
}

/// Whether a path is a span's name behind its target, or behind the beginning or the end of its target.
fn is_span_path(path: &str, target: &str, name: &str) -> bool {
    let (path, target) = (normalize_target(path), normalize_target(target));
    let module = path.strip_suffix(&normalize_target(name)).and_then(|module| module.strip_suffix("::"));
    module.is_some_and(|module| is_below(&target, module) || is_path_end(&target, module))
}

/// Whether a target ends with these whole parts of a path.
fn is_path_end(target: &str, part: &str) -> bool {
    target.strip_suffix(part).is_some_and(|before| before.ends_with("::"))
}

/// Returns the part of a span's target that a directive's target was probably meant for.
fn match_target<'a>(wanted: &str, target: &'a str) -> Option<(NearMissReason, &'a str)> {
    let (wanted_path, target_path) = (normalize_target(wanted), normalize_target(target));
    let by_its_end =
        || is_path_end(&target_path, &wanted_path).then_some((NearMissReason::OtherTarget, target));
    // Compared with as many parts of the span's target as the directive has.
    let parts = wanted_path.split("::").count();
    let ends = target.match_indices("::").map(|(at, _)| at).chain([target.len()]);
    let Some(part) = ends.clone().nth(parts - 1).and_then(|end| target.get(..end)) else {
        return by_its_end();
    };
    let part_path = normalize_target(part);
    // One or two letters are the beginning of too many targets.
    let is_beginning = || wanted.len() > 2 && part_path.starts_with(&wanted_path);
    if part_path == wanted_path {
        Some((NearMissReason::Spelling, part))
    } else if is_beginning() {
        Some((NearMissReason::PartOfTarget, part))
    } else {
        by_its_end().or_else(|| is_similar(wanted, part).then_some((NearMissReason::Similar, part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::synthetic;
    use tracing::Level;

    /// The reason and the suggestion for a span that a directive misses.
    fn explain(directive: &str, target: &str, name: &str, level: Level) -> Option<(NearMissReason, String)> {
        let directives: Directives = directive.parse().unwrap();
        let span = synthetic::span(name, target, level);
        assert_eq!(directives.level_for(span), None, "{directive} selects it");
        let near_miss = find_near_miss(directives.iter().next().unwrap(), span)?;
        let suggested: Directives = near_miss.suggestion.parse().unwrap();
        assert!(suggested.level_for(span).is_some(), "{} does not select it", near_miss.suggestion);
        Some((near_miss.reason, near_miss.suggestion))
    }

    #[test]
    fn each_near_miss_has_a_reason_and_a_suggestion() {
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
            ("[job,request]", ("shop", "request", Level::INFO), MoreThanAName, "[job],[request]"),
            (
                "[job|request]=debug",
                ("shop", "job", Level::INFO),
                MoreThanAName,
                "[job]=debug,[request]=debug",
            ),
            (
                "[dispatch_*;charge_*]",
                ("shop", "charge_card", Level::INFO),
                MoreThanAName,
                "[dispatch_*],[charge_*]",
            ),
            ("[GET /users/:id,job]", ("shop", "job", Level::INFO), MoreThanAName, "[GET /users/:id],[job]"),
            ("shop[request=debug]", ("shop", "request", Level::INFO), MoreThanAName, "shop[request]=debug"),
            ("[request:debug]", ("shop", "request", Level::INFO), MoreThanAName, "[request]=debug"),
            ("[span:request]", ("shop", "request", Level::INFO), MoreThanAName, "[request]"),
            ("[http*]", ("shop", "HTTP request", Level::INFO), Spelling, "[HTTP*]"),
            ("[process_*]", ("shop", "processJob", Level::INFO), Spelling, "[processJob]"),
            ("[job_run]", ("shop", "job.run", Level::INFO), Spelling, "[job.run]"),
            ("job_run", ("shop", "job.run", Level::INFO), NameWithoutBrackets, "[job.run]"),
            ("worker::job.run", ("worker", "job.run", Level::INFO), NameWithoutBrackets, "worker[job.run]"),
            ("orders", ("shop::orders", "run", Level::INFO), OtherTarget, "shop::orders"),
            (
                "orders[run]=debug",
                ("shop::orders", "run", Level::INFO),
                OtherTarget,
                "shop::orders[run]=debug",
            ),
            ("[shop::*]", ("shop::orders", "run", Level::INFO), TargetInBrackets, "shop"),
            ("[orders::run]", ("shop::orders", "run", Level::INFO), TargetInBrackets, "shop::orders[run]"),
            ("[request=info]", ("shop", "request", Level::INFO), MoreThanAName, "[request]"),
            ("shop[name=request]", ("shop", "request", Level::INFO), MoreThanAName, "shop[request]"),
            ("[\"request\"]", ("shop", "request", Level::INFO), MoreThanAName, "[request]"),
            ("dispatch_sesion", ("shop", "dispatch_session", Level::INFO), Similar, "[dispatch_session]"),
            ("shop::odrers[run]", ("shop::orders", "run", Level::INFO), Similar, "shop::orders[run]"),
        ] {
            if suggestion.is_empty() {
                assert_eq!(explain(directive, target, name, level), None, "{directive}");
                continue;
            }
            let expected = Some((reason, suggestion.to_owned()));
            assert_eq!(explain(directive, target, name, level), expected, "{directive} and {target}[{name}]");
        }
    }

    #[test]
    fn a_different_span_is_not_a_near_miss() {
        for (directive, target, name) in [
            ("[request]", "shop", "response"),
            ("[job]", "shop", "jog"),
            ("shop", "store", "request"),
            ("shop::orders[run]", "shop::orders", "ran"),
            ("[dispatch_*]", "shop", "handle_order"),
            ("shop[dispatch_*]", "store", "dispatch_order"),
            ("sh", "shop", "request"),
            // `off` for a target is not a mistake if no span has that target.
            ("tower=off", "tower_http", "request"),
            ("shop::order=off", "shop::orders", "request"),
        ] {
            assert_eq!(
                explain(directive, target, name, Level::INFO),
                None,
                "{directive} and {target}[{name}]"
            );
        }
    }
}
