//! Directives read back as they were written, and select the right spans.
//!
//! The input is three texts with a NUL between them: directives, a span's target and a span's name.

#![no_main]

use harness::{Shape, fail, is_unsafe};
use libfuzzer_sys::fuzz_target;
use tracing::Level;
use tracing_dispatch_failure::{Directives, MemorySink, Reporter, Signal, Signals};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == 0).map(String::from_utf8_lossy);
    let mut part = || parts.next().unwrap_or_default().into_owned();
    let (text, target, name) = (part(), part(), part());
    let directives: Directives = match text.parse() {
        Ok(directives) => directives,
        Err(error) => {
            let text = format!("{error}");
            assert!(!text.contains(is_unsafe), "{text:?}");
            assert!(text.len() < 1400, "{} bytes: {text}", text.len());
            return;
        }
    };
    let written = directives.to_string();
    let again: Directives = written.parse().unwrap();
    assert_eq!(again, directives, "{written}");
    assert_eq!(again.to_string(), written);

    let memory = MemorySink::new();
    let signals = Signals::NONE.with(Signal::Unfinished);
    let reporter = Reporter::builder()
        .sinks([])
        .spans(directives)
        .signals(signals)
        .add_sink("memory", memory.clone())
        .build()
        .unwrap();
    fail(
        &reporter,
        &Shape { name: name.clone(), target: target.clone(), file: None, level: Level::WARN },
        &[],
    );
    if !written.contains(',') {
        assert_eq!(memory.len() == 1, !written.is_empty() && selects(&written, &target, &name), "{written}");
    }
});

/// Returns whether a written directive selects a span of the level `WARN`, computed in the simplest way.
fn selects(directive: &str, target: &str, name: &str) -> bool {
    let (place, level) = directive.rsplit_once('=').unwrap();
    let (prefix, pattern) = match place.split_once('[') {
        Some((prefix, rest)) => (prefix, Some(rest.strip_suffix(']').unwrap())),
        None => (place, None),
    };
    let is_below = prefix.is_empty() || target == prefix || target.starts_with(&format!("{prefix}::"));
    let matches = pattern.is_none_or(|pattern| matches(pattern, name));
    is_below && matches && !matches!(level, "off" | "error")
}

/// Returns whether a pattern matches, with a table of the prefixes of the name that each prefix of the pattern
/// matches.
fn matches(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let mut fits: Vec<bool> = (0..=name.len()).map(|end| end == 0).collect();
    for c in pattern.chars() {
        fits = (0..=name.len())
            .map(|end| match c {
                '*' => fits[..=end].contains(&true),
                c => end > 0 && fits[end - 1] && name[end - 1] == c,
            })
            .collect();
    }
    fits[name.len()]
}
