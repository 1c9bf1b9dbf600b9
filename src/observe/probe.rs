//! Asks the current subscriber whether a span of the application would reach the reporter's layer.
//!
//! A probe only asks filters. It opens no span and emits no event, so no layer sees one.

use std::cell::Cell;
use tracing::{
    Level, Metadata, Subscriber, dispatcher, level_filters::LevelFilter, subscriber::NoSubscriber,
};
use tracing_subscriber::layer::{Context, Layer};

use crate::observe::synthetic;

/// What would happen to a span like the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProbeResult {
    /// It would reach the reporter's layer.
    Seen,
    /// No subscriber is set.
    NoSubscriber,
    /// The subscriber did not ask the reporter's layer: the layer is not part of it, or a filter before it refused.
    Unasked {
        /// Nobody is interested in such spans.
        is_never: bool,
        /// The subscriber's most verbose level is `OFF`.
        is_off: bool,
    },
    /// A filter around the reporter's layer, or around a group of layers with it, drops it.
    FilteredAround,
    /// A filter drops it for all layers.
    Filtered,
    /// No filter drops it, but the subscriber's most verbose level excludes it.
    LevelLimited,
}

/// Asks the current subscriber about a span, for a reporter.
pub(crate) fn probe_span(name: &str, target: &str, level: Level, reporter: u32) -> ProbeResult {
    let metadata = synthetic::span(name, target, level);
    let _guard = ProbeGuard::start(reporter, metadata);
    dispatcher::get_default(|dispatch| {
        if dispatch.is::<NoSubscriber>() {
            return ProbeResult::NoSubscriber;
        }
        let interest = dispatch.register_callsite(metadata);
        // The macros of `tracing` compare with this level before they ask a subscriber.
        let max_level = LevelFilter::current();
        let is_within_level = level <= max_level;
        // In some of these cases a macro would not ask. The probe asks anyway, to distinguish a filter for all layers,
        // which refuses, from a filter around some layers, which does not.
        let is_refused = !(is_within_level && interest.is_always()) && {
            let is_refused = !dispatch.enabled(metadata);
            clear_answers(metadata);
            is_refused
        };
        match PROBE.get().last_call {
            _ if is_refused => ProbeResult::Filtered,
            LastCall::None => {
                ProbeResult::Unasked { is_never: interest.is_never(), is_off: max_level == LevelFilter::OFF }
            }
            _ if !is_within_level => ProbeResult::LevelLimited,
            // `enabled` was called for the stack, but did not reach the layer.
            LastCall::RegisterCallsite if !interest.is_always() => ProbeResult::FilteredAround,
            LastCall::RegisterCallsite | LastCall::Enabled => ProbeResult::Seen,
        }
    })
}

/// Clears the last answers of per-layer filters on this thread. `tracing-subscriber` keeps them for the span or event
/// that follows, but none follows a probe.
fn clear_answers(metadata: &Metadata<'_>) {
    // `Layered` clears the thread's answers whenever a layer refuses, in any subscriber.
    struct Refusal;
    impl<S: Subscriber> Layer<S> for Refusal {
        fn enabled(&self, _: &Metadata<'_>, _: Context<'_, S>) -> bool {
            false
        }
    }
    Refusal.with_subscriber(NoSubscriber::default()).enabled(metadata);
}

/// The last call about a probe that reached the reporter's layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastCall {
    None,
    RegisterCallsite,
    Enabled,
}

/// The probe that this thread asks about.
#[derive(Debug, Clone, Copy)]
struct Probe {
    /// The address of its metadata, or 0.
    metadata: usize,
    reporter: u32,
    last_call: LastCall,
}

const NO_PROBE: Probe = Probe { metadata: 0, reporter: 0, last_call: LastCall::None };

thread_local! {
    // A subscriber calls the layer on the thread that asks.
    static PROBE: Cell<Probe> = const { Cell::new(NO_PROBE) };
}

/// Ends the probe when dropped, also if a filter panics.
struct ProbeGuard;

impl ProbeGuard {
    fn start(reporter: u32, metadata: &'static Metadata<'static>) -> Self {
        PROBE.set(Probe { metadata: std::ptr::from_ref(metadata).addr(), reporter, ..NO_PROBE });
        Self
    }
}

impl Drop for ProbeGuard {
    fn drop(&mut self) {
        PROBE.set(NO_PROBE);
    }
}

fn is_probe(metadata: &Metadata<'_>) -> bool {
    PROBE.get().metadata == std::ptr::from_ref(metadata).addr()
}

/// Whether this callsite is a probe of the reporter. Its filter lets a probe through whatever its name is.
pub(crate) fn is_probe_of(reporter: u32, metadata: &Metadata<'_>) -> bool {
    is_probe(metadata) && PROBE.get().reporter == reporter
}

/// Records that a callsite's registration reached a reporter's layer. Returns whether the callsite is a probe, of any
/// reporter.
pub(crate) fn record_registration(reporter: u32, metadata: &Metadata<'_>) -> bool {
    record_call(reporter, metadata, LastCall::RegisterCallsite);
    is_probe(metadata)
}

/// Records that `enabled` reached a reporter's layer, if it is about a probe of that reporter.
pub(crate) fn record_question(reporter: u32, metadata: &Metadata<'_>) {
    record_call(reporter, metadata, LastCall::Enabled);
}

fn record_call(reporter: u32, metadata: &Metadata<'_>, last_call: LastCall) {
    if is_probe_of(reporter, metadata) {
        PROBE.set(Probe { last_call, ..PROBE.get() });
    }
}
