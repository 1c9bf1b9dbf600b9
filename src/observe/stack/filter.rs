//! What the layer's filter tells `tracing` of callsites.

use crate::observe::{observer::Observer, probe, stack::demand, synthetic};
use std::sync::Arc;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::layer::{Context, Filter, Layer};

/// The filter of [`FilteredLayer`](crate::FilteredLayer), as far as `tracing-subscriber` needs it: which callsites
/// are of interest, and up to which level. Whether a single span or event is looked at is not decided here.
#[derive(Debug)]
pub(crate) struct FailureFilter {
    pub(crate) observer: Arc<Observer>,
}

impl<S: Subscriber> Filter<S> for FailureFilter {
    /// Not called: `tracing-subscriber` would keep the answer in a bit of the thread's, which another question may
    /// overwrite before the span or the event comes (tokio-rs/tracing#2519). That bit stays clear, which means yes.
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if probe::is_probe_of(self.observer.id(), metadata) {
            return Interest::always();
        }
        // Never "always". Where all filters say that, nobody is asked before the span or event, and it gets the
        // answers to an earlier question (tokio-rs/tracing#2519). This filter causes such questions: `tracing`
        // asks what another filter alone would never be asked.
        if synthetic::is_question(metadata) {
            return Interest::never();
        }
        if !metadata.is_span() {
            return if self.observer.can_use(metadata) { Interest::sometimes() } else { Interest::never() };
        }
        if self.observer.selects(metadata) {
            Interest::sometimes()
        } else if self.observer.may_be_inside(metadata) && !demand::is_asked(metadata) {
            // Where it stands in a dispatch span it must exist, lest its errors are taken for that span's.
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.observer.level_hint())
    }
}

/// A layer that does nothing: what `Filtered` filters in place of ours.
#[derive(Debug)]
pub(crate) struct Nothing;

impl<S: Subscriber> Layer<S> for Nothing {}
