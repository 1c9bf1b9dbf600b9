//! Prints the instrumentation manifest of the ETW schema `manifest`, with the texts of all languages:
//!
//! ```sh
//! cargo run --example etw_manifest -- 'C:\Program Files\Shop\events.dll' > events.man
//! ```
//!
//! The first argument is the path that the compiled resources will have. The second one is the provider, as
//! in `DISPATCH_FAILURE_ETW_PROVIDER`.

use tracing_dispatch_failure::{EtwProvider, etw_manifest};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let binary =
        arguments.next().unwrap_or_else(|| "%windir%\\system32\\tracing-dispatch-failure.dll".to_owned());
    let provider = arguments.next().map_or_else(|| Ok(EtwProvider::default()), |text| text.parse())?;
    print!("{}", etw_manifest(&provider, &binary));
    Ok(())
}
