//! Name patterns with `*` wildcards.

use std::fmt;

/// A pattern in which `*` matches any characters, or none. Every other character matches itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    pattern: String,
    /// Most patterns have no star, and then a comparison of two strings is enough.
    has_star: bool,
}

impl Glob {
    /// Creates a pattern.
    pub(crate) fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), has_star: pattern.contains('*') }
    }

    /// Returns whether the pattern matches a whole name.
    pub(crate) fn matches(&self, name: &str) -> bool {
        if self.has_star { matches(&self.pattern, name) } else { self.pattern == name }
    }

    /// Returns the pattern as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Returns whether the pattern matches exactly one name.
    pub(crate) fn is_exact(&self) -> bool {
        !self.has_star
    }

    /// Returns a name that the pattern matches: the pattern with each star replaced by `part`.
    pub(crate) fn example(&self, part: &str) -> String {
        self.pattern.replace('*', part)
    }
}

/// Returns whether a pattern with stars matches a whole name.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    // Matching each middle part as early as possible leaves the most text for the parts after it, so no
    // backtracking is needed.
    while let Some((part, tail)) = rest.split_once('*') {
        let Some((_, after)) = name.split_once(part) else { return false };
        (name, rest) = (after, tail);
    }
    name.ends_with(rest)
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;
    use proptest::prelude::*;

    #[test]
    fn stars_match_any_characters() {
        for (pattern, name, expected) in [
            ("dispatch", "dispatch", true),
            ("dispatch", "dispatcher", false),
            ("*", "", true),
            ("*token*", "x-token-y", true),
            ("*token*", "tok", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c2b", false),
            ("ab*ba", "aba", false),
            ("*會*", "工作會話", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), expected, "{pattern:?} on {name:?}");
        }
    }

    /// The definition, simple and slow.
    fn naive(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|skip| naive(rest, &name[skip..])),
            Some((first, rest)) => {
                name.split_first().is_some_and(|(c, name)| c == first && naive(rest, name))
            }
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*]{0,7}", name in "[ab]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Glob::new(&pattern).matches(&name), naive(&chars(&pattern), &chars(&name)));
        }

        #[test]
        fn an_example_matches_its_pattern(pattern in "[ab*:]{0,7}") {
            let glob = Glob::new(&pattern);
            prop_assert!(glob.matches(&glob.example("x")));
        }
    }
}
