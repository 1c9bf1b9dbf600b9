//! What was probably meant by a text that is no directive.

use super::{Directive, Directives, is_level};

/// What to write instead of a text that is no directive; nothing where that cannot be told.
pub(super) fn correction(text: &str) -> Option<String> {
    let corrections: [fn(&str) -> Option<String>; 8] = [
        without_quotation_marks,
        with_commas,
        with_an_equals_sign,
        with_the_span_before_the_level,
        without_a_wildcard_in_the_target,
        with_both_brackets,
        in_brackets,
        of_every_span,
    ];
    let mut written = corrections.iter().filter_map(|correction| correction(text));
    written.find(|written| written != text && Directives::is_right(written))
}

/// `"[a]"`
fn without_quotation_marks(text: &str) -> Option<String> {
    let is_mark = |c: char| "\"'`“”‘’«»".contains(c);
    let bare: String = text.chars().filter(|c| !is_mark(*c)).collect();
    (bare != text && !text.contains('{')).then(|| corrected(&bare))
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
    // A blank may also be part of a name.
    (parts.len() > 1 && (text.contains(is_mark) || parts.iter().all(|part| is_directive(part))))
        .then(|| parts.into_iter().map(corrected).collect::<Vec<_>>().join(","))
}

/// `[a]:info`, `[a]info`, `my_app:info`
fn with_an_equals_sign(text: &str) -> Option<String> {
    let at = text.rfind([']', ':'])?;
    let (before, level) = text.split_at_checked(at + 1)?;
    let level = level.trim().trim_start_matches('=');
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

/// `my_app::*`, `my_app::`, `::my_app`
fn without_a_wildcard_in_the_target(text: &str) -> Option<String> {
    let at = text.find(['[', '=']).unwrap_or(text.len());
    let (target, rest) = text.split_at_checked(at)?;
    let path = target.trim().trim_start_matches(':');
    let path = path.strip_suffix('*').filter(|path| path.ends_with("::")).unwrap_or(path);
    let path = path.trim_end_matches(':');
    (!path.is_empty() && path != target.trim()).then(|| format!("{path}{rest}"))
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

/// `dispatch_*`, `GRPC request`
fn in_brackets(text: &str) -> Option<String> {
    let (name, level) = with_level(text);
    let is_name = !name.contains(['[', ']', '{', '}']) && !name.contains("::") && !name.is_empty();
    is_name.then(|| format!("[{name}]{level}")).filter(|_| name.contains(['*', ' ']))
}

/// `info`
fn of_every_span(text: &str) -> Option<String> {
    let level = text.trim_start_matches('=');
    is_level(level).then(|| format!("[*]={level}"))
}

/// A text, and the level at its end with the sign before it.
fn with_level(text: &str) -> (&str, &str) {
    let at = text.rfind('=').filter(|at| text.get(at + 1..).is_some_and(is_level));
    text.split_at_checked(at.unwrap_or(text.len())).unwrap_or((text, ""))
}

/// The text where it is a directive, and otherwise what was probably meant.
fn corrected(text: &str) -> String {
    let text = text.trim();
    let is_right = Directive::parse(text).is_ok();
    if is_right { None } else { correction(text) }.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probably_meant_is_told() {
        for (text, meant) in [
            ("*", "[*]"),
            ("dispatch_*", "[dispatch_*]"),
            ("dispatch_*=debug", "[dispatch_*]=debug"),
            ("GRPC request", "[GRPC request]"),
            ("GET /orders=debug", "[GET /orders]=debug"),
            ("\"[a]\"", "[a]"),
            ("'my_app=debug'", "my_app=debug"),
            ("\"dispatch_*\"", "[dispatch_*]"),
            ("[a];[b]", "[a],[b]"),
            ("[a] [b c]=debug", "[a],[b c]=debug"),
            ("[a] | my_app=warn", "[a],my_app=warn"),
            ("my_app=info my_lib=debug", "my_app=info,my_lib=debug"),
            ("[a]:info", "[a]=info"),
            ("[a]debug", "[a]=debug"),
            ("[a]:=debug", "[a]=debug"),
            ("my_app=[a]", "my_app[a]"),
            ("my_app=[a]=debug", "my_app[a]=debug"),
            ("tower_http=debug[request]", "tower_http[request]=debug"),
            ("my_app::*", "my_app"),
            ("my_app::*=debug", "my_app=debug"),
            ("my_app::[a]", "my_app[a]"),
            ("my_app::*[a]", "my_app[a]"),
            ("::my_app", "my_app"),
            ("[a", "[a]"),
            ("my_app[a=debug", "my_app[a]=debug"),
            ("a]=debug", "[a]=debug"),
            ("info", "[*]=info"),
            ("=debug", "[*]=debug"),
        ] {
            assert!(text.parse::<Directives>().is_err(), "{text} is accepted");
            assert_eq!(correction(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for text in
            ["[]", "[a]=loud", "[a]=", "my_*[a]", "[a{b=1}]", "a{b=\"c\"}=info", "", "=", "[", "]", "]["]
        {
            assert_eq!(correction(text), None, "{text}");
        }
    }
}
