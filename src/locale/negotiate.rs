//! Language negotiation: the best available languages for the requested ones.

use unic_langid::{LanguageIdentifier, subtags::Script};

/// Returns the best available language for each requested one, without duplicates.
///
/// The exact tag is best; then the same language in the same script; then the same language if it is
/// available in only one script. So `zh-HK` and `zh-Hant` get `zh-TW`, and `zh-SG` and `zh` get `zh-CN`. A
/// language that is available in several scripts is never served in the wrong one.
pub(crate) fn negotiate<'a>(
    requested: &[LanguageIdentifier],
    available: &'a [LanguageIdentifier],
) -> Vec<&'a LanguageIdentifier> {
    let mut chosen: Vec<&LanguageIdentifier> = Vec::new();
    for found in requested.iter().filter_map(|requested| find_best(requested, available)) {
        if !chosen.contains(&found) {
            chosen.push(found);
        }
    }
    chosen
}

/// Returns the best available language for one requested tag.
fn find_best<'a>(
    requested: &LanguageIdentifier,
    available: &'a [LanguageIdentifier],
) -> Option<&'a LanguageIdentifier> {
    let same_language: Vec<_> =
        available.iter().filter(|other| other.language == requested.language).collect();
    let exact = same_language.iter().find(|other| **other == requested);
    let in_script =
        || same_language.iter().find(|other| effective_script(other) == effective_script(requested));
    // A reader of one script may not be able to read another.
    let only_script = || {
        let first = same_language.first()?;
        same_language.iter().all(|other| effective_script(other) == effective_script(first)).then_some(first)
    };
    exact.or_else(in_script).or_else(only_script).copied()
}

/// Returns the script of a tag. A tag of Chinese or Serbian without one gets the likely script of its region
/// (CLDR, *likelySubtags*). For other languages, `None` means the usual script.
fn effective_script(tag: &LanguageIdentifier) -> Option<Script> {
    let by_default = match (tag.language.as_str(), tag.region.as_ref().map(|region| region.as_str())) {
        ("zh", Some("TW" | "HK" | "MO")) => "Hant",
        ("zh", _) => "Hans",
        ("sr", _) => "Cyrl",
        _ => return tag.script,
    };
    tag.script.or_else(|| by_default.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(list: &str) -> Vec<LanguageIdentifier> {
        list.split_whitespace().map(|tag| tag.parse().unwrap()).collect()
    }

    const OURS: &str = "en-US ja-JP ru-RU zh-TW fr-FR ko-KR de-DE es-ES it-IT pt-BR pl-PL cs-CZ tr-TR zh-CN";

    fn served(requested: &str, available: &str) -> String {
        let available = tags(available);
        negotiate(&tags(requested), &available).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn chinese_readers_get_their_script() {
        let reversed: Vec<&str> = OURS.split(' ').rev().collect();
        for available in [OURS, &reversed.join(" ")] {
            for hant in ["zh-TW", "zh-HK", "zh-MO", "zh-Hant", "zh-Hant-HK", "zh-Hant-CN"] {
                assert_eq!(served(hant, available), "zh-TW", "{hant}");
            }
            for hans in ["zh", "zh-CN", "zh-SG", "zh-Hans", "zh-Hans-HK"] {
                assert_eq!(served(hans, available), "zh-CN", "{hans}");
            }
        }
    }

    #[test]
    fn languages_are_negotiated_in_order_of_preference() {
        assert_eq!(served("fr-CA ja", OURS), "fr-FR ja-JP");
        assert_eq!(served("uk sv pt-PT en-GB en", OURS), "pt-BR en-US");
        assert_eq!(served("uk", OURS), "");
        assert_eq!(served("sr", "en-US sr-Latn"), "sr-Latn");
        assert_eq!(served("sr-Latn sr", "sr-Cyrl sr-Latn"), "sr-Latn sr-Cyrl");
        assert_eq!(served("es-MX", "es-ES es-MX"), "es-MX");
    }
}
