//! Reads a line of the format `text` back.

use tracing_dispatch_failure::{Failure, Value};

/// A word of the line, and whether it was in quotes.
#[derive(Debug, PartialEq)]
struct Word {
    text: String,
    quoted: bool,
}

pub fn check(line: &str, failure: &Failure) {
    let (_, rest) = line.split_once("Session dispatch failed. ").unwrap();
    let mut rest = rest;
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let key = word(&mut rest);
        rest = rest.strip_prefix('=').unwrap_or_else(|| panic!("no `=` before {rest:?}"));
        pairs.push((key.text, word(&mut rest)));
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    let start = pairs.iter().position(|(key, _)| key == "duration_ms").unwrap() + 1;
    let (own, pairs) = pairs.split_at(start);
    let (shown, behind) = pairs.split_at(failure.fields().len());
    let of = |pairs: &[(String, Word)], key: &str| {
        pairs.iter().find(|(found, _)| found == key).map(|(_, word)| word.text.clone())
    };
    assert_eq!(of(own, "error").as_deref(), failure.error());
    assert_eq!(of(own, "error_type").as_deref(), failure.error_type());
    assert_eq!(of(own, "signal").as_deref(), Some(failure.signal().name()));
    assert_eq!(of(behind, "span").as_deref(), Some(failure.span()));
    assert_eq!(of(behind, "target").as_deref(), Some(failure.target()));
    assert_eq!(of(behind, "file").as_deref(), failure.file());
    assert_eq!(of(behind, "app").as_deref(), Some(failure.app()));
    for ((key, word), (name, value)) in shown.iter().zip(failure.fields()) {
        assert_eq!(key.strip_prefix("fields.").unwrap_or(key), name);
        let is_bare = match value {
            Value::Bool(_) | Value::I64(_) | Value::U64(_) => true,
            Value::F64(value) => value.is_finite(),
            _ => false,
        };
        assert_eq!(word.quoted, !is_bare, "{name}");
        match value {
            Value::F64(value) if is_bare => {
                assert_eq!(word.text.parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
            value => assert_eq!(word.text, value.to_string()),
        }
    }
}

/// Removes a word, quoted or bare, from the front.
fn word(rest: &mut &str) -> Word {
    let Some(inner) = rest.strip_prefix('"') else {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (text, behind) = rest.split_at(end);
        *rest = behind;
        return Word { text: text.to_owned(), quoted: false };
    };
    let mut text = String::new();
    let mut chars = inner.chars();
    loop {
        match chars.next().expect("no second quote") {
            '"' => break,
            '\\' => match chars.next().unwrap() {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                'u' => {
                    let (digits, behind) = chars.as_str().strip_prefix('{').unwrap().split_once('}').unwrap();
                    text.push(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).unwrap());
                    chars = behind.chars();
                }
                c @ ('"' | '\\') => text.push(c),
                c => panic!("an unknown escape: {c:?}"),
            },
            c => text.push(c),
        }
    }
    *rest = chars.as_str();
    Word { text, quoted: true }
}
