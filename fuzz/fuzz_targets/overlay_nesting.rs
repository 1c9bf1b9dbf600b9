//! No repetition in a file of the operator's own texts gets the parser too deep: it would end the
//! process.
//!
//! The input is a file in pieces with a NUL between them. A piece begins with a character that says how
//! often it stands there: `0` once, `1` four times, `2` sixteen times and so on.

#![no_main]

use harness::Overlay;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static OVERLAY: LazyLock<Overlay> = LazyLock::new(Overlay::default);

/// Somewhat longer than what is taken.
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
