//! `verify` finds what hides dispatch spans, and suggests the fix; `stats` counts callsites.

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use support::{InChild, reporter, reporter_of};
use tracing::{
    Event, Level, Subscriber, info_span,
    level_filters::LevelFilter,
    span::{Attributes, Id},
};
use tracing_dispatch_failure::{FilteredLayer, Reporter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{dynamic_filter_fn, filter_fn},
    fmt,
    layer::{Context, Filter},
    prelude::*,
    reload,
};

/// Runs `verify` in a process with a global subscriber. Returns its error, or an empty text if nothing is hidden.
fn verify_error(spans: &'static str, init: impl FnOnce(&Reporter)) -> String {
    let run = || {
        let (reporter, memory) = reporter_of(&[("SPANS", spans)]);
        init(&reporter);
        let callsites = reporter.stats().callsites;
        match reporter.verify() {
            Ok(()) => {}
            Err(error) if error.is_verification() => print!("{error}"),
            Err(error) => panic!("{error}"),
        }
        assert_eq!(reporter.stats().callsites, callsites, "a probe is not a dispatch span");
        assert!(memory.is_empty(), "a probe is not a failure");
    };
    InChild::new().run(run).ok().stdout
}

#[test]
fn the_recommended_stack_hides_nothing() {
    let message =
        verify_error("[dispatch_session],tower_http[request]=debug,my_app=trace,[a*b]", |reporter| {
            tracing_subscriber::registry()
                .with(reporter.layer())
                .with(fmt::layer().with_filter(EnvFilter::new("warn")))
                .init();
        });
    assert_eq!(message, "");
}

#[test]
fn a_per_layer_filter_of_fmt_hides_nothing() {
    let message = verify_error("[dispatch_session]", |reporter| {
        tracing_subscriber::registry()
            .with(fmt::layer().with_filter(LevelFilter::WARN))
            .with(reporter.layer())
            .init();
    });
    assert_eq!(message, "");
}

#[test]
fn verify_finds_an_unfiltered_layer_too() {
    let message = verify_error("[dispatch_session]", |reporter| {
        tracing::subscriber::set_global_default(fmt().finish().with(reporter.layer_unfiltered())).unwrap();
    });
    assert_eq!(message, "");
}

/// A layer that counts the spans and events that reach it.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Counting {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.0.fetch_add(1, Relaxed);
    }
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn no_layer_sees_the_probes() {
    let message = verify_error("app=info,[dispatch_session],[request]=debug,[a*b]=trace", |reporter| {
        let counting = Counting::default();
        let stack = tracing_subscriber::registry()
            .with(counting.clone())
            .with(reporter.layer())
            .with(counting.clone().with_filter(LevelFilter::TRACE))
            .with(counting.clone().with_filter(filter_fn(|_| true)));
        tracing::subscriber::set_global_default(stack).unwrap();
        reporter.verify().unwrap();
        reporter.verify().unwrap();
        assert_eq!(counting.0.load(Relaxed), 0);
    });
    assert_eq!(message, "");
}

/// Per-layer filters answer about a span that never comes. If their answers remained, they would apply to the
/// next event (tokio-rs/tracing#2519).
#[test]
fn the_probes_leave_no_answers_behind() {
    for with_layer in [true, false] {
        let (reporter, _) = reporter(|builder| builder);
        let counting = Counting::default();
        let ours = with_layer.then(|| reporter.layer());
        // This filter refuses the probe, and admits the event without another question.
        let errors = counting.clone().with_filter(LevelFilter::ERROR);
        let stack = tracing_subscriber::registry()
            .with(ours)
            .with(errors)
            .with(Counting::default().with_filter(LevelFilter::TRACE));
        tracing::subscriber::with_default(stack, || {
            for _ in 0..3 {
                assert_eq!(reporter.verify().is_ok(), with_layer);
                tracing::error!(target: "elsewhere", "an event of the application");
            }
        });
        assert_eq!(counting.0.load(Relaxed), 3, "with our layer: {with_layer}");
    }
}

