//! What was probably meant by a text that is no directive.

use super::{Directive, Directives, is_level};

/// What to write instead of a text that is no directive; nothing where that cannot be told.
pub(super) fn correction(text: &str) -> Option<String> {
    correction_in(text, MOST_STEPS)
}

/// How many corrections are tried one after the other, as their combinations soon are too many.
const MOST_STEPS: u32 = 3;

const STEPS: [fn(&str) -> Option<String>; 14] = [
    without_quotation_marks,
    without_a_variable,
    with_a_level_of_tracing,
    with_commas,
    with_an_equals_sign,
    with_the_span_before_the_level,
    with_square_brackets,
    with_one_pair_of_brackets,
    with_both_brackets,
    with_the_name_in_brackets,
    without_a_wildcard_in_the_target,
    with_off,
    with_a_blank_for_an_equals_sign,
    in_brackets,
];

fn correction_in(text: &str, steps: u32) -> Option<String> {
    let left = steps.checked_sub(1)?;
    let written = STEPS.iter().filter_map(|step| step(text)).filter(|written| written != text);
    written.map(|written| corrected(&written, left)).find(|written| Directives::is_right(written))
}

/// A list of directives, in which what is none is corrected where that is possible.
fn corrected(text: &str, steps: u32) -> String {
    let parts = Directives::parts(text).map(|part| {
        let correction = if Directive::parse(part).is_ok() { None } else { correction_in(part, steps) };
        correction.unwrap_or_else(|| part.to_owned())
    });
    parts.collect::<Vec<_>>().join(",")
}

/// `"[a]"`, `r"[a]"`
fn without_quotation_marks(text: &str) -> Option<String> {
    let is_mark = |c: char| "\"'`“”‘’«»".contains(c);
    let text_inside = text.strip_prefix('r').filter(|inside| inside.starts_with(is_mark)).unwrap_or(text);
    let bare: String = text_inside.chars().filter(|c| !is_mark(*c)).collect();
    (bare != text && !text.contains('{')).then_some(bare)
}

/// `DISPATCH_FAILURE_SPANS=[a]`, `span=a`
fn without_a_variable(text: &str) -> Option<String> {
    let (key, value) = text.split_once('=')?;
    let (key, value) = (key.trim().to_lowercase(), value.trim());
    if ["span", "name"].contains(&key.as_str()) && !value.starts_with('[') {
        let (name, level) = with_level(value);
        return Some(format!("[{name}]{level}"));
    }
    let is_variable = ["span", "spans", "context", "dispatch_failure_spans", "dispatch_failure_context"]
        .contains(&key.as_str());
    is_variable.then(|| value.to_owned())
}

/// `[a]=warning`
fn with_a_level_of_tracing(text: &str) -> Option<String> {
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

/// `[a];[b]`, `[a] [b]`
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
    // A blank may also be part of a name, or stand around an equals sign.
    let is_list = parts.iter().all(|part| !part.starts_with('=') && !part.ends_with('=') && !is_level(part))
        && (has_mark || parts.len() > 1 && parts.iter().all(|part| is_directive(part)));
    is_list.then(|| parts.join(","))
}

/// `[a]:info`, `[a]info`, `my_app:info`
fn with_an_equals_sign(text: &str) -> Option<String> {
    let at = text.rfind([']', ':'])?;
    let (before, level) = text.split_at_checked(at + 1)?;
    let level = level.trim().trim_start_matches('=').trim();
    is_level(level).then(|| format!("{}={level}", before.trim_end_matches(':').trim()))
}

/// `my_app=[a]`, `my_app=debug[a]`
fn with_the_span_before_the_level(text: &str) -> Option<String> {
    let (target, rest) = text.split_once('=')?;
    let (level, span) = rest.split_once('[')?;
    let (span, rest) = span.split_once(']')?;
    let level = level.trim();
    let level = if level.is_empty() { rest.trim_start_matches('=') } else { level };
    let equals = if level.is_empty() { "" } else { "=" };
    Some(format!("{}[{span}]{equals}{level}", target.trim()))
}

/// `my_app(a)`, `<a>`
fn with_square_brackets(text: &str) -> Option<String> {
    let written = text.replace(['(', '<'], "[").replace([')', '>'], "]");
    (written != text).then_some(written)
}

/// `[[a]]`
fn with_one_pair_of_brackets(text: &str) -> Option<String> {
    let written = text.replace("[[", "[").replace("]]", "]");
    (written != text).then_some(written)
}

/// `[a`, `a]=info`
fn with_both_brackets(text: &str) -> Option<String> {
    match (text.find('['), text.find(']')) {
        (Some(_), None) => {
            let (name, level) = with_level(text);
            Some(format!("{name}]{level}"))
        }
        (None, Some(_)) => Some(format!("[{text}")),
        _ => None,
    }
}

/// `my_app::dispatch_*`
fn with_the_name_in_brackets(text: &str) -> Option<String> {
    let (path, level) = with_level(text);
    let (target, name) = path.rsplit_once("::").filter(|_| !path.contains('['))?;
    (name.contains('*') && !name.starts_with('*')).then(|| format!("{target}[{name}]{level}"))
}

/// `my_app::*`, `my_app::`, `::my_app`, `*[a]`
fn without_a_wildcard_in_the_target(text: &str) -> Option<String> {
    let at = text.find(['[', '=']).unwrap_or(text.len());
    let (target, rest) = text.split_at_checked(at)?;
    let target = target.trim();
    let path = target.trim_start_matches(':').trim_end_matches([':', '*']);
    // A crate `my-app` has the target `my_app`.
    let path = path.replace('-', "_");
    let is_any = path.is_empty() && target == "*" && rest.starts_with('[');
    let is_path = !path.is_empty() && target.contains("::");
    (is_any || is_path).then(|| format!("{path}{rest}"))
}

/// `-[a]`, `!my_app`
fn with_off(text: &str) -> Option<String> {
    let (directive, _) = with_level(text.strip_prefix(['-', '!'])?);
    Some(format!("{directive}=off"))
}

/// `my_app debug`
fn with_a_blank_for_an_equals_sign(text: &str) -> Option<String> {
    let (directive, level) = text.trim().rsplit_once(char::is_whitespace)?;
    is_level(level).then(|| format!("{}={level}", directive.trim()))
}

/// `dispatch_*`, `GRPC request`
fn in_brackets(text: &str) -> Option<String> {
    let (name, level) = with_level(text);
    let is_word = |word: &str| word.contains('_') && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut words = name.split_whitespace();
    let is_list = words.clone().count() > 1 && words.clone().any(is_word);
    let is_expression = name.contains(['^', '$', '\\']) || name.len() > 1 && name.starts_with('/');
    let may_be_name = !name.contains(['[', ']']) && !name.contains("::") && !is_list && !is_expression;
    let is_name = may_be_name && name.contains(['*', ' ']) && !words.any(is_level);
    is_name.then(|| format!("[{name}]{level}"))
}

/// A text, and the level at its end with the sign before it.
fn with_level(text: &str) -> (&str, &str) {
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
            assert_eq!(correction(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn a_long_text_of_many_mistakes_gets_no_correction() {
        let text = format!("{}a{}", "-".repeat(500), " debug".repeat(500));
        assert_eq!(correction(&text), None);
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
            assert_eq!(correction(text), None, "{text}");
        }
    }
}
