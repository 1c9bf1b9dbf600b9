//! The layer with a filter: how it takes its place in a subscriber stack, and which callbacks it passes on.

use crate::observe::{
    callsites::Callsites,
    layer::FailureLayer,
    observer::Observer,
    probe,
    stack::{
        demand::{self, Demand, LogDemand},
        enclosing::EnclosingSubscriber,
        inside::{self, Position},
        interest::{FailureFilter, NoopLayer},
        span_set::{Relation, SpanSet},
        stale_answers,
    },
    synthetic, unwinding,
};
use std::{
    any::TypeId,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
};
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    filter::Filtered,
    layer::{Context, Layer},
    registry::LookupSpan,
};

/// A layer with its own filter that reports failed dispatch spans, for a stack that is rooted in `Registry`.
///
/// [`Reporter::layer`](crate::Reporter::layer) returns it. It behaves like a layer with a per-layer filter: it changes
/// nothing for other layers. But unlike `Layer::with_filter`, it does not depend on
/// `tracing-subscriber`'s per-thread filter state, which any other question overwrites (tokio-rs/tracing#2519). This
/// layer decides by the metadata of the span or event itself.
///
/// A span exists because of this layer only in two cases:
///
/// - It is a dispatch span or a context span.
/// - The current span is a dispatch span, or is inside one. If nobody wanted such a span it would not be created, and
///   its errors would count as the dispatch span's own.
///
/// Any other span exists only if another layer wants it; `admission.rs` decides that.
///
/// # Example: beside another layer that stays as it is
///
/// ```
/// use tracing_dispatch_failure::{MemorySink, Reporter};
/// use tracing_subscriber::{filter::LevelFilter, fmt, prelude::*};
///
/// let memory = MemorySink::new();
/// let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// let stack = tracing_subscriber::registry()
///     .with(reporter.layer())
///     .with(fmt::layer().with_writer(std::io::sink).with_filter(LevelFilter::WARN));
/// tracing::subscriber::with_default(stack, || {
///     assert!(tracing::info_span!("ordinary").is_disabled(), "no layer wants it");
///     tracing::info_span!("dispatch_session").in_scope(|| tracing::error!(error = "refused"));
/// });
/// assert_eq!(memory.take()[0].failure().error(), Some("refused"));
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
pub struct FilteredLayer<S> {
    /// Takes part in the interests and levels of all filters. `tracing-subscriber` recognizes a layer with a filter by
    /// this type, so it is used for that alone, and filters a layer that does nothing.
    filtered: Filtered<NoopLayer, FailureFilter, S>,
    pub(super) layer: FailureLayer,
    /// Whether the registry has given the filter its place. It has not if `reload` puts the layer into an existing
    /// stack. Then using the filter would panic in debug builds.
    is_attached: bool,
    /// Whether the stack looked for the marker of a layer with a filter, and found it here. Inside `reload` it does
    /// not find it.
    is_marker_found: AtomicBool,
    /// Whether the subscriber hides this layer, as a `reload::Layer` around it does.
    is_hidden: AtomicBool,
    pub(super) enclosing: EnclosingSubscriber,
    pub(super) spans: SpanSet,
    pub(super) callsites: Callsites<SpanCallsite>,
    pub(super) log_demand: LogDemand,
}

/// The layer's knowledge of a callsite of spans.
pub(super) struct SpanCallsite {
    pub(super) metadata: &'static Metadata<'static>,
    /// Whether its spans are dispatch spans or context spans.
    pub(super) is_selected: bool,
    pub(super) demand: Demand,
    /// After so many more openings, the doctor logs advice about a directive that was probably meant for these spans.
    /// 0 means never.
    pub(super) openings_until_advice: AtomicU32,
}

/// The number of openings before the doctor logs advice. By then, the spans that usually open around this one are
/// registered too, and one of them may be the one that the directive matches.
const OPENINGS_UNTIL_ADVICE: u32 = 10;

impl<S> FilteredLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    pub(crate) fn new(observer: Arc<Observer>) -> Self {
        Self {
            filtered: Filtered::new(NoopLayer, FailureFilter { observer: Arc::clone(&observer) }),
            layer: FailureLayer::new(observer),
            is_attached: false,
            is_marker_found: AtomicBool::new(false),
            is_hidden: AtomicBool::new(false),
            enclosing: EnclosingSubscriber::default(),
            spans: SpanSet::default(),
            callsites: Callsites::default(),
            log_demand: LogDemand::default(),
        }
    }

    pub(super) fn observer(&self) -> &Observer {
        self.layer.observer()
    }

    /// Returns the subscriber that the layer is part of, if the layer may ask it.
    pub(super) fn enclosing(&self) -> Option<Dispatch> {
        self.enclosing.search_if_lost(|dispatch| self.is_visible_in(dispatch));
        self.enclosing.dispatch()
    }

    fn is_visible_in(&self, dispatch: &Dispatch) -> bool {
        dispatch.downcast_ref::<Self>().is_some_and(|visible| std::ptr::eq(visible, self))
    }

    /// Starts to keep the state of a new span, if it is a dispatch span or a context span.
    #[inline(always)]
    fn open_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: &Context<'_, S>) -> Relation {
        let metadata = attributes.metadata();
        // Most callsites are known not to be selected. For an unknown callsite the plan decides.
        if self.callsites.find(metadata).is_some_and(|callsite| !callsite.is_selected) {
            return Relation::NONE;
        }
        let Some(plan) = self.observer().plan_for(metadata) else { return Relation::NONE };
        match plan.dispatch_level {
            _ if !self.layer.open_span(plan, attributes, id, ctx) => Relation::NONE,
            Some(_) => Relation::KEPT.union(Relation::INSIDE),
            None => Relation::KEPT,
        }
    }

    /// Whether a new span is inside a dispatch span of this layer.
    #[inline(always)]
    fn is_opened_inside(&self, attributes: &Attributes<'_>, ctx: &Context<'_, S>) -> bool {
        match attributes.parent() {
            Some(parent) => self.spans.get(parent).is_inside(),
            // A root span belongs to no dispatch, wherever it is opened.
            None => attributes.is_contextual() && self.is_current_inside(ctx),
        }
    }
}

