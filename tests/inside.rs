//! Which spans exist because of the layer: only spans within a dispatch. And which span an error fails.

mod support;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};
use support::{InChild, reporter_of};
use tracing::{Instrument, Span, debug_span, error, info_span, level_filters::LevelFilter};
use tracing_dispatch_failure::MemorySink;
use tracing_subscriber::{Registry, fmt, prelude::*, reload};

/// Runs one test at a time. While another test creates a subscriber, `tracing` registers all callsites again, and a
/// span exists because no layer knows yet whether it is wanted.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Builds a stack whose `fmt` layer wants nothing at INFO.
fn stack(vars: &[(&str, &str)]) -> (tracing::Dispatch, MemorySink) {
    let (reporter, memory) = reporter_of(vars);
    let quiet = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
    (Registry::default().with(reporter.layer()).with(quiet).into(), memory)
}

fn with(stack: &tracing::Dispatch, run: impl FnOnce()) {
    tracing::dispatcher::with_default(stack, run);
}

/// Opens a span that no directive selects.
fn ordinary() -> Span {
    info_span!("ordinary")
}

fn exists(span: &Span) -> bool {
    span.id().is_some()
}

fn errors(memory: &MemorySink) -> Vec<String> {
    memory.take().iter().map(|record| record.failure().error().unwrap_or_default().to_owned()).collect()
}

#[test]
fn an_ordinary_span_exists_only_within_a_dispatch() {
    let _alone = alone();
    let (stack, _) = stack(&[]);
    with(&stack, || {
        assert!(!exists(&ordinary()));
        info_span!("dispatch_session").in_scope(|| assert!(exists(&ordinary())));
        assert!(!exists(&ordinary()));
    });
}

#[test]
fn spans_exist_at_any_depth_within_a_dispatch() {
    let _alone = alone();
    fn descend(depth: u32) {
        if depth > 0 {
            let span = ordinary();
            assert!(exists(&span), "{depth} levels above the deepest");
            span.in_scope(|| descend(depth - 1));
        }
    }
    let (stack, _) = stack(&[]);
    with(&stack, || {
        info_span!("dispatch_session").in_scope(|| descend(200));
        assert!(!exists(&ordinary()));
    });
}

#[test]
fn a_span_more_verbose_than_the_directives_exists_nowhere() {
    let _alone = alone();
    let (stack, _) = stack(&[]);
    with(&stack, || info_span!("dispatch_session").in_scope(|| assert!(!exists(&debug_span!("detail")))));
}

#[test]
fn an_error_in_a_span_within_a_dispatch_does_not_fail_the_dispatch() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        info_span!("dispatch_session").in_scope(|| ordinary().in_scope(|| error!(error = "handled")));
        info_span!("dispatch_session").in_scope(|| error!(error = "its own"));
    });
    assert_eq!(errors(&memory), ["its own"]);
}

/// The other thread never enters the dispatch itself.
#[test]
fn a_child_entered_alone_on_another_thread_is_within_the_dispatch() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        let dispatch = info_span!("dispatch_session");
        let child = dispatch.in_scope(ordinary);
        thread::scope(|scope| {
            let enter = || with(&stack, || child.in_scope(|| assert!(exists(&ordinary()))));
            scope.spawn(enter).join().unwrap();
            let outside = || with(&stack, || assert!(!exists(&ordinary())));
            scope.spawn(outside).join().unwrap();
        });
    });
    assert_eq!(errors(&memory), Vec::<String>::new());
}

#[test]
fn a_dispatch_may_be_entered_on_several_threads_at_once() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        let dispatch = info_span!("dispatch_session");
        let _entered = dispatch.enter();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    with(&stack, || {
                        assert!(!exists(&ordinary()));
                        dispatch.in_scope(|| ordinary().in_scope(|| error!(error = "handled")));
                        assert!(!exists(&ordinary()));
                    });
                });
            }
        });
        assert!(exists(&ordinary()));
    });
    assert_eq!(errors(&memory), Vec::<String>::new());
}

#[test]
fn a_root_span_within_a_dispatch_does_not_belong_to_it() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        info_span!("dispatch_session").in_scope(|| {
            // The layer decides whether the span exists before it can know that the span is a root.
            let root = info_span!(parent: None, "ordinary");
            assert!(exists(&root));
            root.in_scope(|| {
                assert!(!exists(&ordinary()), "its child is within no dispatch");
                error!(error = "the root's");
            });
            assert!(exists(&ordinary()));
        });
    });
    assert_eq!(errors(&memory), Vec::<String>::new());
}

