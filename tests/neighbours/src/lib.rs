//! The layers that applications use beside ours, and everything that each of them exports.

mod fmt;
mod opentelemetry;
mod sentry;
mod unify;

use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::{
    Dispatch, Subscriber,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
};
use tracing_dispatch_failure::{Builder, MemorySink, Reporter};
use tracing_subscriber::{Layer, filter::filter_fn, prelude::*, registry::LookupSpan};

pub(crate) type Boxed<S> = Box<dyn Layer<S> + Send + Sync>;

/// A layer beside ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    Fmt,
    OpenTelemetry,
    Sentry,
}

impl Neighbour {
    pub const ALL: [Self; 3] = [Self::Fmt, Self::OpenTelemetry, Self::Sentry];
}

/// How the neighbour is filtered.
#[derive(Debug, Clone, Copy)]
pub enum Filter {
    None,
    Level(LevelFilter),
    /// A level whose filter is asked for each span and event, because no callsite's interest is `always`.
    Asked(LevelFilter),
}

impl Filter {
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Level(LevelFilter::ERROR),
        Self::Level(LevelFilter::WARN),
        Self::Level(LevelFilter::INFO),
        Self::Level(LevelFilter::TRACE),
        Self::Asked(LevelFilter::ERROR),
        Self::Asked(LevelFilter::INFO),
    ];

    pub(crate) fn around<S>(self, layer: impl Layer<S> + Send + Sync) -> Boxed<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        match self {
            Self::None => layer.boxed(),
            Self::Level(level) => layer.with_filter(level).boxed(),
            Self::Asked(level) => {
                let filter = tracing_subscriber::filter::dynamic_filter_fn(move |metadata, _| {
                    *metadata.level() <= level
                });
                layer.with_filter(filter.with_max_level_hint(level)).boxed()
            }
        }
    }
}

/// The position of our layer in the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours {
    First,
    Last,
    /// A global filter at WARN, between the registry and the layers, hides dispatch spans.
    FirstBehindWarn,
    LastBehindWarn,
    Absent,
    AbsentBehindWarn,
}

impl Ours {
    /// The positions in which our layer sees dispatch spans.
    pub const SEEN: [Self; 2] = [Self::First, Self::Last];
    /// The positions in which a global filter hides dispatch spans.
    pub const HIDDEN: [Self; 2] = [Self::FirstBehindWarn, Self::LastBehindWarn];

    /// The same stack without our layer.
    #[must_use]
    pub fn absent(self) -> Self {
        match self {
            Self::First | Self::Last | Self::Absent => Self::Absent,
            Self::FirstBehindWarn | Self::LastBehindWarn | Self::AbsentBehindWarn => Self::AbsentBehindWarn,
        }
    }
}

/// A stack of our layer and one neighbour.
#[derive(Debug, Clone, Copy)]
pub struct Stack {
    pub neighbour: Neighbour,
    pub filter: Filter,
    pub ours: Ours,
}

impl Stack {
    /// Calls `run` in the stack, and returns everything that the neighbour exports.
    pub fn exported(self, reporter: &Reporter, run: impl FnOnce()) -> Vec<String> {
        // One stack at a time: a callsite's interest depends on all subscribers of the process.
        static ALONE: Mutex<()> = Mutex::new(());
        let _alone: MutexGuard<'_, ()> = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = tracing_log::LogTracer::init();
        assert_eq!(STATIC_MAX_LEVEL, LevelFilter::TRACE);
        match self.neighbour {
            Neighbour::Fmt => fmt::exported(self, reporter, run),
            Neighbour::OpenTelemetry => opentelemetry::exported(self, reporter, run),
            Neighbour::Sentry => sentry::exported(self, reporter, run),
        }
    }

    pub(crate) fn dispatch(self, reporter: &Reporter, neighbour: &impl Neighbouring) -> Dispatch {
        let registry = tracing_subscriber::registry();
        let (filter, warn) = (self.filter, LevelFilter::WARN);
        match self.ours {
            Ours::First => registry.with(reporter.layer()).with(neighbour.layer(filter)).into(),
            Ours::Last => registry.with(neighbour.layer(filter)).with(reporter.layer()).into(),
            Ours::FirstBehindWarn => {
                registry.with(warn).with(reporter.layer()).with(neighbour.layer(filter)).into()
            }
            Ours::LastBehindWarn => {
                registry.with(warn).with(neighbour.layer(filter)).with(reporter.layer()).into()
            }
            Ours::Absent => registry.with(neighbour.layer(filter)).into(),
            Ours::AbsentBehindWarn => registry.with(warn).with(neighbour.layer(filter)).into(),
        }
    }
}

/// Builds a neighbour's layer for any subscriber.
pub(crate) trait Neighbouring {
    fn layer<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(&self, filter: Filter) -> Boxed<S>;
}

/// A reporter that writes to memory alone.
#[must_use]
pub fn reporter(spans: &str) -> (Reporter, MemorySink) {
    let memory = MemorySink::new();
    let builder = Builder::from_vars([("DISPATCH_FAILURE_SPANS", spans)]);
    let reporter =
        builder.sinks([]).add_sink("memory", memory.clone()).build().expect("the directives are good");
    (reporter, memory)
}

/// The layer with a filter that passes events of these levels and nothing else.
pub(crate) fn events_at<S>(levels: &'static [tracing::Level], layer: impl Layer<S> + Send + Sync) -> Boxed<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    layer
        .with_filter(filter_fn(move |metadata| metadata.is_event() && levels.contains(metadata.level())))
        .boxed()
}
