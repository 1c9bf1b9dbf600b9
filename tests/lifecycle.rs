//! Spans as programs use them: on several threads, in futures, as children, in unusual stacks.

mod support;

use std::{sync::mpsc, thread};
use support::{Everything, records_beside_others, records_of, reporter, reporter_of};
use tracing::{Instrument, Span, error, field::Empty, info, info_span, instrument};
use tracing_dispatch_failure::{MemorySink, Value};
use tracing_subscriber::{Layer, Registry, fmt, prelude::*};

#[test]
fn a_span_entered_on_several_threads_gives_one_record() {
    let (reporter, memory) = reporter(|builder| builder);
    let dispatch = tracing::Dispatch::new(Registry::default().with(Everything).with(reporter.layer()));
    let span =
        tracing::dispatcher::with_default(&dispatch, || info_span!("dispatch_session", worker = Empty));
    let threads: Vec<_> = (0..4)
        .map(|worker| {
            let (span, dispatch) = (span.clone(), dispatch.clone());
            thread::spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    let _entered = span.enter();
                    error!(error = "refused", "worker {worker}");
                    span.record("worker", worker);
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(memory.is_empty(), "the span is still open");
    let last = thread::Builder::new().name("closer".to_owned()).spawn(move || drop(span)).unwrap();
    last.join().unwrap();
    let [record] = <[_; 1]>::try_from(memory.take()).unwrap();
    assert_eq!(record.failure().thread(), Some("closer"));
    assert!(matches!(record.failure().field("worker"), Some(Value::I64(0..4))));
}

#[instrument(name = "dispatch_session", err, fields(outcome = Empty))]
async fn dispatch(session: u32) -> Result<(), String> {
    tokio::task::yield_now().await;
    step().await;
    Span::current().record("outcome", "tried");
    tokio::task::yield_now().await;
    if session % 2 == 1 { Err(format!("session {session} refused")) } else { Ok(()) }
}

#[instrument]
async fn step() {
    error!(error = "a step's");
    tokio::task::yield_now().await;
}

#[test]
fn interleaved_futures_on_one_thread_keep_their_failures_apart() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let records = records_of(&[], || {
        runtime.block_on(async {
            let local = tokio::task::LocalSet::new();
            let tasks: Vec<_> = (0..20).map(|session| local.spawn_local(dispatch(session))).collect();
            local.await;
            for task in tasks {
                let _ = task.await.unwrap();
            }
        });
    });
    let seen = records.iter().map(|record| {
        let failure = record.failure();
        assert_eq!(failure.field("outcome"), Some(Value::Str("tried")));
        (failure.field("session").unwrap().to_string(), failure.error().unwrap().to_owned())
    });
    let mut seen: Vec<_> = seen.collect();
    seen.sort_by_key(|(session, _)| session.parse::<u32>().unwrap());
    let expected: Vec<_> =
        (0..20).filter(|n| n % 2 == 1).map(|n| (n.to_string(), format!("session {n} refused"))).collect();
    assert_eq!(seen, expected);
}

#[test]
fn futures_that_move_between_threads_keep_their_failures_apart() {
    let (reporter, memory) = reporter(|builder| builder);
    let dispatcher = tracing::Dispatch::new(Registry::default().with(reporter.layer()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        use tracing::instrument::WithSubscriber;
        let spawn = |session| tokio::spawn(dispatch(session).with_subscriber(dispatcher.clone()));
        let tasks: Vec<_> = (0..100).map(spawn).collect();
        for task in tasks {
            let _ = task.await.unwrap();
        }
    });
    let mut errors: Vec<_> =
        memory.take().iter().map(|record| record.failure().error().unwrap().to_owned()).collect();
    errors.sort();
    let mut expected: Vec<_> = (0..50).map(|n| format!("session {} refused", 2 * n + 1)).collect();
    expected.sort();
    assert_eq!(errors, expected);
}

#[test]
fn a_record_is_written_once_the_last_clone_and_the_last_child_are_closed() {
    let (reporter, memory) = reporter(|builder| builder);
    let stack = Registry::default().with(Everything).with(reporter.layer());
    tracing::subscriber::with_default(stack, || {
        let span = info_span!("dispatch_session", error = "refused");
        let clone = span.clone();
        let child = info_span!(parent: &span, "step");
        drop(span);
        assert!(memory.is_empty());
        drop(clone);
        assert!(memory.is_empty());
        drop(child);
        assert_eq!(memory.len(), 1);
    });
}

#[test]
fn a_span_that_follows_from_a_failed_one_has_not_failed() {
    let records = records_beside_others(&[], || {
        let failed = info_span!("dispatch_session", session.id = 1, error = "refused");
        let next = info_span!("dispatch_session", session.id = 2);
        next.follows_from(&failed);
        next.in_scope(|| info!("served"));
    });
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].failure().field("session.id"), Some(Value::I64(1)));
}

