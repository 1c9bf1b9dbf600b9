//! The filter of the filtered layer: the answers that `tracing` caches for each callsite.

use crate::observe::{observer::Observer, probe, stack::demand, synthetic};
use std::sync::Arc;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::layer::{Context, Filter, Layer};

/// The filter of [`FilteredLayer`](crate::FilteredLayer).
///
/// It says which callsites are of interest, and up to which level. It does not decide about a single span or event.
#[derive(Debug)]
pub(crate) struct FailureFilter {
    pub(crate) observer: Arc<Observer>,
}

impl<S: Subscriber> Filter<S> for FailureFilter {
    /// Never called, so the result does not matter: `tracing-subscriber` would keep it in a bit of the thread's state,
    /// which another question may overwrite before the span or event comes (tokio-rs/tracing#2519). The bit stays
    /// clear, which means yes.
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if probe::is_probe_of(self.observer.id(), metadata) {
            return Interest::always();
        }
        // From here on never `always`. If all filters answer `always`, nobody is asked before the span or event, so it
        // gets the answers to an earlier question (tokio-rs/tracing#2519). This filter causes such questions, because
        // `tracing` asks about callsites that another filter alone would reject.
        if synthetic::is_enabled_macro(metadata) {
            return Interest::never();
        }
        if !metadata.is_span() {
            return if self.observer.can_signal_failure(metadata) {
                Interest::sometimes()
            } else {
                Interest::never()
            };
        }
        if self.observer.selects(metadata) {
            Interest::sometimes()
        } else if self.observer.observes_inside_dispatch(metadata) && !demand::is_asking_about(metadata) {
            // Inside a dispatch span it must exist. Otherwise its errors would count as the dispatch span's.
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.observer.level_hint())
    }
}

/// A layer that does nothing, for `Filtered` to wrap instead of ours.
#[derive(Debug)]
pub(crate) struct NoopLayer;

impl<S: Subscriber> Layer<S> for NoopLayer {}
