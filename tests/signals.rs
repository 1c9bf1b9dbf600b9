//! When a dispatch span counts as failed, which signal says so, and what the cause is.

mod support;

use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};
use support::{records_beside_others, records_of};
use tracing::{Span, debug, debug_span, error, field::Empty, info, info_span, instrument, warn};
use tracing_dispatch_failure::{Signal, Signals};

/// What a record says of the cause: the signal, the error, its type.
type Outcome = Option<(Signal, Option<String>, Option<String>)>;

fn outcome_of(vars: &[(&str, &str)], run: impl Fn()) -> Outcome {
    let alone = outcome(records_of(vars, &run));
    let beside_others = outcome(records_beside_others(vars, &run));
    assert_eq!(alone, beside_others, "another layer changes the result");
    alone
}

fn outcome(records: Vec<tracing_dispatch_failure::MemoryRecord>) -> Outcome {
    assert!(records.len() <= 1, "{} records of one span", records.len());
    let failure = records.first()?.failure();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Some((failure.signal(), owned(failure.error()), owned(failure.error_type())))
}

fn by(signal: Signal, error: &str) -> Outcome {
    Some((signal, Some(error.to_owned()), None))
}

fn silent(signal: Signal) -> Outcome {
    Some((signal, None, None))
}

/// A dispatch span that can record everything.
fn session() -> Span {
    info_span!(
        "dispatch_session",
        otel.status_code = Empty,
        otel.status_description = Empty,
        error = Empty,
        "error.type" = Empty,
        error.message = Empty,
        "exception.type" = Empty,
        exception.message = Empty,
    )
}

/// Lets a panic unwind through the span, without the noise of a hook.
fn panic_in(span: &Span) {
    let _ = catch_unwind(AssertUnwindSafe(|| span.in_scope(|| resume_unwind(Box::new("a panic")))));
}

/// Lets one signal speak in a span, with a text of its own where it can have one.
fn give(signal: Signal, span: &Span) {
    match signal {
        Signal::Status => {
            span.record("otel.status_code", "ERROR").record("otel.status_description", "the status");
        }
        Signal::ErrorField => _ = span.record("error", "the field"),
        Signal::Err => error!(parent: span, error = "the event", "failed"),
        Signal::Response => error!(parent: span, classification = "the response", "response failed"),
        Signal::Panic => panic_in(span),
        Signal::ErrorEvent => error!(parent: span, "the other event"),
        Signal::Unfinished => {}
        _ => unreachable!(),
    }
}

fn text_of(signal: Signal) -> Option<&'static str> {
    match signal {
        Signal::Status => Some("the status"),
        Signal::ErrorField => Some("the field"),
        Signal::Err => Some("the event"),
        Signal::Response => Some("the response"),
        Signal::ErrorEvent => Some("the other event"),
        _ => None,
    }
}

const EVERY_SIGNAL: [(&str, &str); 1] = [("SIGNALS", "+error-event,+unfinished")];
/// All signals but `unfinished`, which otherwise always speaks.
const EVERY_EVENT: [(&str, &str); 1] = [("SIGNALS", "+error-event")];

#[test]
fn a_span_without_any_signal_succeeded() {
    assert_eq!(outcome_of(&[], || session().in_scope(|| info!("done"))), None);
    assert_eq!(outcome_of(&EVERY_EVENT, || session().in_scope(|| warn!("slow"))), None);
}

#[test]
fn each_signal_alone_fails_the_span() {
    for signal in Signal::ALL {
        let vars = [("SIGNALS", signal.name())];
        let expected = Some((signal, text_of(signal).map(str::to_owned), None));
        assert_eq!(outcome_of(&vars, || give(signal, &session())), expected, "{signal}");
    }
}

#[test]
fn by_default_every_signal_counts_but_error_event_and_unfinished() {
    for signal in Signal::ALL {
        let failed = outcome_of(&[], || give(signal, &session())).is_some();
        assert_eq!(failed, !matches!(signal, Signal::ErrorEvent | Signal::Unfinished), "{signal}");
    }
}

