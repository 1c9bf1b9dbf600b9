//! Which fields' values are never kept.

use crate::text::glob::Glob;
use std::{convert::Infallible, fmt, str::FromStr};

/// What stands in place of a value that must not be kept.
pub(crate) const REDACTED: &str = "[redacted]";

/// Patterns of field names whose values become `[redacted]`, before anything is kept.
///
/// Written as names separated by commas; `*` stands for any characters, and case does not count.
/// `off` is the empty list. The default is `*password*,*passwd*,*secret*,*token*,*api_key*,
/// authorization,cookie`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redact(Vec<Glob>);

impl Redact {
    /// Redacts nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(Vec::new())
    }

    /// Whether a field of this name is redacted.
    #[must_use]
    pub fn covers(&self, field: &str) -> bool {
        let field = field.to_lowercase();
        self.0.iter().any(|pattern| pattern.matches(&field))
    }

    fn of<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        Self(patterns.into_iter().map(|pattern| Glob::new(&pattern.to_lowercase())).collect())
    }
}

impl Default for Redact {
    fn default() -> Self {
        Self::of(["*password*", "*passwd*", "*secret*", "*token*", "*api_key*", "authorization", "cookie"])
    }
}

impl FromStr for Redact {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        if text.trim() == "off" {
            return Ok(Self::off());
        }
        Ok(Self::of(text.split(',').map(str::trim).filter(|part| !part.is_empty())))
    }
}

impl fmt::Display for Redact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
