//! Random subscriber stacks.

use crate::{
    filter::{Boxed, Facts, Filter, Switch},
    recorder::Recorder,
    rng::Rng,
    support::reporter_of,
};
use std::{fmt, io};
use tracing::{Dispatch, Level, Subscriber, level_filters::LevelFilter};
use tracing_dispatch_failure::{MemorySink, Reporter};
use tracing_subscriber::{Layer, Registry, prelude::*, registry::LookupSpan, reload};

/// A layer of a stack, or several layers in a wrapper.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// A layer of the stack's reporter with this index.
    Ours(usize),
    /// An `Option` that is `None` instead of a layer.
    Nothing,
    Recorder(Option<Filter>),
    Fmt(Option<Filter>),
    /// A filter that is a layer itself, and filters for all others.
    Global(Filter),
    Some(Box<Part>),
    Boxed(Box<Part>),
    Reload(Box<Part>),
    Vec(Vec<Part>),
    AndThen(Box<Part>, Box<Part>),
}

/// A description of a stack, innermost layer first.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) reporters: Vec<ReporterKind>,
    pub(crate) parts: Vec<Part>,
}

/// A configuration of a reporter, and the spans that it must select.
#[derive(Clone, Copy)]
pub(crate) struct ReporterKind {
    spans: &'static str,
    context: &'static str,
    /// The most verbose level that the reporter looks at.
    pub(crate) most: LevelFilter,
    is_dispatch: fn(Facts) -> bool,
    is_context: fn(Facts) -> bool,
}

const REPORTER_KINDS: [ReporterKind; 5] = [
    ReporterKind {
        spans: "[dispatch_session]",
        context: "",
        most: LevelFilter::INFO,
        is_dispatch: |span| span.name == "dispatch_session" && span.level <= Level::INFO,
        is_context: |_| false,
    },
    ReporterKind {
        spans: "[dispatch_*]=debug",
        context: "[request]=debug",
        most: LevelFilter::DEBUG,
        is_dispatch: |span| span.name.starts_with("dispatch_") && span.level <= Level::DEBUG,
        is_context: |span| span.name == "request" && span.level <= Level::DEBUG,
    },
    ReporterKind {
        spans: "app::db=trace",
        context: "",
        most: LevelFilter::TRACE,
        is_dispatch: |span| span.target == "app::db",
        is_context: |_| false,
    },
    ReporterKind {
        spans: "[*]=warn",
        context: "",
        most: LevelFilter::WARN,
        is_dispatch: |span| span.level <= Level::WARN,
        is_context: |_| false,
    },
    ReporterKind {
        spans: "[dispatch_session]=error",
        context: "[request]",
        most: LevelFilter::INFO,
        is_dispatch: |span| span.name == "dispatch_session" && span.level <= Level::ERROR,
        is_context: |span| span.name == "request" && span.level <= Level::INFO,
    },
];

impl fmt::Debug for ReporterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SPANS={} CONTEXT={}", self.spans, self.context)
    }
}

impl ReporterKind {
    pub(crate) fn is_dispatch(self, span: Facts) -> bool {
        (self.is_dispatch)(span)
    }

    pub(crate) fn selects(self, span: Facts) -> bool {
        self.is_dispatch(span) || (self.is_context)(span)
    }
}

impl Part {
    fn random_other(rng: &mut Rng) -> Self {
        let filter = (!rng.percent(20)).then(|| Filter::random(rng));
        match rng.below(20) {
            0..11 => Self::Recorder(filter),
            11..15 => Self::Fmt(filter),
            15 => Self::Nothing,
            _ => Self::Global(Filter::random_global(rng)),
        }
    }

    /// The part, in a random wrapper or in none.
    fn wrapped(self, rng: &mut Rng) -> Self {
        match rng.below(10) {
            0 => Self::Some(Box::new(self.wrapped(rng))),
            1 => Self::Boxed(Box::new(self.wrapped(rng))),
            2 => Self::Reload(Box::new(self)),
            3 => {
                let other = Self::Recorder(Some(Filter::random(rng)));
                // A `Vec` ignores a global filter's answer about a callsite that another of its layers
                // always wants (tracing-subscriber 0.3.23), so a `Vec` gets no global filter.
                if self.has(&|part| matches!(part, Self::Global(_))) {
                    self
                } else if rng.percent(50) {
                    Self::Vec(vec![self, other])
                } else {
                    Self::Vec(vec![other, self])
                }
            }
            4 => Self::AndThen(Box::new(self), Box::new(Self::random_other(rng))),
            5 => Self::AndThen(Box::new(Self::random_other(rng)), Box::new(self)),
            _ => self,
        }
    }

