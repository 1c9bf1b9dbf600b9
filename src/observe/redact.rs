//! Patterns of the names of fields to redact. `visit` replaces the values.

use crate::text::glob::Glob;
use std::{convert::Infallible, fmt, str::FromStr};

/// The text that replaces a redacted value.
pub(crate) const REDACTED: &str = "[redacted]";

/// A list of patterns for field names whose values become `[redacted]` as soon as the span records them.
///
/// In text form, the patterns are separated by commas. `*` stands for any characters, and case is ignored. `off` is
/// the empty list; parsing never fails. The default is
/// `*password*,*passwd*,*secret*,*token*,*api_key*,authorization,cookie`.
///
/// # Example: keeping card numbers out of records
///
/// ```
/// use tracing_dispatch_failure::{MemorySink, Redact, Reporter, Value};
/// use tracing_subscriber::prelude::*;
///
/// let redact: Redact = "card.*,*password*".parse()?;
/// let memory = MemorySink::new();
/// let reporter = Reporter::builder().sinks([]).redact(redact).add_sink("memory", memory.clone()).build()?;
/// let stack = tracing_subscriber::registry().with(reporter.layer());
/// tracing::subscriber::with_default(stack, || {
///     tracing::info_span!("dispatch_session", card.number = "4111", worker = "a", error = "refused");
/// });
/// let records = memory.take();
/// assert_eq!(records[0].failure().field("card.number"), Some(Value::Str("[redacted]")));
/// assert_eq!(records[0].failure().field("worker"), Some(Value::Str("a")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redact(Vec<Glob>);

impl Redact {
    /// Returns the empty list, which redacts nothing.
    ///
    /// # Example: redaction switched off
    ///
    /// ```
    /// use tracing_dispatch_failure::Redact;
    ///
    /// assert!(!Redact::off().covers("password"));
    /// assert_eq!(Redact::off().to_string(), "off");
    /// ```
    #[must_use]
    pub fn off() -> Self {
        Self(Vec::new())
    }

    /// Whether a field with this name is redacted.
    ///
    /// # Example: whole names and parts of names
    ///
    /// ```
    /// use tracing_dispatch_failure::Redact;
    ///
    /// let redact = Redact::default();
    /// assert!(redact.covers("Authorization"));
    /// assert!(redact.covers("db.password.old"));
    /// assert!(!redact.covers("authorization_url"));
    /// ```
    #[must_use]
    pub fn covers(&self, field: &str) -> bool {
        let field = field.to_lowercase();
        self.0.iter().any(|pattern| pattern.matches(&field))
    }

    fn from_patterns<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        Self(patterns.into_iter().map(|pattern| Glob::new(&pattern.to_lowercase())).collect())
    }
}

impl Default for Redact {
    fn default() -> Self {
        Self::from_patterns([
            "*password*",
            "*passwd*",
            "*secret*",
            "*token*",
            "*api_key*",
            "authorization",
            "cookie",
        ])
    }
}

impl FromStr for Redact {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        if text.trim() == "off" {
            return Ok(Self::off());
        }
        Ok(Self::from_patterns(text.split(',').map(str::trim).filter(|part| !part.is_empty())))
    }
}

impl fmt::Display for Redact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not an empty text: an empty variable counts as unset, and then the default applies.
        if self.0.is_empty() {
            return f.write_str("off");
        }
        for (index, pattern) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{pattern}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Redact;

    #[test]
    fn field_names_are_compared_without_case() {
        let redact = Redact::default();
        for name in ["password", "userPassWord2", "API_KEY", "x_api_key_y", "Authorization", "access_token"] {
            assert!(redact.covers(name), "{name}");
        }
        for name in ["session.id", "authorization_url", "passport", "cookies"] {
            assert!(!redact.covers(name), "{name}");
        }
        assert!(!"off".parse::<Redact>().unwrap().covers("password"));
        assert!("ПАРОЛЬ".parse::<Redact>().unwrap().covers("пароль"));
    }
}
