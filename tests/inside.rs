//! Which spans exist because of the layer: those within a dispatch, and no others; and whose failure an
//! error is.

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

/// While another test makes a subscriber, all callsites are registered anew, and nobody knows whether a span is
/// wanted: then it exists. So one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stack whose `fmt` wants nothing at INFO.
fn stack(vars: &[(&str, &str)]) -> (tracing::Dispatch, MemorySink) {
    let (reporter, memory) = reporter_of(vars);
    let quiet = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
    (Registry::default().with(reporter.layer()).with(quiet).into(), memory)
}

fn with(stack: &tracing::Dispatch, run: impl FnOnce()) {
    tracing::dispatcher::with_default(stack, run);
}

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
fn an_ordinary_span_exists_within_a_dispatch_and_nowhere_else() {
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
fn spans_more_verbose_than_the_directives_exist_nowhere() {
    let _alone = alone();
    let (stack, _) = stack(&[]);
    with(&stack, || info_span!("dispatch_session").in_scope(|| assert!(!exists(&debug_span!("detail")))));
}

#[test]
fn the_error_of_a_span_within_a_dispatch_is_not_the_dispatch_s() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        info_span!("dispatch_session").in_scope(|| ordinary().in_scope(|| error!(error = "handled")));
        info_span!("dispatch_session").in_scope(|| error!(error = "its own"));
    });
    assert_eq!(errors(&memory), ["its own"]);
}

/// The dispatch itself is entered nowhere on that thread.
#[test]
fn a_child_that_is_entered_alone_on_another_thread_is_within_the_dispatch() {
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
fn a_dispatch_that_is_entered_on_several_threads_at_once_is_entered_on_each() {
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
fn a_root_span_within_a_dispatch_is_no_part_of_it() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        info_span!("dispatch_session").in_scope(|| {
            // Whether it is a root is not known when it is decided whether it exists.
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
fn an_explicit_parent_counts_for_where_a_span_belongs() {
    let _alone = alone();
    let (stack, memory) = stack(&[]);
    with(&stack, || {
        let (first, second) = (info_span!("dispatch_session", n = 1), info_span!("dispatch_session", n = 2));
        let child = second.in_scope(|| info_span!(parent: &first, "ordinary"));
        error!(parent: &first, error = "of the first");
        drop((first, second));
        // Its parent stays open with it, and it is within the first.
        child.in_scope(|| assert!(exists(&ordinary())));
        assert_eq!(errors(&memory), Vec::<String>::new());
        drop(child);
    });
    assert_eq!(errors(&memory), ["of the first"]);
}

#[test]
fn what_follows_from_a_dispatch_is_no_part_of_it() {
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
fn spans_that_are_left_out_of_order_leave_the_dispatch_at_its_own_exit() {
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
fn another_subscriber_within_a_dispatch_is_outside_of_it() {
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
fn futures_that_move_between_threads_take_their_dispatch_along() {
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
fn a_span_exists_as_soon_as_another_layer_comes_to_want_it() {
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
        // What another subscriber wants is nothing to this one.
        let other: tracing::Dispatch = Registry::default().with(fmt::layer().with_writer(io::sink)).into();
        with(&other, || assert!(exists(&ordinary())));
        assert!(!exists(&ordinary()));
    });
}

/// Within `reload` the stack is not asked: with a writer waiting, a second look would wait for ever.
#[test]
fn a_layer_within_reload_never_waits_for_itself() {
    let (reporter, memory) = reporter_of(&[]);
    let (ours, handle) = reload::Layer::new(reporter.layer());
    let others = fmt::layer().with_writer(io::sink).with_filter(LevelFilter::WARN);
    let stack: tracing::Dispatch = Registry::default().with(ours).with(others).into();
    thread::scope(|scope| {
        let (stop, stopped) = mpsc::channel::<()>();
        let stack = &stack;
        scope.spawn(move || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                // `tracing` asks the default subscriber of the thread that rebuilds.
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

/// Each scope makes another dispatcher of it, and tells its layers of none.
#[test]
fn a_subscriber_that_several_scopes_share_is_found_again_in_each() {
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

#[test]
fn a_dispatch_span_may_be_named_like_a_question() {
    let _alone = alone();
    let (stack, memory) = stack(&[("SPANS", "[enabled *]")]);
    with(&stack, || {
        assert!(!tracing::span_enabled!(tracing::Level::INFO));
        info_span!("enabled feature").in_scope(|| error!(error = "refused"));
    });
    assert_eq!(errors(&memory), ["refused"]);
}
