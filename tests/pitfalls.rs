//! The limits of `tracing` that the manual names under *Common pitfalls*: each as it is, with its way out.

mod support;

use std::{cell::RefCell, io, thread};
use support::{InChild, reporter, reporter_of};
use tracing::{Span, error, info_span, instrument::WithSubscriber, level_filters::LevelFilter};
use tracing_dispatch_failure::{FailureLayer, FilteredLayer};
use tracing_subscriber::{Registry, fmt, prelude::*, reload};

fn fail() {
    info_span!("dispatch_session").in_scope(|| error!(error = "refused"));
}

#[test]
fn a_reload_layer_that_starts_with_none_takes_an_unfiltered_layer_later() {
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

/// `tracing-subscriber` panics in debug builds where a layer with a filter is put into a stack that exists already
/// (tokio-rs/tracing#1629). Ours then goes without its filter.
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

/// `set_default` holds for the thread that calls it.
#[test]
fn a_scoped_subscriber_does_not_reach_other_threads() {
    let (reporter, memory) = reporter(|builder| builder);
    let stack = Registry::default().with(reporter.layer());
    let guard = tracing::subscriber::set_default(stack);
    thread::spawn(fail).join().unwrap();
    assert_eq!(memory.take().len(), 0);
    // One way out: the subscriber goes along.
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    thread::spawn(move || tracing::dispatcher::with_default(&dispatch, fail)).join().unwrap();
    assert_eq!(memory.take().len(), 1);
    drop(guard);
}

/// For tasks, `WithSubscriber` takes the subscriber along.
#[test]
fn a_future_with_its_subscriber_is_reported_on_every_thread() {
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

/// Another way out: one subscriber for the process, and a sink that each test reads for itself.
#[test]
fn a_global_subscriber_is_reported_on_every_thread() {
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

/// What happens to a span that is opened in the destructor of a thread-local value, with or without our layer.
fn opens_late(with_layer: bool) -> bool {
    let output = InChild::new().var("WITH_LAYER", with_layer.to_string()).run(|| {
        let (reporter, _) = reporter_of(&[]);
        let with_layer = std::env::var("WITH_LAYER").unwrap() == "true";
        let quiet = fmt::layer().with_writer(io::sink);
        Registry::default().with(with_layer.then(|| reporter.layer())).with(quiet).init();
        thread::spawn(|| {
            LATE.set(Some(OpensLate));
            // The registry's own data of this thread are made after it, and so are gone before it.
            fail();
        })
        .join()
        .unwrap();
    });
    output.success
}

/// `Registry` panics there, and a panic in such a destructor ends the process.
#[test]
fn a_span_opened_in_a_thread_local_destructor_fares_as_without_us() {
    assert_eq!(opens_late(true), opens_late(false));
}

/// The way out: the span is opened before, and only closed there.
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
