//! Which of the languages that there are serves a wanted one.

use unic_langid::{LanguageIdentifier, subtags::Script};

/// For each wanted language in turn the best of those available, without repetitions.
///
/// The exact tag is best; then the same language in the same script; then the same language, where
/// it is there in one script only. So `zh-HK` and `zh-Hant` are served by `zh-TW`, `zh-SG` and `zh`
/// by `zh-CN`, and nobody who reads one script gets the other.
pub(crate) fn negotiate<'a>(
    wanted: &[LanguageIdentifier],
    available: &'a [LanguageIdentifier],
) -> Vec<&'a LanguageIdentifier> {
    let mut chosen: Vec<&LanguageIdentifier> = Vec::new();
    for found in wanted.iter().filter_map(|wanted| best(wanted, available)) {
        if !chosen.contains(&found) {
            chosen.push(found);
        }
    }
    chosen
}

fn best<'a>(
    wanted: &LanguageIdentifier,
    available: &'a [LanguageIdentifier],
) -> Option<&'a LanguageIdentifier> {
    let same: Vec<_> = available.iter().filter(|other| other.language == wanted.language).collect();
    let exact = same.iter().find(|other| **other == wanted);
    let in_script = || same.iter().find(|other| script(other) == script(wanted));
    let only_script = || {
        let first = same.first()?;
        same.iter().all(|other| script(other) == script(first)).then_some(first)
    };
    exact.or_else(in_script).or_else(only_script).copied()
}

/// The script of a language that is written in several; `None` where only one is in question.
fn script(tag: &LanguageIdentifier) -> Option<Script> {
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

    fn served(wanted: &str, available: &str) -> String {
        let available = tags(available);
        negotiate(&tags(wanted), &available).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
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
    fn a_list_is_a_list_of_preferences() {
        assert_eq!(served("fr-CA ja", OURS), "fr-FR ja-JP");
        assert_eq!(served("uk sv pt-PT en-GB en", OURS), "pt-BR en-US");
        assert_eq!(served("uk", OURS), "");
        assert_eq!(served("sr", "en-US sr-Latn"), "sr-Latn");
        assert_eq!(served("sr-Latn sr", "sr-Cyrl sr-Latn"), "sr-Latn sr-Cyrl");
        assert_eq!(served("es-MX", "es-ES es-MX"), "es-MX");
    }
}
