//! The HTML page, with a Content Security Policy that allows nothing but its own script and style.

use super::{data, html::push_text, summary, texts::Language};
use sha2::{Digest, Sha256};
use tracing_dispatch_failure::Failure;

const STYLE: &str = include_str!("page/style.css");
/// All files as one script, because the policy names it by one hash. The function keeps its names local.
const SCRIPT: &str = concat!(
    "\n\"use strict\";\n(() => {\n",
    include_str!("page/elements.js"),
    include_str!("page/data.js"),
    include_str!("page/words.js"),
    include_str!("page/state.js"),
    include_str!("page/charts.js"),
    include_str!("page/list.js"),
    include_str!("page/dialog.js"),
    include_str!("page/main.js"),
    "})();\n"
);
const BODY: &str = include_str!("page/body.html");

pub(crate) fn page(failures: &[Failure], total: usize, languages: &[Language], tag: &str) -> String {
    // English comes first, and every catalog has it.
    let reader = languages.iter().find(|language| language.tag == tag).or(languages.first());
    let mut out = String::from("<!doctype html>\n<html lang=\"");
    push_text(&mut out, reader.map_or("en-US", |language| &language.tag));
    out.push_str(
        "\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"",
    );
    // The policy precedes the style and the script, because it applies only to what follows.
    out.push_str(&policy());
    out.push_str("\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str(
        // The empty icon keeps browsers from asking for `/favicon.ico`.
        "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
    );
    let title = reader.map_or("4031", |language| language.text("report-title"));
    push_text(&mut out, title);
    out.push_str("</title>\n<style>");
    out.push_str(STYLE);
    out.push_str("</style>\n</head>\n<body>\n<noscript><main><h1>");
    push_text(&mut out, title);
    out.push_str("</h1>");
    if let Some(reader) = reader {
        summary::push(&mut out, failures, reader);
    }
    out.push_str("</main></noscript>\n");
    out.push_str(BODY);
    // After the body, because the script looks up its elements at once.
    out.push_str("<script type=\"application/json\" id=\"data\">");
    out.push_str(&data::json(failures, total, languages, tag));
    out.push_str("</script>\n<script>");
    out.push_str(SCRIPT);
    out.push_str("</script>\n</body>\n</html>\n");
    out
}

/// Returns the policy. It allows our style and script by their hashes and nothing else: no network, no
/// other scripts, no handlers in attributes, and no way to turn text into elements.
fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// Returns the hash of an element's content (Content Security Policy Level 3, section 2.3.1).
fn hash(content: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(content)))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        // Three bytes are 24 bits. A shorter chunk is filled up with zeros at its end.
        let bits =
            chunk.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * index) & 63];
            // `n` bytes take `n + 1` digits; the rest is padding (RFC 4648, section 4).
            out.push(if index <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_matches_the_examples_of_rfc_4648() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn the_hash_matches_the_example_of_the_specification() {
        // The example of Content Security Policy Level 3, section 8.
        assert_eq!(hash("alert('Hello, world.');"), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn styles_and_scripts_do_not_end_their_own_element() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
    }
}
