//! The directives that select spans: `target[span]=level`.

mod correction;
mod from_text;

use crate::text::glob::Glob;
use std::fmt;
use tracing::{Metadata, level_filters::LevelFilter};

/// A list of directives that select spans, similar to `RUST_LOG`.
///
/// In text form, directives are separated by commas. Each has the form `target[span]=level`:
///
/// - `target` is a module path. It selects this module and everything below it.
/// - `span` is a span's name, with `*` for any characters.
/// - `level` is the most verbose level of spans, and of events in them, to look at: `error`, `warn`, `info` (the
///   default), `debug` or `trace`. `off` excludes spans and wins over every other directive.
///
/// The target or the span may be missing, not both. A span is selected if any directive selects it, and none excludes
/// it. [`Directives::default`] is the empty list, which selects nothing.
///
/// # Errors
///
/// A [`ParseError`](crate::ParseError) quotes the directive that cannot be parsed and names the problem. It suggests a
/// correction if the intention is clear.
///
/// # Example: directives select spans by target and name
///
/// ```
/// use tracing::{debug_span, info_span};
/// use tracing_dispatch_failure::{Directives, MemorySink, Reporter};
/// use tracing_subscriber::prelude::*;
///
/// let spans: Directives = "[dispatch_*],orders[handle_*]=debug,orders::health=off".parse()?;
/// let memory = MemorySink::new();
/// let reporter = Reporter::builder().sinks([]).spans(spans).add_sink("memory", memory.clone()).build()?;
/// let stack = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(stack, || {
///     info_span!("dispatch_session", error = "refused");
///     debug_span!(target: "orders::new", "handle_order", error = "refused");
///     info_span!(target: "orders::health", "handle_check", error = "refused"); // excluded
///     info_span!("request", error = "refused"); // not selected
/// });
/// let records = memory.take();
/// let failed: Vec<&str> = records.iter().map(|record| record.failure().span()).collect();
/// assert_eq!(failed, ["dispatch_session", "handle_order"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Example: the text form names every level
///
/// ```
/// use tracing_dispatch_failure::Directives;
///
/// let directives: Directives = "[dispatch_*], tower_http[request]=debug".parse()?;
/// assert_eq!(directives.to_string(), "[dispatch_*]=info,tower_http[request]=debug");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
///
/// # Example: an error says what to write
///
/// ```
/// use tracing_dispatch_failure::Directives;
///
/// let error = "my_app[dispatch".parse::<Directives>().unwrap_err();
/// assert!(error.to_string().ends_with("write \"my_app[dispatch]\""));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives(Vec<Directive>);

/// One directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    target: Option<String>,
    span: Option<Glob>,
    level: LevelFilter,
}

impl Directives {
    /// Returns the default of `DISPATCH_FAILURE_SPANS`: `[dispatch_session]`.
    pub(crate) fn dispatch_session() -> Self {
        let span = Some(Glob::new("dispatch_session"));
        Self(vec![Directive { target: None, span, level: LevelFilter::INFO }])
    }

    /// Splits a text at its commas.
    fn split(text: &str) -> impl Iterator<Item = &str> {
        // A comma in brackets is part of a span's name.
        let mut in_name = false;
        let separators = move |c: char| {
            in_name = (in_name || c == '[') && c != ']';
            c == ',' && !in_name
        };
        text.split(separators).map(str::trim).filter(|part| !part.is_empty())
    }

    /// Whether a text consists of directives alone, and of at least one.
    fn is_valid(text: &str) -> bool {
        let mut parts = Self::split(text).peekable();
        parts.peek().is_some() && parts.all(|part| Directive::parse(part).is_ok())
    }

    /// Returns the most verbose level to look at within a span; `None` if the directives do not select it.
    pub(crate) fn level_for(&self, span: &Metadata<'_>) -> Option<LevelFilter> {
        let mut level = None;
        for directive in self.0.iter().filter(|directive| directive.matches_ignoring_level(span)) {
            // `off` wins, wherever it is in the list.
            if directive.level == LevelFilter::OFF {
                return None;
            }
            if *span.level() <= directive.level {
                level = level.max(Some(directive.level));
            }
        }
        level
    }

