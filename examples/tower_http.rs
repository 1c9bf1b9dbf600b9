//! Reports failed HTTP responses with tower-http alone. Its `request` span is the dispatch span. A response
//! that its classifier considers a failure is the signal. The handlers need no changes.
//!
//! ```sh
//! cargo run --example tower_http
//! ```
//!
//! If you configure your application only by its environment, set
//! `DISPATCH_FAILURE_SPANS=tower_http[request]=debug` instead.

use axum::{Router, body::Body, http::Request, http::StatusCode, routing::get};
use tower::ServiceExt;
use tower_http::trace::TraceLayer;
use tracing_dispatch_failure::Builder;
use tracing_subscriber::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The span's level is DEBUG. `=debug` admits it; the default is `=info`.
    let reporter = Builder::from_env().spans("tower_http[request]=debug".parse()?).build()?;
    tracing_subscriber::registry().with(reporter.layer()).init();
    reporter.verify()?;

    let service = Router::new()
        .route("/orders", get(async || "17"))
        .route("/sessions", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .layer(TraceLayer::new_for_http());

    // tower-http considers only the second response a failure. A missing page is not one.
    for path in ["/orders", "/sessions", "/nowhere"] {
        let request = Request::get(path).body(Body::empty())?;
        let response = service.clone().oneshot(request).await?;
        println!("{path}: {}", response.status());
    }
    Ok(())
}
