//! The layer does not change what other layers see, and other layers do not change what it reports.

mod support;

use std::{
    fmt::Debug,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use support::{InChild, reporter_of};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber, debug, debug_span, error, error_span, info, info_span,
    instrument,
    level_filters::LevelFilter,
    span::{Attributes, Id},
    trace, trace_span, warn,
};
use tracing_dispatch_failure::{MemoryRecord, Reporter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{Targets, dynamic_filter_fn, filter_fn},
    fmt::{self, format::FmtSpan},
    layer::{self, Context},
    prelude::*,
    registry::LookupSpan,
};

/// A program with spans and events at all levels, some of which dispatch and fail.
fn program() {
    trace!("starting");
    info_span!("serve", tenant = "acme").in_scope(|| {
        for id in 0..3 {
            let _ = dispatch(id);
        }
        trace_span!("poll").in_scope(|| debug!(ready = true, "polled"));
        warn!(error = "lost", attempt = 2, "retrying");
        error!(error = "lost", "outside of a dispatch");
    });
    let request = debug_span!(target: "tower_http::trace", "request", method = "GET");
    error!(parent: &request, classification = "Status code: 503", latency = 12, "response failed");
    request.in_scope(|| info!("answered"));
    error_span!("shutdown", error = true).in_scope(|| debug!("bye"));
}

#[instrument(name = "dispatch_session", err)]
fn dispatch(id: u32) -> Result<u32, String> {
    debug!("connecting");
    info_span!("handshake").in_scope(|| error!(error = "a handled error", "will use the other worker"));
    debug_span!("send").in_scope(|| trace!(bytes = 12));
    if id == 1 { Err("refused".to_owned()) } else { Ok(id) }
}

type Boxed<S> = Box<dyn Layer<S> + Send + Sync>;

#[derive(Debug, Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The filters of the application's `fmt` layer.
const FILTERS: [&str; 9] =
    ["none", "off", "error", "warn", "info", "trace", "targets", "env", "env with a span's directive"];

fn fmt_layer<S: Subscriber + for<'a> LookupSpan<'a>>(filter: &str, output: &Output) -> Boxed<S> {
    let output = output.clone();
    let layer = fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_span_events(FmtSpan::FULL)
        .with_writer(move || output.clone());
    match filter {
        "none" => layer.boxed(),
        "targets" => {
            let targets = Targets::new().with_target("tower_http", LevelFilter::DEBUG);
            layer.with_filter(targets.with_default(LevelFilter::WARN)).boxed()
        }
        "env" => layer.with_filter(EnvFilter::new("info,tower_http=trace")).boxed(),
        "env with a span's directive" => {
            layer.with_filter(EnvFilter::new("warn,[dispatch_session]=trace")).boxed()
        }
        level => layer.with_filter(level.parse::<LevelFilter>().unwrap()).boxed(),
    }
}

