//! Finds out whether any layer but ours wants the spans of a callsite, or a record of `log`.
//!
//! A span or record that no layer wants does not exist, and costs next to nothing. A layer of this crate must not
//! change that: outside a dispatch, nothing may exist only because of it. So the layer asks the stack whether anybody
//! is interested in a callsite. While it asks, each layer of this crate answers as it does for a span outside a
//! dispatch.
//!
//! An answer is cached until the callsite is registered again, which `tracing` does whenever a filter or the set of
//! subscribers changes. When in doubt, the answer is that somebody wants the span: to hide a span that a layer wants is
//! worse than to keep one that nobody needs.

use crate::observe::{callsites::AppendOnlyTable, synthetic};
use std::{
    cell::Cell,
    sync::atomic::{
        AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
};
use tracing::{Dispatch, Metadata};

/// The demand for the spans of a callsite, as far as it is known.
///
/// The lowest two bits are the answer. The bits above count the callsite's registrations, so that an answer from
/// before a registration is recognized.
#[derive(Debug, Default)]
pub(crate) struct Demand(AtomicU32);

const ANSWER_BITS: u32 = 0b11;
const UNKNOWN: u32 = 0;
const NOBODY: u32 = 1;
const SOMEBODY: u32 = 2;

/// How often the stack is asked if registrations keep overtaking its answer.
const MAX_ATTEMPTS: u32 = 8;

impl Demand {
    /// Returns the cached answer; `None` if nobody asked since the last registration.
    #[inline(always)]
    pub(crate) fn is_wanted(&self) -> Option<bool> {
        match self.0.load(Relaxed) & ANSWER_BITS {
            NOBODY => Some(false),
            SOMEBODY => Some(true),
            _ => None,
        }
    }

    /// Forgets the answer, because the callsite is registered again.
    pub(crate) fn forget(&self) {
        // With all answer bits set, adding 1 clears them and carries into the count.
        let _ = self.0.fetch_update(AcqRel, Relaxed, |word| Some((word | ANSWER_BITS).wrapping_add(1)));
    }

    /// Asks, and caches the answer unless the callsite was registered meanwhile. Then it asks again, a few times.
    pub(crate) fn ask(&self, ask: impl Fn() -> bool) -> bool {
        for _ in 0..MAX_ATTEMPTS {
            let before = self.0.load(Acquire);
            let is_wanted = ask();
            let after = (before & !ANSWER_BITS) | if is_wanted { SOMEBODY } else { NOBODY };
            if self.0.compare_exchange(before, after, AcqRel, Acquire).is_ok() {
                return is_wanted;
            }
        }
        // A stale "nobody" would hide spans from a layer that wants them by now.
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

/// Whether this thread asks the stack about any callsite.
pub(crate) fn is_asking() -> bool {
    ASKED.get() != 0
}

/// Whether this thread asks the stack about this callsite. Then its registration is not a real one.
pub(crate) fn is_asking_about(metadata: &Metadata<'_>) -> bool {
    ASKED.get() == address(metadata)
}

/// Asks every filter of a stack about a callsite. Returns whether any layer but ours is interested.
pub(crate) fn is_wanted_in(dispatch: &Dispatch, metadata: &'static Metadata<'static>) -> bool {
    // Ends the question also if a filter panics.
    struct AskGuard;
    impl Drop for AskGuard {
        fn drop(&mut self) {
            ASKED.set(0);
        }
    }
    ASKED.set(address(metadata));
    let _guard = AskGuard;
    !dispatch.register_callsite(metadata).is_never()
}

/// The demand for records of `log`, by target, level and file.
///
/// `tracing-log` asks about each record with metadata made for it. These are no callsites, and are never registered.
#[derive(Debug, Default)]
pub(crate) struct LogDemand {
    /// The number of registered callsites. An answer is valid until another one is registered.
    registrations: AtomicU32,
    /// The number of cached answers.
    count: AtomicUsize,
    answers: AppendOnlyTable<LogAnswer>,
}

#[derive(Debug)]
struct LogAnswer {
    metadata: &'static Metadata<'static>,
    /// The answer in the lowest two bits, and above it the number of registrations when it was given.
    answer: AtomicU64,
}

/// The maximum number of cached answers, because their metadata live for ever. Targets are nearly always module paths,
/// so few programs need more.
const MAX_ANSWERS: usize = 4096;

impl LogDemand {
    /// Forgets all answers, because a callsite is registered.
    pub(crate) fn forget(&self) {
        self.registrations.fetch_add(1, AcqRel);
    }

    /// Whether another layer wants a record of `log`. `ask` asks about metadata like the record's, if it can.
    pub(crate) fn is_wanted(
        &self,
        record: &Metadata<'_>,
        ask: impl FnOnce(&'static Metadata<'static>) -> Option<bool>,
    ) -> bool {
        // The macros of `log` give the module path as the target, unless the application chooses another target. Then
        // a filter may look at both, but an answer is cached by the target alone.
        let has_path = record.module_path().is_some();
        if has_path && record.module_path() != Some(record.target()) {
            return true;
        }
        let Some(cached) = self.answer_for(record, has_path) else { return true };
        // Read before asking, so that an answer that is overtaken counts as stale.
        let registrations = u64::from(self.registrations.load(Acquire));
        let answer = cached.answer.load(Relaxed);
        if answer >> 2 == registrations && answer as u32 & ANSWER_BITS != UNKNOWN {
            return answer as u32 & ANSWER_BITS == SOMEBODY;
        }
        let Some(is_wanted) = ask(cached.metadata) else { return true };
        let answer = if is_wanted { SOMEBODY } else { NOBODY };
        cached.answer.store((registrations << 2) | u64::from(answer), Release);
        is_wanted
    }

    /// Returns the place for the answer about a record; `None` if there are too many already.
    fn answer_for(&self, record: &Metadata<'_>, has_path: bool) -> Option<&LogAnswer> {
        let (target, level) = (record.target(), *record.level());
        let is_match = |cached: &LogAnswer| {
            *cached.metadata.level() == level
                && cached.metadata.module_path().is_some() == has_path
                && cached.metadata.target() == target
                && cached.metadata.file() == record.file()
        };
        // The end of a target differs more often than its beginning, which is the name of the crate.
        let bytes = target.as_bytes();
        let last = bytes.last_chunk::<8>().map_or(0, |chunk| u64::from_ne_bytes(*chunk));
        let hash = (last.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize + bytes.len();
        if let Some(cached) = self.answers.find(hash, is_match) {
            return Some(cached);
        }
        // Counted first, so that threads that insert at the same time cannot exceed the limit.
        if self.count.fetch_add(1, Relaxed) >= MAX_ANSWERS {
            self.count.fetch_sub(1, Relaxed);
            return None;
        }
        let metadata = synthetic::log_record(target, level, has_path, record.file());
        Some(self.answers.get_or_insert(hash, LogAnswer { metadata, answer: AtomicU64::new(0) }, is_match))
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
        assert!((0..MAX_ANSWERS).all(|number| !demand.is_wanted(record(number), |_| Some(false))));
        assert!(demand.is_wanted(record(MAX_ANSWERS), |_| Some(false)));
        assert!(!demand.is_wanted(record(7), |_| unreachable!()));
    }
}
