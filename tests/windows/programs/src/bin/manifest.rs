//! Prints the manifest of a provider: `manifest BINARY [PROVIDER]`.

use tracing_dispatch_failure::{EtwProvider, etw_manifest};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().expect("the path of the resources");
    let provider =
        arguments.next().map_or_else(EtwProvider::default, |text| text.parse().expect("a provider"));
    print!("{}", etw_manifest(&provider, &binary));
}
