//! Fails a dispatch under a global subscriber, as in applications, and exits with 7.

use tracing_subscriber::prelude::*;
use windows_programs::{builder, fail};

fn main() {
    let reporter = builder().build().expect("a reporter");
    tracing_subscriber::registry().with(reporter.layer()).init();
    drop(reporter);
    fail!(error = "refused");
    std::process::exit(7);
}
