//! Which spans and events this layer lets through: those that it looks at, and those that another layer wants.

use crate::observe::{
    doctor::Moment,
    probe,
    stack::{
        demand,
        filtered::{FilteredLayer, SpanCallsite},
        inside::{self, LayerId, Position},
        pending,
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
    /// Whether a span would exist although neither this crate nor anybody else wants it.
    #[inline]
    pub(super) fn refuses_span(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        let Some(callsite) = self.callsites.find(metadata) else {
            probe::note_asked(self.observer().id(), metadata);
            return false;
        };
        match callsite.demand.is_wanted() {
            Some(true) => false,
            _ if callsite.is_selected => false,
            Some(false) => !inside::is_in_any() || !self.is_inside(metadata, ctx),
            // Asked wherever the span stands, so that the answer is known from then on.
            None => !self.ask(callsite) && !self.is_inside(metadata, ctx),
        }
    }

    /// Whether a span that is opened now, with the current span as its parent, is needed within a dispatch span of
    /// this layer or of another of this subscriber.
    #[inline(never)]
    fn is_inside(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        let id = LayerId { layer: self.layer.owner(), subscriber: self.enclosing.registry() };
        self.observer().may_be_inside(metadata) && self.is_current_inside(ctx)
            || inside::may_others_be_inside(id)
    }

    /// Whether the current span is a dispatch span of this layer or stands in one.
    #[inline(always)]
    pub(super) fn is_current_inside(&self, ctx: &Context<'_, S>) -> bool {
        match inside::position(self.layer.owner()) {
            Position::Outside => false,
            Position::Inside => true,
            Position::Unclear => self.is_current_member(ctx),
        }
    }

    #[cold]
    fn is_current_member(&self, ctx: &Context<'_, S>) -> bool {
        ctx.current_span().id().is_some_and(|id| self.spans.get(id).is_inside())
    }

    /// Asks the stack whether anybody else wants the spans of a callsite.
    #[cold]
    fn ask(&self, callsite: &SpanCallsite) -> bool {
        let Some(enclosing) = self.enclosing().filter(|_| !demand::is_asking()) else { return true };
        let is_wanted = || demand::is_wanted_in(&enclosing, callsite.metadata);
        match callsite.openings.load(Relaxed) {
            0 => callsite.demand.ask(is_wanted),
            left => {
                // Without keeping the answer, so that the next opening comes here as well.
                callsite.openings.store(left - 1, Relaxed);
                if left == 1 {
                    self.observer().doctor().tell(Moment::Running);
                }
                is_wanted()
            }
        }
    }

    /// Whether what a record of `log` asks for would be let through although nobody wants it.
    #[cold]
    pub(super) fn refuses_log_record(&self, record: &Metadata<'_>) -> bool {
        let ask = |metadata| {
            let enclosing = self.enclosing().filter(|_| !demand::is_asking())?;
            Some(demand::is_wanted_in(&enclosing, metadata))
        };
        synthetic::is_log_record(record)
            && !self.observer().can_use(record)
            && !self.logs.is_wanted(record, ask)
    }

    /// Asks all filters about an event again, and hands it to the layers by these answers; says whether it is still
    /// to be handed to them.
    #[cold]
    pub(super) fn ask_again(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        let Some(dispatch) = self.enclosing() else { return true };
        // Where a filter asks about something else as often as it is asked, that would go on for ever.
        let Some(_asking) = pending::AskingAgain::start() else { return true };
        if dispatch.enabled(event.metadata()) {
            // From the start, as the layers above this one have gone by the other answers.
            dispatch.event(event);
        } else {
            // A filter for all layers let it through at first, and counts or samples: no failure is lost by that.
            self.on_event(event, ctx);
        }
        false
    }
}