/// Returns what `fmt` prints in a stack.
fn printed(stack: impl FnOnce(&Output) -> Dispatch) -> String {
    let output = Output::default();
    tracing::dispatcher::with_default(&stack(&output), program);
    let bytes = output.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

type Stack = fn(&str, &Output, &Reporter) -> Dispatch;

/// The ways to combine the two layers in one stack.
const STACKS: [(&str, Stack); 12] = [
    ("ours first", |filter, output, reporter| {
        Registry::default().with(reporter.layer()).with(fmt_layer(filter, output)).into()
    }),
    ("ours last", |filter, output, reporter| {
        Registry::default().with(fmt_layer(filter, output)).with(reporter.layer()).into()
    }),
    ("ours in an Option", |filter, output, reporter| {
        Registry::default().with(fmt_layer(filter, output)).with(Some(reporter.layer())).into()
    }),
    ("ours in a Box", |filter, output, reporter| {
        Registry::default().with(reporter.layer().boxed()).with(fmt_layer(filter, output)).into()
    }),
    ("both in a Vec, ours first", |filter, output, reporter| {
        Registry::default().with(vec![reporter.layer().boxed(), fmt_layer(filter, output)]).into()
    }),
    ("both in a Vec, ours last", |filter, output, reporter| {
        Registry::default().with(vec![fmt_layer(filter, output), reporter.layer().boxed()]).into()
    }),
    ("the same reporter's twice", |filter, output, reporter| {
        let stack = Registry::default().with(reporter.layer()).with(fmt_layer(filter, output));
        stack.with(reporter.layer()).into()
    }),
    ("ours that can be reloaded", |filter, output, reporter| {
        let (ours, _) = tracing_subscriber::reload::Layer::new(reporter.layer());
        Registry::default().with(ours).with(fmt_layer(filter, output)).into()
    }),
    ("ours in an Option that can be reloaded", |filter, output, reporter| {
        let (ours, _) = tracing_subscriber::reload::Layer::new(Some(reporter.layer()));
        Registry::default().with(ours).with(fmt_layer(filter, output)).into()
    }),
    ("ours that can be reloaded in a Vec", |filter, output, reporter| {
        let (ours, _) = tracing_subscriber::reload::Layer::new(reporter.layer());
        Registry::default().with(vec![ours]).with(fmt_layer(filter, output)).into()
    }),
    ("a Vec that can be reloaded", |filter, output, reporter| {
        let (ours, _) = tracing_subscriber::reload::Layer::new(vec![reporter.layer()]);
        Registry::default().with(ours).with(fmt_layer(filter, output)).into()
    }),
    ("ours without its filter", |filter, output, reporter| {
        Registry::default().with(fmt_layer(filter, output)).with(reporter.layer_unfiltered()).into()
    }),
];

const SPANS: [&str; 3] = ["[dispatch_session]", "[*]=warn", "tower_http[request]=debug,[dispatch_session]"];

#[test]
fn fmt_prints_the_same_with_and_without_the_layer() {
    for filter in FILTERS {
        let without = printed(|output| Registry::default().with(fmt_layer(filter, output)).into());
        assert_eq!(without.is_empty(), filter == "off");
        for spans in SPANS {
            let (reporter, _) = reporter_of(&[("SPANS", spans), ("CONTEXT", "[serve]=debug")]);
            for (name, stack) in STACKS {
                let with = printed(|output| stack(filter, output, &reporter));
                assert_eq!(with, without, "{name}, SPANS={spans}, fmt at {filter}");
            }
        }
    }
}

/// Shows a record without the parts that differ from run to run.
fn without_varying_parts(record: &MemoryRecord) -> String {
    let failure = record.failure();
    let parents: Vec<_> = failure.parents().collect();
    let (span, signal, error) = (failure.span(), failure.signal(), failure.error());
    format!("{span} {signal} {error:?} {parents:?} {:?}", support::fields(failure))
}

#[test]
fn other_layers_do_not_change_the_records() {
    for (spans, expected) in
        [("[dispatch_session]", 1), ("[dispatch_session],[serve],tower_http[request]=debug", 3)]
    {
        let (reporter, memory) = reporter_of(&[("SPANS", spans)]);
        let alone = Registry::default().with(reporter.layer());
        tracing::subscriber::with_default(alone, program);
        let alone: Vec<String> = memory.take().iter().map(without_varying_parts).collect();
        assert_eq!(alone.len(), expected, "{alone:#?}");
        for filter in FILTERS {
            for (name, stack) in STACKS {
                printed(|output| stack(filter, output, &reporter));
                let records: Vec<String> = memory.take().iter().map(without_varying_parts).collect();
                assert_eq!(records, alone, "{name}, fmt at {filter}");
            }
        }
    }
}

/// Because of our layer, `tracing` asks about callsites that `fmt` at `warn` never wants. The answers must not count
/// for the next error.
#[test]
fn questions_within_a_dispatch_hide_nothing_from_other_layers() {
    let questions: [fn(); 3] = [
        || _ = tracing::span_enabled!(tracing::Level::INFO),
        || _ = tracing::event_enabled!(tracing::Level::INFO, error),
        || _ = tracing::enabled!(tracing::Level::INFO),
    ];
    // Our layer without its filter wants everything, so `tracing` asks about everything, as for any such layer.
    for (name, stack) in STACKS.into_iter().filter(|(name, _)| !name.contains("without its filter")) {
        for question in questions {
            let (reporter, memory) = reporter_of(&[]);
            let output = Output::default();
            tracing::dispatcher::with_default(&stack("warn", &output, &reporter), || {
                info_span!("dispatch_session").in_scope(|| {
                    question();
                    error!(error = "refused");
                });
            });
            let printed = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
            assert!(printed.contains("refused"), "{name}: {printed:?}");
            assert_eq!(memory.take().len(), 1, "{name}");
        }
    }
}

/// `tracing` evaluates an event's values after it asked the filters. The values may ask, open spans and log.
#[test]
fn evaluating_the_values_of_an_event_changes_nothing_for_other_layers() {
    fn spans<T>(value: T) -> T {
        info_span!(target: "sqlx", "query").in_scope(|| value)
    }
    fn dispatches<T>(value: T) -> T {
        info_span!("dispatch_session").in_scope(|| info_span!("inner").in_scope(|| value))
    }
    fn asks<T>(value: T) -> T {
        tracing::span_enabled!(tracing::Level::INFO);
        tracing::event_enabled!(tracing::Level::INFO);
        value
    }
    fn logs<T>(value: T) -> T {
        error!(error = spans("logged by a value"));
        value
    }
    let program = || {
        debug!(target: "app", rows = spans(3), "hidden");
        debug!(target: "app", rows = dispatches(3), "hidden");
        debug!(target: "app", rows = asks(3), "hidden");
        debug!(target: "app", rows = logs(spans(3)), "hidden");
        error!(error = spans("seen"));
        info_span!("dispatch_session").in_scope(|| {
            debug!(target: "app", rows = spans(3), "hidden");
            error!(error = asks("seen"));
            error!(error = spans("seen"));
            error!(error = logs(logs("seen")));
        });
    };
    // Another layer wants the DEBUG events that the one at WARN must not see.
    let run = |ours: &Reporter, is_outer: bool| {
        let output = Output::default();
        let app = Targets::new().with_target("app", LevelFilter::DEBUG);
        let stack: Dispatch = if is_outer {
            let others = Registry::default()
                .with(fmt::layer().with_writer(io::sink).with_filter(app))
                .with(fmt_layer("warn", &output));
            others.with(ours.layer()).into()
        } else {
            let others = Registry::default().with(ours.layer());
            others
                .with(fmt_layer("warn", &output))
                .with(fmt::layer().with_writer(io::sink).with_filter(app))
                .into()
        };
        tracing::dispatcher::with_default(&stack, program);
        let bytes = output.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    };
    let lines = |printed: &str| -> Vec<String> {
        let events = printed.lines().filter(|line| line.contains("seen") || line.contains("hidden"));
        events.map(str::to_owned).collect()
    };
    for is_outer in [false, true] {
        let (reporter, memory) = reporter_of(&[]);
        let printed = run(&reporter, is_outer);
        assert!(!printed.contains("hidden"), "{printed}");
        assert_eq!(lines(&printed).len(), 4, "{printed}");
        assert_eq!(memory.take().len(), 1);
    }
}

/// A layer that keeps the names of the spans and the levels of the events that it sees.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.0.lock().unwrap().push(attributes.metadata().name().to_owned());
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push(event.metadata().level().to_string());
    }
}

