//! `verify` asks only filters: no neighbour sees a span, an event or a breadcrumb, and no filter keeps an
//! answer that it gave to a probe.

use dispatch_failure_neighbours::{Filter, Neighbour, Ours, Stack, reporter};
use tracing::{error, error_span, info, info_span, warn};
use tracing_dispatch_failure::Reporter;

const ONE_DIRECTIVE: &str = "[dispatch_session]";
const SEVERAL_DIRECTIVES: &str = "[dispatch_session],tower_http[request]=debug,[audit]=warn,my_app=trace";

/// Checks stacks of every neighbour with every filter and our layer in these positions, with one directive
/// and with several.
fn for_all_stacks(ours: &[Ours], check: impl Fn(Stack, &str)) {
    for neighbour in Neighbour::ALL {
        for filter in Filter::ALL {
            for spans in [ONE_DIRECTIVE, SEVERAL_DIRECTIVES] {
                ours.iter().for_each(|ours| check(Stack { neighbour, filter, ours: *ours }, spans));
            }
        }
    }
}

/// Runs `verify` and then `then` in a stack. The neighbour must export what it exports of `then` alone in a
/// stack without our layer.
fn assert_verify_leaves_nothing(stack: Stack, spans: &str, verify: fn(&Reporter), then: fn()) {
    let (reporter, memory) = reporter(spans);
    let exported = stack.exported(&reporter, || {
        // Twice: the second time the probes' callsites are registered already.
        verify(&reporter);
        verify(&reporter);
        then();
    });
    let expected = Stack { ours: stack.ours.absent(), ..stack }.exported(&reporter, then);
    assert_eq!(exported, expected, "{stack:?} {spans}");
    assert!(memory.is_empty(), "{stack:?} {spans}");
}

fn verify_ok(reporter: &Reporter) {
    reporter.verify().unwrap();
}

fn verify_finds_hidden(reporter: &Reporter) {
    assert!(reporter.verify().unwrap_err().is_verification());
}

fn do_nothing() {}

#[test]
fn verify_makes_no_neighbour_export_anything() {
    for_all_stacks(&Ours::SEEN, |stack, spans| {
        let (reporter, _) = reporter(spans);
        assert_eq!(stack.exported(&reporter, || verify_ok(&reporter)), [""; 0], "{stack:?} {spans}");
    });
}

#[test]
fn verify_that_finds_hidden_spans_makes_no_neighbour_export_anything() {
    for_all_stacks(&Ours::HIDDEN, |stack, spans| {
        let (reporter, _) = reporter(spans);
        assert_eq!(
            stack.exported(&reporter, || verify_finds_hidden(&reporter)),
            [""; 0],
            "{stack:?} {spans}"
        );
        assert_verify_leaves_nothing(stack, spans, verify_finds_hidden, do_nothing);
    });
}

/// A neighbour with a level has the interest `always` in the error: its filter is not asked again, so a stale
/// answer would count.
fn emit_events() {
    error!(attempt = 2, "after");
    warn!("after");
    info!("after");
}

fn open_spans() {
    error_span!("after", attempt = 2).in_scope(|| error!("within"));
    info_span!("after", attempt = 3).in_scope(|| info!("within"));
}

#[test]
fn an_event_right_after_verify_reaches_every_neighbour_that_wants_it() {
    for_all_stacks(&Ours::SEEN, |stack, spans| {
        assert_verify_leaves_nothing(stack, spans, verify_ok, emit_events)
    });
    for_all_stacks(&Ours::HIDDEN, |stack, spans| {
        assert_verify_leaves_nothing(stack, spans, verify_finds_hidden, emit_events)
    });
}

#[test]
fn a_span_right_after_verify_reaches_every_neighbour_that_wants_it() {
    for_all_stacks(&Ours::SEEN, |stack, spans| {
        assert_verify_leaves_nothing(stack, spans, verify_ok, open_spans)
    });
    for_all_stacks(&Ours::HIDDEN, |stack, spans| {
        assert_verify_leaves_nothing(stack, spans, verify_finds_hidden, open_spans)
    });
}

#[test]
fn verify_fails_and_leaves_nothing_in_a_stack_without_our_layer() {
    for then in [do_nothing, emit_events, open_spans] {
        for_all_stacks(&[Ours::Absent, Ours::AbsentBehindWarn], |stack, spans| {
            assert_verify_leaves_nothing(stack, spans, verify_finds_hidden, then);
        });
    }
}

/// Guards the comparisons above, which would also hold if the neighbours exported nothing.
#[test]
fn every_neighbour_exports_an_event_after_verify() {
    for_all_stacks(&Ours::SEEN, |stack, spans| {
        let (reporter, _) = reporter(spans);
        let exported = stack.exported(&reporter, || {
            verify_ok(&reporter);
            error_span!("around").in_scope(emit_events);
        });
        assert!(exported.iter().any(|line| line.contains("after")), "{stack:?} {exported:#?}");
    });
}
