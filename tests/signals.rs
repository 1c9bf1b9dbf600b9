//! When a dispatch span counts as failed, by which signal, and with which cause.

mod support;

use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};
use support::{records_beside_others, records_of};
use tracing::{Span, debug, debug_span, error, field::Empty, info, info_span, instrument, warn};
use tracing_dispatch_failure::{Signal, Signals};

/// The signal, the error and the error type of a record.
type Outcome = Option<(Signal, Option<String>, Option<String>)>;

/// Returns the outcome of one span, which must be the same alone and beside other layers.
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

fn failed_with(signal: Signal, error: &str) -> Outcome {
    Some((signal, Some(error.to_owned()), None))
}

fn failed_without_text(signal: Signal) -> Outcome {
    Some((signal, None, None))
}

/// Opens a dispatch span that can record every field that a signal reads.
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

/// Raises one signal in a span, with its own text if it can have one.
fn raise(signal: Signal, span: &Span) {
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

const ALL_SIGNALS: [(&str, &str); 1] = [("SIGNALS", "+error-event,+unfinished")];
/// All signals except `unfinished`, which would fail every span.
const ALL_BUT_UNFINISHED: [(&str, &str); 1] = [("SIGNALS", "+error-event")];

#[test]
fn a_span_without_any_signal_succeeds() {
    assert_eq!(outcome_of(&[], || session().in_scope(|| info!("done"))), None);
    assert_eq!(outcome_of(&ALL_BUT_UNFINISHED, || session().in_scope(|| warn!("slow"))), None);
}

#[test]
fn each_signal_alone_fails_the_span() {
    for signal in Signal::ALL.iter().copied() {
        let vars = [("SIGNALS", signal.name())];
        let expected = Some((signal, text_of(signal).map(str::to_owned), None));
        assert_eq!(outcome_of(&vars, || raise(signal, &session())), expected, "{signal}");
    }
}

#[test]
fn by_default_every_signal_counts_but_error_event_and_unfinished() {
    for signal in Signal::ALL.iter().copied() {
        let failed = outcome_of(&[], || raise(signal, &session())).is_some();
        assert_eq!(failed, !matches!(signal, Signal::ErrorEvent | Signal::Unfinished), "{signal}");
    }
}

#[test]
fn a_signal_that_is_switched_off_fails_no_span() {
    for signal in Signal::ALL.iter().copied() {
        let others: Signals = Signal::ALL.iter().copied().filter(|other| *other != signal).collect();
        let others = others.without(Signal::Unfinished).to_string();
        assert_eq!(outcome_of(&[("SIGNALS", &others)], || raise(signal, &session())), None, "{signal}");
    }
}

#[test]
fn of_two_signals_a_record_has_the_first_and_the_first_text() {
    for first in Signal::ALL.iter().copied() {
        for second in Signal::ALL.iter().copied().filter(|second| first < *second) {
            let text = text_of(first).or(text_of(second)).map(str::to_owned);
            let expected = Some((first, text, None));
            let vars = [("SIGNALS", format!("{first},{second}"))];
            let vars = vars.each_ref().map(|(name, value)| (*name, value.as_str()));
            for order in [[first, second], [second, first]] {
                let run = || {
                    let span = session();
                    order.into_iter().for_each(|signal| raise(signal, &span));
                };
                assert_eq!(outcome_of(&vars, run), expected, "{order:?}");
            }
        }
    }
}

#[test]
fn a_signal_without_a_text_takes_the_text_of_the_next() {
    let span = || {
        let span = session();
        span.record("otel.status_code", "ERROR");
        span.record("error.type", "Timeout");
        raise(Signal::Err, &span);
        span
    };
    let expected = Some((Signal::Status, Some("the event".to_owned()), Some("Timeout".to_owned())));
    assert_eq!(outcome_of(&[], || drop(span())), expected);
}

#[test]
fn status_ok_overrides_every_other_signal() {
    for signal in Signal::ALL.iter().copied().filter(|signal| *signal != Signal::Status) {
        for ok in ["OK", "Ok", "ok"] {
            let before = || {
                let span = session();
                span.record("otel.status_code", ok);
                raise(signal, &span);
            };
            let after = || {
                let span = session();
                raise(signal, &span);
                span.record("otel.status_code", ok);
            };
            assert_eq!(outcome_of(&ALL_SIGNALS, before), None, "{ok}, then {signal}");
            assert_eq!(outcome_of(&ALL_SIGNALS, after), None, "{signal}, then {ok}");
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
    assert_eq!(outcome_of(&[], recorded(&["OK", "ERROR"])), failed_without_text(Signal::Status));
    assert_eq!(outcome_of(&[], recorded(&["error", "ok"])), None);
    assert_eq!(outcome_of(&[], recorded(&["error", "unset"])), None);
    assert_eq!(outcome_of(&[("SIGNALS", "unfinished")], recorded(&["ok"])), None);
    assert_eq!(
        outcome_of(&[("SIGNALS", "unfinished")], recorded(&["unset"])),
        failed_without_text(Signal::Unfinished)
    );
}

#[test]
fn a_status_may_be_recorded_in_any_form() {
    #[derive(Debug)]
    enum Status {
        Error,
        Ok,
    }
    let failed = failed_without_text(Signal::Status);
    let run = |open: fn() -> Span| outcome_of(&[("SIGNALS", "status,unfinished")], || drop(open()));
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = "Error")), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?Status::Error)), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?"ERROR")), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = %"error")), failed);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?Status::Ok)), None);
    assert_eq!(run(|| info_span!("dispatch_session", otel.status_code = ?"OK")), None);
    let unfinished = failed_without_text(Signal::Unfinished);
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
fn an_error_field_counts_unless_its_value_means_no_error() {
    let field = |text: &str| failed_with(Signal::ErrorField, text);
    macro_rules! error {
        ($($value:tt)*) => { outcome_of(&[], || drop(info_span!("dispatch_session", error = $($value)*))) };
    }
    assert_eq!(error!("refused"), field("refused"));
    assert_eq!(error!(%"refused"), field("refused"));
    assert_eq!(error!(?Some("refused")), field("Some(\"refused\")"));
    assert_eq!(error!(true), failed_without_text(Signal::ErrorField));
    assert_eq!(error!(?true), failed_without_text(Signal::ErrorField));
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
fn every_error_field_fails_the_span_with_its_text_or_type() {
    let text = |text: &str| failed_with(Signal::ErrorField, text);
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
    assert_eq!(recorded("first", "last"), failed_with(Signal::ErrorField, "last"));
    assert_eq!(recorded("first", ""), None);
    assert_eq!(recorded("", "last"), failed_with(Signal::ErrorField, "last"));
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
fn instrument_err_counts_at_every_level_of_the_directive() {
    let err = failed_with(Signal::Err, "dispatch failed");
    assert_eq!(outcome_of(&[], || _ = fails()), err);
    assert_eq!(outcome_of(&[], || _ = fails_in_debug()), failed_with(Signal::Err, "Refused(None)"));
    assert_eq!(outcome_of(&[], || _ = fails_with_a_warning()), err);
    assert_eq!(outcome_of(&[], || _ = succeeds()), None);
    assert_eq!(outcome_of(&[], || _ = fails_for_debuggers()), None);
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=debug")], || _ = fails_for_debuggers()), err);
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=warn")], || _ = fails()), None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(outcome_of(&[], || _ = runtime.block_on(fails_later())), err);
}

#[test]
fn an_error_event_with_an_error_field_counts_as_err() {
    let in_session = |event: fn()| outcome_of(&ALL_BUT_UNFINISHED, || session().in_scope(event));
    let err = |text: &str| failed_with(Signal::Err, text);
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
    assert_eq!(in_session(|| error!(errors = 3, "failed")), failed_with(Signal::ErrorEvent, "failed"));
}

#[test]
fn the_last_event_counts() {
    let run = || {
        session().in_scope(|| {
            error!(error = "first", "error.type" = "First");
            error!(error = "last");
        });
    };
    assert_eq!(outcome_of(&[], run), failed_with(Signal::Err, "last"));
}

#[test]
fn a_warning_about_a_retry_is_no_failure() {
    let run = || {
        session().in_scope(|| {
            warn!(error = %Refused(None), attempt = 2);
            warn!(error = %Refused(None));
            warn!(error = %Refused(None), "will try again");
            debug!(error = %Refused(None));
        });
    };
    assert_eq!(outcome_of(&ALL_BUT_UNFINISHED, run), None);
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=trace")], run), None);
}

#[test]
fn an_error_in_a_child_does_not_fail_the_dispatch() {
    let fails = || error!(error = "the child's", "failed");
    for vars in [&ALL_BUT_UNFINISHED[..], &[("SIGNALS", "+error-event"), ("CONTEXT", "[step]=debug")]] {
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
        assert_eq!(outcome_of(vars, back), failed_with(Signal::Err, "its own"));
    }
}

/// A span that no layer wants does not exist, so its events belong to the span around it.
#[test]
fn an_error_in_a_span_more_verbose_than_the_directive_fails_the_dispatch() {
    let run = || session().in_scope(|| debug_span!("attempt").in_scope(|| error!(error = "refused")));
    assert_eq!(outcome_of(&[], run), failed_with(Signal::Err, "refused"));
    assert_eq!(outcome_of(&[("SPANS", "[dispatch_session]=debug")], run), None);
}

#[test]
fn an_event_belongs_to_the_parent_that_it_names() {
    let named = || {
        let session = session();
        info_span!("elsewhere").in_scope(|| error!(parent: &session, error = "named"));
    };
    assert_eq!(outcome_of(&[], named), failed_with(Signal::Err, "named"));
    let outside = || {
        let session = session();
        error!(parent: &session, error = "named");
    };
    assert_eq!(outcome_of(&[], outside), failed_with(Signal::Err, "named"));
    let root = || session().in_scope(|| error!(parent: None, error = "nobody's"));
    assert_eq!(outcome_of(&ALL_BUT_UNFINISHED, root), None);
    let other = || session().in_scope(|| error!(parent: &info_span!("step"), error = "the step's"));
    assert_eq!(outcome_of(&ALL_BUT_UNFINISHED, other), None);
}

#[test]
fn a_failure_of_tower_http_counts_as_response() {
    let run = || {
        let span = session();
        let classification = format_args!("Status code: {}", 503);
        error!(parent: &span, classification = %classification, latency = %"12 ms", "response failed");
    };
    assert_eq!(outcome_of(&[], run), failed_with(Signal::Response, "Status code: 503"));
    // `TraceLayer` can be set to another level.
    let quieter = || session().in_scope(|| info!(classification = "Status code: 503", "response failed"));
    assert_eq!(outcome_of(&[], quieter), failed_with(Signal::Response, "Status code: 503"));
    let other = || {
        session().in_scope(|| {
            error!(classification = "secret", "document filed");
            error!("response failed");
        });
    };
    assert_eq!(outcome_of(&[], other), None);
}

/// Runs a function when it is dropped, while its thread is panicking.
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
        resume_unwind(Box::new("a panic from elsewhere"));
    }));
}

