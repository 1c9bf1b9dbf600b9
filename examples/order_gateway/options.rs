//! The command line.

use std::time::Duration;

const USAGE: &str = "usage: order_gateway [--port <0-65535>] [--timeout-ms <1-600000>]";

/// The options of the gateway.
#[derive(Debug)]
pub(crate) struct Options {
    /// The port on the loopback interface; 0 selects a free one.
    pub(crate) port: u16,
    /// The time limit for a dispatch.
    pub(crate) time_limit: Duration,
}

impl Options {
    /// Parses the arguments after the program's name.
    pub(crate) fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { port: 4031, time_limit: Duration::from_millis(250) };
        while let Some(name) = args.next() {
            let value = args.next().ok_or(USAGE)?;
            match name.as_str() {
                "--port" => options.port = value.parse().map_err(|_| USAGE)?,
                "--timeout-ms" => {
                    let limit = value.parse().ok().filter(|limit| (1..=600_000).contains(limit));
                    options.time_limit = Duration::from_millis(limit.ok_or(USAGE)?);
                }
                _ => return Err(USAGE.to_owned()),
            }
        }
        Ok(options)
    }
}
