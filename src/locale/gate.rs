//! What a Fluent file must be before the parser may see it.
//!
//! The parser of `fluent-syntax` 0.12 descends into itself without a limit: some thousand nested
//! braces end the process, and no `catch_unwind` helps. So the nesting is measured here first, by a
//! scan that follows the parser's own view of braces, parentheses and string literals, and that
//! refuses what could bring the two apart.

/// The longest file.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// The deepest nesting of braces and parentheses.
const MAX_NESTING: usize = 16;

/// What is wrong in a Fluent file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverlayProblem {
    /// The byte in the text.
    pub(crate) at: usize,
    pub(crate) text: String,
}

impl OverlayProblem {
    /// What is quoted from the file, such as a name, may be as long as the file; what is said is not.
    pub(super) fn new(at: usize, text: impl Into<String>) -> Self {
        Self { at, text: shortened(text.into()) }
    }
}

/// How many bytes of a mistake are said.
const LONGEST: usize = 300;

/// A text that may quote a file, cut to what is worth reading.
pub(super) fn shortened(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(crate::text::bounded::clip(&text, LONGEST).len());
        text.push('…');
    }
    text
}

/// Line and column of a byte, both counted from 1; columns count characters.
pub(crate) fn position(source: &str, at: usize) -> (usize, usize) {
    let before = crate::text::bounded::clip(source, at);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// Checks that the parser can take the file.
pub(super) fn check(source: &str) -> Result<(), OverlayProblem> {
    if source.len() > MAX_BYTES {
        return Err(OverlayProblem::new(
            0,
            format!("the file has {} bytes; the most are {MAX_BYTES}", source.len()),
        ));
    }
    let mut open: Vec<u8> = Vec::new();
    let mut in_strings = 0;
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let first = line.bytes().next().unwrap_or(b'\n');
        if first.is_ascii_alphabetic() || matches!(first, b'-' | b'#') {
            // Here the parser starts anew after a mistake, so nothing may be open.
            if !open.is_empty() {
                return Err(OverlayProblem::new(at, "a `{` before this line has no `}`"));
            }
            in_strings = 0;
        }
        if first != b'#' {
            scan_line(line, at, &mut open, &mut in_strings)?;
        }
        at += line.len();
    }
    Ok(())
}

fn scan_line(
    line: &str,
    start: usize,
    open: &mut Vec<u8>,
    in_strings: &mut usize,
) -> Result<(), OverlayProblem> {
    let mut bytes = line.bytes().enumerate();
    while let Some((offset, byte)) = bytes.next() {
        let mistake = |text: &str| Err(OverlayProblem::new(start + offset, text));
        match (byte, open.last()) {
            (b'{', _) | (b'(', Some(_)) => open.push(byte),
            (b'}', Some(b'{')) | (b')', Some(b'(')) => _ = open.pop(),
            (b'}', Some(_)) => return mistake("a `(` before this `}` has no `)`"),
            (b'}', None) => return mistake("this `}` has no `{`; a brace in a text is written `{\"}\"}`"),
            // In a string literal braces open nothing; but what looks like one may be a text of a
            // variant, so they count as open until the entry ends.
            (b'"', Some(_)) => loop {
                match bytes.next() {
                    Some((_, b'\\')) => {
                        if let Some((escape, b'u' | b'U')) = bytes.next() {
                            if ends_within_a_character(line.as_bytes().get(escape..).unwrap_or_default()) {
                                return Err(OverlayProblem::new(
                                    start + escape,
                                    "`\\u` is followed by four hexadecimal digits, `\\U` by six",
                                ));
                            }
                        }
                    }
                    Some((_, b'"')) => break,
                    Some((_, b'{' | b'(')) => *in_strings += 1,
                    Some((_, b'\n')) | None => return mistake("this `\"` has no second one on its line"),
                    Some(_) => {}
                }
            },
            _ => {}
        }
        if open.len() + *in_strings > MAX_NESTING {
            return mistake("braces and parentheses are nested too deep; the most are 16");
        }
    }
    Ok(())
}

/// Whether the parser, at an escape with too few digits, would quote a part of a character, and panic.
fn ends_within_a_character(escape: &[u8]) -> bool {
    let length = if escape.first() == Some(&b'u') { 4 } else { 6 };
    let digits = escape.iter().skip(1).take(length).take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits < length && escape.get(1 + digits).is_some_and(|byte| !byte.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_files_pass() {
        let file = "# a { in a comment\n-brand = X (((((((((((((((((((((\nmessage = { $n ->\n    [one] One :)\n   *[other] { $n } of {\"{\"} \"them\"\n }\n    more\n";
        assert_eq!(check(file), Ok(()));
    }

    #[test]
    fn nesting_is_bounded_however_it_is_hidden() {
        for hostile in [
            "a = ".to_owned() + &"{".repeat(20_000),
            "a = {".to_owned() + &"F(".repeat(20_000),
            "a = {\n".repeat(3) + &"b = {\n".repeat(20_000),
            "a = {\n  F(\")\", ".to_owned() + &"F(\")\",\n".repeat(20_000),
            "a = {\nb = \"".to_owned() + &"{".repeat(20_000),
            "a = { $n ->\n  *[x] \"".to_owned() + &"{".repeat(20_000) + "\"\n}",
            "a = { $n ->\n".to_owned() + &" *[x] \"{ $n ->\n".repeat(2_000),
        ] {
            assert!(check(&hostile).is_err(), "{}", &hostile[..60]);
        }
    }

    #[test]
    fn an_escape_that_the_parser_does_not_survive_is_refused() {
        for hostile in ["a = { \"\\u202\u{feff}\" }", "a = { \"\\Ué\" }", "a = { \"\\\\\\u00сбой\" }"] {
            assert!(check(hostile).is_err(), "{hostile}");
        }
        // These are the parser's to judge, or nobody's.
        for file in
            ["a = { \"\\u00e9é\" }", "a = { \"\\u00\" }", "a = { \"\\U01F602сбой\" }", "a = C:\\uсбой"]
        {
            assert_eq!(check(file), Ok(()), "{file}");
        }
    }

    #[test]
    fn positions_count_lines_and_characters() {
        assert_eq!(position("a\néb", 0), (1, 1));
        assert_eq!(position("a\nébc", 4), (2, 2));
    }
}
