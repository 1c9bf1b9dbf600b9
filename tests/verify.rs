//! `verify` finds what hides dispatch spans, and says the mend; `stats` counts what was seen.

mod support;

use support::{InChild, reporter, reporter_of};
use tracing::{
    Subscriber, info_span,
    level_filters::LevelFilter,
    span::{Attributes, Id},
};
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::Context, prelude::*, registry::LookupSpan};

/// Runs `verify` in a process with a global subscriber; an empty text means that all is well.
fn verified(spans: &'static str, init: impl FnOnce(&Reporter)) -> String {
    let run = || {
        let (reporter, memory) = reporter_of(&[("SPANS", spans)]);
        init(&reporter);
        let callsites = reporter.stats().callsites;
        match reporter.verify() {
            Ok(()) => {}
            Err(error) if error.is_hidden() => print!("{error}"),
            Err(error) => panic!("{error}"),
        }
        assert_eq!(reporter.stats().callsites, callsites, "probes are no dispatch spans");
        assert!(memory.is_empty(), "a probe is no failure");
    };
    InChild::new().run(run).ok().stdout
}

#[test]
fn the_right_stack_hides_nothing() {
    let said = verified("[dispatch_session],tower_http[request]=debug,my_app=trace,[a*b]", |reporter| {
        tracing_subscriber::registry()
            .with(reporter.layer())
            .with(fmt::layer().with_filter(EnvFilter::new("warn")))
            .init();
    });
    assert_eq!(said, "");
}

#[test]
fn fmt_at_warn_by_a_filter_of_its_own_hides_nothing() {
    let said = verified("[dispatch_session]", |reporter| {
        tracing_subscriber::registry()
            .with(fmt::layer().with_filter(LevelFilter::WARN))
            .with(reporter.layer())
            .init();
    });
    assert_eq!(said, "");
}

#[test]
fn an_unfiltered_layer_is_found_too() {
    let said = verified("[dispatch_session]", |reporter| {
        tracing::subscriber::set_global_default(fmt().finish().with(reporter.layer_unfiltered())).unwrap();
    });
    assert_eq!(said, "");
}

/// Logs into every span that is opened, the probes of `verify` among them.
struct LogsIntoSpans;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogsIntoSpans {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        tracing::error!(parent: id.clone(), error = "noted");
    }
}

#[test]
fn a_layer_that_logs_into_probes_changes_nothing_for_the_next_time() {
    let said = verified("app=info,[dispatch_session]=off", |reporter| {
        tracing_subscriber::registry().with(reporter.layer()).with(LogsIntoSpans).init();
        reporter.verify().unwrap();
        reporter.verify().unwrap();
    });
    assert_eq!(said, "");
}

/// What is said of a global filter.
fn assert_names_the_filter(said: &str) {
    for part in [
        "spans of the directive `[dispatch_session]=info` are hidden: a global filter",
        "the most verbose level it lets through is warn",
        ".with(fmt::layer().with_filter(filter))",
        "`warn,[dispatch_session]=info`",
    ] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert!(!said.contains("[audit]"), "{said}");
}

#[test]
fn a_global_filter_in_front_is_named() {
    let said = verified("[dispatch_session],[audit]=warn", |reporter| {
        tracing_subscriber::registry().with(EnvFilter::new("warn")).with(reporter.layer()).init();
    });
    assert_names_the_filter(&said);
}

#[test]
fn a_global_filter_behind_is_named() {
    let said = verified("[dispatch_session],[audit]=warn", |reporter| {
        tracing_subscriber::registry().with(reporter.layer()).with(EnvFilter::new("warn")).init();
    });
    assert_names_the_filter(&said);
}

/// `and_then` on the registry itself takes the outer layer's level for that of both
/// (tracing-subscriber 0.3.23).
#[test]
fn a_stack_that_loses_a_layer_s_level_is_found() {
    let said = verified("[dispatch_session]", |reporter| {
        let both = reporter.layer().and_then(fmt::layer().with_filter(LevelFilter::WARN));
        tracing_subscriber::registry().with(both).init();
    });
    assert!(said.contains("`[dispatch_session]=info` are hidden"), "{said}");
}

#[test]
fn the_mend_that_is_said_mends() {
    let said = verified("[dispatch_session]", |reporter| {
        let filter = EnvFilter::new("warn,[dispatch_session]=info");
        tracing_subscriber::registry().with(filter).with(reporter.layer()).init();
    });
    assert_eq!(said, "");
}

#[test]
fn a_global_filter_by_target_hides_the_other_targets() {
    let said = verified("my_app::orders[dispatch_*],other[x]", |reporter| {
        let filter = EnvFilter::new("my_app=info");
        tracing_subscriber::registry().with(reporter.layer()).with(filter).init();
    });
    assert!(said.contains("`other[x]=info`"), "{said}");
    assert!(!said.contains("my_app::orders"), "{said}");
}

#[test]
fn every_hidden_directive_is_named() {
    let said = verified("[dispatch_session],[probe]=debug,[quiet]=off", |reporter| {
        tracing_subscriber::registry().with(reporter.layer()).with(LevelFilter::OFF).init();
    });
    assert!(said.starts_with("2 mistakes:"), "{said}");
    assert!(said.contains("`[dispatch_session]=info`") && said.contains("`[probe]=debug`"), "{said}");
}

#[test]
fn without_a_subscriber_nothing_is_seen() {
    let said = verified("[dispatch_session]", |_| ());
    assert!(said.contains("no subscriber is set; call `verify` after `init`"), "{said}");
}

#[test]
fn another_reporter_s_layer_is_not_this_reporter_s() {
    let said = verified("[dispatch_session]", |_| {
        let (other, _) = reporter(|builder| builder);
        tracing_subscriber::registry().with(other.layer()).init();
    });
    assert!(said.contains("this reporter's layer is not part of the current subscriber"), "{said}");
}

#[test]
fn each_of_two_reporters_in_one_stack_is_found() {
    let (first, _) = reporter(|builder| builder);
    let (second, _) = reporter(|builder| builder);
    let stack = tracing_subscriber::registry().with(first.layer()).with(second.layer());
    tracing::subscriber::with_default(stack, || {
        first.verify().unwrap();
        second.verify().unwrap();
    });
}

#[test]
fn stats_count_the_callsites_of_dispatch_spans() {
    let (reporter, _) = reporter_of(&[("SPANS", "[dispatch_*]"), ("CONTEXT", "[request]")]);
    assert_eq!(reporter.stats().callsites, 0);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(reporter.layer()), || {
        for _ in 0..3 {
            info_span!("dispatch_session").in_scope(|| ());
        }
        assert_eq!(reporter.stats().callsites, 1);
        drop(info_span!("dispatch_order"));
        drop(info_span!("request"));
        drop(info_span!("helper"));
        drop(tracing::debug_span!("dispatch_detail"));
    });
    assert_eq!(reporter.stats().callsites, 2);
}
