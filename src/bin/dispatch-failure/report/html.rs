//! Untrusted text in HTML, and in JSON within HTML.

use tracing_dispatch_failure::Escaped;

/// Appends a text as the content of an element or of a quoted attribute. Controls that could reorder
/// the visible text are escaped.
pub(crate) fn push_text(out: &mut String, text: &str) {
    for c in Escaped(text).to_string().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// Appends a text as a JSON string that is safe in a `<script>`, where only `<` could end the element or
/// change how it is parsed.
pub(crate) fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for c in Escaped(text).to_string().chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '<' => out.push_str("\\u003c"),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_reads_back_and_cannot_end_a_script(text in "(?s)[<>/!&\"'\\\\a-c\\-\u{202e}\n]{0,40}|.*") {
            let mut out = String::new();
            push_json(&mut out, &text);
            prop_assert!(!out.contains('<'));
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), Escaped(&text).to_string());
        }

        #[test]
        fn text_cannot_become_markup(text in "(?s)[<>/!&\"'a-c]{0,40}|.*") {
            let mut out = String::new();
            push_text(&mut out, &text);
            prop_assert!(!out.contains(['<', '>', '"', '\'']));
            let back = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
            let back = back.iter().fold(out, |out, (from, to)| out.replace(from, to));
            prop_assert_eq!(back, Escaped(&text).to_string());
        }
    }
}
