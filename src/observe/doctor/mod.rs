//! Compares the directives with the application's spans, and gives advice about directives that select nothing.
//!
//! Each callsite is examined once, when `tracing` registers it. The advice is logged later: a directive that nearly
//! matches one span may match another span that opens later, and a correct setting must never lead to advice.

pub(crate) mod at_exit;
pub(crate) mod diagnosis;
pub(crate) mod known_spans;
pub(crate) mod near_miss;
mod spelling;
pub(crate) mod suggestion;
mod watched_directive;

pub(crate) use watched_directive::Occasion;

use crate::{
    delivery::log_lines_to_stderr,
    observe::{
        directive::Directives,
        doctor::{
            at_exit::ExitHook,
            diagnosis::{DirectiveDiagnosis, DispatchCallsite},
            suggestion::find_near_miss,
            watched_directive::WatchedDirective,
        },
        synthetic,
    },
};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{AcqRel, Relaxed},
        },
        mpsc,
    },
    time::Duration,
};
use tracing::{
    Dispatch, Metadata,
    dispatcher::{self, WeakDispatch},
    level_filters::LevelFilter,
};

/// Watches what the directives of one reporter match.
#[derive(Debug)]
pub(crate) struct Doctor {
    directives: Vec<WatchedDirective>,
    /// The addresses of the examined callsites.
    seen: Mutex<HashSet<usize>>,
    /// Whether no advice is logged (`DISPATCH_FAILURE_DIAGNOSE=off`).
    is_silent: bool,
    /// Whether a diagnosis is running, for which the layer tells `tracing` that it observes every level.
    observes_all_levels: AtomicBool,
    /// Whether a layer of the reporter is part of a subscriber. Otherwise no directive could match anything.
    is_installed: AtomicBool,
    /// The subscribers to which a layer told the raised level.
    raised_subscribers: Mutex<Vec<WeakDispatch>>,
    /// The channel that ends the diagnosis thread when the doctor is dropped.
    diagnosis: Mutex<Option<mpsc::Sender<()>>>,
}

pub(crate) const SPANS_VARIABLE: &str = "DISPATCH_FAILURE_SPANS";

/// The maximum number of directives about which one process logs advice.
const MAX_ADVISED: u32 = 10;

impl Doctor {
    pub(crate) fn new(spans: &Directives, context: &Directives, is_silent: bool) -> Self {
        let is_default = *spans == Directives::dispatch_session();
        let spans = spans.iter().map(|directive| (SPANS_VARIABLE, directive));
        let context = context.iter().map(|directive| ("DISPATCH_FAILURE_CONTEXT", directive));
        let directives = spans.chain(context).map(|(variable, directive)| {
            WatchedDirective::new(variable, directive.clone(), is_default && variable == SPANS_VARIABLE)
        });
        Self {
            directives: directives.collect(),
            seen: Mutex::default(),
            is_silent,
            observes_all_levels: AtomicBool::new(false),
            is_installed: AtomicBool::new(false),
            raised_subscribers: Mutex::default(),
            diagnosis: Mutex::default(),
        }
    }

    /// Compares a callsite that is registered with every directive. Returns whether a directive that matched nothing
    /// so far looks like a mistake because of it, and advice may be logged.
    pub(crate) fn examine(self: &Arc<Self>, callsite: &'static Metadata<'static>) -> bool {
        // `tracing` registers a callsite again whenever a filter or the set of subscribers changes.
        if !callsite.is_span() || synthetic::is_enabled_macro(callsite) || !self.is_new(callsite) {
            return false;
        }
        for watched in self.directives.iter().filter(|watched| watched.matches(callsite)) {
            watched.callsites.fetch_add(1, Relaxed);
        }
        // If a directive of the same list selects or excludes the span already, no other one was meant for it. A
        // directive that excludes spans is the exception: it was meant for a span that another one selects.
        let is_covered = |wanted: &WatchedDirective| {
            let covers = |watched: &&WatchedDirective| {
                watched.variable == wanted.variable && watched.matches(callsite)
            };
            match wanted.directive.level() {
                LevelFilter::OFF => self
                    .directives
                    .iter()
                    .filter(covers)
                    .all(|watched| watched.directive.level() == LevelFilter::OFF),
                _ => self.directives.iter().any(|watched| covers(&watched)),
            }
        };
        let mut is_suspicious = false;
        for watched in self.directives.iter().filter(|watched| watched.is_unmatched() && !is_covered(watched))
        {
            if let Some(near_miss) = find_near_miss(&watched.directive, callsite) {
                is_suspicious |= near_miss.reason.is_sure();
                watched.add_near_miss(near_miss);
            }
        }
        // A thread may end before it has opened the span often enough for advice.
        if is_suspicious && !self.is_silent {
            at_exit::register_for_thread(&self.as_exit_hook());
        }
        is_suspicious && !self.is_silent
    }

    fn is_new(&self, callsite: &Metadata<'_>) -> bool {
        let address = std::ptr::from_ref(callsite).addr();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(address)
    }

