//! Finding out whether something in the subscriber stack hides dispatch spans.

use crate::{
    directive::Directive,
    error::{Error, Problem},
    probe::{self, Sight},
    watch::Watch,
};
use tracing::{Level, dispatcher, level_filters::STATIC_MAX_LEVEL};

/// Asks the filters of the current default subscriber about a span for each directive.
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
    let look = |level| -> Vec<Sight> {
        targets.iter().map(|target| probe::look(&name, target, level, watch.id())).collect()
    };
    let sights = look(level);
    if sights.contains(&Sight::Seen) {
        // What passes on no `on_register_dispatch`, as an `Option`, tells it by this.
        dispatcher::get_default(|dispatch| watch.note_subscriber(dispatch));
        return None;
    }
    let less_verbose = [Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR].into_iter();
    let passing =
        less_verbose.filter(|other| *other < level).find(|other| look(*other).contains(&Sight::Seen));
    let passing_levels = match passing {
        Some(passing) => format!("the most verbose level it lets through is {}", lower(passing)),
        None => "it lets them through at no level".to_owned(),
    };
    let is_part = dispatcher::get_default(|dispatch| watch.is_part_of(dispatch));
    say(match *sights.last()? {
        Sight::Seen => return None,
        Sight::NoSubscriber => {
            "no subscriber is set; call `verify` after `init` or `set_global_default`".to_owned()
        }
        Sight::Unasked { is_off: true, is_never: false } if !is_part => format!(
            "a layer of the current subscriber is `None`, and this reporter's layer is not part of it. A \
             `reload::Layer` {RELOAD}"
        ),
        Sight::Unasked { is_never: false, .. } if is_part && passing.is_none() => format!(
            "this reporter's layer was part of the current subscriber, which no longer asks it: a `reload::Layer` \
             holds `None` in its place, or a filter around it drops everything. A `reload::Layer` {RELOAD}"
        ),
        Sight::Unasked { .. } if !is_part && passing.is_none() => {
            "this reporter's layer is not part of the current subscriber. An `Option` or a `reload::Layer` that holds \
             `None` holds no layer"
                .to_owned()
        }
        Sight::FilteredAround | Sight::Unasked { is_never: false, .. } => format!(
            "a filter around this reporter's layer drops them ({passing_levels}). Take the layer out of that filter; it \
             has one of its own"
        ),
        Sight::Filtered | Sight::Unasked { .. } => format!(
            "a global filter of the subscriber drops them ({passing_levels}). Put the filter on the layer that it is \
             meant for, as in `.with(fmt::layer().with_filter(filter))`, or let the spans through it, as in \
             `warn,[{name}]={}`",
            lower(level),
        ),
    })
}

/// What to do where a layer is put into a stack that exists already.
const RELOAD: &str = "that starts with `None` can be given `Some(reporter.layer_unfiltered())` later";

fn lower(level: Level) -> String {
    level.to_string().to_lowercase()
}
