//! Whether anybody but this crate wants the spans of a callsite, or the records of `log`.
//!
//! What no layer of a stack wants does not exist in it, and costs next to nothing. A layer of ours must
//! not change that: what would not exist without it must not exist because of it. So the stack is asked
//! whether anybody else is interested, with all layers of ours saying what they would say of any span
//! that stands outside of a dispatch.
//!
//! Answers are kept until the callsite is registered anew, which is what `tracing` does whenever a filter
//! or the set of subscribers changes. In doubt somebody wants it: to hide a span from a layer
//! that wants it would be worse than a span that nobody needs.

use crate::observe::{callsites::Chains, synthetic};
use std::{
    cell::Cell,
    sync::atomic::{
        AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
};
use tracing::{Dispatch, Metadata};

/// What is known of the demand for a callsite's spans: the lowest two bits; above them the number of
/// times that it was registered.
#[derive(Debug, Default)]
pub(crate) struct Demand(AtomicU32);

const ANSWER: u32 = 0b11;
const UNKNOWN: u32 = 0;
const NOBODY: u32 = 1;
const SOMEBODY: u32 = 2;

/// How often the stack is asked where registrations keep overtaking its answer.
const ATTEMPTS: u32 = 8;

impl Demand {
    /// What is kept; `None` where nobody has been asked since the last registration.
    #[inline(always)]
    pub(crate) fn is_wanted(&self) -> Option<bool> {
        match self.0.load(Relaxed) & ANSWER {
            NOBODY => Some(false),
            SOMEBODY => Some(true),
            _ => None,
        }
    }

    /// The callsite is registered anew: what was known no longer counts.
    pub(crate) fn forget(&self) {
        let _ = self.0.fetch_update(AcqRel, Relaxed, |word| Some((word | ANSWER).wrapping_add(1)));
    }

    /// Asks, and keeps the answer if no registration comes between. Otherwise it asks again, a few times.
    pub(crate) fn ask(&self, ask: impl Fn() -> bool) -> bool {
        for _ in 0..ATTEMPTS {
            let before = self.0.load(Acquire);
            let is_wanted = ask();
            let after = (before & !ANSWER) | if is_wanted { SOMEBODY } else { NOBODY };
            if self.0.compare_exchange(before, after, AcqRel, Acquire).is_ok() {
                return is_wanted;
            }
        }
        // A stale "nobody" would hide spans from a layer that has come to want them.
        true
    }
}

thread_local! {
    /// The address of the metadata that this thread asks the stack about, or 0.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

fn address(metadata: &Metadata<'_>) -> usize {
    std::ptr::from_ref(metadata).addr()
}

/// Whether this thread asks the stack about anything.
pub(crate) fn is_asking() -> bool {
    ASKED.get() != 0
}

/// Whether a registration is no registration but the question whether anybody else wants this callsite.
pub(crate) fn is_asked(metadata: &Metadata<'_>) -> bool {
    ASKED.get() == address(metadata)
}

/// Asks every filter of a stack about a callsite: whether anybody but our layers is interested.
pub(crate) fn is_wanted_in(dispatch: &Dispatch, metadata: &'static Metadata<'static>) -> bool {
    struct Asking;
    impl Drop for Asking {
        fn drop(&mut self) {
            ASKED.set(0);
        }
    }
    ASKED.set(address(metadata));
    let _asking = Asking;
    !dispatch.register_callsite(metadata).is_never()
}

/// The demand for records of the `log` crate, which `tracing-log` asks about with metadata of their own,
/// by target, level and file: these are no callsites, and are registered nowhere.
#[derive(Debug, Default)]
pub(crate) struct LogDemand {
    /// How many callsites were registered: an answer counts as long as none is.
    registrations: AtomicU32,
    /// How many answers there are.
    count: AtomicUsize,
    answers: Chains<LogAnswer>,
}

#[derive(Debug)]
struct LogAnswer {
    metadata: &'static Metadata<'static>,
    /// The answer, and above it the number of registrations at the time of asking.
    answer: AtomicU64,
}

/// How many answers are kept, as their metadata live for ever. Targets are nearly always module paths.
const MOST_ANSWERS: usize = 4096;

impl LogDemand {
    pub(crate) fn forget(&self) {
        self.registrations.fetch_add(1, AcqRel);
    }

    /// Whether anybody else wants a record of `log`; `ask` asks about metadata that stand for it, where it can.
    pub(crate) fn is_wanted(
        &self,
        record: &Metadata<'_>,
        ask: impl FnOnce(&'static Metadata<'static>) -> Option<bool>,
    ) -> bool {
        // The macros of `log` give the module path as the target. A filter may look at both.
        let has_path = record.module_path().is_some();
        if has_path && record.module_path() != Some(record.target()) {
            return true;
        }
        let Some(kept) = self.kept(record, has_path) else { return true };
        let registrations = u64::from(self.registrations.load(Acquire));
        let answer = kept.answer.load(Relaxed);
        if answer >> 2 == registrations && answer as u32 & ANSWER != UNKNOWN {
            return answer as u32 & ANSWER == SOMEBODY;
        }
        let Some(is_wanted) = ask(kept.metadata) else { return true };
        let answer = if is_wanted { SOMEBODY } else { NOBODY };
        kept.answer.store((registrations << 2) | u64::from(answer), Release);
        is_wanted
    }

    fn kept(&self, record: &Metadata<'_>, has_path: bool) -> Option<&LogAnswer> {
        let (target, level) = (record.target(), *record.level());
        let is_it = |kept: &LogAnswer| {
            *kept.metadata.level() == level
                && kept.metadata.module_path().is_some() == has_path
                && kept.metadata.target() == target
                && kept.metadata.file() == record.file()
        };
        let bytes = target.as_bytes();
        let last = bytes.last_chunk::<8>().map_or(0, |chunk| u64::from_ne_bytes(*chunk));
        let hash = (last.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize + bytes.len();
        if let Some(kept) = self.answers.find(hash, is_it) {
            return Some(kept);
        }
        if self.count.fetch_add(1, Relaxed) >= MOST_ANSWERS {
            self.count.fetch_sub(1, Relaxed);
            return None;
        }
        let metadata = synthetic::log_record(target, level, has_path, record.file());
        Some(self.answers.keep(hash, LogAnswer { metadata, answer: AtomicU64::new(0) }, is_it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_until_the_callsite_is_registered_again() {
        let demand = Demand::default();
        assert_eq!(demand.is_wanted(), None);
        assert!(!demand.ask(|| false));
        assert_eq!(demand.is_wanted(), Some(false));
        demand.forget();
        assert_eq!(demand.is_wanted(), None);
        assert!(demand.ask(|| true));
        assert_eq!(demand.is_wanted(), Some(true));
    }

    #[test]
    fn an_answer_overtaken_by_a_registration_is_dropped_and_counts_as_wanted() {
        let demand = Demand::default();
        let is_wanted = demand.ask(|| {
            demand.forget();
            false
        });
        assert!(is_wanted);
        assert_eq!(demand.is_wanted(), None);
    }

    #[test]
    fn an_answer_overtaken_once_is_asked_for_again() {
        let demand = Demand::default();
        let asked = Cell::new(0);
        let is_wanted = demand.ask(|| {
            asked.set(asked.get() + 1);
            if asked.get() == 1 {
                demand.forget();
            }
            false
        });
        assert_eq!((is_wanted, asked.get()), (false, 2));
        assert_eq!(demand.is_wanted(), Some(false));
    }

    #[test]
    fn log_records_are_asked_about_once_for_each_target_level_and_file() {
        let demand = LogDemand::default();
        let info = synthetic::log_record("shop::orders", tracing::Level::INFO, false, None);
        let warn = synthetic::log_record("shop::orders", tracing::Level::WARN, false, None);
        assert!(!demand.is_wanted(info, |_| Some(false)));
        assert!(demand.is_wanted(warn, |_| Some(true)));
        assert!(!demand.is_wanted(info, |_| unreachable!()));
        assert!(demand.is_wanted(warn, |_| unreachable!()));
        let in_file = synthetic::log_record("shop::orders", tracing::Level::INFO, false, Some("orders.rs"));
        assert!(demand.is_wanted(in_file, |asked| Some(asked.file() == Some("orders.rs"))));
        assert!(!demand.is_wanted(info, |_| unreachable!()));
        demand.forget();
        assert!(demand.is_wanted(info, |asked| Some(asked.target() == "shop::orders" && asked.is_event())));
    }

    #[test]
    fn log_records_beyond_the_kept_answers_are_wanted() {
        let demand = LogDemand::default();
        let record =
            |number: usize| synthetic::log_record(&format!("t{number}"), tracing::Level::INFO, false, None);
        assert!((0..MOST_ANSWERS).all(|number| !demand.is_wanted(record(number), |_| Some(false))));
        assert!(demand.is_wanted(record(MOST_ANSWERS), |_| Some(false)));
        assert!(!demand.is_wanted(record(7), |_| unreachable!()));
    }
}
