//! Corrects texts that are not directives, where it is clear what was meant.

use super::{Directive, Directives, is_level};

/// Returns what to write instead of a text that is not a directive; `None` if it is not clear what was meant.
pub(super) fn suggest(text: &str) -> Option<String> {
    correct(text, MAX_STEPS)
}

/// The maximum number of corrections of one text, one after the other. Each further step multiplies the combinations.
const MAX_STEPS: u32 = 3;

/// The corrections, in the order in which they are tried: the first that leads to directives wins.
const STEPS: [fn(&str) -> Option<String>; 14] = [
    without_quotation_marks,
    without_variable_name,
    with_tracing_level,
    with_commas,
    with_equals_sign,
    with_span_before_level,
    with_square_brackets,
    with_single_brackets,
    with_both_brackets,
    with_last_part_in_brackets,
    without_wildcard_in_target,
    with_off,
    with_equals_sign_for_blank,
    in_brackets,
];

fn correct(text: &str, steps: u32) -> Option<String> {
    let left = steps.checked_sub(1)?;
    // A step may return its text unchanged, which leads nowhere.
    let rewritten = STEPS.iter().filter_map(|step| step(text)).filter(|rewritten| rewritten != text);
    rewritten
        .map(|rewritten| correct_parts(&rewritten, left))
        .find(|rewritten| Directives::is_valid(rewritten))
}

/// Corrects the wrong directives of a list, where possible.
fn correct_parts(text: &str, steps: u32) -> String {
    let parts = Directives::split(text).map(|part| {
        let correction = if Directive::parse(part).is_ok() { None } else { correct(part, steps) };
        correction.unwrap_or_else(|| part.to_owned())
    });
    parts.collect::<Vec<_>>().join(",")
}

/// Removes quotation marks: `"[a]"`, `r"[a]"`.
fn without_quotation_marks(text: &str) -> Option<String> {
    let is_mark = |c: char| "\"'`“”‘’«»".contains(c);
    let text_inside = text.strip_prefix('r').filter(|inside| inside.starts_with(is_mark)).unwrap_or(text);
    let bare: String = text_inside.chars().filter(|c| !is_mark(*c)).collect();
    // Quotation marks in braces belong to a field's value, which cannot be selected.
    (bare != text && !text.contains('{')).then_some(bare)
}

/// Removes the name of the variable or of a key: `DISPATCH_FAILURE_SPANS=[a]`, `span=a`.
fn without_variable_name(text: &str) -> Option<String> {
    let (key, value) = text.split_once('=')?;
    let (key, value) = (key.trim().to_lowercase(), value.trim());
    if ["span", "name"].contains(&key.as_str()) && !value.starts_with('[') {
        let (name, level) = split_level(value);
        return Some(format!("[{name}]{level}"));
    }
    let is_variable = ["span", "spans", "context", "dispatch_failure_spans", "dispatch_failure_context"]
        .contains(&key.as_str());
    is_variable.then(|| value.to_owned())
}

/// Replaces a level that other loggers have: `[a]=warning`.
fn with_tracing_level(text: &str) -> Option<String> {
    let (before, level) = text.rsplit_once('=')?;
    let level = match level.trim().to_lowercase().as_str() {
        "warning" => "warn",
        "err" | "fatal" | "critical" => "error",
        "information" | "informational" | "notice" => "info",
        "verbose" => "debug",
        "all" => "trace",
        "none" | "disabled" => "off",
        _ => return None,
    };
    Some(format!("{}={level}", before.trim()))
}

/// Separates directives by commas: `[a];[b]`, `[a] [b]`.
fn with_commas(text: &str) -> Option<String> {
    let is_mark = |c: char| ";|&".contains(c);
    let is_directive = |part: &str| part.contains(['[', '=']) || part.contains("::");
    let mut in_name = false;
    let parts = text.split(|c: char| {
        in_name = (in_name || c == '[') && c != ']';
        (is_mark(c) || c.is_whitespace()) && !in_name
    });
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let has_mark = text.contains(is_mark);
    // A blank may also be part of a name, or be beside an equals sign.
    let is_list = parts.iter().all(|part| !part.starts_with('=') && !part.ends_with('=') && !is_level(part))
        && (has_mark || parts.len() > 1 && parts.iter().all(|part| is_directive(part)));
    is_list.then(|| parts.join(","))
}

