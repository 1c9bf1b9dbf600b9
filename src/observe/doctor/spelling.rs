//! Names that differ in their spelling alone, or in a letter or two.

use crate::text::glob::Glob;
use std::borrow::Cow;

/// The pattern as it must be written to match a name, where only its spelling is another.
pub(super) fn respelled<'a>(pattern: &str, name: &'a str) -> Option<Cow<'a, str>> {
    if !Glob::new(&folded_name(pattern)).matches(&folded_name(name)) {
        return None;
    }
    if !pattern.contains('*') {
        return Some(name.into());
    }
    let separators = |separator| pattern.replace(['-', '_', ' ', '.'], separator);
    let mut patterns = ["_", "-", " ", "."].into_iter().map(separators);
    let fitting = patterns.find_map(|pattern| {
        let capitals: [fn(&str) -> String; 3] = [str::to_owned, str::to_lowercase, str::to_uppercase];
        capitals.into_iter().map(|spell| spell(&pattern)).find(|pattern| Glob::new(pattern).matches(name))
    });
    Some(fitting.map_or(name.into(), Cow::from))
}

/// A target in one spelling for all: lower case, underscores, and `::` between its parts.
pub(super) fn folded(text: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in text.chars() {
        // `DispatchSession`
        if before.is_lowercase() && c.is_uppercase() {
            words.push('_');
        }
        words.push(c);
        before = c;
    }
    let text = words.to_lowercase().replace(['-', ' '], "_").replace(['.', '/'], "::");
    // A single colon.
    text.split(':').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("::")
}

/// A span's name in one spelling for all: lower case, and underscores.
pub(super) fn folded_name(text: &str) -> String {
    folded(text).replace("::", "_")
}

/// Above this length names are not compared letter by letter.
const LONGEST: usize = 64;

/// Whether two names differ in a letter or two, where they are long enough to tell.
pub(super) fn is_similar(wanted: &str, found: &str) -> bool {
    let length = wanted.chars().count();
    let allowed = if length < 5 {
        return false;
    } else if length < 9 {
        1
    } else {
        2
    };
    let is_short = wanted.len().max(found.len()) <= LONGEST;
    is_short && strsim::damerau_levenshtein(&folded(wanted), &folded(found)) <= allowed
}
