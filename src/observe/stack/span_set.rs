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
/// So it takes no lock, and one place answers for nearly every span. An id stays in the place
/// where it was put until it is removed. Where a place is taken, the id goes to the next, larger
/// generation of places.
///
/// An id may be asked for by a thread only after that thread learned of the span, which happens after
/// the id was inserted. Ids of open spans differ from each other.
#[derive(Debug)]
pub(crate) struct SpanSet {
    first: Box<[Place; FIRST]>,
    later: [OnceLock<Box<[Place]>>; LATER],
}

/// The first generation has so many places, each later one twice as many.
const FIRST: usize = 512;
const LATER: usize = 19;

#[derive(Debug)]
#[repr(align(16))]
struct Place {
    /// 0 where the place is free.
    id: AtomicU64,
    /// Two bits of kinship, none where the place is free; above these the number of ids that found
    /// this place taken and went to a later generation.
    word: AtomicU64,
}

const KINSHIP: u64 = 0b11;
const OVERFLOWED: u64 = 1 << 2;

impl Place {
    const fn new() -> Self {
        Self { id: AtomicU64::new(0), word: AtomicU64::new(0) }
    }

    #[inline(always)]
    fn holds(&self, id: u64) -> bool {
        self.id.load(Relaxed) == id
    }

    /// Puts an id in; where the place is taken, counts it as overflowed.
    #[inline(always)]
    fn insert(&self, id: u64, kinship: Kinship) -> bool {
        let word = self.word.load(Relaxed);
        if word & KINSHIP == 0 && self.word.compare_exchange(word, word | kinship.0, AcqRel, Relaxed).is_ok()
        {
            self.id.store(id, Release);
            return true;
        }
        self.insert_contended(id, kinship)
    }

    #[inline(never)]
    fn insert_contended(&self, id: u64, kinship: Kinship) -> bool {
        let mut word = self.word.load(Relaxed);
        loop {
            let is_free = word & KINSHIP == 0;
            let new = if is_free { word | kinship.0 } else { word.wrapping_add(OVERFLOWED) };
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

    /// Takes out the id that is in.
    #[inline(always)]
    fn clear(&self) {
        // The id first: who takes the free place next must not find it.
        self.id.store(0, Relaxed);
        self.word.fetch_and(!KINSHIP, Release);
    }
}

impl Default for SpanSet {
    fn default() -> Self {
        Self { first: Box::new([const { Place::new() }; FIRST]), later: [const { OnceLock::new() }; LATER] }
    }
}

impl SpanSet {
    /// What a span is to the layer.
    #[inline(always)]
    pub(crate) fn get(&self, id: &Id) -> Kinship {
        let id = id.into_u64();
        let place = self.first(id);
        let word = place.word.load(Acquire);
        if place.holds(id) {
            Kinship(word & KINSHIP)
        } else if word < OVERFLOWED {
            Kinship::NONE
        } else {
            self.find_later(id)
        }
    }

    #[inline(never)]
    fn find_later(&self, id: u64) -> Kinship {
        for place in self.later(id) {
            let word = place.word.load(Acquire);
            if place.holds(id) {
                return Kinship(word & KINSHIP);
            }
            if word < OVERFLOWED {
                break;
            }
        }
        Kinship::NONE
    }

    /// Puts in a span that is not in yet. Where there is no room any more, nothing happens.
    #[inline(always)]
    pub(crate) fn insert(&self, id: &Id, kinship: Kinship) {
        let id = id.into_u64();
        if !self.first(id).insert(id, kinship) {
            self.insert_later(id, kinship);
        }
    }

    #[inline(never)]
    fn insert_later(&self, id: u64, kinship: Kinship) {
        for (generation, places) in (1..).zip(&self.later) {
            let new = || (0..FIRST << generation).map(|_| Place::new()).collect();
            if place(places.get_or_init(new), id).is_some_and(|place| place.insert(id, kinship)) {
                return;
            }
        }
    }

    /// Takes a span out; says what it was to the layer.
    #[inline(always)]
    pub(crate) fn remove(&self, id: &Id) -> Kinship {
        let id = id.into_u64();
        let place = self.first(id);
        let word = place.word.load(Acquire);
        if place.holds(id) {
            place.clear();
            Kinship(word & KINSHIP)
        } else if word < OVERFLOWED {
            Kinship::NONE
        } else {
            self.remove_later(id)
        }
    }

    #[inline(never)]
    fn remove_later(&self, id: u64) -> Kinship {
        let kinship = self.find_later(id);
        if kinship != Kinship::NONE {
            for place in std::iter::once(self.first(id)).chain(self.later(id)) {
                if place.holds(id) {
                    place.clear();
                    break;
                }
                place.word.fetch_sub(OVERFLOWED, Relaxed);
            }
        }
        kinship
    }

    /// The place of an id in the first generation.
    #[inline(always)]
    fn first(&self, id: u64) -> &Place {
        let [other, ..] = &*self.first;
        self.first.get(hash(id) % FIRST).unwrap_or(other)
    }

    /// The places of an id in the later generations that there are.
    fn later(&self, id: u64) -> impl Iterator<Item = &Place> {
        self.later.iter().map_while(move |places| place(places.get()?, id))
    }
}

fn place(places: &[Place], id: u64) -> Option<&Place> {
    places.get(hash(id) & (places.len() - 1))
}

/// Ids of the registry are indices of `sharded-slab` 0.1.7: the lowest 38 bits count up within a thread
/// (`page::Addr`), the bits above tell threads and uses of an index apart.
#[inline(always)]
fn hash(id: u64) -> usize {
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
            // Ids that share few places, so that some overflow.
            let (set, mut map) = (SpanSet::default(), HashMap::new());
            for (number, kinship) in steps {
                let number = number * 64 + 1;
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
            for place in set.first.iter().chain(set.later.iter().filter_map(OnceLock::get).flatten()) {
                prop_assert_eq!(place.word.load(Relaxed), 0, "an empty set has empty places");
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
