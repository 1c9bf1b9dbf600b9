//! Characters that must not reach a terminal or split a line, and their escapes.
//!
//! A record is one line, whatever an application puts into its fields: control characters would
//! forge lines and drive terminals, bidirectional controls would show a reader something else than
//! is there. Escapes are reversible, as the backslash is escaped too.

use std::fmt;

/// A text as the formats `text` and `pretty` show it: what could deceive a reader, drive a terminal
/// or split a line is an escape, and so is the backslash.
///
/// ```
/// use tracing_dispatch_failure::Escaped;
///
/// assert_eq!(Escaped("paid\u{202e}\n").to_string(), r"paid\u{202e}\n");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_escaped(&mut out, self.0);
        f.pad(&out)
    }
}

/// Whether a character is shown as an escape: C0, DEL, C1, line and paragraph separator,
/// bidirectional controls, and the zero-width no-break space.
pub(crate) fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}')
}

/// Cuts a text into plain runs, each followed by the character that ended it: an unsafe one, a
/// backslash or a double quote.
pub(crate) fn runs(text: &str) -> Runs<'_> {
    Runs { rest: text }
}

pub(crate) struct Runs<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Runs<'a> {
    type Item = (&'a str, Option<char>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut from = 0;
        loop {
            let behind = self.rest.as_bytes().get(from..).unwrap_or_default();
            let Some(found) = first_suspicious(behind) else {
                return Some((std::mem::take(&mut self.rest), None));
            };
            let at = from + found;
            let (plain, tail) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
            let mut chars = tail.chars();
            let Some(c) = chars.next() else {
                return Some((std::mem::take(&mut self.rest), None));
            };
            if c == '\\' || c == '"' || is_unsafe(c) {
                self.rest = chars.as_str();
                return Some((plain, Some(c)));
            }
            from = at + c.len_utf8();
        }
    }
}

/// Where the first byte is that may begin an unsafe character, a backslash or a double quote.
fn first_suspicious(bytes: &[u8]) -> Option<usize> {
    let eights = bytes.chunks_exact(8);
    let rest = eights.remainder();
    for (index, eight) in eights.enumerate() {
        let word = eight.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight));
        if may_be_suspicious(word) {
            if let Some(found) = eight.iter().position(is_suspicious) {
                return Some(index * 8 + found);
            }
        }
    }
    rest.iter().position(is_suspicious).map(|found| bytes.len() - rest.len() + found)
}

/// Whether a text holds nothing that any format escapes.
pub(crate) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // The last sixteen overlap with those before.
    match bytes.last_chunk() {
        Some(last) if is_plain_ascii(last) => {
            let mut sixteens = bytes.chunks_exact(16).filter_map(|sixteen| sixteen.first_chunk());
            sixteens.all(is_plain_ascii) || first_suspicious(bytes).is_none()
        }
        _ => first_suspicious(bytes).is_none(),
    }
}

/// Whether bytes are ASCII that no format escapes; the compiler looks at all of them at once.
fn is_plain_ascii(bytes: &[u8; 16]) -> bool {
    let is_other = |byte: &u8| *byte < 0x20 || *byte >= 0x7f || *byte == b'"' || *byte == b'\\';
    bytes.iter().fold(0, |found, byte| found | u8::from(is_other(byte))) == 0
}

/// Whether a byte is one of those, or the lead byte of an unsafe character.
fn is_suspicious(byte: &u8) -> bool {
    matches!(byte, 0..=0x1f | b'"' | b'\\' | 0x7f | 0xc2 | 0xd8 | 0xe2 | 0xef)
}

/// Whether any of eight bytes is suspicious or not ASCII. (*Bit Twiddling Hacks*: "Determine if a word
/// has a byte less than n", "… equal to n"; a byte may be named wrongly only behind one that is right.)
fn may_be_suspicious(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let is_below = |n: u64| word.wrapping_sub(ONES * n) & !word;
    let is = |byte: u8| {
        let zero = word ^ (ONES * u64::from(byte));
        zero.wrapping_sub(ONES) & !zero
    };
    (word | is_below(0x20) | is(b'"') | is(b'\\') | is(0x7f)) & HIGHS != 0
}

/// Appends a text with every unsafe character and backslash escaped; quotes stay as they are.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    if is_plain(text) {
        return out.push_str(text);
    }
    for (plain, special) in runs(text) {
        out.push_str(plain);
        match special {
            Some('"') => out.push('"'),
            Some(c) => push_escape(out, c),
            None => {}
        }
    }
}

/// A text with every unsafe character escaped, and nothing else: for sentences whose quoted parts are
/// escaped already, and for paths.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) { push_escape(&mut out, c) } else { out.push(c) }
    }
    out
}

/// Appends a text in double quotes, escaped.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    if is_plain(text) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for (plain, special) in runs(text) {
        out.push_str(plain);
        if let Some(c) = special {
            push_escape(out, c);
        }
    }
    out.push('"');
}

/// Appends a character's escape, as a Rust string literal has it.
fn push_escape(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '"' => out.push_str("\\\""),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => out.extend(c.escape_unicode()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &str) -> String {
        let mut out = String::new();
        push_quoted(&mut out, text);
        out
    }

    #[test]
    fn what_could_deceive_is_shown() {
        assert_eq!(quoted("a\nb\r\t\x1b[31m\\\"\u{85}"), r#""a\nb\r\t\u{1b}[31m\\\"\u{85}""#);
        assert_eq!(
            quoted("\u{202e}\u{2066}\u{feff}\u{61c}\u{2028}"),
            r#""\u{202e}\u{2066}\u{feff}\u{61c}\u{2028}""#
        );
        assert_eq!(quoted("セッション é ‘x’ 🦀"), "\"セッション é ‘x’ 🦀\"");
    }

    /// Reads an escaped text back.
    fn unescape(text: &str) -> String {
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next().unwrap() {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'u' => {
                    let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
                }
                other => out.push(other),
            }
        }
        out
    }

    proptest! {
        #[test]
        fn escaping_is_reversible_and_leaves_nothing_unsafe(text in any::<String>()) {
            let quoted = quoted(&text);
            prop_assert!(!quoted.chars().any(is_unsafe));
            prop_assert_eq!(unescape(&quoted[1..quoted.len() - 1]), text.clone());
            let mut escaped = String::new();
            push_escaped(&mut escaped, &text);
            prop_assert!(!escaped.chars().any(is_unsafe));
            prop_assert_eq!(unescape(&escaped), text);
        }

        #[test]
        fn runs_join_to_the_text(text in "[a\"\\\\\u{1}\u{85}\u{200e}\u{2070}é日]{0,12}") {
            let joined: String = runs(&text).flat_map(|(plain, c)| plain.chars().chain(c)).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
