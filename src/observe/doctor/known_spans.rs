//! Spans of well-known crates that are more verbose than `INFO`, so that a directive with their name alone selects
//! nothing.

use tracing::Level;

/// A span that a well-known crate opens.
pub(crate) struct KnownSpan {
    pub(crate) crate_name: &'static str,
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) level: Level,
}

/// The known spans, from these crates' sources: tower-http 0.7 (`trace/make_span.rs`),
/// tracing-opentelemetry-instrumentation-sdk 0.42, which axum-tracing-opentelemetry and
/// tonic-tracing-opentelemetry use (`lib.rs`, `http/`), apalis 1.0 (`layers/tracing/`), kube-client 5.0
/// (`client/builder.rs`), aws-smithy-runtime 1.16 (`client/orchestrator.rs`), h2 0.4
/// (`proto/connection.rs`).
pub(crate) const KNOWN_SPANS: [KnownSpan; 7] = [
    known("tower-http", "request", "tower_http::trace::make_span", Level::DEBUG),
    known("axum-tracing-opentelemetry", "HTTP request", "otel::tracing", Level::TRACE),
    known("tonic-tracing-opentelemetry", "GRPC request", "otel::tracing", Level::TRACE),
    known("apalis", "task", "apalis::layers::tracing::make_span", Level::DEBUG),
    known("kube-client", "HTTP", "kube_client::client::builder", Level::DEBUG),
    known("aws-smithy-runtime", "try_attempt", "aws_smithy_runtime::client::orchestrator", Level::DEBUG),
    known("h2", "Connection", "h2::proto::connection", Level::DEBUG),
];

const fn known(
    crate_name: &'static str,
    name: &'static str,
    target: &'static str,
    level: Level,
) -> KnownSpan {
    KnownSpan { crate_name, name, target, level }
}