    /// Whether this part or one inside it matches.
    pub(crate) fn has(&self, is_it: &dyn Fn(&Self) -> bool) -> bool {
        is_it(self)
            || match self {
                Self::Some(part) | Self::Boxed(part) | Self::Reload(part) => part.has(is_it),
                Self::Vec(parts) => parts.iter().any(|part| part.has(is_it)),
                Self::AndThen(first, second) => first.has(is_it) || second.has(is_it),
                _ => false,
            }
    }

    /// The part without our layers, if anything is left.
    fn without_ours(&self) -> Option<Self> {
        let inner = |part: &Self| part.without_ours().map(Box::new);
        match self {
            Self::Ours(_) => None,
            Self::Some(part) => inner(part).map(Self::Some),
            Self::Boxed(part) => inner(part).map(Self::Boxed),
            Self::Reload(part) => inner(part).map(Self::Reload),
            Self::Vec(parts) => {
                let parts: Vec<Self> = parts.iter().filter_map(Self::without_ours).collect();
                (!parts.is_empty()).then_some(Self::Vec(parts))
            }
            Self::AndThen(first, second) => match (inner(first), inner(second)) {
                (Some(first), Some(second)) => Some(Self::AndThen(first, second)),
                (one, other) => one.or(other).map(|part| *part),
            },
            other => Some(other.clone()),
        }
    }

    fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Some(part) | Self::Boxed(part) | Self::Reload(part) => part.visit(visit),
            Self::Vec(parts) => parts.iter().for_each(|part| part.visit(visit)),
            Self::AndThen(first, second) => {
                first.visit(visit);
                second.visit(visit);
            }
            _ => {}
        }
    }

    /// Whether a layer of ours in it can ask its stack who wants a span. Inside `reload` it cannot.
    /// `Option` and `Vec` do not hand the stack to their layers, which find it only if it is the global
    /// default.
    fn can_ask(&self, is_global: bool) -> bool {
        match self {
            Self::Ours(_) => true,
            Self::Boxed(part) => part.can_ask(is_global),
            Self::Some(part) => is_global && part.can_ask(is_global),
            Self::Vec(parts) => is_global && parts.iter().any(|part| part.can_ask(is_global)),
            Self::AndThen(first, second) => first.can_ask(is_global) || second.can_ask(is_global),
            _ => false,
        }
    }
}

impl Stack {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let reporters: Vec<ReporterKind> =
            (0..1 + rng.below(2)).map(|_| *rng.pick(&REPORTER_KINDS)).collect();
        let mut parts = Vec::new();
        for _ in 0..rng.below(4) {
            let part = Part::random_other(rng).wrapped(rng);
            parts.push(part);
        }
        let again = rng.percent(20).then_some(0);
        for index in (0..reporters.len()).chain(again) {
            if parts.len() < 4 {
                let at = rng.below(parts.len() + 1);
                let ours = Part::Ours(index).wrapped(rng);
                parts.insert(at, ours);
            }
        }
        // Keeps the reporters that have a layer.
        let has =
            |index| parts.iter().any(|part| part.has(&|part| matches!(part, Part::Ours(it) if *it == index)));
        let listed = (0..reporters.len()).filter(|index| has(*index)).count();
        Self { reporters: reporters[..listed].to_vec(), parts }
    }

    pub(crate) fn without_ours(&self) -> Self {
        Self { reporters: Vec::new(), parts: self.parts.iter().filter_map(Part::without_ours).collect() }
    }

    /// Whether a layer of ours can find out that nobody wants a span. `reload` hides the filter of the layer
    /// in it, which then counts as a layer that wants everything.
    pub(crate) fn can_ask(&self, is_global: bool) -> bool {
        let is_hidden = |part: &Part| matches!(part, Part::Reload(inner) if inner.has(&|part| matches!(part, Part::Ours(_))));
        self.parts.iter().any(|part| part.can_ask(is_global)) && !self.has(&is_hidden)
    }

    /// The number of our layers.
    pub(crate) fn ours(&self) -> usize {
        let mut count = 0;
        self.visit(&mut |part| count += usize::from(matches!(part, Part::Ours(_))));
        count
    }

    /// Whether `tracing-subscriber` 0.3.23 may mistake one layer's most verbose level for the stack's.
    pub(crate) fn has_wrong_limit(&self) -> bool {
        // Of two layers that `and_then` joins directly on the registry, it takes the outer one's level.
        let first = self.parts.first();
        let is_joined = first.is_some_and(|part| part.has(&|part| matches!(part, Part::AndThen(..))));
        // A filter that `reload` hides also limits the layers that name no level.
        let is_filtered = |part: &Part| matches!(part, Part::Recorder(Some(_)) | Part::Fmt(Some(_)));
        is_joined || self.has(&|part| matches!(part, Part::Reload(inner) if inner.has(&is_filtered)))
    }

    fn has(&self, is_it: &dyn Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(|part| part.has(is_it))
    }

    fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Part)) {
        self.parts.iter().for_each(|part| part.visit(visit));
    }

    /// Whether no global filter hides a span or event with this metadata.
    pub(crate) fn lets_through(&self, facts: Facts) -> bool {
        !self.has(&|part| matches!(part, Part::Global(filter) if !filter.admits(facts, false)))
    }

    /// Whether a layer other than ours wants it; `is_switched` is the state of the switched levels.
    pub(crate) fn wants(&self, facts: Facts, is_switched: bool) -> bool {
        let wants = |part: &Part| match part {
            Part::Recorder(filter) | Part::Fmt(filter) => {
                filter.is_none_or(|filter| filter.admits(facts, is_switched))
            }
            _ => false,
        };
        self.lets_through(facts) && self.has(&wants)
    }

    /// Whether `tracing-subscriber` 0.3.23 mistakes a part for a layer that wants everything.
    pub(crate) fn seems_greedy(&self) -> bool {
        self.has(&|part| matches!(part, Part::Nothing | Part::Reload(_)))
    }

    /// Whether each layer of ours notices the questions in an event's values, and can ask the stack again.
    pub(crate) fn asks_again(&self, is_global: bool) -> bool {
        let is_ours = |part: &Part| matches!(part, Part::Ours(_));
        let hides = |part: &Part| match part {
            Part::Reload(inner) => inner.has(&is_ours),
            // These do not hand a layer its subscriber; it finds a scoped one too late.
            Part::Some(inner) => !is_global && inner.has(&is_ours),
            Part::Vec(parts) => !is_global && parts.iter().any(|part| part.has(&is_ours)),
            // An event that it refuses reaches no layer below it, and clears all answers.
            Part::Global(_) => true,
            _ => false,
        };
        !self.has(&hides)
    }

    /// The filters of the recorders, in the order in which they are built.
    pub(crate) fn recorders(&self) -> Vec<Option<Filter>> {
        let mut recorders = Vec::new();
        self.visit(&mut |part| {
            if let Part::Recorder(filter) = part {
                recorders.push(*filter);
            }
        });
        recorders
    }

    pub(crate) fn build(&self) -> Built {
        let mut parts = Parts { recorders: Vec::new(), switches: Vec::new(), reporters: Vec::new() };
        for kind in &self.reporters {
            parts.reporters.push(reporter_of(&[("SPANS", kind.spans), ("CONTEXT", kind.context)]));
        }
        let dispatch = parts.stack(&self.parts);
        Built { dispatch, parts }
    }
}

