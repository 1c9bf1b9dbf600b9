//! Decides which spans and events the layer admits: the ones that it observes, and the ones that another layer wants.

use crate::observe::{
    doctor::Occasion,
    probe,
    stack::{
        demand,
        filtered_layer::{FilteredLayer, SpanCallsite},
        inside::{self, LayerId, Position},
        stale_answers,
    },
    synthetic,
};
use std::sync::atomic::Ordering::Relaxed;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

impl<S> FilteredLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    /// Whether to refuse a span, because neither a layer of this crate nor any other layer wants it.
    #[inline]
    pub(super) fn refuses_span(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        let Some(callsite) = self.callsites.find(metadata) else {
            // A probe, or a callsite that was not registered with this layer. When in doubt, let it through.
            probe::record_question(self.observer().id(), metadata);
            return false;
        };
        match callsite.demand.is_wanted() {
            Some(true) => false,
            _ if callsite.is_selected => false,
            // Most threads are in no dispatch span, which takes one look to find out.
            Some(false) => !inside::is_in_any() || !self.is_inside(metadata, ctx),
            // Asked even inside a dispatch span, so that the answer is known from then on.
            None => !self.is_wanted_by_others(callsite) && !self.is_inside(metadata, ctx),
        }
    }

    /// Whether a span that is opened now, as a child of the current span, is needed inside a dispatch span of this
    /// layer or of another layer of this crate in the same subscriber.
    #[inline(never)]
    fn is_inside(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        let id = LayerId { layer: self.layer.id(), subscriber: self.enclosing.registry() };
        // A refusal counts for all layers, so this layer must not refuse what another one needs.
        self.observer().observes_inside_dispatch(metadata) && self.is_current_inside(ctx)
            || inside::may_others_be_inside(id)
    }

    /// Whether the current span is a dispatch span of this layer or is inside one.
    #[inline(always)]
    pub(super) fn is_current_inside(&self, ctx: &Context<'_, S>) -> bool {
        match inside::position(self.layer.id()) {
            Position::Outside => false,
            Position::Inside => true,
            Position::Unclear => self.is_current_member(ctx),
        }
    }

    #[cold]
    fn is_current_member(&self, ctx: &Context<'_, S>) -> bool {
        ctx.current_span().id().is_some_and(|id| self.spans.get(id).is_inside())
    }

    /// Asks the stack whether another layer wants the spans of a callsite. In doubt the answer is yes.
    #[cold]
    fn is_wanted_by_others(&self, callsite: &SpanCallsite) -> bool {
        // While this thread asks already, a second question would overwrite the first.
        let Some(enclosing) = self.enclosing().filter(|_| !demand::is_asking()) else { return true };
        let is_wanted = || demand::is_wanted_in(&enclosing, callsite.metadata);
        match callsite.openings_until_advice.load(Relaxed) {
            0 => callsite.demand.ask(is_wanted),
            left => {
                // The answer is not kept, so that the next opening is counted here as well.
                callsite.openings_until_advice.store(left - 1, Relaxed);
                if left == 1 {
                    self.observer().doctor().log_advice(Occasion::Running);
                }
                is_wanted()
            }
        }
    }

    /// Whether to refuse a record of `log`, because no layer wants it.
    #[cold]
    pub(super) fn refuses_log_record(&self, record: &Metadata<'_>) -> bool {
        let ask = |metadata| {
            let enclosing = self.enclosing().filter(|_| !demand::is_asking())?;
            Some(demand::is_wanted_in(&enclosing, metadata))
        };
        synthetic::is_log_record(record)
            && !self.observer().can_signal_failure(record)
            && !self.log_demand.is_wanted(record, ask)
    }

    /// Asks all filters about an event again, and passes it to the layers according to the new answers. Returns
    /// whether the event is still to be passed on.
    #[cold]
    pub(super) fn ask_again(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        let Some(dispatch) = self.enclosing() else { return true };
        // If a filter asks a question whenever it is asked, this would go on for ever.
        let Some(_guard) = stale_answers::AskAgainGuard::start() else { return true };
        if dispatch.enabled(event.metadata()) {
            // To the whole stack, because the layers above this one went by the overwritten answers.
            dispatch.event(event);
        } else {
            // A filter for all layers admitted the event at first, and refuses it now, because it counts or samples.
            // The failure must not be lost by that.
            self.on_event(event, ctx);
        }
        false
    }
}
