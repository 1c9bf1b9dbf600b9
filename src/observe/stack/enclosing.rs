//! Finds the subscriber that a layer is part of.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed},
};
use tracing::{
    Dispatch,
    dispatcher::{self, WeakDispatch},
    subscriber::NoSubscriber,
};
use tracing_subscriber::Registry;

/// The subscriber that a layer is part of, as far as it is known.
///
/// A layer learns it from `on_register_dispatch`. But an `Option` or a `Vec` of layers does not pass that call on.
/// Neither does a `Box` or an `Arc` around a subscriber: each dispatcher made of it counts as a subscriber of its own.
/// Then the layer searches among the default subscribers.
pub(crate) struct EnclosingSubscriber {
    known: RwLock<Option<KnownSubscriber>>,
    /// Whether the subscriber is unknown, or gone. The layer looks at this whenever a span is entered, where a lock
    /// would cost too much.
    is_lost: AtomicBool,
    failed_searches: AtomicU32,
    /// The address of the subscriber's registry; 0 if it is unknown.
    registry: AtomicUsize,
}

#[derive(Clone)]
struct KnownSubscriber {
    dispatch: WeakDispatch,
    /// Whether the layer is visible in the subscriber. In a `reload::Layer` it is not, and must not ask the stack,
    /// because that could deadlock.
    is_visible: bool,
}

/// The maximum number of failed searches. A search costs time whenever a span is entered.
const MAX_SEARCHES: u32 = 64;

impl Default for EnclosingSubscriber {
    fn default() -> Self {
        Self {
            known: RwLock::new(None),
            is_lost: AtomicBool::new(true),
            failed_searches: AtomicU32::new(0),
            registry: AtomicUsize::new(0),
        }
    }
}

impl EnclosingSubscriber {
    /// Returns the address of the subscriber's registry; 0 if it is unknown.
    pub(crate) fn registry(&self) -> usize {
        self.registry.load(Relaxed)
    }

    /// Remembers the subscriber that the layer is part of, unless a living one is known.
    pub(crate) fn set_if_unknown(&self, dispatch: &Dispatch, is_visible: bool) {
        if self.known().is_none_or(|known| known.dispatch.upgrade().is_none()) {
            let registry = dispatch.downcast_ref::<Registry>();
            self.registry.store(registry.map_or(0, |registry| std::ptr::from_ref(registry).addr()), Relaxed);
            // Weak, because the subscriber owns the layer.
            let known = KnownSubscriber { dispatch: dispatch.downgrade(), is_visible };
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
            self.is_lost.store(false, Relaxed);
        }
    }

    /// Searches for the subscriber if it is unknown. `is_visible_in` returns whether the layer is visible in a
    /// subscriber.
    #[inline]
    pub(crate) fn search_if_lost(&self, is_visible_in: impl Fn(&Dispatch) -> bool) {
        if self.is_lost.load(Relaxed) {
            self.search(is_visible_in);
        }
    }

    #[cold]
    fn search(&self, is_visible_in: impl Fn(&Dispatch) -> bool) {
        if self.failed_searches.load(Relaxed) >= MAX_SEARCHES {
            return;
        }
        dispatcher::get_default(|dispatch| {
            // While `tracing` itself uses a scoped default, it shows `NoSubscriber`. That does not count as a failed
            // search.
            if dispatch.is::<NoSubscriber>() {
                return;
            }
            if is_visible_in(dispatch) {
                self.failed_searches.store(0, Relaxed);
                self.set_if_unknown(dispatch, true);
            } else {
                self.failed_searches.fetch_add(1, Relaxed);
            }
        });
    }

    /// Returns the subscriber, if the layer may ask it.
    pub(crate) fn dispatch(&self) -> Option<Dispatch> {
        let known = self.known().filter(|known| known.is_visible)?;
        let dispatch = known.dispatch.upgrade();
        if dispatch.is_none() {
            self.is_lost.store(true, Relaxed);
        }
        dispatch
    }

    /// Marks the subscriber as lost if it is gone, so that the layer searches again.
    pub(crate) fn mark_lost_if_gone(&self) {
        if self.known().is_some_and(|known| known.dispatch.upgrade().is_none()) {
            self.is_lost.store(true, Relaxed);
        }
    }

    fn known(&self) -> Option<KnownSubscriber> {
        // A copy, so that no handle of a subscriber is dropped under the lock.
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
