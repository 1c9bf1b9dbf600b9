//! A list of requested languages.

use crate::error::{ParseError, Quoted};
use std::{fmt, str::FromStr};
use unic_langid::LanguageIdentifier;

/// The requested languages, the best first.
///
/// The text form, also of `DISPATCH_FAILURE_LOCALE`, is a list of language tags (BCP 47, RFC 5646) separated
/// by commas: `ja-JP,en`. Extensions and private-use parts of a tag are ignored, and `_` is accepted instead
/// of `-`. If a language is not available, the next one is used, and at last English. The default is the
/// empty list: English.
///
/// # Example: Traditional Chinese, else Japanese
///
/// ```
/// use tracing_dispatch_failure::{Locales, Messages};
///
/// let locales: Locales = "zh-Hant-HK, ja".parse()?;
/// assert_eq!(locales.to_string(), "zh-Hant-HK,ja");
/// assert_eq!(Messages::new(&locales).locale(), "zh-TW");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
///
/// # Example: well-formed tags and other texts
///
/// Whether a language exists is not checked, only the form of its tag.
///
/// ```
/// use tracing_dispatch_failure::Locales;
///
/// assert!("tlh".parse::<Locales>().is_ok());
/// assert!("ja_JP.UTF-8".parse::<Locales>().is_err(), "a POSIX locale is not a language tag");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locales(pub(crate) Vec<LanguageIdentifier>);

impl FromStr for Locales {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.split(',').map(|tag| parse_tag(tag.trim())).collect::<Result<_, _>>().map(Self)
    }
}

impl From<LanguageIdentifier> for Locales {
    fn from(tag: LanguageIdentifier) -> Self {
        Self(vec![tag])
    }
}

impl FromIterator<LanguageIdentifier> for Locales {
    fn from_iter<I: IntoIterator<Item = LanguageIdentifier>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

impl fmt::Display for Locales {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tag) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{tag}")?;
        }
        Ok(())
    }
}

/// Reads a language tag (BCP 47) without its extensions and private-use parts.
pub(crate) fn parse_tag(text: &str) -> Result<LanguageIdentifier, ParseError> {
    let wrong = || {
        ParseError(format!(
            "{} is not a BCP 47 language tag; expected a tag such as `ja-JP` or `zh-Hant`",
            Quoted(text)
        ))
    };
    // A subtag of one character, not at the beginning, starts the extensions or the private use (RFC 5646,
    // section 2.1).
    let mut end = text.len();
    let mut at = 0;
    for part in text.split(['-', '_']) {
        if part.len() == 1 && at > 0 {
            end = at - 1;
            break;
        }
        at += part.len() + 1;
    }
    let well_formed = text
        .get(end..)
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    if text.is_empty() || !well_formed {
        return Err(wrong());
    }
    text.get(..end).unwrap_or_default().parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_without_their_extensions() {
        for (text, tag) in [
            ("ja-JP", "ja-JP"),
            ("en-US-u-ca-buddhist", "en-US"),
            ("zh-Hant-x-mine", "zh-Hant"),
            ("pt_BR", "pt-BR"),
        ] {
            assert_eq!(parse_tag(text).unwrap().to_string(), tag);
        }
        for wrong in ["", "ja-JP-mac", "日本語", "en US", "x-private", "en-u-\n"] {
            assert!(parse_tag(wrong).is_err(), "{wrong:?}");
        }
    }
}
