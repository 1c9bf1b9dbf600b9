//! Checks a Fluent file before it is parsed.
//!
//! The parser of `fluent-syntax` 0.12 is recursive without a limit: some thousand nested braces overflow the
//! stack, which ends the process, and `catch_unwind` does not help. So this scan limits the nesting first. It
//! reads braces, parentheses and string literals as the parser does, and rejects everything that the two
//! could read differently.

/// The longest file, in bytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// The deepest nesting of braces and parentheses. Far less than what overflows a small stack.
const MAX_NESTING: usize = 16;

/// A problem in a Fluent file, with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverlayProblem {
    /// The byte offset in the file.
    pub(crate) offset: usize,
    pub(crate) text: String,
}

impl OverlayProblem {
    /// Creates a problem. `text` may quote a part of the file, such as a very long name, so it is shortened.
    pub(super) fn new(offset: usize, text: impl Into<String>) -> Self {
        Self { offset, text: shorten(text.into()) }
    }
}

/// The maximum number of bytes of a problem's text.
const MAX_PROBLEM_LENGTH: usize = 300;

/// Shortens a text to [`MAX_PROBLEM_LENGTH`] bytes.
fn shorten(mut text: String) -> String {
    if text.len() > MAX_PROBLEM_LENGTH {
        text.truncate(crate::text::bounded::clip(&text, MAX_PROBLEM_LENGTH).len());
        text.push('…');
    }
    text
}

/// Returns the line and column of a byte offset, both from 1. Columns count characters.
pub(crate) fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = crate::text::bounded::clip(source, offset);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// Checks that the parser can read a file without a stack overflow or a panic.
pub(super) fn check(source: &str) -> Result<(), OverlayProblem> {
    if source.len() > MAX_BYTES {
        return Err(OverlayProblem::new(
            0,
            format!("the file has {} bytes; at most {MAX_BYTES} are allowed", source.len()),
        ));
    }
    let mut open: Vec<u8> = Vec::new();
    // Braces and parentheses within string literals since the last entry began.
    let mut in_strings = 0;
    let mut line_start = 0;
    for line in source.split_inclusive('\n') {
        let first = line.bytes().next().unwrap_or(b'\n');
        if first.is_ascii_alphabetic() || matches!(first, b'-' | b'#') {
            // After an error, the parser continues at such a line with nothing open, so nothing may be open
            // here either.
            if !open.is_empty() {
                return Err(OverlayProblem::new(line_start, "a `{` before this line is not closed"));
            }
            in_strings = 0;
        }
        // A comment may contain anything.
        if first != b'#' {
            scan_line(line, line_start, &mut open, &mut in_strings)?;
        }
        line_start += line.len();
    }
    Ok(())
}

/// Tracks what a line opens and closes.
fn scan_line(
    line: &str,
    start: usize,
    open: &mut Vec<u8>,
    in_strings: &mut usize,
) -> Result<(), OverlayProblem> {
    let mut bytes = line.bytes().enumerate();
    while let Some((offset, byte)) = bytes.next() {
        let problem = |text: &str| Err(OverlayProblem::new(start + offset, text));
        match (byte, open.last()) {
            // Outside of braces, a parenthesis is text.
            (b'{', _) | (b'(', Some(_)) => open.push(byte),
            (b'}', Some(b'{')) | (b')', Some(b'(')) => _ = open.pop(),
            (b'}', Some(_)) => return problem("a `(` before this `}` is not closed"),
            (b'}', None) => {
                return problem("this `}` closes nothing; to write a brace in a text, use `{\"}\"}`");
            }
            // In a string literal, braces open nothing. But a double quote may also be part of a variant's
            // text, and what follows is not a string then. So these braces count as open until the entry
            // ends.
            (b'"', Some(_)) => loop {
                match bytes.next() {
                    Some((_, b'\\')) => {
                        if let Some((escape, b'u' | b'U')) = bytes.next() {
                            if ends_within_a_character(line.as_bytes().get(escape..).unwrap_or_default()) {
                                return Err(OverlayProblem::new(
                                    start + escape,
                                    "`\\u` needs four hexadecimal digits, `\\U` needs six",
                                ));
                            }
                        }
                    }
                    Some((_, b'"')) => break,
                    Some((_, b'{' | b'(')) => *in_strings += 1,
                    Some((_, b'\n')) | None => {
                        return problem("the string that this `\"` begins has no closing `\"` on its line");
                    }
                    Some(_) => {}
                }
            },
            _ => {}
        }
        if open.len() + *in_strings > MAX_NESTING {
            return problem("braces and parentheses are nested too deep; at most 16 levels are allowed");
        }
    }
    Ok(())
}

/// Returns whether the parser would panic on an escape.
///
/// If an escape has too few digits, the parser of `fluent-syntax` 0.12 quotes it by bytes in its error, and
/// panics if that ends within a character.
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
    fn deep_nesting_is_refused_however_it_is_hidden() {
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
        // The parser judges these itself, or they are no escapes.
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