/// A filter that looks at the fields of an event only in `event_enabled`.
struct NoSecrets;

impl<S: Subscriber> layer::Filter<S> for NoSecrets {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        event.metadata().fields().field("secret").is_none()
    }
}

#[test]
fn an_event_that_a_filter_refuses_stays_refused_whatever_its_values_ask() {
    fn asks() -> u32 {
        info_span!(target: "sqlx", "query").in_scope(|| 1)
    }
    let app = || Targets::new().with_target("no_influence", LevelFilter::DEBUG);
    for is_outer in [false, true] {
        let (reporter, memory) = reporter_of(&[]);
        let seen = Seen::default();
        let stack: Dispatch = if is_outer {
            let others = Registry::default().with(fmt::layer().with_writer(io::sink).with_filter(app()));
            others.with(seen.clone().with_filter(NoSecrets)).with(reporter.layer()).into()
        } else {
            let others = Registry::default().with(fmt::layer().with_writer(io::sink).with_filter(app()));
            others.with(reporter.layer()).with(seen.clone().with_filter(NoSecrets)).into()
        };
        tracing::dispatcher::with_default(&stack, || {
            error!(secret = asks(), "hidden");
            info_span!("dispatch_session").in_scope(|| {
                error!(secret = asks(), "hidden");
                error!(secret = asks(), error = "refused");
            });
            warn!(rows = asks(), "seen");
        });
        assert_eq!(seen.take(), ["WARN"]);
        assert_eq!(memory.take().len(), 1);
    }
}

/// For example, a filter that samples.
#[test]
fn a_failure_is_reported_although_a_global_filter_changes_its_answer() {
    let (reporter, memory) = reporter_of(&[]);
    let questions = AtomicUsize::new(0);
    let every_second = dynamic_filter_fn(move |metadata, _| {
        !metadata.is_event() || questions.fetch_add(1, Ordering::Relaxed) % 2 == 0
    });
    let stack = Registry::default().with(reporter.layer()).with(every_second);
    tracing::subscriber::with_default(stack, || {
        let cause = || info_span!("lookup").in_scope(|| "refused");
        info_span!("dispatch_session").in_scope(|| error!(error = cause()));
    });
    assert_eq!(memory.take().len(), 1);
}

