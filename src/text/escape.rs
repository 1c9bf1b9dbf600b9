//! Escapes characters that must not reach a terminal or break a line.
//!
//! A value must not break its line, whatever an application puts into it. Control characters could forge lines
//! and control the terminal; bidirectional controls could show a reader a different text. The backslash is
//! escaped too, so every escape can be undone.

use std::fmt;

/// A text that displays itself with escapes, as the formats `text` and `pretty` show it.
///
/// Escaped are the characters that could break a line, control a terminal or deceive a reader (C0, DEL and C1
/// controls, line and paragraph separators, bidirectional controls, U+FEFF), and the backslash. The escapes
/// are the ones of a Rust string literal. Double quotes stay as they are.
///
/// Use it in your own sink to print [`SinkRecord::message`](crate::SinkRecord::message), which is not
/// escaped.
///
/// # Example: a text that tries to forge a second line
///
/// ```
/// use tracing_dispatch_failure::Escaped;
///
/// let forged = "paid\nERROR 4031";
/// assert_eq!(Escaped(forged).to_string(), r"paid\nERROR 4031");
/// ```
///
/// # Example: reversed text, a backslash and padding
///
/// ```
/// use tracing_dispatch_failure::Escaped;
///
/// assert_eq!(Escaped("cod\u{202e}gpj").to_string(), r"cod\u{202e}gpj");
/// assert_eq!(Escaped(r"C:\orders").to_string(), r"C:\\orders");
/// assert_eq!(format!("{:>8}|", Escaped("a\tb")), r"    a\tb|");
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

/// Returns whether a character is always escaped: C0, DEL, C1, line and paragraph separator, bidirectional
/// controls (Unicode Standard Annex #9), and U+FEFF.
pub(crate) fn needs_escape(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}')
}

/// Splits a text into runs without special characters. Each run comes with the character that ended it: an
/// unsafe one, a backslash or a double quote.
pub(crate) fn plain_runs(text: &str) -> PlainRuns<'_> {
    PlainRuns { rest: text }
}

/// The iterator of [`plain_runs`].
pub(crate) struct PlainRuns<'a> {
    rest: &'a str,
}

impl<'a> Iterator for PlainRuns<'a> {
    type Item = (&'a str, Option<char>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut from = 0;
        loop {
            // The search is by bytes, which is fast; whether a lead byte begins an unsafe character is
            // decided below.
            let behind = self.rest.as_bytes().get(from..).unwrap_or_default();
            let Some(found) = find_suspicious(behind) else {
                return Some((std::mem::take(&mut self.rest), None));
            };
            let at = from + found;
            // `at` is a character boundary, because the byte there is ASCII or a lead byte.
            let (plain, tail) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
            let mut chars = tail.chars();
            let Some(c) = chars.next() else {
                return Some((std::mem::take(&mut self.rest), None));
            };
            if c == '\\' || c == '"' || needs_escape(c) {
                self.rest = chars.as_str();
                return Some((plain, Some(c)));
            }
            from = at + c.len_utf8();
        }
    }
}

/// Returns the index of the first byte that may begin an unsafe character, or is a backslash or a double
/// quote.
fn find_suspicious(bytes: &[u8]) -> Option<usize> {
    let chunks = bytes.chunks_exact(8);
    let rest = chunks.remainder();
    for (index, chunk) in chunks.enumerate() {
        let word = chunk.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
        if may_be_suspicious(word) {
            if let Some(found) = chunk.iter().position(is_suspicious) {
                return Some(index * 8 + found);
            }
        }
    }
    rest.iter().position(is_suspicious).map(|found| bytes.len() - rest.len() + found)
}

/// Returns whether no format has to escape anything in a text.
pub(crate) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // The last sixteen bytes may overlap with the chunks before them, so no remainder has to be handled.
    match bytes.last_chunk() {
        Some(last) if is_plain_ascii(last) => {
            let mut sixteens = bytes.chunks_exact(16).filter_map(|sixteen| sixteen.first_chunk());
            sixteens.all(is_plain_ascii) || find_suspicious(bytes).is_none()
        }
        _ => find_suspicious(bytes).is_none(),
    }
}

/// Returns whether all bytes are ASCII that no format escapes. It has no branches, so the compiler vectorizes
/// it.
fn is_plain_ascii(bytes: &[u8; 16]) -> bool {
    let is_other = |byte: &u8| *byte < 0x20 || *byte >= 0x7f || *byte == b'"' || *byte == b'\\';
    bytes.iter().fold(0, |found, byte| found | u8::from(is_other(byte))) == 0
}

/// Returns whether a byte is a control character, a double quote, a backslash, or the UTF-8 lead byte of an
/// unsafe character: 0xc2 for U+0080 to U+009F, 0xd8 for U+061C, 0xe2 for U+200E to U+2069, 0xef for U+FEFF.
fn is_suspicious(byte: &u8) -> bool {
    matches!(byte, 0..=0x1f | b'"' | b'\\' | 0x7f | 0xc2 | 0xd8 | 0xe2 | 0xef)
}

/// Returns whether any of eight bytes is suspicious or not ASCII.
///
/// Source: *Bit Twiddling Hacks*, "Determine if a word has a byte less than n" and "… equal to n". These
/// tests can flag a wrong byte only after a right one, so the answer for the whole word is correct.
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

/// Appends a text with unsafe characters and backslashes escaped. Double quotes stay as they are.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    // Most texts need no escape, and are copied at once.
    if is_plain(text) {
        return out.push_str(text);
    }
    for (plain, special) in plain_runs(text) {
        out.push_str(plain);
        match special {
            Some('"') => out.push('"'),
            Some(c) => push_escape(out, c),
            None => {}
        }
    }
}

/// Returns a text with only its unsafe characters escaped. Backslashes stay as they are: it is for paths, and
/// for sentences whose quoted parts are escaped already.
pub(crate) fn escape_chars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if needs_escape(c) { push_escape(&mut out, c) } else { out.push(c) }
    }
    out
}

/// Appends a text in double quotes, with unsafe characters, backslashes and double quotes escaped.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    // Enough if nothing is escaped.
    out.reserve(text.len() + 2);
    out.push('"');
    if is_plain(text) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for (plain, special) in plain_runs(text) {
        out.push_str(plain);
        if let Some(c) = special {
            push_escape(out, c);
        }
    }
    out.push('"');
}

/// Appends a character's escape, as in a Rust string literal.
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
    fn control_and_bidi_characters_are_escaped() {
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
            prop_assert!(!quoted.chars().any(needs_escape));
            prop_assert_eq!(unescape(&quoted[1..quoted.len() - 1]), text.clone());
            let mut escaped = String::new();
            push_escaped(&mut escaped, &text);
            prop_assert!(!escaped.chars().any(needs_escape));
            prop_assert_eq!(unescape(&escaped), text);
        }

        #[test]
        fn runs_join_to_the_text(text in "[a\"\\\\\u{1}\u{85}\u{200e}\u{2070}é日]{0,12}") {
            let joined: String = plain_runs(&text).flat_map(|(plain, c)| plain.chars().chain(c)).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
