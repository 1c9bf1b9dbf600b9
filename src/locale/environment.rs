//! Which languages the environment asks for.

use super::locales::Locales;
use unic_langid::LanguageIdentifier;

/// The languages of a person at a console, best first: `LC_ALL`, `LC_MESSAGES` or `LANG`, with
/// gettext's rules for `LANGUAGE` (GNU gettext manual, section 2.3), else the user interface's on
/// Windows and macOS.
pub(crate) fn languages(get: impl Fn(&str) -> Option<String>) -> Vec<LanguageIdentifier> {
    let set = |name: &str| get(name).filter(|value| !value.is_empty());
    let Some(effective) = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set) else {
        return user_interface();
    };
    // "C" means English, whatever LANGUAGE says; "C.UTF-8" is only an encoding.
    if matches!(effective.as_str(), "C" | "POSIX") {
        return Vec::new();
    }
    let language = set("LANGUAGE").unwrap_or_default();
    let own = Some(effective.as_str()).filter(|name| !name.starts_with("C."));
    language.split(':').chain(own).filter_map(parse).collect()
}

impl Locales {
    /// The languages of whoever looks at the console, by the process's environment: `LC_ALL`,
    /// `LC_MESSAGES`, `LANG` and `LANGUAGE` with gettext's rules, else the user interface's on Windows
    /// and macOS. Nothing is wanted, and so English written, where they say `C`.
    #[must_use]
    pub fn from_env() -> Self {
        Self(languages(|name| std::env::var(name).ok()))
    }
}

/// Reads a name such as `sr_RS.UTF-8@latin`; `None` for what is no language.
fn parse(name: &str) -> Option<LanguageIdentifier> {
    let (name, modifier) = name.split_once('@').unwrap_or((name, ""));
    let (name, _codeset) = name.split_once('.').unwrap_or((name, ""));
    if matches!(name, "" | "C" | "POSIX") {
        return None;
    }
    let mut tag: LanguageIdentifier = name.parse().ok()?;
    let script = match modifier {
        "latin" => "Latn",
        "cyrillic" => "Cyrl",
        "devanagari" => "Deva",
        _ => return Some(tag),
    };
    tag.script = script.parse().ok();
    Some(tag)
}

#[cfg(any(windows, target_vendor = "apple"))]
fn user_interface() -> Vec<LanguageIdentifier> {
    sys_locale::get_locales().filter_map(|tag| super::locales::parse_tag(&tag).ok()).collect()
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn user_interface() -> Vec<LanguageIdentifier> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(vars: &[(&str, &str)]) -> String {
        let get =
            |name: &str| vars.iter().find(|(var, _)| *var == name).map(|(_, value)| (*value).to_owned());
        languages(get).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn gettext_s_rules_hold() {
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
