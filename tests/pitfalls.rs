//! The limits of `tracing` that `docs/operations.md` lists under *Common pitfalls*, each with its workaround.

mod support;

use std::{
    cell::RefCell,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use support::{InChild, reporter, reporter_of};
use tracing::{
    Event, Span, Subscriber, error, info_span,
    instrument::WithSubscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id},
};
use tracing_dispatch_failure::{FailureLayer, FilteredLayer};
use tracing_subscriber::{
    Layer, Registry,
    filter::{Targets, filter_fn},
    fmt,
    layer::Context,
    prelude::*,
    reload,
};

fn fail() {
    info_span!("dispatch_session").in_scope(|| error!(error = "refused"));
}

#[test]
fn a_reload_layer_that_starts_with_none_accepts_an_unfiltered_layer_later() {
    let (reporter, memory) = reporter(|builder| builder);
    let (ours, handle) = reload::Layer::new(None::<FailureLayer>);
    tracing::subscriber::with_default(Registry::default().with(ours), || {
        fail();
        handle.modify(|ours| *ours = Some(reporter.layer_unfiltered())).unwrap();
        reporter.verify().unwrap();
        fail();
    });
    assert_eq!(memory.take().len(), 1);
}

/// `tracing-subscriber` panics in debug builds if a layer with a filter is added to an existing stack
/// (tokio-rs/tracing#1629). Ours then works without its filter.
#[test]
fn a_filtered_layer_that_is_loaded_later_works_without_its_filter() {
    let (reporter, memory) = reporter(|builder| builder);
    let (ours, handle) = reload::Layer::new(None::<FilteredLayer<Registry>>);
    let quiet = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
    tracing::subscriber::with_default(Registry::default().with(ours).with(quiet), || {
        fail();
        handle.modify(|ours| *ours = Some(reporter.layer())).unwrap();
        reporter.verify().unwrap();
        fail();
        handle.modify(|ours| *ours = None).unwrap();
        fail();
        handle.modify(|ours| *ours = Some(reporter.layer())).unwrap();
        fail();
    });
    assert_eq!(memory.take().len(), 2);
}

/// `set_default` applies only to the thread that calls it.
#[test]
fn a_scoped_subscriber_does_not_reach_other_threads() {
    let (reporter, memory) = reporter(|builder| builder);
    let stack = Registry::default().with(reporter.layer());
    let guard = tracing::subscriber::set_default(stack);
    thread::spawn(fail).join().unwrap();
    assert_eq!(memory.take().len(), 0);
    // One workaround: the thread gets the subscriber.
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    thread::spawn(move || tracing::dispatcher::with_default(&dispatch, fail)).join().unwrap();
    assert_eq!(memory.take().len(), 1);
    drop(guard);
}

/// The workaround for tasks: `WithSubscriber` gives them the subscriber.
#[test]
fn a_future_with_its_subscriber_reports_failures_on_every_thread() {
    let (reporter, memory) = reporter(|builder| builder);
    let stack = Registry::default().with(reporter.layer());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let guard = tracing::subscriber::set_default(stack);
    let spawned: Vec<_> =
        (0..100).map(|_| runtime.spawn(async { fail() }.with_current_subscriber())).collect();
    runtime.block_on(async {
        for task in spawned {
            task.await.unwrap();
        }
    });
    drop(guard);
    assert_eq!(memory.take().len(), 100);
}

/// Another workaround: one subscriber for the process, and a sink that each test reads for itself.
#[test]
fn a_global_subscriber_reports_failures_on_every_thread() {
    let output = InChild::new().run(|| {
        let (reporter, memory) = reporter_of(&[]);
        Registry::default().with(reporter.layer()).init();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
        let spawned: Vec<_> = (0..100).map(|_| runtime.spawn(async { fail() })).collect();
        runtime.block_on(async {
            for task in spawned {
                task.await.unwrap();
            }
        });
        println!("{}", memory.take().len());
    });
    assert_eq!(output.ok().stdout, "100\n");
}

thread_local! {
    static LATE: RefCell<Option<OpensLate>> = const { RefCell::new(None) };
    static KEPT: RefCell<Option<Span>> = const { RefCell::new(None) };
}

struct OpensLate;

impl Drop for OpensLate {
    fn drop(&mut self) {
        fail();
    }
}

/// Opens a span in the destructor of a thread-local value, with or without our layer. Returns whether the process
/// survives.
fn opens_late(with_layer: bool) -> bool {
    let output = InChild::new().var("WITH_LAYER", with_layer.to_string()).run(|| {
        let (reporter, _) = reporter_of(&[]);
        let with_layer = std::env::var("WITH_LAYER").unwrap() == "true";
        let quiet = fmt::layer().with_writer(io::sink);
        Registry::default().with(with_layer.then(|| reporter.layer())).with(quiet).init();
        thread::spawn(|| {
            LATE.set(Some(OpensLate));
            // Initializes the registry's thread-local data after `LATE`, so that they are destroyed before it.
            fail();
        })
        .join()
        .unwrap();
    });
    output.success
}

