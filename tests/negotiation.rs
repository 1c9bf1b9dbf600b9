//! Compares the chosen language with the choice of `fluent-langneg`.

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use proptest::prelude::*;
use tracing_dispatch_failure::{Locales, Messages};
use unic_langid::LanguageIdentifier;

fn chosen_locale(wanted: &str) -> String {
    Messages::new(&wanted.parse::<Locales>().unwrap()).locale().to_owned()
}

/// Without Chinese and Serbian, for which `fluent-langneg` 0.13 may choose the other script.
const LANGUAGES: [&str; 18] = [
    "en", "ja", "ru", "fr", "ko", "de", "es", "it", "pt", "pl", "cs", "tr", "uk", "sv", "nl", "fa", "vi",
    "he",
];
const REGIONS: [&str; 14] =
    ["", "-US", "-JP", "-RU", "-FR", "-CA", "-KR", "-DE", "-AT", "-MX", "-BR", "-PT", "-GB", "-419"];

proptest! {
    #[test]
    fn fluent_langneg_finds_the_same_first_language(
        wanted in prop::collection::vec(
            (prop::sample::select(LANGUAGES.to_vec()), prop::sample::select(REGIONS.to_vec())), 1..4),
    ) {
        let wanted: Vec<String> = wanted.iter().map(|(language, region)| format!("{language}{region}")).collect();
        let requested: Vec<LanguageIdentifier> = wanted.iter().map(|tag| tag.parse().unwrap()).collect();
        let available: Vec<LanguageIdentifier> =
            Messages::built_in_locales().map(|tag| tag.parse().unwrap()).collect();
        let english = "en-US".parse().unwrap();
        let found =
            negotiate_languages(&requested, &available, Some(&english), NegotiationStrategy::Filtering);
        prop_assert_eq!(chosen_locale(&wanted.join(",")), found[0].to_string());
    }
}

#[test]
fn chinese_readers_get_the_script_that_they_read() {
    for (wanted, expected) in [
        ("zh-TW", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-MO", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh-Hant-CN", "zh-TW"),
        ("zh", "zh-CN"),
        ("zh-CN", "zh-CN"),
        ("zh-SG", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh-Hans-TW", "zh-CN"),
        ("yue-Hant-HK", "en-US"),
        ("sr-Latn-RS", "en-US"),
    ] {
        assert_eq!(chosen_locale(wanted), expected, "{wanted}");
    }
}

#[test]
fn an_unavailable_language_falls_through_to_the_next() {
    assert_eq!(chosen_locale("uk,sv,fr-CA,ja"), "fr-FR");
    assert_eq!(chosen_locale("uk"), "en-US");
    assert_eq!(chosen_locale("ja-JP-u-ca-japanese"), "ja-JP");
}
