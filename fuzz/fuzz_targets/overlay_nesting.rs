//! No repetition in an overlay file makes the parser recurse too deeply, which would abort the process.
//!
//! The input is a file in pieces, separated by NUL. The first character of a piece is its repeat count: `0`
//! is once, `1` four times, `2` sixteen times and so on.

#![no_main]

use harness::Overlay;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static OVERLAY: LazyLock<Overlay> = LazyLock::new(Overlay::default);

/// A little longer than the longest file that is accepted.
const LONGEST: usize = 300 * 1024;

fuzz_target!(|data: &[u8]| {
    let mut file = Vec::new();
    for piece in data.split(|byte| *byte == 0) {
        let Some((count, unit)) = piece.split_first() else { continue };
        let count = 4_usize.pow(u32::from(count % 16).min(9));
        let room = (LONGEST - file.len()) / unit.len().max(1);
        file.extend(unit.repeat(count.min(room)));
    }
    OVERLAY.check(&file);
});
