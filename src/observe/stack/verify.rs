//! Finding out whether something in the subscriber stack hides dispatch spans.

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

/// Asks the filters of the current default subscriber about a span for each directive.
pub(crate) fn verify(observer: &Observer) -> Result<(), Error> {
    let problems: Vec<Problem> =
        observer.spans().selecting().filter_map(|directive| verify_one(observer, directive)).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::hidden(problems)) }
}

fn verify_one(observer: &Observer, directive: &Directive) -> Option<Problem> {
    let level = directive.level().into_level()?;
    let say = |reason: String| {
        Some(Problem::plain(format!("spans of the directive `{directive}` are hidden: {reason}")))
    };
    if level > STATIC_MAX_LEVEL {
        return say(format!(
            "the level {level} is compiled out by a `max_level_*` or `release_max_level_*` feature of `tracing`"
        ));
    }
    let probes = Probes::of(directive);
    let sight = probes.look(level, observer.id());
    if sight == ProbeResult::Seen {
        // What passes on no `on_register_dispatch`, as an `Option`, tells it by this.
        dispatcher::get_default(|dispatch| observer.note_subscriber(dispatch));
        return None;
    }
    let less_verbose = [Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR].into_iter();
    let passing = less_verbose
        .filter(|other| *other < level)
        .find(|other| probes.look(*other, observer.id()) == ProbeResult::Seen);
    let passing_levels = match passing {
        Some(passing) => format!("the most verbose level it lets through is {}", lower(passing)),
        None => "it lets them through at no level".to_owned(),
    };
    let is_part = passing.is_some() || dispatcher::get_default(|dispatch| observer.is_part_of(dispatch));
    say(match sight {
        ProbeResult::Seen => return None,
        ProbeResult::NoSubscriber => {
            "no subscriber is set; call `verify` after `init` or `set_global_default`".to_owned()
        }
        ProbeResult::Filtered => format!(
            "a global filter of the subscriber drops them ({passing_levels}). Attach the filter to the layer that needs \
             it, as in `.with(fmt::layer().with_filter(filter))`, or let the spans through it, as in `warn,{}`",
            admitting(directive),
        ),
        ProbeResult::LevelLimited => format!(
            "no filter drops them, but the subscriber's most verbose level is {}. Layers that `and_then` joins \
             directly on the registry get the level of the outer one (tracing-subscriber 0.3); add each of them by \
             `.with(…)`",
            LevelFilter::current(),
        ),
        ProbeResult::Unasked { is_off: true, is_never: false } if !is_part => format!(
            "a layer of the current subscriber is `None`, and this reporter's layer is not part of it. A \
             `reload::Layer` {RELOAD}"
        ),
        ProbeResult::Unasked { is_never: false, .. } if is_part && passing.is_none() => format!(
            "this reporter's layer was part of the current subscriber, which no longer asks it: a `reload::Layer` \
             holds `None` in its place, or a filter around it drops everything. A `reload::Layer` {RELOAD}"
        ),
        ProbeResult::FilteredAround | ProbeResult::Unasked { .. } if is_part => format!(
            "a filter around this reporter's layer drops them ({passing_levels}). Take the layer out of that filter; it \
             has one of its own"
        ),
        ProbeResult::FilteredAround | ProbeResult::Unasked { .. } => {
            "this reporter's layer is not part of the current subscriber. An `Option` or a `reload::Layer` that holds \
             `None` holds no layer"
                .to_owned()
        }
    })
}

/// Names and targets that stand for those of a directive's spans.
struct Probes {
    names: Vec<String>,
    targets: Vec<String>,
}

impl Probes {
    fn of(directive: &Directive) -> Self {
        // Where a directive leaves the name open, a filter that lets one name through is not enough.
        let names = match directive.span() {
            Some(glob) if glob.is_exact() => vec![glob.as_str().to_owned()],
            Some(glob) => ["x", "another"].map(|part| glob.example(part)).into(),
            None => ["dispatch_session", "another"].map(str::to_owned).into(),
        };
        // A global filter may go by targets, and what the application's are called is a guess.
        let targets = match directive.target() {
            Some(target) => vec![target.to_owned()],
            None => std::iter::once("tracing_dispatch_failure::probe".to_owned())
                .chain(crate::platform::process::crate_name())
                .collect(),
        };
        Self { names, targets }
    }

    /// What spans of all names would meet, with the target that gets the furthest.
    fn look(&self, level: Level, reporter: u32) -> ProbeResult {
        let with_target = |target: &String| {
            let mut sights = self.names.iter().map(|name| probe::look(name, target, level, reporter));
            sights.find(|sight| *sight != ProbeResult::Seen).unwrap_or(ProbeResult::Seen)
        };
        let sights: Vec<ProbeResult> = self.targets.iter().map(with_target).collect();
        match sights.last() {
            Some(last) if !sights.contains(&ProbeResult::Seen) => *last,
            _ => ProbeResult::Seen,
        }
    }
}

/// A directive of `EnvFilter` that lets a directive's spans through.
fn admitting(directive: &Directive) -> String {
    let level = directive.level().to_string();
    let target = directive.target();
    match directive.span().filter(|glob| glob.is_exact()) {
        Some(name) => format!("{}[{name}]={level}", target.unwrap_or_default()),
        None => {
            let own = || crate::platform::process::crate_name().unwrap_or_else(|| "my_app".to_owned());
            format!("{}={level}", target.map_or_else(own, str::to_owned))
        }
    }
}

/// What to do where a layer is put into a stack that exists already.
const RELOAD: &str = "that starts with `None` can be given `Some(reporter.layer_unfiltered())` later";

fn lower(level: Level) -> String {
    level.to_string().to_lowercase()
}