/// `Registry` panics there, and a panic in such a destructor ends the process.
#[test]
fn a_span_opened_in_a_thread_local_destructor_behaves_as_without_the_layer() {
    assert_eq!(opens_late(true), opens_late(false));
}

/// The workaround: the span opens before, and only closes there.
#[test]
fn a_span_closed_in_a_thread_local_destructor_is_reported() {
    let output = InChild::new().run(|| {
        let (reporter, memory) = reporter_of(&[]);
        Registry::default().with(reporter.layer()).init();
        thread::spawn(|| KEPT.set(Some(info_span!("dispatch_session", error = "late")))).join().unwrap();
        println!("{}", memory.take().len());
    });
    assert_eq!(output.ok().stdout, "1\n");
}

/// `None` in place of a layer claims to want every callsite, and only its level says that it wants none
/// (tracing-subscriber 0.3.23). Beside a layer with its own level, such as ours, spans exist because of it.
#[test]
fn an_optional_layer_creates_no_unwanted_spans_in_a_vec() {
    let exists = |stack: tracing::Dispatch| {
        tracing::dispatcher::with_default(&stack, || info_span!("ordinary").id().is_some())
    };
    let output = InChild::new().run(move || {
        let (reporter, _) = reporter(|builder| builder);
        let quiet = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
        let stack = Registry::default().with(reporter.layer()).with(quiet);
        assert!(exists(stack.with(None::<fmt::Layer<_>>).into()));
        // The workaround.
        let quiet = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
        let stack = Registry::default().with(reporter.layer()).with(quiet);
        assert!(!exists(stack.with(Vec::<fmt::Layer<_>>::new()).into()));
    });
    output.ok();
}

/// `tracing` evaluates a span's values after it asked the filters, and before it opens the span.
#[test]
fn a_span_value_that_opens_a_span_shows_other_layers_what_their_filters_refused() {
    #[derive(Clone, Default)]
    struct Names(Arc<Mutex<Vec<&'static str>>>);
    impl<S: Subscriber> Layer<S> for Names {
        fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
            self.0.lock().unwrap().push(attributes.metadata().name());
        }
    }
    fn find(id: u32) -> u32 {
        info_span!(target: "sqlx", "query").in_scope(|| id)
    }
    let (reporter, memory) = reporter(|builder| builder);
    let names = Names::default();
    let only = filter_fn(|metadata| metadata.target() == "other");
    let stack = Registry::default().with(reporter.layer()).with(names.clone().with_filter(only));
    tracing::subscriber::with_default(stack, || {
        info_span!("dispatch_session", id = find(1)).in_scope(|| error!(error = "refused"));
        // The workaround.
        let id = find(2);
        info_span!("dispatch_session", id).in_scope(|| error!(error = "refused"));
    });
    assert_eq!(memory.take().len(), 2, "our layer sees both");
    let seen = names.0.lock().unwrap();
    assert_eq!(seen.as_slice(), ["dispatch_session"], "the first, although the filter refused it");
}

/// An ordinary span that no layer wants does not exist, even if it is entered within a dispatch.
#[test]
fn an_error_in_a_span_from_outside_fails_the_dispatch_unless_a_layer_wants_the_span() {
    let failures = |wants_info: bool| {
        let (reporter, memory) = reporter(|builder| builder);
        let level = if wants_info { LevelFilter::INFO } else { LevelFilter::WARN };
        let other = fmt::layer().with_writer(io::sink).with_filter(level);
        tracing::subscriber::with_default(Registry::default().with(reporter.layer()).with(other), || {
            let apart = info_span!("apart");
            info_span!("dispatch_session").in_scope(|| apart.in_scope(|| error!(error = "handled")));
        });
        memory.take().len()
    };
    assert_eq!(failures(false), 1);
    assert_eq!(failures(true), 0);
}

/// The thread keeps the answers of all filters for an event in one place, from the first layer to the last.
#[test]
fn a_display_that_opens_a_span_shows_other_layers_what_their_filters_refused() {
    struct Opens;
    impl std::fmt::Display for Opens {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            info_span!("opened").in_scope(|| f.write_str("text"))
        }
    }
    #[derive(Clone, Default)]
    struct Count(Arc<AtomicUsize>);
    impl<S: Subscriber> Layer<S> for Count {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let output = InChild::new().run(|| {
        let (reporter, memory) = reporter(|builder| builder);
        let app = Targets::new().with_target("app", LevelFilter::DEBUG);
        let verbose = fmt::layer().with_writer(io::sink).with_filter(app);
        let count = Count::default();
        let quiet = count.clone().with_filter(LevelFilter::WARN);
        Registry::default().with(verbose).with(quiet).with(reporter.layer()).init();
        let seen = || count.0.swap(0, Ordering::Relaxed);
        tracing::debug!(target: "app", value = %Opens, "hidden");
        assert_eq!(seen(), 1);
        // The workaround.
        let value = Opens.to_string();
        tracing::debug!(target: "app", value, "hidden");
        assert_eq!(seen(), 0);
        fail();
        assert_eq!(memory.take().len(), 1);
    });
    output.ok();
}
