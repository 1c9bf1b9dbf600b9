//! A map from callsites to values, and the lock-free table that it is made of.

use std::sync::OnceLock;
use tracing::Metadata;

/// A map from callsites to values. Callsites live for ever, so none is ever removed.
#[derive(Debug)]
pub(crate) struct Callsites<T>(AppendOnlyTable<(&'static Metadata<'static>, T)>);

impl<T> Default for Callsites<T> {
    fn default() -> Self {
        Self(AppendOnlyTable::default())
    }
}

// A callsite's metadata is in static memory, so its address is its identity.
fn address(callsite: &Metadata<'_>) -> usize {
    std::ptr::from_ref(callsite).addr()
}

impl<T> Callsites<T> {
    /// Returns the value of a callsite, if it has one.
    #[inline(always)]
    pub(crate) fn find(&self, callsite: &Metadata<'_>) -> Option<&T> {
        let wanted = address(callsite);
        // Metadata is aligned, so the lowest bits of addresses hardly differ.
        self.0.find(wanted >> 4, |(callsite, _)| address(callsite) == wanted).map(|(_, value)| value)
    }

    /// Returns the value of a callsite: this one, or the one that another thread inserted meanwhile.
    pub(crate) fn get_or_insert(&self, callsite: &'static Metadata<'static>, value: T) -> &T {
        let wanted = address(callsite);
        let is_match = |(callsite, _): &(&'static Metadata<'static>, T)| address(callsite) == wanted;
        let (_, value) = self.0.get_or_insert(wanted >> 4, (callsite, value), is_match);
        value
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Metadata<'static>, &T)> {
        self.0.iter().map(|(callsite, value)| (*callsite, value))
    }
}

/// A hash table that only grows, so that a lookup takes no lock and writes to no memory that other threads read.
#[derive(Debug)]
pub(crate) struct AppendOnlyTable<T>([Chain<T>; BUCKETS]);

const BUCKETS: usize = 256;

/// The values with one hash, as a linked list.
#[derive(Debug)]
struct Chain<T>(OnceLock<Box<Link<T>>>);

#[derive(Debug)]
struct Link<T> {
    value: T,
    next: Chain<T>,
}

impl<T> Chain<T> {
    const fn new() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Drop for Chain<T> {
    fn drop(&mut self) {
        // One link after the other. Each link owns the next one, so by default the drops would nest, and a long chain
        // would overflow the stack.
        let mut next = self.0.take();
        while let Some(mut link) = next {
            next = link.next.0.take();
        }
    }
}

impl<T> Default for AppendOnlyTable<T> {
    fn default() -> Self {
        Self([const { Chain::new() }; BUCKETS])
    }
}

impl<T> AppendOnlyTable<T> {
    #[inline(always)]
    fn chain(&self, hash: usize) -> &Chain<T> {
        // The remainder is always in range, but an index could panic as far as the compiler knows.
        let [first, ..] = &self.0;
        self.0.get(hash % BUCKETS).unwrap_or(first)
    }

    /// Returns the value with this hash that `is_match` accepts.
    #[inline(always)]
    pub(crate) fn find(&self, hash: usize, is_match: impl Fn(&T) -> bool) -> Option<&T> {
        let mut chain = self.chain(hash);
        while let Some(link) = chain.0.get() {
            if is_match(&link.value) {
                return Some(&link.value);
            }
            chain = &link.next;
        }
        None
    }

    /// Inserts a value, or returns the matching one that another thread inserted meanwhile.
    pub(crate) fn get_or_insert(&self, hash: usize, value: T, is_match: impl Fn(&T) -> bool) -> &T {
        let mut chain = self.chain(hash);
        let mut new = Some(value);
        loop {
            if let Some(link) = chain.0.get() {
                // If nothing is left to insert, this is the link that was inserted below.
                if new.is_none() || is_match(&link.value) {
                    return &link.value;
                }
                chain = &link.next;
            } else if let Some(value) = new.take() {
                let link = Box::new(Link { value, next: Chain::new() });
                // Another thread may have been faster, with this value or with another one.
                new = chain.0.set(link).err().map(|link| link.value);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let links =
            self.0.iter().flat_map(|chain| std::iter::successors(chain.0.get(), |link| link.next.0.get()));
        links.map(|link| &link.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_many_callsites_does_not_overflow_the_stack() {
        let mut chain = Chain::new();
        for _ in 0..200_000 {
            chain = Chain(OnceLock::from(Box::new(Link { value: (), next: chain })));
        }
        drop(chain);
    }

    #[test]
    fn threads_that_keep_the_same_values_find_the_same_places() {
        let table = AppendOnlyTable::default();
        let places = || -> Vec<usize> {
            let keep = |value: usize| table.get_or_insert(value / 8, value, |other| *other == value);
            (0..2_000).map(|value| std::ptr::from_ref(keep(value)).addr()).collect()
        };
        let (first, second) = std::thread::scope(|scope| {
            let first = scope.spawn(places);
            (places(), first.join().unwrap())
        });
        assert_eq!(first, second);
        assert_eq!(table.iter().count(), 2_000);
        assert!((0..2_000).all(|value| table.find(value / 8, |other| *other == value) == Some(&value)));
    }
}
