//! Any stored record is rejected, or is harmless and writes the same output again each time.
//!
//! The input is a line of JSON.

#![no_main]

use harness::is_unsafe;
use libfuzzer_sys::fuzz_target;
use tracing_dispatch_failure::{Failure, Format, Locales, Messages};

fuzz_target!(|data: &[u8]| {
    let line = String::from_utf8_lossy(data);
    let failure = match Failure::from_json(&line) {
        Ok(failure) => failure,
        Err(error) => {
            let text = error.to_string();
            assert!(text.len() < 1400, "{} bytes: {text}", text.len());
            return;
        }
    };
    let messages = Messages::new(&Locales::default());
    let write = |format: Format, failure: &Failure| {
        let mut out = String::new();
        format.write(failure, &messages, false, &mut out);
        let body = out.strip_suffix('\n').unwrap();
        assert!(!body.contains(|c| is_unsafe(c) && (format != Format::Pretty || c != '\n')), "{body:?}");
        out
    };
    let again = Failure::from_json(&write(Format::Json, &failure)).unwrap();
    for format in Format::ALL.iter().copied() {
        assert_eq!(write(format, &failure), write(format, &again));
    }
});
