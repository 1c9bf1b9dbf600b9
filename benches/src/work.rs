//! The application's work: the same code under every subscriber.

use std::{fmt, hint::black_box};
use tracing::{Span, debug_span, error, info, info_span, span::EnteredSpan, trace};

/// A value of the application: a text behind `Display`, which allocates nothing.
struct Shown(&'static str);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

pub(crate) const CAUSE: &str = "worker-a refused the connection";

/// The expected fields of [`dispatch_span`].
pub(crate) const FIELDS: [(&str, &str); 6] = [
    ("session.id", "U64(4711)"),
    ("worker", r#"Str("worker-a")"#),
    ("queue", r#"Str("orders.incoming")"#),
    ("attempt", "U64(2)"),
    ("urgent", "Bool(true)"),
    ("remote", r#"Str("10.0.0.17:5672")"#),
];

/// A dispatch span with six fields.
pub(crate) fn dispatch_span() -> Span {
    info_span!(
        "dispatch_session",
        session.id = black_box(4711_u64),
        worker = black_box("worker-a"),
        queue = black_box("orders.incoming"),
        attempt = black_box(2_u64),
        urgent = black_box(true),
        remote = %Shown(black_box("10.0.0.17:5672")),
    )
}

pub(crate) fn successful_span() {
    dispatch_span().in_scope(|| black_box(()));
}

/// Fails the span as `#[instrument(err)]` does, by an event in it.
pub(crate) fn failing_span() {
    dispatch_span().in_scope(|| error!(error = %Shown(black_box(CAUSE))));
}

/// A dispatch span with five short fields.
pub(crate) fn short_span() -> Span {
    info_span!(
        "dispatch_session",
        session.id = black_box(4711_u64),
        worker = black_box("worker-a"),
        queue = black_box("orders"),
        attempt = black_box(2_u64),
        urgent = black_box(true),
    )
}

pub(crate) fn disabled_event() {
    trace!(bytes = black_box(512_u64), "frame read");
}

pub(crate) fn enabled_event() {
    info!(order = black_box(17_u64), customer = black_box("acme"), "order accepted");
}

pub(crate) fn ordinary_span() {
    info_span!("handle_order", order = black_box(17_u64), customer = black_box("acme"))
        .in_scope(|| black_box(()));
}

/// Enters a dispatch span and ordinary spans in it, `depth` spans in total.
pub(crate) fn enter_spans(depth: usize) -> Vec<EnteredSpan> {
    let dispatch = dispatch_span().entered();
    let ordinary = (1..depth).map(|layer| info_span!("step", layer).entered());
    std::iter::once(dispatch).chain(ordinary).collect()
}

pub(crate) fn debug_span() {
    debug_span!("parse_order", order = black_box(17_u64), customer = black_box("acme"))
        .in_scope(|| black_box(()));
}

pub(crate) fn log_question() {
    black_box(log::log_enabled!(log::Level::Info));
}

pub(crate) fn log_info() {
    log::info!("order {} accepted", black_box(17_u64));
}

pub(crate) fn log_debug() {
    log::debug!("order {} parsed", black_box(17_u64));
}
