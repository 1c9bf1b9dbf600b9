//! Which open spans concern a layer, found by their ids without asking the registry.

use std::sync::{
    OnceLock,
    atomic::{
        AtomicU64,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
};
use tracing::span::Id;

/// What an open span is to a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinship(u64);

impl Kinship {
    pub(crate) const NONE: Self = Self(0);
    /// The span is a dispatch span or stands in one.
    pub(crate) const INSIDE: Self = Self(1);
    /// The layer keeps the span's fields and evidence.
    pub(crate) const KEPT: Self = Self(2);

    #[inline(always)]
    pub(crate) fn is_inside(self) -> bool {
        self.0 & Self::INSIDE.0 != 0
    }

    #[inline(always)]
    pub(crate) fn is_kept(self) -> bool {
        self.0 & Self::KEPT.0 != 0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A set of the ids of open spans, each with its [`Kinship`].
///
/// The layer asks it at each enter, exit and close of every span of the application, from all threads.
/// So it takes no lock, and one read of memory answers for most spans that are not in it. An id
/// stays in the place where it was put until it is removed. Where a bucket is full, the id goes to the
/// next, larger generation of buckets.
///
/// An id may be asked for by a thread only after that thread learned of the span, which happens after
/// the id was inserted. Ids of open spans differ from each other.
#[derive(Debug)]
pub(crate) struct SpanSet([OnceLock<Box<[Bucket]>>; GENERATIONS]);

/// The first generation has so many buckets, each further one twice as many.
const FIRST: usize = 64;
const GENERATIONS: usize = 24;
const ENTRIES: usize = 7;

/// One line of a processor's cache.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket {
    /// For each entry two bits of kinship, none where the entry is free; above these the number of ids
    /// that found this bucket full and went to a later generation.
    word: AtomicU64,
    ids: [AtomicU64; ENTRIES],
}

const KINSHIP: u64 = 0b11;
const OVERFLOWED: u64 = 1 << (2 * ENTRIES);

impl Bucket {
    #[inline(always)]
    fn position(&self, id: u64) -> Option<usize> {
        self.ids.iter().position(|entry| entry.load(Relaxed) == id)
    }

    /// Puts an id into a free entry; where there is none, counts it as overflowed.
    fn insert(&self, id: u64, kinship: Kinship) -> bool {
        let mut word = self.word.load(Relaxed);
        loop {
            let free = (0..ENTRIES).find(|entry| (word >> (2 * entry)) & KINSHIP == 0);
            let new = match free {
                Some(entry) => word | (kinship.0 << (2 * entry)),
                None => word.wrapping_add(OVERFLOWED),
            };
            match self.word.compare_exchange_weak(word, new, AcqRel, Relaxed) {
                Err(changed) => word = changed,
                Ok(_) => {
                    let entry = free.and_then(|entry| self.ids.get(entry));
                    if let Some(entry) = entry {
                        entry.store(id, Release);
                    }
                    return entry.is_some();
                }
            }
        }
    }
}

impl Default for SpanSet {
    fn default() -> Self {
        Self([const { OnceLock::new() }; GENERATIONS])
    }
}

impl SpanSet {
    /// What a span is to the layer.
    #[inline(always)]
    pub(crate) fn get(&self, id: &Id) -> Kinship {
        let id = id.into_u64();
        let Some(bucket) = self.bucket(0, id) else { return Kinship::NONE };
        let word = bucket.word.load(Acquire);
        if word == 0 { Kinship::NONE } else { self.find(id, bucket, word) }
    }

    #[inline(never)]
    fn find<'a>(&'a self, id: u64, mut bucket: &'a Bucket, mut word: u64) -> Kinship {
        for generation in 1.. {
            if let Some(entry) = bucket.position(id) {
                return Kinship((word >> (2 * entry)) & KINSHIP);
            }
            if word < OVERFLOWED {
                break;
            }
            let Some(next) = self.bucket(generation, id) else { break };
            (bucket, word) = (next, next.word.load(Acquire));
        }
        Kinship::NONE
    }

    /// Puts in a span that is not in yet. Where there is no room any more, nothing happens.
    pub(crate) fn insert(&self, id: &Id, kinship: Kinship) {
        let id = id.into_u64();
        for (generation, buckets) in self.0.iter().enumerate() {
            buckets.get_or_init(|| (0..FIRST << generation).map(|_| Bucket::default()).collect());
            if self.bucket(generation, id).is_some_and(|bucket| bucket.insert(id, kinship)) {
                return;
            }
        }
    }

    /// Takes a span out; says what it was to the layer.
    #[inline(always)]
    pub(crate) fn remove(&self, id: &Id) -> Kinship {
        let kinship = self.get(id);
        if kinship != Kinship::NONE {
            self.take_out(id.into_u64());
        }
        kinship
    }

    #[inline(never)]
    fn take_out(&self, id: u64) {
        for generation in 0..GENERATIONS {
            let Some(bucket) = self.bucket(generation, id) else { return };
            if let Some(entry) = bucket.position(id) {
                // The id first: who takes the free entry next must not find it.
                if let Some(id) = bucket.ids.get(entry) {
                    id.store(0, Relaxed);
                }
                bucket.word.fetch_and(!(KINSHIP << (2 * entry)), Release);
                return;
            }
            bucket.word.fetch_sub(OVERFLOWED, Relaxed);
        }
    }

    #[inline(always)]
    fn bucket(&self, generation: usize, id: u64) -> Option<&Bucket> {
        let buckets = self.0.get(generation)?.get()?;
        // Ids of the registry count up within a thread; what is above tells threads and uses apart.
        let hash = (id ^ (id >> 38)) as usize;
        buckets.get(hash & (buckets.len() - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn id(number: u64) -> Id {
        Id::from_u64(number)
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(steps in prop::collection::vec((1..2_000_u64, 0..4_u64), 0..4_000)) {
            // Ids of few buckets, so that some of them overflow.
            let (set, mut map) = (SpanSet::default(), HashMap::new());
            for (number, kinship) in steps {
                let number = number * 16 + 1;
                if let Some(kinship) = map.remove(&number) {
                    prop_assert_eq!(set.remove(&id(number)), kinship);
                } else if kinship != 0 {
                    set.insert(&id(number), Kinship(kinship));
                    map.insert(number, Kinship(kinship));
                }
                prop_assert_eq!(set.get(&id(number)), map.get(&number).copied().unwrap_or(Kinship::NONE));
            }
            for (number, kinship) in &map {
                prop_assert_eq!(set.get(&id(*number)), *kinship);
            }
            for number in map.into_keys() {
                set.remove(&id(number));
            }
            for bucket in set.0.iter().filter_map(OnceLock::get).flatten() {
                prop_assert_eq!(bucket.word.load(Relaxed), 0, "an empty set has empty buckets");
            }
        }
    }

    #[test]
    fn threads_find_their_own_ids_beside_those_of_others() {
        let set = SpanSet::default();
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let set = &set;
                scope.spawn(move || {
                    for round in 0..200 {
                        let ids =
                            (0..100_u64).map(|n| id(1 + n % 10 + 64 * (n / 10 + 16 * thread + 64 * round)));
                        let ids: Vec<Id> = ids.collect();
                        ids.iter().for_each(|id| set.insert(id, Kinship::INSIDE));
                        assert!(ids.iter().all(|id| set.get(id).is_inside()));
                        assert!(ids.iter().all(|id| set.remove(id).is_inside()));
                        assert!(ids.iter().all(|id| set.get(id) == Kinship::NONE));
                    }
                });
            }
        });
    }
}