pub(crate) struct Built {
    pub(crate) dispatch: Dispatch,
    pub(crate) parts: Parts,
}

/// The pieces of a built stack that tests read or control.
pub(crate) struct Parts {
    pub(crate) recorders: Vec<Recorder>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) reporters: Vec<(Reporter, MemorySink)>,
}

/// Adds the parts to a subscriber, whose type grows with each.
macro_rules! add_parts {
    ($self:ident, $parts:ident, $subscriber:ident;) => {{
        assert!($parts.is_empty(), "more parts than a stack has room for");
        $subscriber.into()
    }};
    ($self:ident, $parts:ident, $subscriber:ident; $step:tt $($steps:tt)*) => {{
        let [first, rest @ ..] = $parts else { return $subscriber.into() };
        let subscriber = $subscriber.with($self.layer(first));
        add_parts!($self, rest, subscriber; $($steps)*)
    }};
}

impl Parts {
    fn stack(&mut self, parts: &[Part]) -> Dispatch {
        let subscriber = Registry::default();
        add_parts!(self, parts, subscriber; 1 2 3 4)
    }

    fn layer<S>(&mut self, part: &Part) -> Boxed<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        match part {
            Part::Ours(index) => self.reporters[*index].0.layer().boxed(),
            Part::Nothing => None::<Boxed<S>>.boxed(),
            Part::Recorder(filter) => {
                let recorder = Recorder::default();
                self.recorders.push(recorder.clone());
                match filter {
                    Some(filter) => filter.on(recorder, &mut self.switches),
                    None => recorder.boxed(),
                }
            }
            Part::Fmt(filter) => {
                let layer = tracing_subscriber::fmt::layer().with_writer(io::sink);
                match filter {
                    Some(filter) => filter.on(layer, &mut self.switches),
                    None => layer.boxed(),
                }
            }
            Part::Global(filter) => filter.global(),
            Part::Some(part) => Some(self.layer::<S>(part)).boxed(),
            Part::Boxed(part) => self.layer::<S>(part).boxed(),
            Part::Reload(part) => reload::Layer::new(self.layer::<S>(part)).0.boxed(),
            Part::Vec(parts) => parts.iter().map(|part| self.layer::<S>(part)).collect::<Vec<_>>().boxed(),
            Part::AndThen(first, second) => {
                let first = self.layer::<S>(first);
                first.and_then(self.layer::<S>(second)).boxed()
            }
        }
    }
}