impl<S> Layer<S> for FilteredLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.enclosing.set_if_unknown(dispatch, self.is_visible_in(dispatch));
        self.is_hidden.store(dispatch.downcast_ref::<Self>().is_none(), Relaxed);
        self.observer().doctor().add_raised_subscriber(dispatch);
        self.observer().add_subscriber(dispatch);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.filtered.on_layer(subscriber);
        self.is_attached = true;
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if !demand::is_asking_about(metadata) && !probe::record_registration(self.observer().id(), metadata) {
            // A registration means that somebody may have come to want other records and spans.
            self.log_demand.forget();
            self.observer().doctor().mark_installed();
            let is_suspicious = self.observer().doctor().examine(metadata);
            if metadata.is_span() {
                let new = SpanCallsite {
                    metadata,
                    is_selected: self.observer().selects(metadata),
                    demand: Demand::default(),
                    openings_until_advice: AtomicU32::new(if is_suspicious {
                        OPENINGS_UNTIL_ADVICE
                    } else {
                        0
                    }),
                };
                // If the callsite is known, its demand is forgotten instead.
                self.callsites.get_or_insert(metadata, new).demand.forget();
            }
        }
        if self.is_attached { self.filtered.register_callsite(metadata) } else { Interest::always() }
    }

    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, ctx: Context<'_, S>) -> bool {
        stale_answers::record_question(metadata);
        let is_refused = if metadata.is_span() {
            self.refuses_span(metadata, &ctx)
        } else {
            // The name is compared first, because this runs for every event of the application.
            metadata.name() == synthetic::LOG_RECORD && self.refuses_log_record(metadata)
        };
        // A refusal counts for all layers: it ends the question, and clears the answers that filters gave so far.
        // `filtered` is not asked. Its answer would always be yes, and its bit says so as long as nothing changes it.
        !is_refused
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // When a filter or the set of subscribers changes, `tracing` asks for all levels first, even if no callsite is
        // registered yet.
        self.log_demand.forget();
        self.enclosing.mark_lost_if_gone();
        // If the stack does not know that this layer has a filter, its level would limit what other layers see.
        let is_known =
            self.is_attached && self.is_marker_found.load(Relaxed) && !self.is_hidden.load(Relaxed);
        is_known.then(|| self.observer().level_hint())
    }

    #[inline]
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut relation = self.open_span(attributes, id, &ctx);
        if self.is_opened_inside(attributes, &ctx) {
            relation = relation.union(Relation::INSIDE);
        }
        if relation != Relation::NONE {
            self.spans.insert(id, relation);
        }
    }

    #[inline]
    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        if self.spans.get(id).is_kept() {
            self.layer.on_record(id, values, ctx);
        }
    }

    #[inline]
    fn event_enabled(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        // The event's values are evaluated by now, and may have asked other questions. Here the filters can still be
        // asked about the event again.
        !(self.is_attached && stale_answers::is_overwritten(event.metadata())) || self.ask_again(event, ctx)
    }

    #[inline]
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        stale_answers::clear();
        // Outside a dispatch, this spares most events the search for their span.
        let may_concern = match event.parent() {
            Some(parent) => self.spans.get(parent).is_kept(),
            None => event.is_contextual() && inside::position(self.layer.id()) != Position::Outside,
        };
        if may_concern {
            self.layer.on_event(event, ctx);
        }
    }

    #[inline]
    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        // Here, unlike in a filter's callback, `tracing` shows a scoped default.
        self.enclosing.search_if_lost(|dispatch| self.is_visible_in(dispatch));
        let relation = self.spans.get(id);
        inside::enter(self.layer.id(), relation.is_inside(), || self.enclosing.registry());
        if relation.is_kept() {
            unwinding::enter(self.layer.id(), id);
        }
    }

    #[inline]
    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        let relation = self.spans.get(id);
        inside::exit(self.layer.id(), relation.is_inside());
        if relation.is_kept() {
            self.layer.on_exit(id, ctx);
        }
    }

    #[inline]
    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        // Removed even if the span did not fail, because the registry uses ids again.
        if self.spans.remove(&id).is_kept() {
            self.layer.on_close(id, ctx);
        }
    }

    // No `on_follows_from` and no `on_id_change`: neither says anything about a failure, and the registry changes no
    // ids.

    #[expect(unsafe_code, reason = "the trait's method is unsafe, and without it no layer has a filter")]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        if id == TypeId::of::<FailureLayer>() {
            return Some(std::ptr::from_ref(&self.layer).cast());
        }
        // SAFETY: by the trait's contract, the pointer must point to a value of the type with this id, and be valid as
        // long as `self` is. The pointers above point to `self` and to its field. `filtered` gives the same promise
        // about itself, and is a field of `self`. Through it, `tracing-subscriber` finds the marker of a layer with a
        // filter. That marker is right for this layer, whose interest and level come from `filtered` alone.
        let found = unsafe { self.filtered.downcast_raw(id) };
        // Only `tracing-subscriber` can name the types that `filtered` answers to.
        if found.is_some() {
            self.is_marker_found.store(true, Relaxed);
        }
        found
    }
}

impl<S> fmt::Debug for FilteredLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilteredLayer").field("layer", &self.layer).finish_non_exhaustive()
    }
}