    /// Returns the most verbose level of all directives.
    pub(crate) fn max_level(&self) -> LevelFilter {
        self.0.iter().map(|directive| directive.level).max().unwrap_or(LevelFilter::OFF)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Directive> {
        self.0.iter()
    }

    /// Returns the directives that select spans, without the ones that exclude spans.
    pub(crate) fn selecting(&self) -> impl Iterator<Item = &Directive> {
        self.0.iter().filter(|directive| directive.level != LevelFilter::OFF)
    }
}

impl Directive {
    pub(crate) fn new(target: Option<&str>, span: Option<&str>, level: LevelFilter) -> Self {
        Self { target: target.map(str::to_owned), span: span.map(Glob::new), level }
    }

    /// Returns the shortest text of the directive, as a person would write it: without the default level.
    pub(crate) fn to_short_string(&self) -> String {
        let text = self.to_string();
        text.strip_suffix("=info").map(str::to_owned).unwrap_or(text)
    }

    /// Returns the same directive with another level.
    pub(crate) fn with_level(&self, level: LevelFilter) -> Self {
        Self { level, ..self.clone() }
    }

    /// Whether the directive's target and name match a span.
    pub(crate) fn matches_ignoring_level(&self, span: &Metadata<'_>) -> bool {
        self.matches_names(span.target(), span.name())
    }

    /// Whether the directive matches this target and this name of a span.
    pub(crate) fn matches_names(&self, target: &str, name: &str) -> bool {
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

/// Whether a target is the module path `prefix`, or a path below it.
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
    /// Parses a directive. The error is the problem alone, without the text.
    fn parse(text: &str) -> Result<Self, &'static str> {
        // A span's name may have braces, as in `[GET /users/{id}]`. Other braces are the field filters of `RUST_LOG`.
        let is_field_filter = |(at, _): (usize, &str)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let inner = text.get(at..).and_then(|rest| rest.split(['}', ']']).next()).unwrap_or_default();
            inner.contains('=') || before.is_none_or(|c| c.is_alphanumeric() || c == '_' || c == '[')
        };
        if text.match_indices('{').any(is_field_filter) {
            return Err(
                "values of fields cannot be selected; leave out the braces, and select spans by target, name and level",
            );
        }
        let (target, rest) = match text.find(['[', '=']) {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let (span, rest) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (span, rest) = inner.split_once(']').ok_or("the `[` has no closing `]`")?;
                (Some(span), rest.trim_start())
            }
            None => (None, rest),
        };
        let level = match rest.strip_prefix('=') {
            Some(level) => parse_level(level.trim()).ok_or(LEVELS)?,
            None if rest.is_empty() => LevelFilter::INFO,
            None => return Err("only `=level` may follow the `]`"),
        };
        let target = target.trim();
        if span == Some("") {
            return Err("the name between `[` and `]` is missing");
        }
        // In `RUST_LOG`, a level alone applies to everything. Here it would make every span a dispatch span.
        if span.is_none() && (target.is_empty() || is_level(target)) {
            return Err(
                "a level alone selects no span; leave it out, or write `[*]=info` to select every span",
            );
        }
        // Most of the targets that the next four checks find would pass the last check, and select nothing.
        if target.rsplit_once(':').is_some_and(|(path, level)| !path.ends_with(':') && is_level(level)) {
            return Err("the level must follow an `=`");
        }
        if target.starts_with(['-', '!']) {
            return Err("spans are excluded by the level `off`");
        }
        if target.starts_with(':') || target.ends_with(':') {
            return Err("a target cannot begin or end with `:`; it selects everything below it anyway");
        }
        // At run time, a target never begins with these keywords.
        if ["crate", "self", "super"].iter().any(|word| is_below(target, word)) {
            return Err("a target must begin with the name of a crate, as in `my_app::orders`");
        }
        // `-`, `.` and `/` are not part of a module path, but an application may choose any target.
        if !target.chars().all(|c| c.is_alphanumeric() || "_:-./".contains(c)) {
            return Err(
                "a target must be a module path such as `my_app::orders`; only span names can have wildcards",
            );
        }
        let target = (!target.is_empty()).then(|| target.to_owned());
        Ok(Self { target, span: span.map(Glob::new), level })
    }
}

const LEVELS: &str = "the level is not valid; expected `off`, `error`, `warn`, `info`, `debug` or `trace`";

fn is_level(text: &str) -> bool {
    parse_level(text).is_some()
}

fn parse_level(text: &str) -> Option<LevelFilter> {
    // `LevelFilter` takes an empty text for `error`.
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