#[test]
fn a_panic_that_unwinds_through_the_span_fails_it() {
    assert_eq!(outcome_of(&[], || panic_in(&session())), failed_without_text(Signal::Panic));
    let deep = || {
        let _ = catch_unwind(|| {
            session().in_scope(|| info_span!("step").in_scope(|| resume_unwind(Box::new(()))));
        });
    };
    assert_eq!(outcome_of(&[], deep), failed_without_text(Signal::Panic));
    let caught_inside = || {
        session().in_scope(|| {
            let _ = catch_unwind(|| resume_unwind(Box::new(())));
        });
    };
    assert_eq!(outcome_of(&[], caught_inside), None);
}

#[test]
fn a_panic_from_elsewhere_fails_no_span() {
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
    assert_eq!(outcome_of(&[], entered_twice), failed_without_text(Signal::Panic));
}

#[test]
fn a_span_that_exits_after_a_panic_from_elsewhere_still_fails_by_its_own_panic() {
    let run = || {
        let span = session();
        let mut kept = None;
        while_panicking(|| kept = Some(span.clone().entered()));
        drop(kept);
        panic_in(&span);
    };
    assert_eq!(outcome_of(&[], run), failed_without_text(Signal::Panic));
}

#[test]
fn a_cancelled_future_fails_only_if_unfinished_counts() {
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
    assert_eq!(outcome_of(&[("SIGNALS", "+unfinished")], cancelled), failed_without_text(Signal::Unfinished));
}

#[instrument(name = "dispatch_session", err, fields(otel.status_code = Empty))]
async fn dispatch_without_end() -> Result<(), Refused> {
    std::future::pending::<()>().await;
    Span::current().record("otel.status_code", "OK");
    Ok(())
}

#[test]
fn a_span_that_is_not_selected_never_fails() {
    let run = || {
        info_span!("handle_order", error = "x").in_scope(|| error!(error = "y"));
        tracing::debug_span!("dispatch_session", error = "x").in_scope(|| ());
        error!(error = "outside of all spans");
    };
    assert_eq!(outcome_of(&ALL_SIGNALS, run), None);
    let excluded = [("SPANS", "[dispatch_*],[dispatch_probe]=off")];
    assert_eq!(outcome_of(&excluded, || drop(info_span!("dispatch_probe", error = "x"))), None);
}
