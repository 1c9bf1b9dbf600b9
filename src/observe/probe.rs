//! Questions to the current subscriber about spans that stand for the application's.
//!
//! Only filters are asked. No span is opened and no event is made, so no layer gets one.

use std::cell::Cell;
use tracing::{
    Level, Metadata, Subscriber, dispatcher, level_filters::LevelFilter, subscriber::NoSubscriber,
};
use tracing_subscriber::layer::{Context, Layer};

use crate::observe::synthetic;

/// What a span would meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProbeResult {
    /// It would reach the reporter's layer.
    Seen,
    NoSubscriber,
    /// The reporter's layer was not asked: it is not there, or what stands before it refused.
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
    /// Nothing drops it, but the subscriber's most verbose level is a less verbose one.
    LevelLimited,
}

/// Asks about a span, on behalf of a reporter.
pub(crate) fn look(name: &str, target: &str, level: Level, reporter: u32) -> ProbeResult {
    let metadata = synthetic::span(name, target, level);
    let _probing = Probing::start(reporter, metadata);
    dispatcher::get_default(|dispatch| {
        if dispatch.is::<NoSubscriber>() {
            return ProbeResult::NoSubscriber;
        }
        let interest = dispatch.register_callsite(metadata);
        let max_level = LevelFilter::current();
        let is_looked_at = level <= max_level;
        // A macro would not ask in each of these cases. Here it tells a filter for all layers, which refuses, from
        // one around some layers, which does not.
        let is_refused = !(is_looked_at && interest.is_always()) && {
            let is_refused = !dispatch.enabled(metadata);
            clear_answers(metadata);
            is_refused
        };
        match PROBE.get().answered {
            _ if is_refused => ProbeResult::Filtered,
            Answered::Nothing => {
                ProbeResult::Unasked { is_never: interest.is_never(), is_off: max_level == LevelFilter::OFF }
            }
            _ if !is_looked_at => ProbeResult::LevelLimited,
            Answered::Registration if !interest.is_always() => ProbeResult::FilteredAround,
            Answered::Registration | Answered::Question => ProbeResult::Seen,
        }
    })
}

/// Clears what per-layer filters answered last on this thread. `tracing-subscriber` keeps that for the span or
/// event that follows, and none does. A layer that refuses makes it forget the answers, in whichever
/// subscriber.
fn clear_answers(metadata: &Metadata<'_>) {
    struct Refusal;
    impl<S: Subscriber> Layer<S> for Refusal {
        fn enabled(&self, _: &Metadata<'_>, _: Context<'_, S>) -> bool {
            false
        }
    }
    Refusal.with_subscriber(NoSubscriber::default()).enabled(metadata);
}

/// What the reporter's layer was asked about a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Nothing,
    Registration,
    Question,
}

/// The probe that this thread asks about.
#[derive(Debug, Clone, Copy)]
struct Probe {
    /// The address of its metadata, or 0.
    metadata: usize,
    reporter: u32,
    answered: Answered,
}

const NONE: Probe = Probe { metadata: 0, reporter: 0, answered: Answered::Nothing };

thread_local! {
    static PROBE: Cell<Probe> = const { Cell::new(NONE) };
}

struct Probing;

impl Probing {
    fn start(reporter: u32, metadata: &'static Metadata<'static>) -> Self {
        PROBE.set(Probe { metadata: std::ptr::from_ref(metadata).addr(), reporter, ..NONE });
        Self
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        PROBE.set(NONE);
    }
}

fn is_probe(metadata: &Metadata<'_>) -> bool {
    PROBE.get().metadata == std::ptr::from_ref(metadata).addr()
}

/// Whether this is a probe of the reporter, which passes its filter whatever it is called.
pub(crate) fn is_probe_of(reporter: u32, metadata: &Metadata<'_>) -> bool {
    is_probe(metadata) && PROBE.get().reporter == reporter
}

/// Whether a callsite that is registered is a probe; its reporter's layer has been asked by that.
pub(crate) fn note_registered(reporter: u32, metadata: &Metadata<'_>) -> bool {
    note(reporter, metadata, Answered::Registration);
    is_probe(metadata)
}

/// Notes that a reporter's layer is asked about a span, where that is its probe.
pub(crate) fn note_asked(reporter: u32, metadata: &Metadata<'_>) {
    note(reporter, metadata, Answered::Question);
}

fn note(reporter: u32, metadata: &Metadata<'_>, answered: Answered) {
    if is_probe_of(reporter, metadata) {
        PROBE.set(Probe { answered, ..PROBE.get() });
    }
}
