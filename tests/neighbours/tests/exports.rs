//! With our layer each neighbour exports what it exports without it, and each failure is reported once.

use dispatch_failure_neighbours::{Filter, Neighbour, Ours, Stack, reporter};
use tracing::{
    Level, Span, debug, debug_span, enabled, error, error_span, event_enabled, field::Empty, info, info_span,
    instrument, span_enabled, trace, trace_span, warn, warn_span,
};
use tracing_dispatch_failure::MemoryRecord;

/// Asks what libraries ask before they log.
fn ask_questions() {
    enabled!(Level::INFO);
    enabled!(target: "sqlx::query", Level::DEBUG);
    event_enabled!(Level::ERROR);
    span_enabled!(Level::INFO);
    let _ = log::log_enabled!(log::Level::Info);
    let _ = log::log_enabled!(target: "sqlx::query", log::Level::Debug);
    let _ = log::log_enabled!(log::Level::Error);
}

#[instrument(name = "dispatch_session", skip_all, fields(session.id = id), err)]
fn dispatch(id: u64) -> Result<u64, String> {
    ask_questions();
    debug!(id, "connecting");
    info_span!("handshake").in_scope(|| {
        ask_questions();
        error!(error = "a handled error", "will use the other worker");
    });
    debug_span!("send").in_scope(|| trace!(bytes = 12, "sent"));
    ask_questions();
    if id % 2 == 1 { Err(format!("session {id} refused")) } else { Ok(id) }
}

/// Opens spans at all levels, with events at all levels in each. Spans more verbose than the directive get no
/// ERROR event, which would count as the dispatch span's own.
fn open_ordinary_spans() {
    for span in [
        || error_span!("ordinary", level = 1),
        || warn_span!("ordinary", level = 2),
        || info_span!("ordinary", level = 3),
    ] {
        ask_questions();
        span().in_scope(|| {
            error!(error = "lost", "at ERROR");
            emit_events();
        });
    }
    for span in [|| debug_span!("ordinary", level = 4), || trace_span!("ordinary", level = 5)] {
        ask_questions();
        span().in_scope(emit_events);
    }
}

fn emit_events() {
    ask_questions();
    warn!(attempt = 2, "at WARN");
    info!("at INFO");
    debug!("at DEBUG");
    trace!("at TRACE");
    log::info!("by log");
}

fn run_program() {
    ask_questions();
    info_span!("serve", tenant = "acme").in_scope(|| {
        for id in 0..4 {
            ask_questions();
            let _ = dispatch(id);
        }
        open_ordinary_spans();
    });
    ask_questions();
    info_span!("dispatch_session", session.id = 4, error = Empty).in_scope(|| {
        open_ordinary_spans();
        ask_questions();
        Span::current().record("error", "recorded later");
    });
    info_span!("dispatch_session", session.id = 6).in_scope(open_ordinary_spans);
    error!("the end");
}

/// The failing sessions and their errors, in the order in which their spans close.
const FAILURES: [(&str, &str); 3] =
    [("1", "session 1 refused"), ("3", "session 3 refused"), ("4", "recorded later")];

fn failure(record: &MemoryRecord) -> (String, String) {
    let failure = record.failure();
    let id = failure.field("session.id").map(|id| id.to_string()).unwrap_or_default();
    (id, failure.error().unwrap_or_default().to_owned())
}

fn assert_exports_unchanged(neighbour: Neighbour) {
    for filter in Filter::ALL {
        for spans in ["[dispatch_session]", "[dispatch_session],tower_http[request]=debug,[audit]=trace"] {
            let (reporter, memory) = reporter(spans);
            let without = Stack { neighbour, filter, ours: Ours::Absent }.exported(&reporter, run_program);
            assert!(memory.is_empty());
            assert!(without.len() > 1, "{neighbour:?} {filter:?} exports nothing");
            for ours in Ours::SEEN {
                let with = Stack { neighbour, filter, ours }.exported(&reporter, run_program);
                let others = with.iter().zip(&without).find(|(with, without)| with != without);
                assert_eq!(others, None, "{neighbour:?} {filter:?} {ours:?} {spans}");
                assert_eq!(with.len(), without.len(), "{neighbour:?} {filter:?} {ours:?} {spans}");
                let failures: Vec<_> = memory.take().iter().map(failure).collect();
                let expected = FAILURES.map(|(id, error)| (id.to_owned(), error.to_owned()));
                assert_eq!(failures, expected, "{neighbour:?} {filter:?} {ours:?} {spans}");
            }
        }
    }
}

#[test]
fn fmt_prints_the_same_beside_our_layer() {
    assert_exports_unchanged(Neighbour::Fmt);
}

#[test]
fn opentelemetry_exports_the_same_beside_our_layer() {
    assert_exports_unchanged(Neighbour::OpenTelemetry);
}

#[test]
fn sentry_sends_the_same_beside_our_layer() {
    assert_exports_unchanged(Neighbour::Sentry);
}
