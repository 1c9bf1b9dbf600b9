//! Filters, and the answer of each when nothing is cached.

use crate::rng::Rng;
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{Targets, dynamic_filter_fn, filter_fn},
    registry::LookupSpan,
    reload,
};

pub(crate) type Boxed<S> = Box<dyn Layer<S> + Send + Sync>;

/// The metadata that filters look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) level: Level,
    pub(crate) is_span: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Level(LevelFilter),
    Targets(usize),
    Env(usize),
    Fn(usize),
    Dyn(usize),
    /// A level that the program switches by `reload`: the first, then the second, then the first again.
    Switched(LevelFilter, LevelFilter),
}

const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// Levels by target, the most specific target first, for `Targets` and `EnvFilter`.
const DIRECTIVES: [&[(&str, LevelFilter)]; 5] = [
    &[("app::db", LevelFilter::TRACE), ("", LevelFilter::WARN)],
    &[("app::web", LevelFilter::INFO)],
    &[("app::web", LevelFilter::OFF), ("app", LevelFilter::DEBUG), ("", LevelFilter::ERROR)],
    &[("", LevelFilter::INFO)],
    &[("lib", LevelFilter::TRACE)],
];

/// The rules of `FilterFn` and `DynFilterFn`.
const RULES: [fn(&str, Level, bool) -> bool; 4] = [
    |_, level, _| level != Level::WARN,
    |target, level, _| target == "app::db" || level <= Level::WARN,
    |_, level, is_span| is_span || level == Level::ERROR,
    |_, level, is_span| !is_span && level <= Level::INFO,
];

impl Filter {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        match rng.below(10) {
            0..3 => Self::Level(*rng.pick(&LEVELS)),
            3 => Self::Targets(rng.below(DIRECTIVES.len())),
            4 => Self::Env(rng.below(DIRECTIVES.len())),
            5 => Self::Fn(rng.below(RULES.len())),
            6 => Self::Dyn(rng.below(RULES.len())),
            _ => Self::Switched(*rng.pick(&LEVELS), *rng.pick(&LEVELS)),
        }
    }

    /// A filter that can be a layer of a stack, and hides little.
    pub(crate) fn random_global(rng: &mut Rng) -> Self {
        match rng.below(3) {
            0 => Self::Level(*rng.pick(&LEVELS[2..])),
            1 => Self::Targets(rng.below(DIRECTIVES.len())),
            _ => Self::Env(rng.below(DIRECTIVES.len())),
        }
    }

    /// The filter's answer when nothing is cached. `is_switched` chooses the level of `Switched`.
    pub(crate) fn admits(self, facts: Facts, is_switched: bool) -> bool {
        let Facts { target, level, is_span, .. } = facts;
        match self {
            Self::Level(most) => level <= most,
            Self::Targets(index) | Self::Env(index) => {
                let of_target = DIRECTIVES[index].iter().find(|(prefix, _)| target.starts_with(prefix));
                of_target.is_some_and(|(_, most)| level <= *most)
            }
            Self::Fn(rule) | Self::Dyn(rule) => RULES[rule](target, level, is_span),
            Self::Switched(first, second) => level <= if is_switched { second } else { first },
        }
    }

    /// The filter as a layer, which filters for all others.
    pub(crate) fn global<S: Subscriber>(self) -> Boxed<S> {
        match self {
            Self::Level(most) => most.boxed(),
            Self::Targets(index) => targets(index).boxed(),
            Self::Env(index) => env(index).boxed(),
            _ => unreachable!("not among the global filters"),
        }
    }

    /// The layer with this filter. A filter that can be switched adds its switch to `switches`.
    pub(crate) fn on<S, L>(self, layer: L, switches: &mut Vec<Switch>) -> Boxed<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
        L: Layer<S> + Send + Sync,
    {
        match self {
            Self::Level(most) => layer.with_filter(most).boxed(),
            Self::Targets(index) => layer.with_filter(targets(index)).boxed(),
            Self::Env(index) => layer.with_filter(env(index)).boxed(),
            Self::Fn(rule) => layer.with_filter(filter_fn(move |metadata| by_rule(rule, metadata))).boxed(),
            Self::Dyn(rule) => {
                layer.with_filter(dynamic_filter_fn(move |metadata, _| by_rule(rule, metadata))).boxed()
            }
            Self::Switched(first, second) => {
                let (filter, handle) = reload::Layer::<LevelFilter, S>::new(first);
                switches.push(Box::new(move |is_switched| {
                    let _ = handle.modify(|most| *most = if is_switched { second } else { first });
                }));
                layer.with_filter(filter).boxed()
            }
        }
    }
}

/// Reloads a filter with its first level (`false`) or its second (`true`).
pub(crate) type Switch = Box<dyn Fn(bool) + Send + Sync>;

fn by_rule(rule: usize, metadata: &Metadata<'_>) -> bool {
    RULES[rule](metadata.target(), *metadata.level(), metadata.is_span())
}

fn targets(index: usize) -> Targets {
    DIRECTIVES[index].iter().fold(Targets::new(), |targets, (target, level)| {
        if target.is_empty() { targets.with_default(*level) } else { targets.with_target(*target, *level) }
    })
}

fn env(index: usize) -> EnvFilter {
    let directive = |(target, level): &(&str, LevelFilter)| {
        if target.is_empty() { level.to_string() } else { format!("{target}={level}") }
    };
    EnvFilter::new(DIRECTIVES[index].iter().map(directive).collect::<Vec<_>>().join(","))
}
