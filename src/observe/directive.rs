//! Directives that name spans: `target[span]=level`.

mod from_text;
mod mistake;

use crate::text::glob::Glob;
use std::fmt;
use tracing::{Metadata, level_filters::LevelFilter};

/// A list of directives that select spans, written `target[span]=level` and separated by commas,
/// in the shape of `RUST_LOG`'s.
///
/// - `target` is a module path; it stands for itself and everything below it.
/// - `span` is a span's name; `*` stands for any characters.
/// - `level` is the most verbose level that is looked at, of spans and of the events in them:
///   `error`, `warn`, `info` (the default), `debug` or `trace`. `off` excludes, and wins over every
///   other directive.
///
/// Target or span may be left out, not both. Otherwise a span is selected when any directive
/// selects it.
///
/// ```
/// use tracing_dispatch_failure::Directives;
///
/// let directives: Directives = "[dispatch_*],tower_http[request]=debug,my_app::health=off".parse()?;
/// assert_eq!(directives.to_string(), "[dispatch_*]=info,tower_http[request]=debug,my_app::health=off");
///
/// let error = "my_app[dispatch".parse::<Directives>().unwrap_err();
/// assert!(error.to_string().contains("no closing `]`"));
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives(Vec<Directive>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    target: Option<String>,
    span: Option<Glob>,
    level: LevelFilter,
}

impl Directives {
    /// The default of `DISPATCH_FAILURE_SPANS`: `[dispatch_session]`.
    pub(crate) fn dispatch_session() -> Self {
        let span = Some(Glob::new("dispatch_session"));
        Self(vec![Directive { target: None, span, level: LevelFilter::INFO }])
    }

    /// The texts between the commas outside of brackets.
    fn parts(text: &str) -> impl Iterator<Item = &str> {
        let mut in_name = false;
        let separators = move |c: char| {
            in_name = (in_name || c == '[') && c != ']';
            c == ',' && !in_name
        };
        text.split(separators).map(str::trim).filter(|part| !part.is_empty())
    }

    /// Whether a text holds directives, and nothing else.
    fn is_right(text: &str) -> bool {
        let mut parts = Self::parts(text).peekable();
        parts.peek().is_some() && parts.all(|part| Directive::parse(part).is_ok())
    }

    /// The most verbose level that the directives look at within this span; `None` where they do
    /// not select it.
    pub(crate) fn level_for(&self, span: &Metadata<'_>) -> Option<LevelFilter> {
        let mut level = None;
        for directive in self.0.iter().filter(|directive| directive.names(span)) {
            if directive.level == LevelFilter::OFF {
                return None;
            }
            if *span.level() <= directive.level {
                level = level.max(Some(directive.level));
            }
        }
        level
    }

    /// The most verbose level that any directive looks at.
    pub(crate) fn max_level(&self) -> LevelFilter {
        self.0.iter().map(|directive| directive.level).max().unwrap_or(LevelFilter::OFF)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Directive> {
        self.0.iter()
    }

    /// The directives that select something.
    pub(crate) fn selecting(&self) -> impl Iterator<Item = &Directive> {
        self.0.iter().filter(|directive| directive.level != LevelFilter::OFF)
    }
}

impl Directive {
    pub(crate) fn new(target: Option<&str>, span: Option<&str>, level: LevelFilter) -> Self {
        Self { target: target.map(str::to_owned), span: span.map(Glob::new), level }
    }

    /// The directive as somebody would write it, without the level that it has anyway.
    pub(crate) fn in_short(&self) -> String {
        let text = self.to_string();
        text.strip_suffix("=info").map(str::to_owned).unwrap_or(text)
    }

    /// The same directive at another level.
    pub(crate) fn at(&self, level: LevelFilter) -> Self {
        Self { level, ..self.clone() }
    }

    /// Whether target and name are those of a span, whatever its level.
    pub(crate) fn names(&self, span: &Metadata<'_>) -> bool {
        self.would_name(span.target(), span.name())
    }

    pub(crate) fn would_name(&self, target: &str, name: &str) -> bool {
        self.span.as_ref().is_none_or(|glob| glob.matches(name))
            && self.target.as_ref().is_none_or(|prefix| is_below(target, prefix))
    }

    pub(crate) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    pub(crate) fn span(&self) -> Option<&Glob> {
        self.span.as_ref()
    }

    pub(crate) fn level(&self) -> LevelFilter {
        self.level
    }
}

/// Whether a target is the module path `prefix` or lies below it.
pub(crate) fn is_below(target: &str, prefix: &str) -> bool {
    target.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

impl fmt::Display for Directives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, directive) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{directive}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.target.as_deref().unwrap_or_default())?;
        if let Some(span) = &self.span {
            write!(f, "[{span}]")?;
        }
        write!(f, "={}", self.level)
    }
}