    fn as_exit_hook(self: &Arc<Self>) -> Weak<dyn ExitHook> {
        let hook: Weak<Self> = Arc::downgrade(self);
        hook
    }

    /// Remembers a subscriber to which a layer told the raised level.
    pub(crate) fn add_raised_subscriber(&self, dispatch: &Dispatch) {
        if self.observes_all_levels() {
            self.raised_subscribers.lock().unwrap_or_else(PoisonError::into_inner).push(dispatch.downgrade());
        }
    }

    /// Notes that a layer of the reporter is part of a subscriber.
    pub(crate) fn mark_installed(self: &Arc<Self>) {
        self.is_installed.store(true, Relaxed);
        if !self.is_silent {
            at_exit::register_for_process(&self.as_exit_hook());
        }
    }

    /// Lets `tracing` ask again for levels and interests.
    fn rebuild_interests(&self) {
        let subscribers =
            std::mem::take(&mut *self.raised_subscribers.lock().unwrap_or_else(PoisonError::into_inner));
        for dispatch in subscribers.iter().filter_map(WeakDispatch::upgrade) {
            // As long as there is a single subscriber, `tracing` asks the thread's default one. This thread has none
            // if the application's subscriber is scoped.
            dispatcher::with_default(&dispatch, tracing::callsite::rebuild_interest_cache);
        }
    }

    /// Sets whether the layer tells `tracing` that it observes every level.
    pub(crate) fn set_level_raised(&self, is_raised: bool) {
        self.observes_all_levels.store(is_raised, Relaxed);
    }

    pub(crate) fn observes_all_levels(&self) -> bool {
        self.observes_all_levels.load(Relaxed)
    }

    /// Logs the advice that is sure enough on this occasion to stderr, once for each directive.
    pub(crate) fn log_advice(&self, occasion: Occasion) {
        static ADVISED: AtomicU32 = AtomicU32::new(0);
        if self.is_silent || !self.is_installed.load(Relaxed) {
            return;
        }
        for watched in self.directives.iter().filter(|watched| watched.is_unmatched()) {
            let Some(lines) = watched.advice(occasion) else { continue };
            // Swapped before the count, so that a directive counts once even if several threads end together.
            if watched.is_advised.swap(true, AcqRel) || ADVISED.fetch_add(1, Relaxed) >= MAX_ADVISED {
                continue;
            }
            log_lines_to_stderr(&lines);
        }
    }

    /// Returns what each directive matched and nearly matched. `callsites` are the callsites of dispatch spans.
    pub(crate) fn diagnose(&self, callsites: &[DispatchCallsite]) -> Vec<DirectiveDiagnosis> {
        let diagnose = |watched: &WatchedDirective| {
            let matched = callsites.iter().filter(|dispatch| watched.matches(dispatch.callsite));
            let (opened, failed) = matched.fold((0, 0), |(opened, failed), dispatch| {
                (opened + dispatch.opened, failed + dispatch.failed)
            });
            DirectiveDiagnosis {
                variable: watched.variable,
                directive: watched.directive.to_string(),
                callsites: watched.callsites.load(Relaxed),
                opened,
                failed,
                // Near misses from before a first match no longer matter.
                near_misses: if watched.is_unmatched() { watched.near_misses() } else { Vec::new() },
            }
        };
        self.directives.iter().map(diagnose).collect()
    }
}

impl ExitHook for Doctor {
    fn run(&self, is_process: bool) {
        // Another thread may still open the span that a directive selects, unless the process ends.
        self.log_advice(if is_process { Occasion::End } else { Occasion::Running });
    }
}

/// Observes every level for a while, and then logs advice about the directives that matched nothing.
pub(crate) fn diagnose_for(time: Duration, doctor: &Arc<Doctor>) {
    // The doctor owns the sender, so dropping it ends the thread.
    let (sender, receiver) = mpsc::channel::<()>();
    *doctor.diagnosis.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    doctor.set_level_raised(true);
    let doctor = Arc::downgrade(doctor);
    let diagnose = {
        let doctor = Weak::clone(&doctor);
        move || {
            let is_over = receiver.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout);
            if let Some(doctor) = doctor.upgrade().filter(|_| is_over) {
                // Before the level falls, because the advice depends on the current level.
                doctor.log_advice(Occasion::End);
                doctor.set_level_raised(false);
                doctor.rebuild_interests();
            }
        }
    };
    let thread = std::thread::Builder::new().name("dispatch-failure-diagnosis".to_owned()).spawn(diagnose);
    if let (Err(error), Some(doctor)) = (thread, doctor.upgrade()) {
        // Otherwise the level would stay raised for ever.
        doctor.set_level_raised(false);
        log_lines_to_stderr(&[format!(
            "DISPATCH_FAILURE_DIAGNOSE: the thread that ends it cannot be started: {error}"
        )]);
    }
}

impl Drop for Doctor {
    fn drop(&mut self) {
        self.log_advice(Occasion::Dropped);
    }
}