/// Writes an equals sign before the level: `[a]:info`, `[a]info`, `my_app:info`.
fn with_equals_sign(text: &str) -> Option<String> {
    let at = text.rfind([']', ':'])?;
    let (before, level) = text.split_at_checked(at + 1)?;
    let level = level.trim().trim_start_matches('=').trim();
    is_level(level).then(|| format!("{}={level}", before.trim_end_matches(':').trim()))
}

/// Moves the span before the level: `my_app=[a]`, `my_app=debug[a]`.
fn with_span_before_level(text: &str) -> Option<String> {
    let (target, rest) = text.split_once('=')?;
    let (level, span) = rest.split_once('[')?;
    let (span, rest) = span.split_once(']')?;
    let level = level.trim();
    let level = if level.is_empty() { rest.trim_start_matches('=') } else { level };
    let equals = if level.is_empty() { "" } else { "=" };
    Some(format!("{}[{span}]{equals}{level}", target.trim()))
}

/// Replaces other brackets by square ones: `my_app(a)`, `<a>`.
fn with_square_brackets(text: &str) -> Option<String> {
    let rewritten = text.replace(['(', '<'], "[").replace([')', '>'], "]");
    (rewritten != text).then_some(rewritten)
}

/// Removes doubled brackets: `[[a]]`.
fn with_single_brackets(text: &str) -> Option<String> {
    let rewritten = text.replace("[[", "[").replace("]]", "]");
    (rewritten != text).then_some(rewritten)
}

/// Adds a missing bracket: `[a`, `a]=info`.
fn with_both_brackets(text: &str) -> Option<String> {
    match (text.find('['), text.find(']')) {
        (Some(_), None) => {
            let (name, level) = split_level(text);
            Some(format!("{name}]{level}"))
        }
        (None, Some(_)) => Some(format!("[{text}")),
        _ => None,
    }
}

/// Puts the last part of a path into brackets: `my_app::dispatch_*`.
fn with_last_part_in_brackets(text: &str) -> Option<String> {
    let (path, level) = split_level(text);
    let (target, name) = path.rsplit_once("::").filter(|_| !path.contains('['))?;
    // A part that begins with `*` rather means everything below the target.
    (name.contains('*') && !name.starts_with('*')).then(|| format!("{target}[{name}]{level}"))
}

/// Removes what surrounds a target: `my_app::*`, `my_app::`, `::my_app`, `*[a]`.
fn without_wildcard_in_target(text: &str) -> Option<String> {
    let at = text.find(['[', '=']).unwrap_or(text.len());
    let (target, rest) = text.split_at_checked(at)?;
    let target = target.trim();
    let path = target.trim_start_matches(':').trim_end_matches([':', '*']);
    // The target of a crate called `my-app` is `my_app`.
    let path = path.replace('-', "_");
    let is_any = path.is_empty() && target == "*" && rest.starts_with('[');
    let is_path = !path.is_empty() && target.contains("::");
    (is_any || is_path).then(|| format!("{path}{rest}"))
}

/// Excludes by the level `off`: `-[a]`, `!my_app`.
fn with_off(text: &str) -> Option<String> {
    let (directive, _) = split_level(text.strip_prefix(['-', '!'])?);
    Some(format!("{directive}=off"))
}

/// Replaces the blank before the level by an equals sign: `my_app debug`.
fn with_equals_sign_for_blank(text: &str) -> Option<String> {
    let (directive, level) = text.trim().rsplit_once(char::is_whitespace)?;
    is_level(level).then(|| format!("{}={level}", directive.trim()))
}

/// Puts a span's name into brackets: `dispatch_*`, `GRPC request`.
fn in_brackets(text: &str) -> Option<String> {
    let (name, level) = split_level(text);
    let is_identifier =
        |word: &str| word.contains('_') && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut words = name.split_whitespace();
    // Names with blanks are written for people, as `GRPC request`. Identifiers with blanks may be a list.
    let is_list = words.clone().count() > 1 && words.clone().any(is_identifier);
    // A regular expression has no equivalent here.
    let is_expression = name.contains(['^', '$', '\\']) || name.len() > 1 && name.starts_with('/');
    let may_be_name = !name.contains(['[', ']']) && !name.contains("::") && !is_list && !is_expression;
    let is_name = may_be_name && name.contains(['*', ' ']) && !words.any(is_level);
    is_name.then(|| format!("[{name}]{level}"))
}

