//! Watches over the directives: which spans they matched, and which they nearly matched.
//!
//! Each callsite is looked at once, when `tracing` registers it. What is noticed there is told
//! later: a directive that nearly matched one span may match another that is yet to come, and a right
//! setting is never spoken of.

pub(crate) mod at_exit;
pub(crate) mod diagnosis;
pub(crate) mod known_spans;
pub(crate) mod near_miss;
mod rule;
mod spelling;
pub(crate) mod suggestion;

pub(crate) use rule::Moment;

use crate::{
    delivery::log_lines_to_stderr,
    observe::{
        directive::Directives,
        doctor::{
            at_exit::Witness,
            diagnosis::{DirectiveDiagnosis, DispatchCallsite},
            rule::Rule,
            suggestion::near_miss,
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

/// The directives of one reporter.
#[derive(Debug)]
pub(crate) struct Doctor {
    rules: Vec<Rule>,
    /// The addresses of the callsites that were looked at.
    seen: Mutex<HashSet<usize>>,
    /// Whether anything is told by itself.
    is_silent: bool,
    /// Whether `tracing` is told that every level is looked at.
    is_raised: AtomicBool,
    /// Whether a layer is part of a subscriber.
    is_installed: AtomicBool,
    /// The subscribers whose level is raised.
    subscribers: Mutex<Vec<WeakDispatch>>,
    /// Kept as long as a thread may wait for the end of a diagnosis.
    diagnosing: Mutex<Option<mpsc::Sender<()>>>,
}

pub(crate) const SPANS_VARIABLE: &str = "DISPATCH_FAILURE_SPANS";

/// How many directives are spoken of in one process.
const MOST_TOLD: u32 = 10;

impl Doctor {
    pub(crate) fn new(spans: &Directives, context: &Directives, is_silent: bool) -> Self {
        let is_default = *spans == Directives::dispatch_session();
        let spans = spans.iter().map(|directive| (SPANS_VARIABLE, directive));
        let context = context.iter().map(|directive| ("DISPATCH_FAILURE_CONTEXT", directive));
        let rules = spans.chain(context).map(|(variable, directive)| {
            Rule::new(variable, directive.clone(), is_default && variable == SPANS_VARIABLE)
        });
        Self {
            rules: rules.collect(),
            seen: Mutex::default(),
            is_silent,
            is_raised: AtomicBool::new(false),
            is_installed: AtomicBool::new(false),
            subscribers: Mutex::default(),
            diagnosing: Mutex::default(),
        }
    }

    /// Looks at a callsite that is registered; says whether a directive that matched nothing so far
    /// looks like a mistake.
    pub(crate) fn look_at(self: &Arc<Self>, callsite: &'static Metadata<'static>) -> bool {
        if !callsite.is_span() || synthetic::is_question(callsite) || !self.is_new(callsite) {
            return false;
        }
        for rule in self.rules.iter().filter(|rule| rule.matches(callsite)) {
            rule.callsites.fetch_add(1, Relaxed);
        }
        // What its own list selects or leaves out needs no other directive of that list, but for one that was
        // meant to leave it out.
        let is_settled = |wanted: &Rule| {
            let settles = |rule: &&Rule| rule.variable == wanted.variable && rule.matches(callsite);
            match wanted.directive.level() {
                LevelFilter::OFF => {
                    self.rules.iter().filter(settles).all(|rule| rule.directive.level() == LevelFilter::OFF)
                }
                _ => self.rules.iter().any(|rule| settles(&rule)),
            }
        };
        let mut is_suspicious = false;
        for rule in self.rules.iter().filter(|rule| rule.is_unmatched() && !is_settled(rule)) {
            if let Some(near_miss) = near_miss(&rule.directive, callsite) {
                is_suspicious |= near_miss.reason.is_sure();
                rule.keep(near_miss);
            }
        }
        if is_suspicious && !self.is_silent {
            at_exit::watch_thread(&self.as_witness());
        }
        is_suspicious && !self.is_silent
    }

    fn is_new(&self, callsite: &Metadata<'_>) -> bool {
        let address = std::ptr::from_ref(callsite).addr();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(address)
    }

    fn as_witness(self: &Arc<Self>) -> Weak<dyn Witness> {
        let witness: Weak<Self> = Arc::downgrade(self);
        witness
    }

    /// Remembers a subscriber whose level is raised.
    pub(crate) fn note_raised(&self, dispatch: &Dispatch) {
        if self.is_raised() {
            self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).push(dispatch.downgrade());
        }
    }

    /// A layer becomes part of a subscriber.
    pub(crate) fn note_installed(self: &Arc<Self>) {
        self.is_installed.store(true, Relaxed);
        if !self.is_silent {
            at_exit::watch_process(&self.as_witness());
        }
    }

    /// Lets `tracing` ask anew for levels and interests. With a single subscriber it asks the default one of this
    /// thread, so each subscriber is made that.
    fn rebuild(&self) {
        let subscribers =
            std::mem::take(&mut *self.subscribers.lock().unwrap_or_else(PoisonError::into_inner));
        for dispatch in subscribers.iter().filter_map(WeakDispatch::upgrade) {
            dispatcher::with_default(&dispatch, tracing::callsite::rebuild_interest_cache);
        }
    }

    /// From now on `tracing` is told that every level is looked at, or no longer.
    pub(crate) fn raise(&self, is_raised: bool) {
        self.is_raised.store(is_raised, Relaxed);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.is_raised.load(Relaxed)
    }

    /// Tells on stderr what is certain enough by now, once for each directive.
    pub(crate) fn tell(&self, moment: Moment) {
        static TOLD: AtomicU32 = AtomicU32::new(0);
        if self.is_silent || !self.is_installed.load(Relaxed) {
            return;
        }
        for rule in self.rules.iter().filter(|rule| rule.is_unmatched()) {
            let Some(lines) = rule.words(moment) else { continue };
            if rule.is_told.swap(true, AcqRel) || TOLD.fetch_add(1, Relaxed) >= MOST_TOLD {
                continue;
            }
            log_lines_to_stderr(&lines);
        }
    }

    /// What each directive matched and nearly matched; `watched` are the callsites of dispatch spans.
    pub(crate) fn diagnoses(&self, watched: &[DispatchCallsite]) -> Vec<DirectiveDiagnosis> {
        let diagnosis = |rule: &Rule| {
            let matched = watched.iter().filter(|watched| rule.matches(watched.callsite));
            let (opened, failed) = matched
                .fold((0, 0), |(opened, failed), watched| (opened + watched.opened, failed + watched.failed));
            DirectiveDiagnosis {
                variable: rule.variable,
                directive: rule.directive.to_string(),
                callsites: rule.callsites.load(Relaxed),
                opened,
                failed,
                near_misses: if rule.is_unmatched() { rule.sorted() } else { Vec::new() },
            }
        };
        self.rules.iter().map(diagnosis).collect()
    }
}

impl Witness for Doctor {
    fn tell_at_end(&self, is_process: bool) {
        self.tell(if is_process { Moment::End } else { Moment::Running });
    }
}

/// Looks at every level for a while, then tells what matched nothing.
pub(crate) fn diagnose_for(time: Duration, doctor: &Arc<Doctor>) {
    // The sender goes with the doctor, and with it the thread.
    let (sender, receiver) = mpsc::channel::<()>();
    *doctor.diagnosing.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    doctor.raise(true);
    let doctor = Arc::downgrade(doctor);
    let diagnose = {
        let doctor = Weak::clone(&doctor);
        move || {
            let is_over = receiver.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout);
            if let Some(doctor) = doctor.upgrade().filter(|_| is_over) {
                doctor.tell(Moment::End);
                doctor.raise(false);
                doctor.rebuild();
            }
        }
    };
    let thread = std::thread::Builder::new().name("dispatch-failure-diagnosis".to_owned()).spawn(diagnose);
    if let (Err(error), Some(doctor)) = (thread, doctor.upgrade()) {
        doctor.raise(false);
        log_lines_to_stderr(&[format!(
            "DISPATCH_FAILURE_DIAGNOSE: the thread that ends it cannot be started: {error}"
        )]);
    }
}

impl Drop for Doctor {
    fn drop(&mut self) {
        self.tell(Moment::Gone);
    }
}