#[test]
fn verify_tells_a_filter_around_the_layer_from_a_global_one() {
    type Boxed = Box<dyn Filter<Registry> + Send + Sync>;
    let filters: [fn() -> Boxed; 4] = [
        || Box::new(filter_fn(|span| *span.level() <= Level::WARN)),
        || Box::new(LevelFilter::WARN),
        || Box::new(EnvFilter::new("warn")),
        || dynamic(Level::WARN),
    ];
    for filter in filters {
        for others in [None, Some(LevelFilter::WARN), Some(LevelFilter::INFO), Some(LevelFilter::TRACE)] {
            let (reporter, _) = reporter(|builder| builder);
            let others = others.map(|level| fmt::layer().with_writer(std::io::sink).with_filter(level));
            let stack =
                tracing_subscriber::registry().with(reporter.layer().with_filter(filter())).with(others);
            let error = tracing::subscriber::with_default(stack, || reporter.verify().unwrap_err());
            let message = error.to_string();
            assert!(message.contains("a filter around this reporter's layer drops them"), "{message}");
            assert!(message.contains("the most verbose level it lets through is warn"), "{message}");
        }
    }
}

/// The suggested filter lets every span of the directive through, not only the probe.
#[test]
fn the_suggested_filter_fits_the_directive() {
    for (spans, suggested) in [
        ("[dispatch_session]", "`warn,[dispatch_session]=info`"),
        ("shop[dispatch_session]=debug", "`warn,shop[dispatch_session]=debug`"),
        ("shop::orders", "`warn,shop::orders=info`"),
        ("shop[dispatch_*]", "`warn,shop=info`"),
        ("[dispatch_*]", "`warn,verify=info`"),
    ] {
        let verify = |filter: EnvFilter| {
            let (reporter, _) = reporter_of(&[("SPANS", spans)]);
            let stack = tracing_subscriber::registry().with(reporter.layer()).with(filter);
            tracing::subscriber::with_default(stack, || reporter.verify())
        };
        let message = verify(EnvFilter::new("warn")).unwrap_err().to_string();
        assert!(message.contains(suggested), "{spans}: {message}");
        verify(EnvFilter::new(suggested.trim_matches('`'))).unwrap();
        // A filter that lets through the name of one span alone is not enough.
        if spans.contains('*') || !spans.contains('[') {
            for name in ["dispatch_session", "dispatch_x"] {
                assert!(verify(EnvFilter::new(format!("warn,[{name}]=info"))).is_err(), "{spans}");
            }
        }
    }
}

#[test]
fn the_error_about_a_reload_layer_with_none_suggests_what_to_put_into_it() {
    // In its own process, because the max level is global.
    let message = verify_error("[dispatch_session]", |_| {
        let (ours, _) = reload::Layer::new(None::<FilteredLayer<Registry>>);
        tracing_subscriber::registry().with(ours).init();
    });
    assert!(message.contains("a layer of the current subscriber is `None`"), "{message}");
    assert!(message.contains("`Some(reporter.layer_unfiltered())`"), "{message}");
}

#[test]
fn verify_reports_a_reload_layer_that_holds_none_by_now() {
    let (reporter, _) = reporter(|builder| builder);
    let (ours, handle) = reload::Layer::new(Some(reporter.layer()));
    let everything = fmt::layer().with_writer(std::io::sink);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(ours).with(everything), || {
        reporter.verify().unwrap();
        handle.modify(|ours| *ours = None).unwrap();
        let message = reporter.verify().unwrap_err().to_string();
        assert!(message.contains("was part of the current subscriber, which no longer asks it"), "{message}");
        assert!(message.contains("a `reload::Layer` holds `None` in its place"), "{message}");
    });
}

#[test]
fn verify_tells_a_missing_layer_from_a_global_filter() {
    let (reporter, _) = reporter(|builder| builder);
    for level in [LevelFilter::OFF, LevelFilter::WARN, LevelFilter::TRACE] {
        let others = fmt::layer().with_writer(std::io::sink).with_filter(level);
        let stack = tracing_subscriber::registry().with(others);
        let error = tracing::subscriber::with_default(stack, || reporter.verify().unwrap_err());
        let message = error.to_string();
        assert!(message.contains("this reporter's layer is not part of the current subscriber"), "{message}");
    }
}

