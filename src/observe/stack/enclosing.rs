//! The subscriber that a layer is part of.

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
/// A layer is told of it by `on_register_dispatch`. An `Option` or a `Vec` of layers does not pass that on, and
/// neither does a `Box` or an `Arc` of a subscriber, which is another subscriber in each dispatcher. Then the layer
/// looks for it among the default ones.
pub(crate) struct EnclosingSubscriber {
    known: RwLock<Option<Known>>,
    /// Whether the subscriber is not known, or gone.
    is_lost: AtomicBool,
    /// How often the subscriber was looked for in vain.
    searches: AtomicU32,
    /// The address of the subscriber's registry; 0 where it is not known.
    registry: AtomicUsize,
}

#[derive(Clone)]
struct Known {
    dispatch: WeakDispatch,
    /// Whether the subscriber shows this very layer. `reload` shows nothing: within it, to ask the stack could
    /// deadlock.
    is_shown: bool,
}

/// After so many searches in vain the subscriber is not looked for any more.
const SEARCHES: u32 = 64;

impl Default for EnclosingSubscriber {
    fn default() -> Self {
        Self {
            known: RwLock::new(None),
            is_lost: AtomicBool::new(true),
            searches: AtomicU32::new(0),
            registry: AtomicUsize::new(0),
        }
    }
}

impl EnclosingSubscriber {
    /// The address of the subscriber's registry; 0 where it is not known.
    pub(crate) fn registry(&self) -> usize {
        self.registry.load(Relaxed)
    }

    /// Notes which subscriber the layer is part of, unless that is known.
    pub(crate) fn settle(&self, dispatch: &Dispatch, is_shown: bool) {
        if self.known().is_none_or(|known| known.dispatch.upgrade().is_none()) {
            let registry = dispatch.downcast_ref::<Registry>();
            self.registry.store(registry.map_or(0, |registry| std::ptr::from_ref(registry).addr()), Relaxed);
            let known = Known { dispatch: dispatch.downgrade(), is_shown };
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
            self.is_lost.store(false, Relaxed);
        }
    }

    /// Looks for the subscriber where it is not known. `is_shown_by` tells whether a subscriber shows the layer.
    #[inline]
    pub(crate) fn look(&self, is_shown_by: impl Fn(&Dispatch) -> bool) {
        if self.is_lost.load(Relaxed) {
            self.search(is_shown_by);
        }
    }

    #[cold]
    fn search(&self, is_shown_by: impl Fn(&Dispatch) -> bool) {
        if self.searches.load(Relaxed) >= SEARCHES {
            return;
        }
        dispatcher::get_default(|dispatch| {
            // Within `tracing`'s own look at a scoped default there is none, which is no search.
            if dispatch.is::<NoSubscriber>() {
                return;
            }
            if is_shown_by(dispatch) {
                self.searches.store(0, Relaxed);
                self.settle(dispatch, true);
            } else {
                self.searches.fetch_add(1, Relaxed);
            }
        });
    }

    /// The subscriber, where the layer may ask it.
    pub(crate) fn dispatch(&self) -> Option<Dispatch> {
        let known = self.known().filter(|known| known.is_shown)?;
        let dispatch = known.dispatch.upgrade();
        if dispatch.is_none() {
            self.is_lost.store(true, Relaxed);
        }
        dispatch
    }

    /// RenderCache whether the subscriber is still there, so that otherwise it is looked for again.
    pub(crate) fn check(&self) {
        if self.known().is_some_and(|known| known.dispatch.upgrade().is_none()) {
            self.is_lost.store(true, Relaxed);
        }
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