#[test]
fn nested_dispatches_fail_independently() {
    let vars = [("SPANS", "[dispatch_*]")];
    let run = |inner: &'static str, outer: &'static str| {
        records_of(&vars, || {
            info_span!("dispatch_session", error = outer).in_scope(|| {
                info_span!("helper").in_scope(|| drop(info_span!("dispatch_part", error = inner)));
            });
        })
    };
    let inner = run("refused", "");
    assert_eq!(inner.len(), 1);
    assert_eq!(inner[0].failure().span(), "dispatch_part");
    assert_eq!(inner[0].failure().parents().collect::<Vec<_>>(), ["dispatch_session"]);

    let both = run("refused", "gave up");
    assert_eq!(both.len(), 2);
    let (inner, outer) = (both[0].failure(), both[1].failure());
    assert_eq!((inner.error(), outer.error()), (Some("refused"), Some("gave up")));
    assert_eq!(inner.related_activity_id(), Some(outer.activity_id()));
    assert_ne!(inner.activity_id(), outer.activity_id());
    assert_eq!(outer.related_activity_id(), None);
}

#[test]
fn context_adds_parents_and_the_fields_whose_names_are_not_taken() {
    let vars = [("CONTEXT", "[server],[request]=debug")];
    let records = records_of(&vars, || {
        let _server = info_span!("server", tenant = "acme", region = "eu", host.name = Empty).entered();
        let _helper = info_span!("helper", helper = "unseen").entered();
        let _request = tracing::debug_span!("request", tenant = "beta", method = "GET").entered();
        let span =
            info_span!("dispatch_session", method = "hand over", session.id = 7, late = Empty, error = "x");
        span.record("late", "too");
    });
    let failure = records[0].failure();
    assert_eq!(failure.parents().collect::<Vec<_>>(), ["server", "request"]);
    let fields: Vec<_> = failure.fields().map(|(name, value)| (name, value.to_string())).collect();
    let expected = [
        ("method", "hand over"),
        ("session.id", "7"),
        ("late", "too"),
        ("error", "x"),
        ("tenant", "beta"),
        ("region", "eu"),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn context_may_record_fields_late_and_never_fails() {
    let vars = [("CONTEXT", "[request]")];
    let records = records_of(&vars, || {
        let request = info_span!("request", user = Empty, error = "the request's");
        let dispatch = info_span!(parent: &request, "dispatch_session", error = "refused");
        request.record("user", "alice");
        drop(dispatch);
        request.in_scope(|| error!(error = "the request's"));
    });
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].failure().field("user"), Some(Value::Str("alice")));
    assert_eq!(records[0].failure().error(), Some("refused"));
}

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const AS_UUID: &str = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";

