//! The layer in its stack: what reaches it of the application's spans and events, and which of these exist
//! because of it.

use crate::observe::{
    callsites::Callsites,
    layer::FailureLayer,
    observer::Observer,
    probe,
    stack::{
        demand::{self, Demand, LogDemand},
        enclosing::EnclosingSubscriber,
        filter::{FailureFilter, Nothing},
        inside::{self, Position},
        pending,
        span_set::{Kinship, SpanSet},
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

/// The layer that sees failed dispatch spans, for a stack that is rooted in `Registry`; made by
/// [`Reporter::layer`](crate::Reporter::layer).
///
/// It behaves as a layer with a per-layer filter: it changes nothing for other layers. Unlike with
/// `Layer::with_filter`, what it looks at does not depend on the state that `tracing-subscriber` keeps for each
/// thread between a filter's answer and the span or event, which any other question overwrites
/// (tokio-rs/tracing#2519): it goes by the metadata of the span or event itself.
///
/// A span exists because of this layer where it is a dispatch span or a context span, or where the
/// current span is or stands in a dispatch span: a span that no layer wants does not exist, and its errors would be
/// taken for the dispatch span's own. Other spans exist where another layer wants them, and only there.
pub struct FilteredLayer<S> {
    /// Has no layer of its own to filter. `tracing-subscriber` recognises a layer with a filter by this type, and
    /// only this type reaches where the interests of all filters are joined.
    filtered: Filtered<Nothing, FailureFilter, S>,
    pub(super) layer: FailureLayer,
    /// Whether the filter has its place in a registry; not so for a layer that `reload` puts into a
    /// stack that exists already. Using it would be a panic in debug builds.
    is_attached: bool,
    /// Whether the stack looked for the mark of a layer with a filter, and found it here. Not so within `reload`.
    is_marked: AtomicBool,
    /// Whether the subscriber does not show this layer, as where a layer within `reload` contains it.
    is_hidden: AtomicBool,
    pub(super) enclosing: EnclosingSubscriber,
    pub(super) spans: SpanSet,
    pub(super) callsites: Callsites<SpanCallsite>,
    pub(super) logs: LogDemand,
}

/// What a layer knows of a callsite of spans.
pub(super) struct SpanCallsite {
    pub(super) metadata: &'static Metadata<'static>,
    /// Whether its spans are looked at wherever they stand.
    pub(super) is_selected: bool,
    pub(super) demand: Demand,
    /// How many openings from now the doctor tells that a directive was probably meant for these spans; 0 for never.
    pub(super) openings: AtomicU32,
}

/// Until a span was opened so often, whatever its surroundings open was registered as well, and a directive
/// that nearly matches it may have matched another.
const OPENINGS: u32 = 10;

impl<S> FilteredLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    pub(crate) fn new(observer: Arc<Observer>) -> Self {
        Self {
            filtered: Filtered::new(Nothing, FailureFilter { observer: Arc::clone(&observer) }),
            layer: FailureLayer::new(observer),
            is_attached: false,
            is_marked: AtomicBool::new(false),
            is_hidden: AtomicBool::new(false),
            enclosing: EnclosingSubscriber::default(),
            spans: SpanSet::default(),
            callsites: Callsites::default(),
            logs: LogDemand::default(),
        }
    }

    pub(super) fn observer(&self) -> &Observer {
        self.layer.observer()
    }

    /// The subscriber, where it may be asked.
    pub(super) fn enclosing(&self) -> Option<Dispatch> {
        self.enclosing.look(|dispatch| self.is_shown_by(dispatch));
        self.enclosing.dispatch()
    }

    fn is_shown_by(&self, dispatch: &Dispatch) -> bool {
        dispatch.downcast_ref::<Self>().is_some_and(|shown| std::ptr::eq(shown, self))
    }

    /// Begins to keep a new span where it is a dispatch span or a context span.
    #[inline(always)]
    fn open(&self, attributes: &Attributes<'_>, id: &Id, ctx: &Context<'_, S>) -> Kinship {
        let metadata = attributes.metadata();
        // Most callsites are known not to be selected; where a callsite is not known, the plan tells.
        if self.callsites.find(metadata).is_some_and(|callsite| !callsite.is_selected) {
            return Kinship::NONE;
        }
        let Some(plan) = self.observer().plan(metadata) else { return Kinship::NONE };
        match plan.dispatch {
            _ if !self.layer.open(plan, attributes, id, ctx) => Kinship::NONE,
            Some(_) => Kinship::KEPT.and(Kinship::INSIDE),
            None => Kinship::KEPT,
        }
    }

    /// Whether a new span stands in a dispatch span of this layer.
    #[inline(always)]
    fn is_opened_inside(&self, attributes: &Attributes<'_>, ctx: &Context<'_, S>) -> bool {
        match attributes.parent() {
            Some(parent) => self.spans.get(parent).is_inside(),
            None => attributes.is_contextual() && self.is_current_inside(ctx),
        }
    }
}

impl<S> Layer<S> for FilteredLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.enclosing.settle(dispatch, self.is_shown_by(dispatch));
        self.is_hidden.store(dispatch.downcast_ref::<Self>().is_none(), Relaxed);
        self.observer().doctor().note_raised(dispatch);
        self.observer().note_subscriber(dispatch);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.filtered.on_layer(subscriber);
        self.is_attached = true;
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if !demand::is_asked(metadata) && !probe::note_registered(self.observer().id(), metadata) {
            self.logs.forget();
            self.observer().doctor().note_installed();
            let is_suspicious = self.observer().doctor().look_at(metadata);
            if metadata.is_span() {
                let new = SpanCallsite {
                    metadata,
                    is_selected: self.observer().selects(metadata),
                    demand: Demand::default(),
                    openings: AtomicU32::new(if is_suspicious { OPENINGS } else { 0 }),
                };
                self.callsites.keep(metadata, new).demand.forget();
            }
        }
        if self.is_attached { self.filtered.register_callsite(metadata) } else { Interest::always() }
    }

    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, ctx: Context<'_, S>) -> bool {
        pending::ask(metadata);
        let is_refused = if metadata.is_span() {
            self.refuses_span(metadata, &ctx)
        } else {
            metadata.name() == synthetic::LOG_RECORD && self.refuses_log_record(metadata)
        };
        // A refusal is global: it ends the question, and clears what the filters asked so far answered.
        // `filtered` is not asked: its answer would be yes each time, which its bit says while nothing changes it.
        !is_refused
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Whatever changes what others want asks for all levels first, even where no callsite is registered.
        self.logs.forget();
        self.enclosing.check();
        // That of a layer that is not known as one with a filter would limit what other layers see.
        let is_known = self.is_attached && self.is_marked.load(Relaxed) && !self.is_hidden.load(Relaxed);
        is_known.then(|| self.observer().level_hint())
    }

    #[inline]
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut kinship = self.open(attributes, id, &ctx);
        if self.is_opened_inside(attributes, &ctx) {
            kinship = kinship.and(Kinship::INSIDE);
        }
        if kinship != Kinship::NONE {
            self.spans.insert(id, kinship);
        }
    }

    #[inline]
    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        if self.spans.get(id).is_kept() {
            self.layer.on_record(id, values, ctx);
        }
    }

    /// Here every filter can still be asked afresh about an event, where its values asked something else.
    #[inline]
    fn event_enabled(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        !(self.is_attached && pending::is_overwritten(event.metadata())) || self.ask_again(event, ctx)
    }

    #[inline]
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        pending::consume();
        let may_concern = match event.parent() {
            Some(parent) => self.spans.get(parent).is_kept(),
            None => event.is_contextual() && inside::position(self.layer.owner()) != Position::Outside,
        };
        if may_concern {
            self.layer.on_event(event, ctx);
        }
    }

    #[inline]
    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        // Here, unlike where a filter is asked, a scoped default can be looked at.
        self.enclosing.look(|dispatch| self.is_shown_by(dispatch));
        let kinship = self.spans.get(id);
        inside::enter(self.layer.owner(), kinship.is_inside(), || self.enclosing.registry());
        if kinship.is_kept() {
            unwinding::enter(self.layer.owner(), id);
        }
    }

    #[inline]
    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        let kinship = self.spans.get(id);
        inside::leave(self.layer.owner(), kinship.is_inside());
        if kinship.is_kept() {
            self.layer.on_exit(id, ctx);
        }
    }

    #[inline]
    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        if self.spans.remove(&id).is_kept() {
            self.layer.on_close(id, ctx);
        }
    }

    // Without `on_follows_from` and `on_id_change`: neither says anything of a failure, and the registry
    // changes no ids.

    #[expect(unsafe_code, reason = "the trait's method is unsafe, and without it no layer has a filter")]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        if id == TypeId::of::<FailureLayer>() {
            return Some(std::ptr::from_ref(&self.layer).cast());
        }
        // SAFETY: the contract is that the pointer is one to a value of the type with this id, and is valid as
        // long as `self` is. Above, that is `self` and its field. Here, `filtered` promises the same of itself,
        // and lies in `self`. Through it `tracing-subscriber` finds the marker of a layer with a filter, which is
        // right of this one: it takes part in the interest and the level of filters by `filtered` alone.
        let found = unsafe { self.filtered.downcast_raw(id) };
        // Nobody else can name the other types that it answers to.
        if found.is_some() {
            self.is_marked.store(true, Relaxed);
        }
        found
    }
}

impl<S> fmt::Debug for FilteredLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilteredLayer").field("layer", &self.layer).finish_non_exhaustive()
    }
}