/// Checks the error about a global filter.
fn assert_names_the_filter(message: &str) {
    for part in [
        "spans of the directive `[dispatch_session]=info` are hidden: a global filter",
        "the most verbose level it lets through is warn",
        ".with(fmt::layer().with_filter(filter))",
        "`warn,[dispatch_session]=info`",
    ] {
        assert!(message.contains(part), "{part:?} is not in:\n{message}");
    }
    assert!(!message.contains("[audit]"), "{message}");
}

#[test]
fn the_error_names_a_global_filter_before_the_layer() {
    let message = verify_error("[dispatch_session],[audit]=warn", |reporter| {
        tracing_subscriber::registry().with(EnvFilter::new("warn")).with(reporter.layer()).init();
    });
    assert_names_the_filter(&message);
}

#[test]
fn the_error_names_a_global_filter_after_the_layer() {
    let message = verify_error("[dispatch_session],[audit]=warn", |reporter| {
        tracing_subscriber::registry().with(reporter.layer()).with(EnvFilter::new("warn")).init();
    });
    assert_names_the_filter(&message);
}

/// A filter that may change its answer from span to span.
fn dynamic(level: Level) -> Box<dyn Filter<Registry> + Send + Sync> {
    Box::new(dynamic_filter_fn(move |span, _| *span.level() <= level))
}

/// `and_then` directly on the registry applies the outer layer's level to both layers
/// (tracing-subscriber 0.3.23).
#[test]
fn verify_reports_a_stack_that_loses_a_layer_s_level() {
    let message = verify_error("[dispatch_session]", |reporter| {
        let both = reporter.layer().and_then(fmt::layer().with_filter(LevelFilter::WARN));
        tracing_subscriber::registry().with(both).init();
    });
    assert!(message.contains("`[dispatch_session]=info` are hidden: no filter drops them"), "{message}");
    assert!(message.contains("`and_then` joins"), "{message}");
}

#[test]
fn the_suggested_fix_works() {
    let message = verify_error("[dispatch_session]", |reporter| {
        let filter = EnvFilter::new("warn,[dispatch_session]=info");
        tracing_subscriber::registry().with(filter).with(reporter.layer()).init();
    });
    assert_eq!(message, "");
}

#[test]
fn a_global_filter_by_target_hides_the_other_targets() {
    let message = verify_error("my_app::orders[dispatch_*],other[x]", |reporter| {
        let filter = EnvFilter::new("my_app=info");
        tracing_subscriber::registry().with(reporter.layer()).with(filter).init();
    });
    assert!(message.contains("`other[x]=info`"), "{message}");
    assert!(!message.contains("my_app::orders"), "{message}");
}

#[test]
fn the_error_names_every_hidden_directive() {
    let message = verify_error("[dispatch_session],[probe]=debug,[quiet]=off", |reporter| {
        tracing_subscriber::registry().with(reporter.layer()).with(LevelFilter::OFF).init();
    });
    assert!(message.starts_with("2 problems:"), "{message}");
    assert!(
        message.contains("`[dispatch_session]=info`") && message.contains("`[probe]=debug`"),
        "{message}"
    );
}

#[test]
fn verify_reports_a_missing_subscriber() {
    let message = verify_error("[dispatch_session]", |_| ());
    assert!(message.contains("no subscriber is set; call `verify` after `init`"), "{message}");
}

#[test]
fn verify_does_not_accept_another_reporter_s_layer() {
    let message = verify_error("[dispatch_session]", |_| {
        let (other, _) = reporter(|builder| builder);
        tracing_subscriber::registry().with(other.layer()).init();
    });
    assert!(message.contains("this reporter's layer is not part of the current subscriber"), "{message}");
}

#[test]
fn verify_finds_each_of_two_reporters_in_one_stack() {
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
