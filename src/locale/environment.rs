//! The languages that the environment requests.

use super::locales::Locales;
use unic_langid::LanguageIdentifier;

/// Returns the languages of the person at the console, the best first.
///
/// They come from `LC_ALL`, `LC_MESSAGES` or `LANG`, and from `LANGUAGE` by gettext's rules (GNU gettext
/// manual, section 2.3). If none is set, Windows and macOS provide the languages of the user interface.
pub(crate) fn preferred_languages(get: impl Fn(&str) -> Option<String>) -> Vec<LanguageIdentifier> {
    // POSIX treats an empty variable as unset.
    let non_empty = |name: &str| get(name).filter(|value| !value.is_empty());
    let Some(effective) = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(non_empty) else {
        return user_interface_languages();
    };
    // `C` means English, and `LANGUAGE` is ignored then. `C.UTF-8` only selects an encoding.
    if matches!(effective.as_str(), "C" | "POSIX") {
        return Vec::new();
    }
    // A list of languages without codesets, such as `pl:cs`.
    let language = non_empty("LANGUAGE").unwrap_or_default();
    let own = Some(effective.as_str()).filter(|name| !name.starts_with("C."));
    language.split(':').chain(own).filter_map(parse_posix_locale).collect()
}

impl Locales {
    /// Returns the languages of the person at the console, from the process's environment.
    ///
    /// The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set (POSIX) counts, and the list `LANGUAGE`
    /// precedes it (gettext). If it is `C` or `POSIX`, the result is empty, which means English. If none is
    /// set, it is the languages of the user interface on Windows and macOS, and empty elsewhere.
    ///
    /// # Example: the page of the event for the person at the console
    ///
    /// ```
    /// use tracing_dispatch_failure::{Locales, Messages, explain};
    ///
    /// let page = explain(&Messages::new(&Locales::from_env()), false);
    /// assert!(page.starts_with("4031 - DispatchSessionFailed"));
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self(preferred_languages(|name| std::env::var(name).ok()))
    }
}

/// Reads a POSIX locale name such as `sr_RS.UTF-8@latin`: language, territory, codeset and modifier. Returns
/// `None` if it is not a language.
fn parse_posix_locale(name: &str) -> Option<LanguageIdentifier> {
    let (name, modifier) = name.split_once('@').unwrap_or((name, ""));
    let (name, _codeset) = name.split_once('.').unwrap_or((name, ""));
    if matches!(name, "" | "C" | "POSIX") {
        return None;
    }
    let mut tag: LanguageIdentifier = name.parse().ok()?;
    // Other modifiers, such as `@euro`, do not change the language.
    let script = match modifier {
        "latin" => "Latn",
        "cyrillic" => "Cyrl",
        "devanagari" => "Deva",
        _ => return Some(tag),
    };
    tag.script = script.parse().ok();
    Some(tag)
}

/// Returns the languages of the user interface, the best first.
#[cfg(any(windows, target_vendor = "apple"))]
fn user_interface_languages() -> Vec<LanguageIdentifier> {
    sys_locale::get_locales().filter_map(|tag| super::locales::parse_tag(&tag).ok()).collect()
}

/// Returns nothing: other systems have only the variables.
#[cfg(not(any(windows, target_vendor = "apple")))]
fn user_interface_languages() -> Vec<LanguageIdentifier> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(vars: &[(&str, &str)]) -> String {
        let get =
            |name: &str| vars.iter().find(|(var, _)| *var == name).map(|(_, value)| (*value).to_owned());
        preferred_languages(get).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn locale_variables_follow_the_rules_of_gettext() {
        for (vars, expected) in [
            (&[("LANG", "ja_JP.UTF-8")][..], "ja-JP"),
            (&[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")], ""),
            (&[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8"), ("LANGUAGE", "ja")], ""),
            (&[("LC_ALL", "POSIX"), ("LANGUAGE", "ja")], ""),
            (&[("LC_MESSAGES", "C"), ("LANG", "fr_FR.UTF-8")], ""),
            (&[("LC_ALL", ""), ("LC_MESSAGES", "fr_FR"), ("LANG", "ja_JP")], "fr-FR"),
            (&[("LANG", "C.UTF-8"), ("LANGUAGE", "ja")], "ja"),
            (&[("LC_ALL", "C.UTF-8"), ("LANG", "ja_JP.UTF-8")], ""),
            (&[("LANG", "de_AT.UTF-8"), ("LANGUAGE", "pl:cs")], "pl cs de-AT"),
            (&[("LANG", "sr_RS.UTF-8@latin")], "sr-Latn-RS"),
            (&[("LANG", "zh_TW.Big5")], "zh-TW"),
            (&[("LANG", "/etc/passwd")], ""),
            (&[("LANG", "de_DE@euro")], "de-DE"),
        ] {
            assert_eq!(asked(vars), expected, "{vars:?}");
        }
    }

    #[test]
    #[cfg(not(any(windows, target_vendor = "apple")))]
    fn without_a_locale_there_is_no_language() {
        assert_eq!(asked(&[]), "");
        assert_eq!(asked(&[("LANGUAGE", "ja")]), "");
    }
}
