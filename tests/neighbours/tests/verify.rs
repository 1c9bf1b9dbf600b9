//! `verify` asks filters only: beside it no layer sees a span, an event or a breadcrumb, and none is left
//! with an answer that was given to a probe.

use dispatch_failure_neighbours::{Filter, Neighbour, Ours, Stack, reporter};
use tracing::{error, error_span, info, info_span, warn};
use tracing_dispatch_failure::Reporter;

const ONE: &str = "[dispatch_session]";
const SEVERAL: &str = "[dispatch_session],tower_http[request]=debug,[audit]=warn,my_app=trace";

/// Every neighbour with every filter, in these stacks and with one and several directives.
fn everywhere(ours: &[Ours], check: impl Fn(Stack, &str)) {
    for neighbour in Neighbour::ALL {
        for filter in Filter::ALL {
            for spans in [ONE, SEVERAL] {
                ours.iter().for_each(|ours| check(Stack { neighbour, filter, ours: *ours }, spans));
            }
        }
    }
}

/// Runs `verify` in a stack, and then something; what the neighbour exports is what it exports where only
/// the latter is run and our layer is absent.
fn assert_leaves_nothing(stack: Stack, spans: &str, verify: fn(&Reporter), then: fn()) {
    let (reporter, memory) = reporter(spans);
    let exported = stack.exported(&reporter, || {
        // Twice, as the second time finds the probes' callsites known.
        verify(&reporter);
        verify(&reporter);
        then();
    });
    let expected = Stack { ours: stack.ours.absent(), ..stack }.exported(&reporter, then);
    assert_eq!(exported, expected, "{stack:?} {spans}");
    assert!(memory.is_empty(), "{stack:?} {spans}");
}

fn succeeds(reporter: &Reporter) {
    reporter.verify().unwrap();
}

fn finds_something(reporter: &Reporter) {
    assert!(reporter.verify().unwrap_err().is_hidden());
}

fn nothing() {}

#[test]
fn verify_leaves_nothing_in_a_neighbour() {
    everywhere(&Ours::SEEN, |stack, spans| {
        let (reporter, _) = reporter(spans);
        assert_eq!(stack.exported(&reporter, || succeeds(&reporter)), [""; 0], "{stack:?} {spans}");
    });
}

#[test]
fn verify_that_finds_something_hidden_leaves_nothing_in_a_neighbour() {
    everywhere(&Ours::HIDDEN, |stack, spans| {
        let (reporter, _) = reporter(spans);
        assert_eq!(stack.exported(&reporter, || finds_something(&reporter)), [""; 0], "{stack:?} {spans}");
        assert_leaves_nothing(stack, spans, finds_something, nothing);
    });
}

/// For a neighbour at ERROR or less the interest is `always`: nobody is asked, and a stale answer would count.
fn an_event() {
    error!(attempt = 2, "after");
    warn!("after");
    info!("after");
}

fn a_span() {
    error_span!("after", attempt = 2).in_scope(|| error!("within"));
    info_span!("after", attempt = 3).in_scope(|| info!("within"));
}

#[test]
fn an_event_right_after_verify_reaches_every_neighbour_that_wants_it() {
    everywhere(&Ours::SEEN, |stack, spans| assert_leaves_nothing(stack, spans, succeeds, an_event));
    everywhere(&Ours::HIDDEN, |stack, spans| assert_leaves_nothing(stack, spans, finds_something, an_event));
}

#[test]
fn a_span_right_after_verify_reaches_every_neighbour_that_wants_it() {
    everywhere(&Ours::SEEN, |stack, spans| assert_leaves_nothing(stack, spans, succeeds, a_span));
    everywhere(&Ours::HIDDEN, |stack, spans| assert_leaves_nothing(stack, spans, finds_something, a_span));
}

#[test]
fn in_a_stack_without_our_layer_verify_fails_and_leaves_nothing() {
    for then in [nothing, an_event, a_span] {
        everywhere(&[Ours::Absent, Ours::AbsentBehindWarn], |stack, spans| {
            assert_leaves_nothing(stack, spans, finds_something, then);
        });
    }
}

/// What the tests compare is something: each neighbour exports the error.
#[test]
fn every_neighbour_exports_an_event_after_verify() {
    everywhere(&Ours::SEEN, |stack, spans| {
        let (reporter, _) = reporter(spans);
        let exported = stack.exported(&reporter, || {
            succeeds(&reporter);
            error_span!("around").in_scope(an_event);
        });
        assert!(exported.iter().any(|line| line.contains("after")), "{stack:?} {exported:#?}");
    });
}
