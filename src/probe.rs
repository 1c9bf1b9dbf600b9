//! Probes: spans that stand for the application's, to see whether they reach a layer.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};
use tracing::{
    Level, Metadata,
    callsite::{Callsite, Identifier},
    dispatcher,
    field::FieldSet,
    level_filters::LevelFilter,
    metadata::Kind,
    span::Attributes,
    subscriber::{Interest, NoSubscriber},
};

/// What a probe met.
pub(crate) enum Sight {
    Seen,
    NoSubscriber,
    NoLayer,
    Filtered,
}

/// A callsite that stands for one of the application's. Callsites live for ever, so each is made
/// once.
pub(crate) struct Probe(OnceLock<Metadata<'static>>);

impl Probe {
    pub(crate) fn new(name: &str, target: &str, level: Level) -> &'static Self {
        type Probes = HashMap<(String, String, Level), &'static Probe>;
        static PROBES: OnceLock<Mutex<Probes>> = OnceLock::new();
        let mut probes = PROBES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        probes.entry((name.to_owned(), target.to_owned(), level)).or_insert_with(|| {
            let probe: &'static Self = Box::leak(Box::new(Self(OnceLock::new())));
            let (name, target) = (leak(name), leak(target));
            let fields = FieldSet::new(&[], Identifier(probe));
            let metadata = Metadata::new(name, target, level, None, None, Some(target), fields, Kind::SPAN);
            let _ = probe.0.set(metadata);
            probe
        })
    }

    /// Opens the probe's span in the current default subscriber.
    pub(crate) fn open(&'static self, reporter: u32) -> Sight {
        let Some(metadata) = self.0.get() else { return Sight::NoSubscriber };
        let _probing = Probing::start(reporter, metadata);
        dispatcher::get_default(|dispatch| {
            if dispatch.is::<NoSubscriber>() {
                return Sight::NoSubscriber;
            }
            // What a callsite's macro does, step by step.
            let interest = dispatch.register_callsite(metadata);
            let is_enabled = *metadata.level() <= LevelFilter::current()
                && !interest.is_never()
                && (interest.is_always() || dispatch.enabled(metadata));
            if !is_enabled {
                return Sight::Filtered;
            }
            let span = dispatch.new_span(&Attributes::new_root(metadata, &metadata.fields().value_set(&[])));
            dispatch.try_close(span);
            if PROBE.get().noticed { Sight::Seen } else { Sight::NoLayer }
        })
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

impl Callsite for Probe {
    fn set_interest(&self, _: Interest) {}

    #[expect(clippy::expect_used, reason = "a probe is handed out only after its metadata are set")]
    fn metadata(&self) -> &Metadata<'_> {
        self.0.get().expect("a probe has metadata")
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// The address of the metadata of the span that this thread opens as a probe, or 0.
    metadata: usize,
    reporter: u32,
    noticed: bool,
}

thread_local! {
    static PROBE: Cell<State> = const { Cell::new(State { metadata: 0, reporter: 0, noticed: false }) };
}

struct Probing;

impl Probing {
    fn start(reporter: u32, metadata: &'static Metadata<'static>) -> Self {
        PROBE.set(State { metadata: std::ptr::from_ref(metadata).addr(), reporter, noticed: false });
        Self
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        PROBE.set(State::default());
    }
}

/// Whether a callsite is that of a probe. Every reporter's filter lets probes pass.
pub(crate) fn is_probe(metadata: &Metadata<'_>) -> bool {
    PROBE.get().metadata == std::ptr::from_ref(metadata).addr()
}

/// Whether a new span is a probe; the probe takes note of the reporter whose layer it reached.
pub(crate) fn notice(reporter: u32, span: &Metadata<'_>) -> bool {
    let probe = PROBE.get();
    let is_probe = is_probe(span);
    if is_probe && probe.reporter == reporter {
        PROBE.set(State { noticed: true, ..probe });
    }
    is_probe
}