#[test]
fn an_explicit_parent_decides_which_dispatch_a_span_belongs_to() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        let (first, second) = (info_span!("dispatch_session", n = 1), info_span!("dispatch_session", n = 2));
        let child = second.in_scope(|| info_span!(parent: &first, "ordinary"));
        error!(parent: &first, error = "of the first");
        drop((first, second));
        // The child keeps the first dispatch open, and is within it.
        child.in_scope(|| assert!(exists(&ordinary())));
        assert_eq!(errors(&memory), Vec::<String>::new());
        drop(child);
    });
    assert_eq!(errors(&memory), ["of the first"]);
}

#[test]
fn a_span_that_follows_from_a_dispatch_does_not_belong_to_it() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        let dispatch = info_span!("dispatch_session");
        let later = dispatch.in_scope(|| info_span!(parent: None, "ordinary"));
        later.follows_from(&dispatch);
        drop(dispatch);
        later.in_scope(|| {
            assert!(!exists(&ordinary()));
            error!(error = "too late");
        });
    });
    assert_eq!(errors(&memory), Vec::<String>::new());
}

#[test]
fn a_dispatch_ends_at_its_own_exit_if_spans_exit_out_of_order() {
    let _alone = alone();
    let (stack, memory) = stack(&[("CONTEXT", "[request]")]);
    with(&stack, || {
        let (request, dispatch) = (info_span!("request"), info_span!("dispatch_session"));
        let (outer, inner) = (request.clone().entered(), dispatch.clone().entered());
        drop(outer);
        let child = ordinary();
        assert!(exists(&child));
        let child = child.entered();
        error!(error = "handled");
        drop(inner);
        assert!(exists(&ordinary()), "the child is still entered, and within the dispatch");
        drop(child);
        assert!(!exists(&ordinary()));
    });
    assert_eq!(errors(&memory), Vec::<String>::new());
}

#[test]
fn spans_of_another_subscriber_do_not_belong_to_the_dispatch() {
    let _alone = alone();
    let (first, _) = stack(&[]);
    let (second, memory) = stack(&[]);
    with(&first, || {
        info_span!("dispatch_session").in_scope(|| {
            with(&second, || {
                assert!(!exists(&ordinary()));
                info_span!("dispatch_session").in_scope(|| {
                    ordinary().in_scope(|| error!(error = "handled"));
                    error!(error = "refused");
                    with(&first, || assert!(exists(&ordinary())));
                });
                assert!(!exists(&ordinary()));
            });
            assert!(exists(&ordinary()));
        });
    });
    assert_eq!(errors(&memory), ["refused"]);
}

#[test]
fn two_reporters_in_one_stack_do_not_hide_each_other_s_spans() {
    let _alone = alone();
    let (first, first_memory) = reporter_of(&[]);
    let (second, second_memory) = reporter_of(&[("SPANS", "[job]")]);
    for swapped in [false, true] {
        let stack: tracing::Dispatch = if swapped {
            Registry::default().with(second.layer()).with(first.layer()).into()
        } else {
            Registry::default().with(first.layer()).with(second.layer()).into()
        };
        with(&stack, || {
            assert!(!exists(&ordinary()));
            for name in ["dispatch_session", "job"] {
                let span = || if name == "job" { info_span!("job") } else { info_span!("dispatch_session") };
                assert!(exists(&span()));
                span().in_scope(|| ordinary().in_scope(|| error!(error = "handled")));
                span().in_scope(|| error!(error = name));
            }
        });
        assert_eq!(errors(&first_memory), ["dispatch_session"]);
        assert_eq!(errors(&second_memory), ["job"]);
    }
}

#[test]
fn a_future_is_within_the_dispatch_at_each_poll() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    let work = async {
        for _ in 0..3 {
            assert!(exists(&ordinary()));
            tokio::task::yield_now().await;
        }
        async {
            tokio::task::yield_now().await;
            assert!(exists(&ordinary()));
            error!(error = "handled");
        }
        .instrument(ordinary())
        .await;
    };
    let beside = async {
        for _ in 0..6 {
            assert!(!exists(&ordinary()));
            tokio::task::yield_now().await;
        }
    };
    let both = async { tokio::join!(work.instrument(info_span!("dispatch_session")), beside) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    with(&stack, || {
        runtime.block_on(both);
    });
    assert_eq!(errors(&memory), Vec::<String>::new());
}

