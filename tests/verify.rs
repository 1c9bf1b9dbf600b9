//! `verify` finds what hides dispatch spans, and says the mend; `stats` counts what was seen.

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

/// Counts all spans and events that reach any layer.
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
fn no_layer_sees_anything_of_the_question() {
    let said = verified("app=info,[dispatch_session],[request]=debug,[a*b]=trace", |reporter| {
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
    assert_eq!(said, "");
}

/// The answers of per-layer filters wait for a span that never comes. Left where they are, they would
/// be taken for those about the next event (tokio-rs/tracing#2519).
#[test]
fn the_question_leaves_no_answers_behind() {
    for with_layer in [true, false] {
        let (reporter, _) = reporter(|builder| builder);
        let counting = Counting::default();
        let ours = with_layer.then(|| reporter.layer());
        // The filter refuses the probe, and admits the event without being asked again.
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
fn a_filter_around_the_layer_is_told_apart_from_a_global_one() {
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
            let said = error.to_string();
            assert!(said.contains("a filter around this reporter's layer drops them"), "{said}");
            assert!(said.contains("the most verbose level it lets through is warn"), "{said}");
        }
    }
}

/// What is advised lets every span of the directive through, not only the one that was asked about.
#[test]
fn the_advice_fits_the_directive() {
    for (spans, advised) in [
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
        let said = verify(EnvFilter::new("warn")).unwrap_err().to_string();
        assert!(said.contains(advised), "{spans}: {said}");
        verify(EnvFilter::new(advised.trim_matches('`'))).unwrap();
        // The name of a probe alone is not enough.
        if spans.contains('*') || !spans.contains('[') {
            for name in ["dispatch_session", "dispatch_x"] {
                assert!(verify(EnvFilter::new(format!("warn,[{name}]=info"))).is_err(), "{spans}");
            }
        }
    }
}

#[test]
fn a_reload_that_starts_with_none_is_told_with_what_to_put_into_it() {
    // A process of its own, as the most verbose level is the process's.
    let said = verified("[dispatch_session]", |_| {
        let (ours, _) = reload::Layer::new(None::<FilteredLayer<Registry>>);
        tracing_subscriber::registry().with(ours).init();
    });
    assert!(said.contains("a layer of the current subscriber is `None`"), "{said}");
    assert!(said.contains("`Some(reporter.layer_unfiltered())`"), "{said}");
}

#[test]
fn a_reload_that_holds_none_by_now_is_told() {
    let (reporter, _) = reporter(|builder| builder);
    let (ours, handle) = reload::Layer::new(Some(reporter.layer()));
    let everything = fmt::layer().with_writer(std::io::sink);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(ours).with(everything), || {
        reporter.verify().unwrap();
        handle.modify(|ours| *ours = None).unwrap();
        let said = reporter.verify().unwrap_err().to_string();
        assert!(said.contains("was part of the current subscriber, which no longer asks it"), "{said}");
        assert!(said.contains("a `reload::Layer` holds `None` in its place"), "{said}");
    });
}

#[test]
fn a_stack_without_the_layer_is_told_apart_from_a_global_filter() {
    let (reporter, _) = reporter(|builder| builder);
    for level in [LevelFilter::OFF, LevelFilter::WARN, LevelFilter::TRACE] {
        let others = fmt::layer().with_writer(std::io::sink).with_filter(level);
        let stack = tracing_subscriber::registry().with(others);
        let error = tracing::subscriber::with_default(stack, || reporter.verify().unwrap_err());
        let said = error.to_string();
        assert!(said.contains("this reporter's layer is not part of the current subscriber"), "{said}");
    }
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

/// A filter that may answer otherwise at every span.
fn dynamic(level: Level) -> Box<dyn Filter<Registry> + Send + Sync> {
    Box::new(dynamic_filter_fn(move |span, _| *span.level() <= level))
}

/// `and_then` on the registry itself takes the outer layer's level for that of both
/// (tracing-subscriber 0.3.23).
#[test]
fn a_stack_that_loses_a_layer_s_level_is_found() {
    let said = verified("[dispatch_session]", |reporter| {
        let both = reporter.layer().and_then(fmt::layer().with_filter(LevelFilter::WARN));
        tracing_subscriber::registry().with(both).init();
    });
    assert!(said.contains("`[dispatch_session]=info` are hidden: no filter drops them"), "{said}");
    assert!(said.contains("`and_then` joins"), "{said}");
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
