//! Any overlay file is either rejected or harmless.
//!
//! The input is the file.

#![no_main]

use harness::Overlay;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static OVERLAY: LazyLock<Overlay> = LazyLock::new(Overlay::default);

fuzz_target!(|data: &[u8]| OVERLAY.check(data));