#[test]
fn a_signal_that_is_switched_off_says_nothing() {
    for signal in Signal::ALL {
        let others: Signals = Signal::ALL.into_iter().filter(|other| *other != signal).collect();
        let others = others.without(Signal::Unfinished).to_string();
        assert_eq!(outcome_of(&[("SIGNALS", &others)], || give(signal, &session())), None, "{signal}");
    }
}

#[test]
fn of_two_signals_the_first_is_named_and_the_first_text_told() {
    for first in Signal::ALL {
        for second in Signal::ALL.into_iter().filter(|second| first < *second) {
            let text = text_of(first).or(text_of(second)).map(str::to_owned);
            let expected = Some((first, text, None));
            let vars = [("SIGNALS", format!("{first},{second}"))];
            let vars = vars.each_ref().map(|(name, value)| (*name, value.as_str()));
            for order in [[first, second], [second, first]] {
                let run = || {
                    let span = session();
                    order.into_iter().for_each(|signal| give(signal, &span));
                };
                assert_eq!(outcome_of(&vars, run), expected, "{order:?}");
            }
        }
    }
}

#[test]
fn a_signal_without_a_text_leaves_it_to_the_next() {
    let span = || {
        let span = session();
        span.record("otel.status_code", "ERROR");
        span.record("error.type", "Timeout");
        give(Signal::Err, &span);
        span
    };
    let expected = Some((Signal::Status, Some("the event".to_owned()), Some("Timeout".to_owned())));
    assert_eq!(outcome_of(&[], || drop(span())), expected);
}

#[test]
fn ok_clears_whatever_else_was_seen() {
    for signal in Signal::ALL.into_iter().filter(|signal| *signal != Signal::Status) {
        for ok in ["OK", "Ok", "ok"] {
            let before = || {
                let span = session();
                span.record("otel.status_code", ok);
                give(signal, &span);
            };
            let after = || {
                let span = session();
                give(signal, &span);
                span.record("otel.status_code", ok);
            };
            assert_eq!(outcome_of(&EVERY_SIGNAL, before), None, "{ok}, then {signal}");
            assert_eq!(outcome_of(&EVERY_SIGNAL, after), None, "{signal}, then {ok}");
        }
    }
}

#[test]
fn the_last_status_counts() {
    let recorded = |values: &'static [&'static str]| {
        move || {
            let span = session();
            for value in values {
                span.record("otel.status_code", value);
            }
        }
    };
    assert_eq!(outcome_of(&[], recorded(&["OK", "ERROR"])), silent(Signal::Status));
    assert_eq!(outcome_of(&[], recorded(&["error", "ok"])), None);
    assert_eq!(outcome_of(&[], recorded(&["error", "unset"])), None);
    assert_eq!(outcome_of(&[("SIGNALS", "unfinished")], recorded(&["ok"])), None);
    assert_eq!(outcome_of(&[("SIGNALS", "unfinished")], recorded(&["unset"])), silent(Signal::Unfinished));
}

#[test]
fn a_status_may_be_shown_in_any_way() {
    #[derive(Debug)]
    enum Status {
        Error,
        Ok,
    }
    let failed = silent(Signal::Status);
    let run = |open: fn() -> Span| outcome_of(&[("SIGNALS", "status,unfinished")], || drop(open()));
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = "Error")), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?Status::Error)), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?"ERROR")), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = %"error")), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?Status::Ok)), None);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?"OK")), None);
    let unfinished = silent(Signal::Unfinished);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = 2)), unfinished);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = "ERROR: x")), unfinished);
}

#[derive(Debug)]
struct Refused(Option<Box<Refused>>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "dispatch failed" } else { "connection refused" })
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_deref().map(|source| source as _)
    }
}

fn refused() -> Refused {
    Refused(Some(Box::new(Refused(None))))
}

