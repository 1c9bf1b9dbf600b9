//! Nothing but tower-http: its `request` span is the dispatch span, and an answer that its
//! classifier calls a failure is the signal. No line of the handlers knows of it.
//!
//! ```sh
//! cargo run --example tower_http
//! ```
//!
//! An application that is configured by its environment alone sets
//! `DISPATCH_FAILURE_SPANS=tower_http[request]=debug` instead.

use axum::{Router, body::Body, http::Request, http::StatusCode, routing::get};
use tower::ServiceExt;
use tower_http::trace::TraceLayer;
use tracing_dispatch_failure::Builder;
use tracing_subscriber::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The span's level is DEBUG, which `=debug` lets in; the default is `=info`.
    let reporter = Builder::from_env().spans("tower_http[request]=debug".parse()?).build()?;
    tracing_subscriber::registry().with(reporter.layer()).init();
    reporter.verify()?;

    let service = Router::new()
        .route("/orders", get(async || "17"))
        .route("/sessions", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .layer(TraceLayer::new_for_http());

    // Two answers are no failures to tower-http: the order and the page that is not there.
    for path in ["/orders", "/sessions", "/nowhere"] {
        let request = Request::get(path).body(Body::empty())?;
        let response = service.clone().oneshot(request).await?;
        println!("{path}: {}", response.status());
    }
    Ok(())
}