#[test]
fn the_trace_id_becomes_the_activity_id() {
    let own = records_of(&[], || drop(info_span!("dispatch_session", trace_id = TRACE_ID, error = "x")));
    assert_eq!(own[0].failure().activity_id().to_string(), AS_UUID);
    // A span that declares a trace id is context without a directive, even if it records the field late.
    let inherited = records_of(&[], || {
        let request = info_span!("request", trace_id = Empty, method = "GET");
        let dispatch = info_span!(parent: &request, "dispatch_session", error = "x");
        request.record("trace_id", tracing::field::display(TRACE_ID.to_uppercase()));
        drop(dispatch);
    });
    let failure = inherited[0].failure();
    assert_eq!(failure.activity_id().to_string(), AS_UUID);
    assert_eq!(failure.field("method"), Some(Value::Str("GET")));
    assert_eq!(failure.parents().collect::<Vec<_>>(), ["request"]);
}

#[test]
fn every_span_without_a_trace_id_gets_its_own_activity_id() {
    let activity_ids = |trace_id: &str| {
        let records = records_of(&[], || {
            for _ in 0..2 {
                drop(info_span!("dispatch_session", trace_id, error = "x"));
            }
        });
        [0, 1].map(|index| records[index].failure().activity_id())
    };
    for invalid in [
        "",
        "00000000000000000000000000000000",
        "4bf92f35",
        &format!("{TRACE_ID}0"),
        "４bf92f3577b34da6a3ce929d0e0e47",
    ] {
        let [first, second] = activity_ids(invalid);
        assert_ne!(first, second, "{invalid}");
        assert_ne!(first.as_u128(), 0);
    }
    let [first, second] = activity_ids(TRACE_ID);
    assert_eq!(first, second);
}

#[test]
fn dispatches_of_one_trace_have_no_related_activity() {
    let records = records_of(&[("SPANS", "[dispatch_*]")], || {
        let _request = info_span!("request", trace_id = TRACE_ID).entered();
        let _outer = info_span!("dispatch_session", error = "x").entered();
        drop(info_span!("dispatch_part", error = "x"));
        drop(info_span!("dispatch_part", trace_id = "0af7651916cd43dd8448eb211c80319c", error = "x"));
    });
    let ids: Vec<_> = records
        .iter()
        .map(|record| {
            let failure = record.failure();
            (failure.activity_id().to_string(), failure.related_activity_id().map(|id| id.to_string()))
        })
        .collect();
    assert_eq!(ids[0], (AS_UUID.to_owned(), None));
    assert_eq!(ids[1].1.as_deref(), Some(AS_UUID));
    assert_eq!(ids[2], (AS_UUID.to_owned(), None));
}

fn fail() {
    info_span!("dispatch_session", session.id = 7, late = Empty).in_scope(|| {
        Span::current().record("late", true);
        error!(error = "refused");
    });
}

/// Fails one dispatch in a stack, and returns how many records each sink got.
fn counts<const N: usize>(stack: impl Into<tracing::Dispatch>, sinks: [&MemorySink; N]) -> [usize; N] {
    tracing::dispatcher::with_default(&stack.into(), fail);
    sinks.map(|sink| {
        let records = sink.take();
        for record in &records {
            assert_eq!(record.failure().error(), Some("refused"));
            assert_eq!(support::fields(record.failure()).len(), 2);
        }
        records.len()
    })
}

#[test]
fn two_reporters_in_one_stack_write_two_records() {
    let (first, of_first) = reporter(|builder| builder);
    let (second, of_second) = reporter_of(&[("CONTEXT", "[other]")]);
    let stack = || Registry::default().with(first.layer()).with(second.layer());
    assert_eq!(counts(stack(), [&of_first, &of_second]), [1, 1]);
    let unfiltered = Registry::default().with(first.layer_unfiltered()).with(second.layer());
    assert_eq!(counts(unfiltered, [&of_first, &of_second]), [1, 1]);
}

#[test]
fn a_reporter_s_layer_twice_in_a_stack_writes_one_record() {
    let (reporter, memory) = reporter(|builder| builder);
    let twice = Registry::default().with(reporter.layer()).with(reporter.clone().layer());
    assert_eq!(counts(twice, [&memory]), [1]);
    let mixed = Registry::default().with(reporter.layer_unfiltered()).with(reporter.layer());
    assert_eq!(counts(mixed, [&memory]), [1]);
    let vec = Registry::default().with(vec![reporter.layer().boxed(), reporter.layer().boxed()]);
    assert_eq!(counts(vec, [&memory]), [1]);
}

