//! One directive, with what it matched and nearly matched, and the advice that follows.

use crate::observe::{
    directive::Directive,
    doctor::{known_spans::KNOWN_SPANS, near_miss::NearMiss},
};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};
use tracing::{Metadata, level_filters::LevelFilter};

/// A directive, and what became of it.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) variable: &'static str,
    pub(super) directive: Directive,
    /// How many callsites it matched.
    pub(super) callsites: AtomicUsize,
    pub(super) near_misses: Mutex<Vec<NearMiss>>,
    pub(super) is_told: AtomicBool,
    /// Whether nobody asked for it: that a process dispatches nothing is then no mistake.
    pub(super) is_default: bool,
}

/// What is certain enough to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The application runs: what looks like a mistake beyond doubt.
    Running,
    /// The reporter's last layer is gone: every near miss.
    Gone,
    /// The process ends, or a time of diagnosis does: also what matched nothing at all.
    End,
}

/// How many near misses are kept of a directive.
const KEPT: usize = 5;

impl Rule {
    pub(super) fn new(variable: &'static str, directive: Directive, is_default: bool) -> Self {
        Self {
            variable,
            directive,
            callsites: AtomicUsize::new(0),
            near_misses: Mutex::default(),
            is_told: AtomicBool::new(false),
            is_default,
        }
    }

    pub(super) fn matches(&self, callsite: &Metadata<'_>) -> bool {
        let level = self.directive.level();
        self.directive.names(callsite) && (level == LevelFilter::OFF || *callsite.level() <= level)
    }

    pub(super) fn is_unmatched(&self) -> bool {
        self.callsites.load(Relaxed) == 0
    }

    pub(super) fn keep(&self, near_miss: NearMiss) {
        let mut kept = self.near_misses.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(near_miss);
        kept.sort_by_key(|near_miss| near_miss.reason);
        kept.truncate(KEPT);
    }

    /// The near misses, the surest first.
    pub(super) fn sorted(&self) -> Vec<NearMiss> {
        self.near_misses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is to be told: what exists, and what to write.
    pub(super) fn words(&self, moment: Moment) -> Option<[String; 2]> {
        let Self { variable, directive, .. } = self;
        let near_miss = self.sorted().into_iter().next();
        if let Some(near_miss) = near_miss.filter(|it| moment != Moment::Running || it.reason.is_sure()) {
            return Some([
                format!("{variable}: `{directive}` matches no span so far; {near_miss}"),
                format!("write `{}`", near_miss.suggestion),
            ]);
        }
        if moment != Moment::End || directive.level() == LevelFilter::OFF || self.is_default {
            return None;
        }
        let known = KNOWN_SPANS.iter().find(|known| directive.would_name(known.target, known.name));
        let known = known.filter(|known| known.level > directive.level());
        let write = match known {
            Some(known) => format!(
                "the span `{}` of {} is opened at {}; write `{}`",
                known.name,
                known.process,
                known.level,
                directive.at(known.level.into()).in_short()
            ),
            None if LevelFilter::current() == LevelFilter::TRACE => {
                "no span that the application opened comes near it; compare its target, its name and its level".to_owned()
            }
            None if LevelFilter::current() >= LevelFilter::DEBUG => {
                "DISPATCH_FAILURE_DIAGNOSE=on looks at every level for a while and prints which spans come near".to_owned()
            }
            None => format!(
                "if the span is more verbose than {}, write `{}`; DISPATCH_FAILURE_DIAGNOSE=on looks at every level for \
                 a while and prints which spans come near",
                LevelFilter::current().to_string().to_uppercase(),
                directive.at(LevelFilter::DEBUG).in_short()
            ),
        };
        Some([format!("{variable}: `{directive}` matched no span"), write])
    }
}
