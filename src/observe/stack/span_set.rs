//! A set of the open spans that concern a layer, so that the layer need not ask the registry.

use std::sync::{
    OnceLock,
    atomic::{
        AtomicU64,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
};
use tracing::span::Id;

/// The relation of an open span to a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Relation(u64);

impl Relation {
    pub(crate) const NONE: Self = Self(0);
    /// The span is a dispatch span or is inside one.
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

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A set of the ids of open spans, each with its [`Relation`].
///
/// The layer asks it at each enter, exit and close of every span of the application, from all threads. So it takes no
/// lock, and nearly every span is found in the first bucket that is tried. An id stays in its bucket until it is
/// removed. If a bucket is taken, the id goes to the next, larger generation of buckets.
///
/// A thread may ask about an id only after it learned of the span, which happens after the id was inserted. The ids of
/// open spans differ from each other.
#[derive(Debug)]
pub(crate) struct SpanSet {
    first: Box<[Bucket; FIRST]>,
    later: [OnceLock<Box<[Bucket]>>; LATER],
}

/// The number of buckets in the first generation. Each later generation has twice as many.
const FIRST: usize = 512;
const LATER: usize = 19;

/// A bucket holds one id. It is aligned so that it is never in two cache lines.
#[derive(Debug)]
#[repr(align(16))]
struct Bucket {
    /// The id; 0 if the bucket is free.
    id: AtomicU64,
    /// Two bits of relation, which are 0 if the bucket is free. The bits above count the ids that found this bucket
    /// taken and went to a later generation.
    word: AtomicU64,
}

const RELATION_BITS: u64 = 0b11;
/// One id that went to a later generation.
const OVERFLOWED: u64 = 1 << 2;

impl Bucket {
    const fn new() -> Self {
        Self { id: AtomicU64::new(0), word: AtomicU64::new(0) }
    }

    #[inline(always)]
    fn holds(&self, id: u64) -> bool {
        self.id.load(Relaxed) == id
    }

    /// Inserts an id. If the bucket is taken, counts the id as overflowed and returns `false`.
    #[inline(always)]
    fn insert(&self, id: u64, relation: Relation) -> bool {
        let word = self.word.load(Relaxed);
        if word & RELATION_BITS == 0
            && self.word.compare_exchange(word, word | relation.0, AcqRel, Relaxed).is_ok()
        {
            // The word came first, so no other thread takes this bucket.
            self.id.store(id, Release);
            return true;
        }
        self.insert_contended(id, relation)
    }

    #[inline(never)]
    fn insert_contended(&self, id: u64, relation: Relation) -> bool {
        let mut word = self.word.load(Relaxed);
        loop {
            let is_free = word & RELATION_BITS == 0;
            let new = if is_free { word | relation.0 } else { word.wrapping_add(OVERFLOWED) };
            match self.word.compare_exchange_weak(word, new, AcqRel, Relaxed) {
                Err(changed) => word = changed,
                Ok(_) => {
                    if is_free {
                        self.id.store(id, Release);
                    }
                    return is_free;
                }
            }
        }
    }

    /// Removes the id from this bucket.
    #[inline(always)]
    fn clear(&self) {
        // The id first: the thread that takes the free bucket next must not find it.
        self.id.store(0, Relaxed);
        self.word.fetch_and(!RELATION_BITS, Release);
    }
}

impl Default for SpanSet {
    fn default() -> Self {
        Self { first: Box::new([const { Bucket::new() }; FIRST]), later: [const { OnceLock::new() }; LATER] }
    }
}

impl SpanSet {
    /// Returns the relation of a span to the layer.
    #[inline(always)]
    pub(crate) fn get(&self, id: &Id) -> Relation {
        let id = id.into_u64();
        let bucket = self.first_bucket(id);
        let word = bucket.word.load(Acquire);
        if bucket.holds(id) {
            Relation(word & RELATION_BITS)
        } else if word < OVERFLOWED {
            // No id of this bucket went to a later generation.
            Relation::NONE
        } else {
            self.find_later(id)
        }
    }

    #[inline(never)]
    fn find_later(&self, id: u64) -> Relation {
        for bucket in self.later_buckets(id) {
            let word = bucket.word.load(Acquire);
            if bucket.holds(id) {
                return Relation(word & RELATION_BITS);
            }
            // No id went past this bucket.
            if word < OVERFLOWED {
                break;
            }
        }
        Relation::NONE
    }

    /// Inserts a span that is not in the set. If there is no room any more, nothing happens.
    #[inline(always)]
    pub(crate) fn insert(&self, id: &Id, relation: Relation) {
        let id = id.into_u64();
        if !self.first_bucket(id).insert(id, relation) {
            self.insert_later(id, relation);
        }
    }

    #[inline(never)]
    fn insert_later(&self, id: u64, relation: Relation) {
        for (generation, buckets) in (1..).zip(&self.later) {
            // A generation takes memory only once it is needed, and then until the layer is dropped.
            let new = || (0..FIRST << generation).map(|_| Bucket::new()).collect();
            let bucket = bucket_in(buckets.get_or_init(new), id);
            if bucket.is_some_and(|bucket| bucket.insert(id, relation)) {
                return;
            }
        }
    }

    /// Removes a span, and returns its relation to the layer.
    #[inline(always)]
    pub(crate) fn remove(&self, id: &Id) -> Relation {
        let id = id.into_u64();
        let bucket = self.first_bucket(id);
        let word = bucket.word.load(Acquire);
        if bucket.holds(id) {
            bucket.clear();
            Relation(word & RELATION_BITS)
        } else if word < OVERFLOWED {
            Relation::NONE
        } else {
            self.remove_later(id)
        }
    }

    #[inline(never)]
    fn remove_later(&self, id: u64) -> Relation {
        let relation = self.find_later(id);
        // Each bucket on the way counted the id as overflowed. If it is not in the set, no count is its own.
        if relation != Relation::NONE {
            for bucket in std::iter::once(self.first_bucket(id)).chain(self.later_buckets(id)) {
                if bucket.holds(id) {
                    bucket.clear();
                    break;
                }
                bucket.word.fetch_sub(OVERFLOWED, Relaxed);
            }
        }
        relation
    }

    /// Returns the bucket for an id in the first generation.
    #[inline(always)]
    fn first_bucket(&self, id: u64) -> &Bucket {
        // The remainder is always in range, but an index could panic as far as the compiler knows.
        let [other, ..] = &*self.first;
        self.first.get(hash(id) % FIRST).unwrap_or(other)
    }

    /// Returns the buckets for an id in the later generations that exist.
    fn later_buckets(&self, id: u64) -> impl Iterator<Item = &Bucket> {
        self.later.iter().map_while(move |buckets| bucket_in(buckets.get()?, id))
    }
}

fn bucket_in(buckets: &[Bucket], id: u64) -> Option<&Bucket> {
    // A generation's size is a power of two.
    buckets.get(hash(id) & (buckets.len() - 1))
}

/// Returns a number whose lowest bits differ for most ids of open spans.
#[inline(always)]
fn hash(id: u64) -> usize {
    // The registry's ids are indices of `sharded-slab` 0.1.7. Their lowest 38 bits count up within a thread
    // (`page::Addr`). The bits above distinguish threads, and successive uses of one index.
    (id ^ (id >> 38)) as usize
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
        fn the_set_holds_what_a_map_holds(steps in prop::collection::vec((1..2_000_u64, 0..4_u64), 0..4_000)) {
            // Ids that share few buckets, so that some overflow.
            let (set, mut map) = (SpanSet::default(), HashMap::new());
            for (number, relation) in steps {
                let number = number * 64 + 1;
                if let Some(relation) = map.remove(&number) {
                    prop_assert_eq!(set.remove(&id(number)), relation);
                } else if relation != 0 {
                    set.insert(&id(number), Relation(relation));
                    map.insert(number, Relation(relation));
                }
                prop_assert_eq!(set.get(&id(number)), map.get(&number).copied().unwrap_or(Relation::NONE));
            }
            for (number, relation) in &map {
                prop_assert_eq!(set.get(&id(*number)), *relation);
            }
            for number in map.into_keys() {
                set.remove(&id(number));
            }
            for bucket in set.first.iter().chain(set.later.iter().filter_map(OnceLock::get).flatten()) {
                prop_assert_eq!(bucket.word.load(Relaxed), 0, "an empty set has empty buckets");
            }
        }
    }

    #[test]
    fn threads_find_their_own_ids_among_others() {
        let set = SpanSet::default();
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let set = &set;
                scope.spawn(move || {
                    for round in 0..200 {
                        let ids =
                            (0..100_u64).map(|n| id(1 + n % 10 + 64 * (n / 10 + 16 * thread + 64 * round)));
                        let ids: Vec<Id> = ids.collect();
                        ids.iter().for_each(|id| set.insert(id, Relation::INSIDE));
                        assert!(ids.iter().all(|id| set.get(id).is_inside()));
                        assert!(ids.iter().all(|id| set.remove(id).is_inside()));
                        assert!(ids.iter().all(|id| set.get(id) == Relation::NONE));
                    }
                });
            }
        });
    }
}