#[test]
fn error_fields_count_unless_they_say_that_there_is_no_error() {
    let field = |text: &str| by(Signal::ErrorField, text);
    macro_rules! error {
        ($($value:tt)*) => { outcome_of(&[], || drop(info_span!("dispatch_session", error = $($value)*))) };
    }
    assert_eq!(error!("refused"), field("refused"));
    assert_eq!(error!(%"refused"), field("refused"));
    assert_eq!(error!(?Some("refused")), field("Some(\"refused\")"));
    assert_eq!(error!(true), silent(Signal::ErrorField));
    assert_eq!(error!(?true), silent(Signal::ErrorField));
    assert_eq!(error!(0), field("0"));
    assert_eq!(error!(-7), field("-7"));
    assert_eq!(error!(u128::MAX), field("340282366920938463463374607431768211455"));
    assert_eq!(error!(0.5), field("0.5"));
    assert_eq!(error!(&refused() as &(dyn Error + 'static)), field("dispatch failed: connection refused"));
    assert_eq!(error!(%refused()), field("dispatch failed"));

    assert_eq!(error!(Empty), None);
    assert_eq!(error!(false), None);
    assert_eq!(error!(%false), None);
    assert_eq!(error!(""), None);
    assert_eq!(error!(%""), None);
    assert_eq!(error!(?""), None);
    assert_eq!(error!(?None::<Refused>), None);
    assert_eq!(error!("None"), None);
    assert_eq!(error!(None::<bool>), None);
}

#[test]
fn every_error_field_fails_the_span_and_gives_text_or_type() {
    let text = |text: &str| by(Signal::ErrorField, text);
    let r#type = |text: &str| Some((Signal::ErrorField, None, Some(text.to_owned())));
    for (field, expected) in [
        ("error", text("x")),
        ("error.message", text("x")),
        ("exception.message", text("x")),
        ("error.type", r#type("x")),
        ("exception.type", r#type("x")),
        ("otel.status_description", None),
    ] {
        let run = || _ = session().record(field, "x");
        assert_eq!(outcome_of(&[], run), expected, "{field}");
    }
}

#[test]
fn the_last_value_of_an_error_field_counts() {
    let recorded = |first: &'static str, last: &'static str| {
        outcome_of(&[], || _ = session().record("error", first).record("error", last))
    };
    assert_eq!(recorded("first", "last"), by(Signal::ErrorField, "last"));
    assert_eq!(recorded("first", ""), None);
    assert_eq!(recorded("", "last"), by(Signal::ErrorField, "last"));
}

#[instrument(name = "dispatch_session", err)]
fn fails() -> Result<(), Refused> {
    Err(refused())
}

#[instrument(name = "dispatch_session", err(Debug))]
fn fails_in_debug() -> Result<(), Refused> {
    Err(Refused(None))
}

#[instrument(name = "dispatch_session", err(level = "warn"))]
fn fails_with_a_warning() -> Result<(), Refused> {
    Err(refused())
}

#[instrument(name = "dispatch_session", err(level = "debug"))]
fn fails_for_debuggers() -> Result<(), Refused> {
    Err(refused())
}

#[instrument(name = "dispatch_session", ret, err)]
fn succeeds() -> Result<&'static str, Refused> {
    Ok("done")
}

#[instrument(name = "dispatch_session", err)]
async fn fails_later() -> Result<(), Refused> {
    tokio::task::yield_now().await;
    Err(refused())
}

#[test]
fn instrument_err_is_seen_at_every_level_that_is_looked_at() {
    let err = by(Signal::Err, "dispatch failed");
    assert_eq!(outcome_of(&[], || _ = fails()), err);
    assert_eq!(outcome_of(&[], || _ = fails_in_debug()), by(Signal::Err, "Refused(None)"));
    assert_eq!(outcome_of(&[], || _ = fails_with_a_warning()), err);
    assert_eq!(outcome_of(&[], || _ = succeeds()), None);
    assert_eq!(outcome_of(&[], || _ = fails_for_debuggers()), None);
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=debug")], || _ = fails_for_debuggers()), err);
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=warn")], || _ = fails()), None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(outcome_of(&[], || _ = runtime.block_on(fails_later())), err);
}

#[test]
fn an_error_event_with_an_error_counts_as_err() {
    let in_session = |event: fn()| outcome_of(&EVERY_EVENT, || session().in_scope(event));
    let err = |text: &str| by(Signal::Err, text);
    assert_eq!(in_session(|| error!(error = "refused", "failed")), err("refused"));
    assert_eq!(in_session(|| error!(err = %Refused(None))), err("connection refused"));
    assert_eq!(
        in_session(|| error!(error = &refused() as &dyn Error)),
        err("dispatch failed: connection refused")
    );
    assert_eq!(in_session(|| error!(exception.message = "refused")), err("refused"));
    assert_eq!(
        in_session(|| error!("error.type" = "Timeout", "too slow")),
        Some((Signal::Err, Some("too slow".to_owned()), Some("Timeout".to_owned()))),
    );
    assert_eq!(
        in_session(|| error!("exception.type" = "Timeout")),
        Some((Signal::Err, None, Some("Timeout".to_owned()))),
    );
    assert_eq!(in_session(|| error!(exception.stacktrace = "…", "broken")), err("broken"));
    assert_eq!(in_session(|| error!(errors = 3, "failed")), by(Signal::ErrorEvent, "failed"));
}

#[test]
fn the_last_event_counts() {
    let run = || {
        session().in_scope(|| {
            error!(error = "first", "error.type" = "First");
            error!(error = "last");
        });
    };
    assert_eq!(outcome_of(&[], run), by(Signal::Err, "last"));
}

#[test]
fn a_retry_s_warning_is_no_failure() {
    let run = || {
        session().in_scope(|| {
            warn!(error = %Refused(None), attempt = 2);
            warn!(error = %Refused(None));
            warn!(error = %Refused(None), "will try again");
            debug!(error = %Refused(None));
        });
    };
    assert_eq!(outcome_of(&EVERY_EVENT, run), None);
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=trace")], run), None);
}

#[test]
fn a_child_s_error_is_the_child_s() {
    let fails = || error!(error = "the child's", "failed");
    for vars in [&EVERY_EVENT[..], &[("SIGNALS", "+error-event"), ("CONTEXT", "[step]=debug")]] {
        let contextual = || session().in_scope(|| info_span!("step").in_scope(fails));
        assert_eq!(outcome_of(vars, contextual), None);
        let explicit = || {
            let session = session();
            let step = info_span!(parent: &session, "step");
            error!(parent: &step, error = "the child's");
            step.in_scope(fails);
        };
        assert_eq!(outcome_of(vars, explicit), None);
        let back = || {
            session().in_scope(|| {
                info_span!("step").in_scope(fails);
                error!(error = "its own");
            });
        };
        assert_eq!(outcome_of(vars, back), by(Signal::Err, "its own"));
    }
}

/// A span that no layer looks at does not exist, so its events stand in the span around it.
#[test]
fn a_span_of_a_level_that_is_not_looked_at_makes_no_difference() {
    let run = || session().in_scope(|| debug_span!("attempt").in_scope(|| error!(error = "refused")));
    assert_eq!(outcome_of(&[], run), by(Signal::Err, "refused"));
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=debug")], run), None);
}

#[test]
fn an_event_belongs_to_the_parent_that_it_names() {
    let named = || {
        let session = session();
        info_span!("elsewhere").in_scope(|| error!(parent: &session, error = "named"));
    };
    assert_eq!(outcome_of(&[], named), by(Signal::Err, "named"));
    let outside = || {
        let session = session();
        error!(parent: &session, error = "named");
    };
    assert_eq!(outcome_of(&[], outside), by(Signal::Err, "named"));
    let root = || session().in_scope(|| error!(parent: None, error = "nobody's"));
    assert_eq!(outcome_of(&EVERY_EVENT, root), None);
    let other = || session().in_scope(|| error!(parent: &info_span!("step"), error = "the step's"));
    assert_eq!(outcome_of(&EVERY_EVENT, other), None);
}

#[test]
fn tower_http_s_failure_is_a_response() {
    let run = || {
        let span = session();
        let classification = format_args!("Status code: {}", 503);
        error!(parent: &span, classification = %classification, latency = %"12 ms", "response failed");
    };
    assert_eq!(outcome_of(&[], run), by(Signal::Response, "Status code: 503"));
    // `TraceLayer` may be told another level.
    let quieter = || session().in_scope(|| info!(classification = "Status code: 503", "response failed"));
    assert_eq!(outcome_of(&[], quieter), by(Signal::Response, "Status code: 503"));
    let other = || {
        session().in_scope(|| {
            error!(classification = "secret", "document filed");
            error!("response failed");
        });
    };
    assert_eq!(outcome_of(&[], other), None);
}

/// Runs something while its thread is panicking.
struct WhilePanicking<F: FnMut()>(F);

impl<F: FnMut()> Drop for WhilePanicking<F> {
    fn drop(&mut self) {
        assert!(std::thread::panicking());
        (self.0)();
    }
}

fn while_panicking(run: impl FnMut()) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _guard = WhilePanicking(run);
        resume_unwind(Box::new("a stranger's panic"));
    }));
}

