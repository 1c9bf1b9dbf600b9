//! One directive with its matches and near misses, and the advice that follows from them.

use crate::observe::{
    directive::Directive,
    doctor::{known_spans::KNOWN_SPANS, near_miss::NearMiss},
};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};
use tracing::{Metadata, level_filters::LevelFilter};

/// A directive, and what it matched so far.
#[derive(Debug)]
pub(super) struct WatchedDirective {
    pub(super) variable: &'static str,
    pub(super) directive: Directive,
    /// The number of callsites that it matched.
    pub(super) callsites: AtomicUsize,
    near_misses: Mutex<Vec<NearMiss>>,
    /// Whether advice about it was logged.
    pub(super) is_advised: AtomicBool,
    /// Whether it is the built-in default. It is not a mistake if that matches nothing.
    is_default: bool,
}

/// An occasion to log advice. It decides how sure the advice must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The application runs. Only a sure near miss leads to advice.
    Running,
    /// The reporter's last layer is dropped. Every near miss leads to advice.
    Dropped,
    /// The process or a diagnosis ends. A directive without a near miss leads to advice as well.
    End,
}

/// The maximum number of near misses that are kept for a directive.
const MAX_NEAR_MISSES: usize = 5;

impl WatchedDirective {
    pub(super) fn new(variable: &'static str, directive: Directive, is_default: bool) -> Self {
        Self {
            variable,
            directive,
            callsites: AtomicUsize::new(0),
            near_misses: Mutex::default(),
            is_advised: AtomicBool::new(false),
            is_default,
        }
    }

    /// Whether the directive selects or excludes the spans of a callsite.
    pub(super) fn matches(&self, callsite: &Metadata<'_>) -> bool {
        let level = self.directive.level();
        // `off` excludes spans at every level.
        self.directive.matches_ignoring_level(callsite)
            && (level == LevelFilter::OFF || *callsite.level() <= level)
    }

    pub(super) fn is_unmatched(&self) -> bool {
        self.callsites.load(Relaxed) == 0
    }

    pub(super) fn add_near_miss(&self, near_miss: NearMiss) {
        let mut near_misses = self.near_misses.lock().unwrap_or_else(PoisonError::into_inner);
        near_misses.push(near_miss);
        // Sorted first, so that the least sure one is dropped.
        near_misses.sort_by_key(|near_miss| near_miss.reason);
        near_misses.truncate(MAX_NEAR_MISSES);
    }

    /// Returns the near misses, the surest first.
    pub(super) fn near_misses(&self) -> Vec<NearMiss> {
        self.near_misses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns two lines of advice: the problem, and the directive to write. `None` if no advice is sure enough on
    /// this occasion.
    pub(super) fn advice(&self, occasion: Occasion) -> Option<[String; 2]> {
        let Self { variable, directive, .. } = self;
        let near_miss = self.near_misses().into_iter().next();
        if let Some(near_miss) = near_miss.filter(|it| occasion != Occasion::Running || it.reason.is_sure()) {
            return Some([
                format!("{variable}: `{directive}` matches no span so far; {near_miss}"),
                format!("write `{}`", near_miss.suggestion),
            ]);
        }
        // A directive that excludes nothing does no harm.
        if occasion != Occasion::End || directive.level() == LevelFilter::OFF || self.is_default {
            return None;
        }
        let known = KNOWN_SPANS.iter().find(|known| directive.matches_names(known.target, known.name));
        let known = known.filter(|known| known.level > directive.level());
        let write = match known {
            Some(known) => format!(
                "the span `{}` of {} is opened at {}; write `{}`",
                known.name,
                known.crate_name,
                known.level,
                directive.with_level(known.level.into()).to_short_string()
            ),
            // Without a near miss, the current level says how much of the application's spans was seen at all.
            None if LevelFilter::current() == LevelFilter::TRACE => {
                "the application opened no span that nearly matches it; compare target, name and level".to_owned()
            }
            None if LevelFilter::current() >= LevelFilter::DEBUG => {
                "DISPATCH_FAILURE_DIAGNOSE=on looks at every level for a minute and prints the spans that nearly match"
                    .to_owned()
            }
            None => format!(
                "if the span is more verbose than {}, write `{}`; DISPATCH_FAILURE_DIAGNOSE=on looks at every level for \
                 a minute and prints the spans that nearly match",
                LevelFilter::current().to_string().to_uppercase(),
                directive.with_level(LevelFilter::DEBUG).to_short_string()
            ),
        };
        Some([format!("{variable}: `{directive}` matched no span"), write])
    }
}