#[test]
fn a_reporter_works_in_two_subscribers() {
    let (reporter, memory) = reporter(|builder| builder);
    for _ in 0..2 {
        assert_eq!(counts(Registry::default().with(reporter.layer()), [&memory]), [1]);
    }
}

#[test]
fn the_layer_works_in_every_wrapper_of_tracing_subscriber() {
    let (reporter, memory) = reporter(|builder| builder);
    assert_eq!(counts(Registry::default().with(Some(reporter.layer())), [&memory]), [1]);
    let none = None::<tracing_dispatch_failure::FilteredLayer<Registry>>;
    assert_eq!(counts(Registry::default().with(none), [&memory]), [0]);
    assert_eq!(counts(Registry::default().with(reporter.layer().boxed()), [&memory]), [1]);
    assert_eq!(counts(Registry::default().with(Some(reporter.layer()).boxed()), [&memory]), [1]);
    assert_eq!(counts(Registry::default().with(vec![reporter.layer()]), [&memory]), [1]);
    let quiet = || fmt::layer().with_writer(std::io::sink);
    let (ours, _handle) = tracing_subscriber::reload::Layer::new(reporter.layer());
    assert_eq!(counts(Registry::default().with(ours).with(quiet()), [&memory]), [1]);
    let only_ours = reporter.layer().with_filter(tracing_subscriber::filter::LevelFilter::INFO);
    assert_eq!(counts(Registry::default().with(only_ours), [&memory]), [1]);
    // A stack that is not rooted in the registry itself cannot have filtered layers.
    let subscriber = fmt().with_writer(std::io::sink).finish().with(reporter.layer_unfiltered());
    assert_eq!(counts(subscriber, [&memory]), [1]);
}

#[test]
fn a_layer_that_is_loaded_later_sees_only_later_spans() {
    let (reporter, memory) = reporter(|builder| builder);
    let (ours, handle) = tracing_subscriber::reload::Layer::new(None);
    tracing::subscriber::with_default(Registry::default().with(ours), || {
        let before = info_span!("dispatch_session", error = "before");
        fail();
        handle.modify(|ours| *ours = Some(reporter.layer_unfiltered())).unwrap();
        fail();
        before.record("error", "still before");
        drop(before);
        handle.modify(|ours| *ours = None).unwrap();
        fail();
    });
    assert_eq!(memory.take().len(), 1);
}

#[test]
fn the_layer_outlives_its_reporter() {
    let (reporter, memory) = reporter(|builder| builder);
    let stack = Registry::default().with(reporter.layer());
    drop(reporter);
    assert_eq!(counts(stack, [&memory]), [1]);
}

#[test]
fn a_record_has_the_duration_of_its_span_and_the_time_of_the_close() {
    let (send, receive) = mpsc::channel();
    let records = records_of(&[], || {
        let begin = std::time::Instant::now();
        let span = info_span!("dispatch_session", error = "x");
        while begin.elapsed() < std::time::Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        let before_close = std::time::SystemTime::now();
        drop(span);
        send.send((begin.elapsed(), before_close)).unwrap();
    });
    let (longest, before_close) = receive.recv().unwrap();
    let failure = records[0].failure();
    assert!(failure.duration() <= longest && failure.duration() >= std::time::Duration::from_millis(1));
    assert!(failure.timestamp() >= before_close, "the timestamp is the time of the close");
    let metadata = (failure.file().unwrap(), failure.line().is_some(), failure.target());
    assert_eq!(metadata, (file!(), true, "lifecycle"));
}

#[test]
fn an_error_in_an_instrumented_future_fails_its_span() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let records = records_of(&[], || {
        let work = async {
            tokio::task::yield_now().await;
            error!(error = "refused");
        };
        runtime.block_on(work.instrument(info_span!("dispatch_session")));
    });
    assert_eq!(records.len(), 1);
}
