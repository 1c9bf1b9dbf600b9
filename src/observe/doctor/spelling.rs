//! Compares names that differ only in their spelling, or in a letter or two.

use crate::text::glob::Glob;
use std::borrow::Cow;

/// Rewrites a pattern so that it matches a name; `None` if they differ in more than case and separators.
pub(super) fn respell<'a>(pattern: &str, name: &'a str) -> Option<Cow<'a, str>> {
    if !Glob::new(&normalize_name(pattern)).matches(&normalize_name(name)) {
        return None;
    }
    if !pattern.contains('*') {
        return Some(name.into());
    }
    // The stars should stay where they are, so common spellings of the pattern are tried.
    let with_separator = |separator| pattern.replace(['-', '_', ' ', '.'], separator);
    let mut patterns = ["_", "-", " ", "."].into_iter().map(with_separator);
    let fitting = patterns.find_map(|pattern| {
        let cases: [fn(&str) -> String; 3] = [str::to_owned, str::to_lowercase, str::to_uppercase];
        cases.into_iter().map(|spell| spell(&pattern)).find(|pattern| Glob::new(pattern).matches(name))
    });
    // Some names, such as `processJob`, match no such pattern. Then the name itself is the answer.
    Some(fitting.map_or(name.into(), Cow::from))
}

/// Returns a target in one spelling for all: in lower case, with underscores, and with `::` between its parts.
pub(super) fn normalize_target(text: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in text.chars() {
        // A new word in camel case, such as `DispatchSession`.
        if before.is_lowercase() && c.is_uppercase() {
            words.push('_');
        }
        words.push(c);
        before = c;
    }
    let text = words.to_lowercase().replace(['-', ' '], "_").replace(['.', '/'], "::");
    // A single colon counts as a separator too.
    text.split(':').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("::")
}

/// Returns a span's name in one spelling for all: in lower case, with underscores.
pub(super) fn normalize_name(text: &str) -> String {
    // In a name, dots and slashes separate words, not modules.
    normalize_target(text).replace("::", "_")
}

/// The longest names that are compared letter by letter, in bytes. The comparison takes quadratic time.
const MAX_COMPARED: usize = 64;

/// Whether two names differ in a letter or two, and are long enough that this is hardly a coincidence.
pub(super) fn is_similar(wanted: &str, found: &str) -> bool {
    let length = wanted.chars().count();
    // Short names often differ in one letter and mean something else, such as `job` and `jog`.
    let allowed = if length < 5 {
        return false;
    } else if length < 9 {
        1
    } else {
        2
    };
    let is_short = wanted.len().max(found.len()) <= MAX_COMPARED;
    is_short && strsim::damerau_levenshtein(&normalize_target(wanted), &normalize_target(found)) <= allowed
}
