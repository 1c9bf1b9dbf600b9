//! Finds out whether something in the subscriber stack hides dispatch spans from the reporter's layer.

use crate::{
    error::{Error, Problem},
    observe::{
        directive::Directive,
        observer::Observer,
        probe::{self, ProbeResult},
    },
};
use tracing::{
    Level, dispatcher,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
};

/// Probes the current default subscriber for each directive that selects spans.
///
/// # Errors
///
/// One problem for each directive whose spans do not reach the reporter's layer.
pub(crate) fn verify(observer: &Observer) -> Result<(), Error> {
    let problems: Vec<Problem> =
        observer.spans().selecting().filter_map(|directive| verify_directive(observer, directive)).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::verification(problems)) }
}

/// Returns the problem with a directive's spans; `None` if they reach the layer.
fn verify_directive(observer: &Observer, directive: &Directive) -> Option<Problem> {
    let level = directive.level().into_level()?;
    let problem = |reason: String| {
        Some(Problem::without_variable(format!("spans of the directive `{directive}` are hidden: {reason}")))
    };
    if level > STATIC_MAX_LEVEL {
        return problem(format!(
            "the level {level} is compiled out by a `max_level_*` or `release_max_level_*` feature of `tracing`; remove \
             the feature"
        ));
    }
    let probes = Probes::for_directive(directive);
    let result = probes.run(level, observer.id());
    if result == ProbeResult::Seen {
        // An `Option` of layers does not pass on `on_register_dispatch`, but the probe shows that the layer is part of
        // this subscriber.
        dispatcher::get_default(|dispatch| observer.add_subscriber(dispatch));
        return None;
    }
    // The most verbose level that passes tells the user which filter it is.
    let less_verbose = [Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR].into_iter();
    let passing = less_verbose
        .filter(|other| *other < level)
        .find(|other| probes.run(*other, observer.id()) == ProbeResult::Seen);
    let passing_levels = match passing {
        Some(passing) => format!("the most verbose level it lets through is {}", lowercase(passing)),
        None => "it lets them through at no level".to_owned(),
    };
    // A layer that sees some level, or that registered with this subscriber, is part of it.
    let is_part = passing.is_some() || dispatcher::get_default(|dispatch| observer.is_part_of(dispatch));
    problem(match result {
        ProbeResult::Seen => return None,
        ProbeResult::NoSubscriber => {
            "no subscriber is set; call `verify` after `init` or `set_global_default`".to_owned()
        }
        ProbeResult::Filtered => format!(
            "a global filter of the subscriber drops them ({passing_levels}). Attach the filter to the layer that needs \
             it, as in `.with(fmt::layer().with_filter(filter))`, or let the spans through it, as in `warn,{}`",
            env_filter_directive(directive),
        ),
        ProbeResult::LevelLimited => format!(
            "no filter drops them, but the subscriber's most verbose level is {}. Layers that `and_then` joins \
             directly on the registry get the level of the outer one (tracing-subscriber 0.3); add each of them by \
             `.with(…)`",
            LevelFilter::current(),
        ),
        ProbeResult::Unasked { is_off: true, is_never: false } if !is_part => format!(
            "a layer of the current subscriber is `None`, and this reporter's layer is not part of it. A \
             `reload::Layer` {RELOAD_ADVICE}"
        ),
        ProbeResult::Unasked { is_never: false, .. } if is_part && passing.is_none() => format!(
            "this reporter's layer was part of the current subscriber, which no longer asks it: a `reload::Layer` \
             holds `None` in its place, or a filter around it drops everything. A `reload::Layer` {RELOAD_ADVICE}"
        ),
        ProbeResult::FilteredAround | ProbeResult::Unasked { .. } if is_part => format!(
            "a filter around this reporter's layer drops them ({passing_levels}). Take the layer out of that filter; it \
             has one of its own"
        ),
        ProbeResult::FilteredAround | ProbeResult::Unasked { .. } => {
            "this reporter's layer is not part of the current subscriber; add `.with(reporter.layer())`. An `Option` or \
             a `reload::Layer` that holds `None` holds no layer"
                .to_owned()
        }
    })
}

/// Examples of the spans that a directive selects: each name with each target.
struct Probes {
    names: Vec<String>,
    targets: Vec<String>,
}

impl Probes {
    fn for_directive(directive: &Directive) -> Self {
        // If the directive leaves the name open, a filter that admits a single name is not enough.
        let names = match directive.span() {
            Some(glob) if glob.is_exact() => vec![glob.as_str().to_owned()],
            Some(glob) => ["x", "another"].map(|part| glob.example(part)).into(),
            None => ["dispatch_session", "another"].map(str::to_owned).into(),
        };
        // A global filter may go by targets. The application's own target is guessed from its executable's name.
        let targets = match directive.target() {
            Some(target) => vec![target.to_owned()],
            None => std::iter::once("tracing_dispatch_failure::probe".to_owned())
                .chain(crate::platform::process::crate_name())
                .collect(),
        };
        Self { names, targets }
    }

    /// Probes the spans at a level. Returns [`ProbeResult::Seen`] if, with one of the targets, the spans of all names
    /// would reach the layer. Otherwise, returns the first other result with the last target.
    fn run(&self, level: Level, reporter: u32) -> ProbeResult {
        let with_target = |target: &String| {
            let mut results = self.names.iter().map(|name| probe::probe_span(name, target, level, reporter));
            results.find(|result| *result != ProbeResult::Seen).unwrap_or(ProbeResult::Seen)
        };
        let results: Vec<ProbeResult> = self.targets.iter().map(with_target).collect();
        match results.last() {
            // The last target is the application's own, if its name is known.
            Some(last) if !results.contains(&ProbeResult::Seen) => *last,
            _ => ProbeResult::Seen,
        }
    }
}

/// Returns a directive of `EnvFilter` that admits a directive's spans.
fn env_filter_directive(directive: &Directive) -> String {
    let level = directive.level().to_string();
    let target = directive.target();
    // `EnvFilter` compares names exactly, so a pattern needs its whole target.
    match directive.span().filter(|glob| glob.is_exact()) {
        Some(name) => format!("{}[{name}]={level}", target.unwrap_or_default()),
        None => {
            let own = || crate::platform::process::crate_name().unwrap_or_else(|| "my_app".to_owned());
            format!("{}={level}", target.map_or_else(own, str::to_owned))
        }
    }
}

/// How to put a layer into a stack that exists already.
const RELOAD_ADVICE: &str = "that starts with `None` can be given `Some(reporter.layer_unfiltered())` later";

fn lowercase(level: Level) -> String {
    level.to_string().to_lowercase()
}