#[test]
fn a_panic_through_the_span_fails_it() {
    assert_eq!(outcome_of(&[], || panic_in(&session())), silent(Signal::Panic));
    let deep = || {
        let _ = catch_unwind(|| {
            session().in_scope(|| info_span!("step").in_scope(|| resume_unwind(Box::new(()))));
        });
    };
    assert_eq!(outcome_of(&[], deep), silent(Signal::Panic));
    let caught_inside = || {
        session().in_scope(|| {
            let _ = catch_unwind(|| resume_unwind(Box::new(())));
        });
    };
    assert_eq!(outcome_of(&[], caught_inside), None);
}

#[test]
fn a_stranger_s_panic_fails_no_span() {
    let opened_in_a_drop = || while_panicking(|| session().in_scope(|| info!("cleaning up")));
    assert_eq!(outcome_of(&[], opened_in_a_drop), None);
    let idle = || {
        let mut span = Some(session());
        while_panicking(|| drop(span.take()));
    };
    assert_eq!(outcome_of(&[], idle), None);
    let entered_again = || {
        let span = session();
        span.in_scope(|| info!("working"));
        while_panicking(|| span.in_scope(|| info!("cleaning up")));
    };
    assert_eq!(outcome_of(&[], entered_again), None);
    let entered_twice = || {
        let span = session();
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let _entered = span.enter();
            let _guard = WhilePanicking(|| span.in_scope(|| info!("cleaning up")));
            resume_unwind(Box::new("its own panic"));
        }));
    };
    assert_eq!(outcome_of(&[], entered_twice), silent(Signal::Panic));
}

