//! Fails a dispatch under a global subscriber, as applications have it, and ends by its exit code.

use tracing_subscriber::prelude::*;
use windows_programs::{builder, fail};

fn main() {
    let reporter = builder().build().expect("a reporter");
    tracing_subscriber::registry().with(reporter.layer()).init();
    drop(reporter);
    fail!(error = "refused");
    std::process::exit(7);
}