#[test]
fn a_filter_that_opens_spans_while_it_answers_does_not_recurse_for_ever() {
    struct OpensSpans;
    impl<S: Subscriber> layer::Filter<S> for OpensSpans {
        fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
            *metadata.level() <= Level::WARN
        }

        fn event_enabled(&self, _: &Event<'_>, _: &Context<'_, S>) -> bool {
            info_span!("in a filter").in_scope(|| true)
        }
    }
    let output = InChild::new().run(|| {
        let (reporter, memory) = reporter_of(&[]);
        let other = fmt::layer().with_writer(io::sink).with_filter(OpensSpans);
        Registry::default().with(reporter.layer()).with(other).init();
        info_span!("dispatch_session").in_scope(|| error!(error = "refused"));
        assert_eq!(memory.take().len(), 1);
    });
    output.ok();
}

#[test]
fn an_event_within_its_own_values_changes_nothing_for_other_layers() {
    fn descend(depth: u32) -> u32 {
        info!(error = if depth > 0 { descend(depth - 1) } else { 0 });
        depth
    }
    let (reporter, _) = reporter_of(&[]);
    let seen = Seen::default();
    let stack = Registry::default().with(reporter.layer()).with(seen.clone().with_filter(LevelFilter::WARN));
    tracing::subscriber::with_default(stack, || {
        info_span!("dispatch_session").in_scope(|| descend(3));
    });
    assert_eq!(seen.take(), [""; 0]);
}

#[test]
fn the_layer_does_not_change_the_answers_about_events() {
    // In a process of its own: as long as a subscriber of another test wants these callsites, `tracing` asks this one
    // too, and with a filter for each layer `tracing-subscriber` then always answers yes, also without this crate.
    let output = InChild::new().run(|| {
        let (reporter, _) = reporter_of(&[("SIGNALS", "+error-event")]);
        let seen = Seen::default();
        let other = seen.clone().with_filter(LevelFilter::WARN);
        let stack = Registry::default().with(reporter.layer()).with(other);
        tracing::subscriber::with_default(stack, || {
            assert!(!tracing::event_enabled!(Level::INFO, error));
            assert!(!tracing::enabled!(Level::INFO, error));
            assert!(tracing::event_enabled!(Level::ERROR, error));
            error_span!("wanted", answer = tracing::event_enabled!(Level::INFO, error)).in_scope(|| ());
        });
        assert_eq!(seen.take(), ["wanted"]);
    });
    output.ok();
}

/// `tracing-log` gives the name `log record` to the metadata that it asks about.
#[test]
fn an_event_named_log_record_does_not_count_as_a_record_of_log() {
    let (reporter, _) = reporter_of(&[]);
    let seen = Seen::default();
    let only = filter_fn(|metadata| metadata.fields().field("user").is_some());
    let stack = Registry::default().with(reporter.layer()).with(seen.clone().with_filter(only));
    tracing::subscriber::with_default(stack, || info!(name: "log record", user = 1));
    assert_eq!(seen.take(), ["INFO"]);
}

/// Returns the way of this name to combine the two layers.
fn stack_named(name: &str) -> Stack {
    STACKS.iter().find(|(known, _)| *known == name).unwrap().1
}

/// Prints the most verbose level of any callsite that `tracing` asks a process with this stack about.
fn max_level(spans: &'static str, stack: Stack, filter: &'static str) -> impl FnOnce() {
    move || {
        let (reporter, _) = reporter_of(&[("SPANS", spans)]);
        stack(filter, &Output::default(), &reporter).init();
        println!("{}", LevelFilter::current());
    }
}

#[test]
fn the_max_level_stays_info_beside_fmt_at_info() {
    // In its own process, because the max level is global.
    let output = InChild::new().run(max_level("[dispatch_session]", stack_named("ours first"), "info")).ok();
    assert_eq!(output.stdout, "info\n");
}

#[test]
fn the_max_level_stays_info_in_a_vec_beside_fmt_at_info() {
    let output = InChild::new()
        .run(max_level("[dispatch_session]", stack_named("both in a Vec, ours last"), "info"))
        .ok();
    assert_eq!(output.stdout, "info\n");
}

#[test]
fn the_max_level_stays_info_in_an_option_beside_fmt_at_info() {
    let output =
        InChild::new().run(max_level("[dispatch_session]", stack_named("ours in an Option"), "info")).ok();
    assert_eq!(output.stdout, "info\n");
}

#[test]
fn the_max_level_follows_the_directives() {
    let spans = "tower_http[request]=debug,[dispatch_session]";
    let output = InChild::new().run(max_level(spans, stack_named("ours last"), "info")).ok();
    assert_eq!(output.stdout, "debug\n");
}

#[test]
fn the_max_level_follows_fmt_beside_a_quieter_reporter() {
    let output =
        InChild::new().run(max_level("[dispatch_session]=error", stack_named("ours first"), "warn")).ok();
    assert_eq!(output.stdout, "warn\n");
}