impl Directive {
    /// Parses a directive; an error is the problem alone.
    fn parse(text: &str) -> Result<Self, &'static str> {
        // Braces may be part of a name, as in `[GET /users/{id}]`; these are the field filters of `RUST_LOG`.
        let is_field_filter = |(at, _): (usize, &str)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let inner = text.get(at..).and_then(|rest| rest.split(['}', ']']).next()).unwrap_or_default();
            inner.contains('=') || before.is_none_or(|c| c.is_alphanumeric() || c == '_' || c == '[')
        };
        if text.match_indices('{').any(is_field_filter) {
            return Err(
                "values of fields cannot be selected; leave out the braces, and select by target, name and level",
            );
        }
        let (target, rest) = match text.find(['[', '=']) {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let (span, rest) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (span, rest) = inner.split_once(']').ok_or("no closing `]`")?;
                (Some(span), rest.trim_start())
            }
            None => (None, rest),
        };
        let level = match rest.strip_prefix('=') {
            Some(level) => parse_level(level.trim()).ok_or(LEVELS)?,
            None if rest.is_empty() => LevelFilter::INFO,
            None => return Err("after `]` only `=level` may follow"),
        };
        let target = target.trim();
        if span == Some("") {
            return Err("the span's name between `[` and `]` is missing");
        }
        if span.is_none() && (target.is_empty() || is_level(target)) {
            return Err(
                "a level alone selects no span; leave it out, or write `[*]=info` to take every span for a dispatch span",
            );
        }
        if target.rsplit_once(':').is_some_and(|(path, level)| !path.ends_with(':') && is_level(level)) {
            return Err("a level follows `=`");
        }
        if target.starts_with(['-', '!']) {
            return Err("what is to be left out has the level `off`");
        }
        if target.starts_with(':') || target.ends_with(':') {
            return Err("a target neither begins nor ends with `:`; it stands for everything below it");
        }
        if ["crate", "self", "super"].iter().any(|word| is_below(target, word)) {
            return Err("a target begins with the name of a crate, such as `my_app::orders`");
        }
        if !target.chars().all(|c| c.is_alphanumeric() || "_:-./".contains(c)) {
            return Err("a target is a module path such as `my_app::orders`; wildcards are for span names");
        }
        let target = (!target.is_empty()).then(|| target.to_owned());
        Ok(Self { target, span: span.map(Glob::new), level })
    }
}

const LEVELS: &str = "the level is one of `off`, `error`, `warn`, `info`, `debug`, `trace`";

fn is_level(text: &str) -> bool {
    parse_level(text).is_some()
}

fn parse_level(text: &str) -> Option<LevelFilter> {
    (!text.is_empty()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        text.parse::<Directives>().unwrap_err().to_string()
    }

    #[test]
    fn a_target_matches_whole_path_segments() {
        assert!(is_below("my_app", "my_app"));
        assert!(is_below("my_app::orders", "my_app"));
        assert!(!is_below("my_apple", "my_app"));
    }

    #[test]
    fn each_mistake_is_explained() {
        assert!(problem("a[b").contains("no closing `]`"));
        assert!(problem("[]").contains("missing"));
        assert!(problem("[a]=loud").contains("`off`, `error`"));
        assert!(problem("[a]=").contains("`off`, `error`"));
        assert!(problem("[a]info").contains("only `=level`"));
        assert!(problem("info").contains("a level alone"));
        assert!(problem("info,my_app=debug").contains("leave it out"));
        assert!(problem("=info").contains("a level alone"));
        assert!(problem("a{b=1}=info").contains("leave out the braces"));
        assert!(problem("my_*[a]").contains("module path"));
        assert!(problem("crate::orders").contains("the name of a crate"));
        assert!(problem("my_app::[a]").contains("write \"my_app[a]\""));
        assert!(problem("dispatch_*").contains("write \"[dispatch_*]\""));
        assert!(problem("[good],my app").contains("\"my app\""));
        assert!(problem("[dispatch_session{session.id=2}]").contains("values of fields cannot be selected"));
        assert!("[GET /users/{id}]".parse::<Directives>().is_ok());
        assert!(problem("shop[{tenant=\"a\"}]=debug").contains("leave out the braces"));
    }

    #[test]
    fn blanks_are_allowed_around_the_equals_sign() {
        let parsed: Directives = " [a] = debug , my_app = off ".parse().unwrap();
        assert_eq!(parsed.to_string(), "[a]=debug,my_app=off");
    }

    #[test]
    fn directives_read_back_the_same() {
        for text in [
            "[dispatch_session]=info",
            "my_app::debug=info",
            "[a,b=c]=warn,d=info",
            "a::b[x*y]=trace,c=off",
            "[set: {open]=info",
            "tower_http[request]=debug",
        ] {
            let parsed: Directives = text.parse().unwrap();
            assert_eq!(parsed.to_string(), text);
        }
    }
}
