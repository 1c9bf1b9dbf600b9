//! What is known of each callsite, found by its address; and the table underneath.

use std::sync::OnceLock;
use tracing::Metadata;

/// What is known of each callsite. Callsites are never taken out.
#[derive(Debug)]
pub(crate) struct Callsites<T>(Chains<(&'static Metadata<'static>, T)>);

impl<T> Default for Callsites<T> {
    fn default() -> Self {
        Self(Chains::default())
    }
}

// Metadata of callsites lie in static memory, so their address is their identity.
fn address(callsite: &Metadata<'_>) -> usize {
    std::ptr::from_ref(callsite).addr()
}

impl<T> Callsites<T> {
    /// What is known of a callsite, where it was put in.
    #[inline(always)]
    pub(crate) fn find(&self, callsite: &Metadata<'_>) -> Option<&T> {
        let wanted = address(callsite);
        self.0.find(wanted >> 4, |(callsite, _)| address(callsite) == wanted).map(|(_, value)| value)
    }

    /// Puts a callsite in, or finds what another thread put in meanwhile.
    pub(crate) fn keep(&self, callsite: &'static Metadata<'static>, value: T) -> &T {
        let wanted = address(callsite);
        let is_it = |(callsite, _): &(&'static Metadata<'static>, T)| address(callsite) == wanted;
        let (_, value) = self.0.keep(wanted >> 4, (callsite, value), is_it);
        value
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Metadata<'static>, &T)> {
        self.0.iter().map(|(callsite, value)| (*callsite, value))
    }
}

/// A table whose chains only ever grow, so that reading takes no lock and writes to no memory that
/// another thread reads.
#[derive(Debug)]
pub(crate) struct Chains<T>([Chain<T>; BUCKETS]);

const BUCKETS: usize = 256;

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
    /// Drops one link after the other: as each holds the next, they would be dropped within one another.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut link) = next {
            next = link.next.0.take();
        }
    }
}

impl<T> Default for Chains<T> {
    fn default() -> Self {
        Self([const { Chain::new() }; BUCKETS])
    }
}

impl<T> Chains<T> {
    #[inline(always)]
    fn chain(&self, hash: usize) -> &Chain<T> {
        let [first, ..] = &self.0;
        self.0.get(hash % BUCKETS).unwrap_or(first)
    }

    #[inline(always)]
    pub(crate) fn find(&self, hash: usize, is_it: impl Fn(&T) -> bool) -> Option<&T> {
        let mut chain = self.chain(hash);
        while let Some(link) = chain.0.get() {
            if is_it(&link.value) {
                return Some(&link.value);
            }
            chain = &link.next;
        }
        None
    }

    /// Puts a value in, or finds the one that another thread put in meanwhile.
    pub(crate) fn keep(&self, hash: usize, value: T, is_it: impl Fn(&T) -> bool) -> &T {
        let mut chain = self.chain(hash);
        let mut new = Some(value);
        loop {
            if let Some(link) = chain.0.get() {
                // With nothing left to put in, the link is the one that was put in below.
                if new.is_none() || is_it(&link.value) {
                    return &link.value;
                }
                chain = &link.next;
            } else if let Some(value) = new.take() {
                let link = Box::new(Link { value, next: Chain::new() });
                // Another thread may have been quicker, with this value or with another.
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
        let chains = Chains::default();
        let places = || -> Vec<usize> {
            let keep = |value: usize| chains.keep(value / 8, value, |other| *other == value);
            (0..2_000).map(|value| std::ptr::from_ref(keep(value)).addr()).collect()
        };
        let (first, second) = std::thread::scope(|scope| {
            let first = scope.spawn(places);
            (places(), first.join().unwrap())
        });
        assert_eq!(first, second);
        assert_eq!(chains.iter().count(), 2_000);
        assert!((0..2_000).all(|value| chains.find(value / 8, |other| *other == value) == Some(&value)));
    }
}
