//! A gateway for orders. Every HTTP request opens a session, which the gateway dispatches over TCP to one
//! of three backends. One is healthy, one refuses connections, and one never answers within the gateway's
//! time limit. The environment alone configures the records of event 4031:
//!
//! ```sh
//! DISPATCH_FAILURE_LOCALE=ja-JP cargo run --example order_gateway -- --port 4031 --timeout-ms 250
//! curl -X POST http://127.0.0.1:4031/orders/17/sessions/healthy
//! curl -X POST http://127.0.0.1:4031/orders/17/sessions/refusing
//! curl -X POST http://127.0.0.1:4031/orders/17/sessions/slow
//! ```
//!
//! tower-http also reports each request that ends in a server error. Its `request` span is not selected as
//! a dispatch span, so no failure is reported twice. `RUST_LOG` filters the program's ordinary log on
//! stderr, and has no effect on the records of event 4031.

mod backends;
mod dispatch;
mod options;
mod routes;
mod shutdown;

use crate::{backends::Backends, options::Options, routes::Gateway};
use std::{
    io::{self, IsTerminal},
    time::Duration,
};
use tokio::net::TcpListener;
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::from_args(std::env::args().skip(1))?;

    let reporter = Reporter::from_env()?;
    let log = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry()
        .with(reporter.layer())
        .with(log.with_filter(EnvFilter::from_default_env()))
        .init();
    reporter.verify()?;

    let gateway = Gateway::new(Backends::start().await?, options.time_limit);
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    // A client may send requests and stop the gateway as soon as it reads the address, so print it last.
    let stop = shutdown::requested()?;
    println!("order_gateway listens on http://{}", listener.local_addr()?);
    axum::serve(listener, routes::router(gateway)).with_graceful_shutdown(stop).await?;

    reporter.flush(Duration::from_secs(5))?;
    Ok(())
}
