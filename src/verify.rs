//! Finding out whether something in the subscriber stack hides dispatch spans.

use crate::{
    directive::Directive,
    error::{Error, Problem},
    probe::{Probe, Sight},
    watch::Watch,
};
use tracing::{Level, level_filters::STATIC_MAX_LEVEL};

/// Opens a probe span for each directive in the current default subscriber.
pub(crate) fn verify(watch: &Watch) -> Result<(), Error> {
    let problems: Vec<Problem> =
        watch.spans().selecting().filter_map(|directive| verify_one(watch, directive)).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::hidden(problems)) }
}

fn verify_one(watch: &Watch, directive: &Directive) -> Option<Problem> {
    let level = directive.level().into_level()?;
    let name = directive.span().map_or_else(|| "dispatch_session".to_owned(), |glob| glob.example());
    let say = |reason: String| {
        Some(Problem::plain(format!("spans of the directive `{directive}` are hidden: {reason}")))
    };
    if level > STATIC_MAX_LEVEL {
        return say(format!(
            "the level {level} is compiled out by a `max_level_*` or `release_max_level_*` feature of `tracing`"
        ));
    }
    // A global filter may go by targets, and what the application's are called is a guess.
    let targets = match directive.target() {
        Some(target) => vec![target.to_owned()],
        None => std::iter::once("tracing_dispatch_failure::probe".to_owned())
            .chain(crate::process::crate_name())
            .collect(),
    };
    let mut reason = None;
    for target in &targets {
        let probe = Probe::new(&name, target, level);
        match probe.open(watch.id()) {
            Sight::Seen => return None,
            hidden => reason = Some(hidden),
        }
    }
    say(match reason? {
        Sight::Seen => return None,
        Sight::NoSubscriber => {
            "no subscriber is set; call `verify` after `init` or `set_global_default`".to_owned()
        }
        Sight::NoLayer => "this reporter's layer is not part of the current subscriber".to_owned(),
        Sight::Filtered => format!(
            "a global filter of the subscriber drops them ({}). Put the filter on the layer that it is meant for, as \
             in `.with(fmt::layer().with_filter(filter))`, or let the spans through it, as in `warn,[{name}]={}`",
            match passing(watch, &name, &targets, level) {
                Some(passing) => format!("the most verbose level it lets through is {}", lower(passing)),
                None => "it lets them through at no level".to_owned(),
            },
            lower(level),
        ),
    })
}

/// The most verbose level below `level` that a global filter lets such spans through at.
fn passing(watch: &Watch, name: &str, targets: &[String], level: Level) -> Option<Level> {
    let less_verbose = [Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR].into_iter();
    less_verbose.filter(|other| *other < level).find(|other| {
        let passes = |target: &String| {
            let sight = Probe::new(name, target, *other).open(watch.id());
            matches!(sight, Sight::Seen | Sight::NoLayer)
        };
        targets.iter().any(passes)
    })
}

fn lower(level: Level) -> String {
    level.to_string().to_lowercase()
}