/// Splits off the level at the end of a text, together with its equals sign.
fn split_level(text: &str) -> (&str, &str) {
    let at = text.rfind('=').filter(|at| text.get(at + 1..).is_some_and(is_level));
    text.split_at_checked(at.unwrap_or(text.len())).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_what_was_probably_meant() {
        for (text, meant) in [
            ("*", "[*]"),
            ("dispatch_*", "[dispatch_*]"),
            ("dispatch_*=debug", "[dispatch_*]=debug"),
            ("GRPC request", "[GRPC request]"),
            ("GET /orders=debug", "[GET /orders]=debug"),
            ("GET /users/{id}", "[GET /users/{id}]"),
            ("\"[a]\"", "[a]"),
            ("r\"[a]\"", "[a]"),
            ("'my_app=debug'", "my_app=debug"),
            ("\"dispatch_*\"", "[dispatch_*]"),
            ("DISPATCH_FAILURE_SPANS=[a]=debug", "[a]=debug"),
            ("spans=dispatch_*", "[dispatch_*]"),
            ("span=dispatch_session", "[dispatch_session]"),
            ("name=dispatch_session=debug", "[dispatch_session]=debug"),
            ("-dispatch_*", "[dispatch_*]=off"),
            ("my_app::* debug", "my_app=debug"),
            ("dispatch_*;my_app::*", "[dispatch_*],my_app"),
            ("[a]=warning", "[a]=warn"),
            ("my_app = none", "my_app=off"),
            ("[a];[b]", "[a],[b]"),
            ("[a];", "[a]"),
            ("my_app|my_lib", "my_app,my_lib"),
            ("[a] [b c]=debug", "[a],[b c]=debug"),
            ("[a] | my_app=warn", "[a],my_app=warn"),
            ("my_app=info my_lib=debug", "my_app=info,my_lib=debug"),
            ("[a]:info", "[a]=info"),
            ("[a]debug", "[a]=debug"),
            ("[a]:=debug", "[a]=debug"),
            ("[a] debug", "[a]=debug"),
            ("my_app:info", "my_app=info"),
            ("my_app::orders:debug", "my_app::orders=debug"),
            ("my_app::orders debug", "my_app::orders=debug"),
            ("my_app=[a]", "my_app[a]"),
            ("my_app=[a]=debug", "my_app[a]=debug"),
            ("tower_http=debug[request]", "tower_http[request]=debug"),
            ("my_app(a)", "my_app[a]"),
            ("<a>=debug", "[a]=debug"),
            ("[[a]]", "[a]"),
            ("[a]]", "[a]"),
            ("my_app::*", "my_app"),
            ("my-app::**", "my_app"),
            ("my_app::*=debug", "my_app=debug"),
            ("my_app::[a]", "my_app[a]"),
            ("my_app::*[a]", "my_app[a]"),
            ("*[a]", "[a]"),
            ("my_app::dispatch_*=warn", "my_app[dispatch_*]=warn"),
            ("::my_app", "my_app"),
            ("-[a]", "[a]=off"),
            ("!my_app::health", "my_app::health=off"),
            ("[a", "[a]"),
            ("[a;b", "[a;b]"),
            ("my_app[a=debug", "my_app[a]=debug"),
            ("a]=debug", "[a]=debug"),
        ] {
            assert!(text.parse::<Directives>().is_err(), "{text} is accepted");
            assert_eq!(suggest(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn a_long_text_of_many_mistakes_gets_no_correction() {
        let text = format!("{}a{}", "-".repeat(500), " debug".repeat(500));
        assert_eq!(suggest(&text), None);
    }

    proptest::proptest! {
        #[test]
        fn correcting_any_text_ends(
            text in "([-!;|& =:*,\"'r{}()<>/a_]|\\[|\\]|::|all|warning|info|span=|spans=|my_app){0,12}"
        ) {
            let _ = text.parse::<Directives>();
        }
    }

    #[test]
    fn ambiguous_mistakes_get_no_correction() {
        for text in [
            "[]",
            "[a]=loud",
            "[a]=",
            "my_*[a]",
            "[a{b=1}]",
            "a{b=\"c\"}=info",
            "",
            "\"\"",
            ";",
            "=",
            "[",
            "]",
            "][",
            "info",
            "=debug",
            "info my_app=debug",
            "my_app my_lib",
            "[a|b]=loud",
            "/dispatch_.*/",
            "^dispatch.*$",
        ] {
            assert_eq!(suggest(text), None, "{text}");
        }
    }
}