#[test]
fn futures_that_move_between_threads_stay_within_their_dispatch() {
    let output = InChild::new().run(|| {
        let (reporter, memory) = reporter_of(&[]);
        Registry::default().with(reporter.layer()).init();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
        let work = |fails: bool| async move {
            let inner = async {
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                    assert!(exists(&ordinary()));
                    error!(error = "handled");
                }
            };
            // The inner task is polled on its own, wherever a worker is free.
            tokio::spawn(inner.instrument(ordinary())).await.unwrap();
            if fails {
                error!(error = "refused");
            }
        };
        let spawned: Vec<_> = (0..100)
            .map(|n| runtime.spawn(work(n % 4 == 0).instrument(info_span!("dispatch_session"))))
            .collect();
        runtime.block_on(async {
            for task in spawned {
                task.await.unwrap();
            }
        });
        assert!(!exists(&ordinary()));
        println!("{}", errors(&memory).len());
    });
    assert_eq!(output.ok().stdout, "25\n");
}

#[test]
fn a_span_exists_as_soon_as_another_layer_wants_it() {
    let _alone = alone();
    let (reporter, _) = reporter_of(&[]);
    let (filter, handle) = reload::Layer::new(LevelFilter::WARN);
    let others = fmt::layer().with_writer(io::sink).with_filter(filter);
    let stack: tracing::Dispatch = Registry::default().with(reporter.layer()).with(others).into();
    with(&stack, || {
        for _ in 0..3 {
            assert!(!exists(&ordinary()));
            handle.reload(LevelFilter::INFO).unwrap();
            assert!(exists(&ordinary()));
            handle.reload(LevelFilter::WARN).unwrap();
        }
        tracing::callsite::rebuild_interest_cache();
        assert!(!exists(&ordinary()));
        // It does not matter what another subscriber wants.
        let other: tracing::Dispatch = Registry::default().with(fmt::layer().with_writer(io::sink)).into();
        with(&other, || assert!(exists(&ordinary())));
        assert!(!exists(&ordinary()));
    });
}

/// Within `reload` the layer must not ask the stack: while a writer waits, a second read of the lock waits for ever.
#[test]
fn a_layer_within_reload_never_deadlocks() {
    let (reporter, memory) = reporter_of(&[]);
    let (ours, handle) = reload::Layer::new(reporter.layer());
    let others = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
    let stack: tracing::Dispatch = Registry::default().with(ours).with(others).into();
    thread::scope(|scope| {
        let (stop, stopped) = mpsc::channel::<()>();
        let stack = &stack;
        scope.spawn(move || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                // Rebuilding the interest cache asks the default subscriber of the rebuilding thread.
                with(stack, || handle.modify(|_| ()).unwrap());
            }
        });
        with(stack, || {
            for _ in 0..500 {
                drop(ordinary());
                info_span!("dispatch_session").in_scope(|| {
                    ordinary().in_scope(|| error!(error = "handled"));
                    error!(error = "refused");
                });
            }
        });
        drop(stop);
    });
    assert_eq!(errors(&memory).len(), 500);
}

/// Each scope makes a new dispatcher of the subscriber, without notifying its layers.
#[test]
fn the_layer_works_in_every_scope_that_shares_its_subscriber() {
    let _alone = alone();
    let (reporter, memory) = reporter_of(&[]);
    let quiet = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
    let stack = Arc::new(Registry::default().with(reporter.layer()).with(quiet));
    for _ in 0..3 {
        tracing::subscriber::with_default(Arc::clone(&stack), || {
            info_span!("dispatch_session").in_scope(|| error!(error = "refused"));
            assert!(!exists(&ordinary()));
        });
    }
    assert_eq!(memory.take().len(), 3);
}

/// `span_enabled!` asks about metadata named `enabled`, a file and a line.
#[test]
fn a_dispatch_span_may_be_named_like_a_question_of_span_enabled() {
    let _alone = alone();
    let (stack, memory) = stack(&[("SPANS", "[enabled *]")]);
    with(&stack, || {
        assert!(!tracing::span_enabled!(tracing::Level::INFO));
        info_span!("enabled feature").in_scope(|| error!(error = "refused"));
    });
    assert_eq!(errors(&memory), ["refused"]);
}