#[test]
fn a_span_that_is_left_after_a_stranger_s_panic_may_fail_by_its_own() {
    let run = || {
        let span = session();
        let mut kept = None;
        while_panicking(|| kept = Some(span.clone().entered()));
        drop(kept);
        panic_in(&span);
    };
    assert_eq!(outcome_of(&[], run), silent(Signal::Panic));
}

#[test]
fn a_cancelled_future_is_unfinished_where_that_counts() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let cancelled = || {
        runtime.block_on(async {
            let mut dispatch = Box::pin(dispatch_without_end());
            // Polled once, then dropped.
            std::future::poll_fn(|context| {
                assert!(dispatch.as_mut().poll(context).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
        });
    };
    assert_eq!(outcome_of(&[], cancelled), None);
    assert_eq!(outcome_of(&[("SIGNALS", "+unfinished")], cancelled), silent(Signal::Unfinished));
}

#[instrument(name = "dispatch_session", err, fields(otel.status_code = Empty))]
async fn dispatch_without_end() -> Result<(), Refused> {
    std::future::pending::<()>().await;
    Span::current().record("otel.status_code", "OK");
    Ok(())
}

#[test]
fn what_is_not_selected_never_fails() {
    let run = || {
        info_span!("handle_order", error = "x").in_scope(|| error!(error = "y"));
        tracing::debug_span!("dispatch_session", error = "x").in_scope(|| ());
        error!(error = "outside of all spans");
    };
    assert_eq!(outcome_of(&EVERY_SIGNAL, run), None);
    let excluded = [("SPANS", "[dispatch_*],[dispatch_probe]=off")];
    assert_eq!(outcome_of(&excluded, || drop(info_span!("dispatch_probe", error = "x"))), None);
}
