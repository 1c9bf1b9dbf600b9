//! The callbacks of `tracing`: what is seen of a span from its opening to its close.

use crate::{
    observe::{
        callsite_plan::CallsitePlan,
        observer::{self, Observer},
        outcome::{self, Evidence},
        probe,
        span_state::{State, States},
        unwinding::{self, Exit},
        visit::{EventVisitor, SpanVisitor},
    },
    platform::reentry,
    record::{
        activity::{self, ActivityId},
        failure::Failure,
        recording::Recording,
        signal::Signal,
    },
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::{LookupSpan, SpanRef},
};

/// The layer that sees failed dispatch spans, without a filter.
///
/// It looks at the same spans and events as [`FilteredLayer`](crate::FilteredLayer), which spares the
/// application the work for all others.
#[derive(Debug)]
pub struct FailureLayer {
    observer: Arc<Observer>,
    owner: u32,
}

impl FailureLayer {
    pub(crate) fn new(observer: Arc<Observer>) -> Self {
        static OWNERS: AtomicU32 = AtomicU32::new(1);
        Self { observer, owner: OWNERS.fetch_add(1, Ordering::Relaxed) }
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.observer
    }

    /// The layer's number in this process, which is not 0.
    pub(crate) fn owner(&self) -> u32 {
        self.owner
    }
}

impl FailureLayer {
    /// Runs `look` on what this layer keeps of a span.
    fn state<'a, S, R>(&self, span: &SpanRef<'a, S>, look: impl FnOnce(&State) -> R) -> Option<R>
    where
        S: for<'b> LookupSpan<'b>,
    {
        span.extensions().get::<States>()?.of(self.owner).map(look)
    }

    /// Runs `change` on what this layer keeps of a span. No code of the application's may run in
    /// it: the span is locked meanwhile.
    fn change<'a, S, R>(&self, span: &SpanRef<'a, S>, change: impl FnOnce(&mut State) -> R) -> Option<R>
    where
        S: for<'b> LookupSpan<'b>,
    {
        span.extensions_mut().get_mut::<States>()?.of_mut(self.owner).map(change)
    }

    /// The span that an event directly stands in, as far as it is of a level that is looked at.
    fn current<'a, S>(&self, ctx: &'a Context<'_, S>) -> Option<SpanRef<'a, S>>
    where
        S: Subscriber + for<'b> LookupSpan<'b>,
    {
        let current = ctx.current_span();
        if *current.metadata()?.level() <= self.observer.max_level() {
            return ctx.span(current.id()?);
        }
        // Spans of more verbose levels exist only where another layer wants them, which must make
        // no difference.
        ctx.lookup_current()?.scope().find(|span| *span.metadata().level() <= self.observer.max_level())
    }

    fn plan<'a, S>(&self, span: &SpanRef<'a, S>) -> Option<&CallsitePlan>
    where
        S: for<'b> LookupSpan<'b>,
    {
        self.observer.plan(span.metadata())
    }
}

impl FailureLayer {
    /// Begins to keep a span that the plan looks at; says whether it is kept.
    #[inline(never)]
    pub(crate) fn open<S>(
        &self,
        plan: &CallsitePlan,
        attributes: &Attributes<'_>,
        id: &Id,
        ctx: &Context<'_, S>,
    ) -> bool
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if reentry::is_inside() {
            return false;
        }
        let mut states = States {
            first: State {
                owner: self.owner,
                reporter: self.observer.id(),
                evidence: Evidence::default(),
                opened: Instant::now(),
                number: activity::next_span_number(),
                recording: Recording::default(),
            },
            others: Vec::new(),
        };
        let State { recording, evidence, .. } = &mut states.first;
        attributes.record(&mut SpanVisitor::new(&self.observer, plan, recording, evidence));
        let Some(span) = ctx.span(id) else { return false };
        let mut extensions = span.extensions_mut();
        let is_kept = match extensions.replace(states) {
            None => true,
            Some(before) => extensions.get_mut::<States>().is_some_and(|states| states.add_to(before)),
        };
        if is_kept {
            plan.note_opened();
        }
        // The same reporter's other layer keeps the span; this one still says that it stands in it.
        true
    }
}

// Never inlined: what surrounds these is called for all spans of the application, of which ours are few,
// and must stay small.
impl<S> Layer<S> for FailureLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // No `max_level_hint`: on a layer it limits what other layers see. That of the filter does not.

    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.observer.note_subscriber(dispatch);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if !probe::note_registered(self.observer.id(), metadata) {
            self.observer.doctor().note_installed();
            self.observer.doctor().look_at(metadata);
        }
        Interest::always()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        probe::note_asked(self.observer.id(), metadata);
        true
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if let Some(plan) = self.observer.plan(attributes.metadata()) {
            self.open(plan, attributes, id, &ctx);
        }
    }

    #[inline(never)]
    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let Some(plan) = self.plan(&span) else { return };
        if reentry::is_inside() {
            return;
        }
        let mut new = Recording::default();
        values.record(&mut SpanVisitor::new(&self.observer, plan, &mut new, &mut Evidence::default()));
        self.change(&span, |state| {
            self.observer.merge(&mut state.recording, &new, plan);
            note(&mut state.evidence, plan, &new);
        });
    }

    // `on_follows_from` is left out: a span that follows from a failed one has not failed itself.

    #[inline(never)]
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        if !self.observer.can_use(event.metadata()) || reentry::is_inside() {
            return;
        }
        let span = match event.parent() {
            Some(id) => ctx.span(id),
            None if event.is_root() => None,
            None => self.current(&ctx),
        };
        let Some(span) = span else { return };
        let Some(plan) = self.plan(&span) else { return };
        let looked_at = plan.dispatch.is_some_and(|level| *event.metadata().level() <= level);
        if !looked_at {
            return;
        }
        let mut clues = EventVisitor::new(&self.observer);
        event.record(&mut clues);
        let response_failed = clues.is_response_failure();
        let Some(signal) = outcome::event_signal(event.metadata(), span.metadata(), response_failed) else {
            return;
        };
        self.change(&span, |state| {
            state.evidence.note(signal);
            clues.keep(signal, &mut state.recording);
        });
    }

    #[inline(never)]
    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        unwinding::enter(self.owner, id);
    }

    #[inline(never)]
    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        if unwinding::leave(self.owner, id) == Exit::Unwinding {
            if let Some(span) = ctx.span(id) {
                self.change(&span, |state| state.evidence.note(Signal::Panic));
            }
        }
    }

    #[inline(never)]
    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(&id) else { return };
        let described = self.state(&span, |state| self.failure_of(&span, state)).flatten();
        let Some((mut failure, operation)) = described else { return };
        self.add_context(&mut failure, operation, &span);
        self.observer.report(failure);
    }
}

impl FailureLayer {
    /// What is to be reported of a span that closes, as far as the span itself knows it.
    #[inline]
    fn failure_of<'a, S>(&self, span: &SpanRef<'a, S>, state: &State) -> Option<(Box<Failure>, Operation)>
    where
        S: for<'b> LookupSpan<'b>,
    {
        let signals = self.observer.signals();
        let signal = state.evidence.failure_signal(signals)?;
        let plan = self.plan(span).filter(|plan| plan.dispatch.is_some())?;
        plan.note_failed();
        let cause = state.evidence.cause(signals, |role| plan.slot(role), &state.recording);
        let mut failure = self.observer.begin(plan, &state.recording, cause);
        failure.signal = signal;
        failure.duration = state.opened.elapsed();
        let trace = observer::trace_of(plan, &state.recording);
        Some((failure, Operation { number: state.number, trace }))
    }

    /// Adds what the spans around have to say.
    fn add_context<'a, S>(&self, failure: &mut Failure, mut own: Operation, span: &SpanRef<'a, S>)
    where
        S: for<'b> LookupSpan<'b>,
    {
        let mut enclosing: Option<Operation> = None;
        for ancestor in span.parent().into_iter().flat_map(|parent| parent.scope()) {
            let Some(plan) = self.plan(&ancestor) else { continue };
            self.state(&ancestor, |state| {
                self.observer.add_context(failure, plan, &state.recording);
                let trace = observer::trace_of(plan, &state.recording);
                own.trace = own.trace.or(trace);
                if plan.dispatch.is_some() && enclosing.is_none() {
                    enclosing = Some(Operation { number: state.number, trace: None });
                }
                if let Some(enclosing) = &mut enclosing {
                    enclosing.trace = enclosing.trace.or(trace);
                }
            });
        }
        failure.activity_id = own.activity_id(failure.pid);
        let related = enclosing.map(|enclosing| enclosing.activity_id(failure.pid));
        failure.related_activity_id = related.filter(|id| *id != failure.activity_id);
    }
}

/// What makes up a dispatch span's activity id.
struct Operation {
    number: u64,
    /// The trace id of the span or of the innermost span around it that has one.
    trace: Option<ActivityId>,
}

impl Operation {
    fn activity_id(&self, pid: u32) -> ActivityId {
        self.trace.unwrap_or_else(|| ActivityId::unique(self.number, pid))
    }
}

/// Notes what the values of a span's fields say of its outcome.
fn note(evidence: &mut Evidence, plan: &CallsitePlan, recording: &Recording) {
    for (slot, value) in recording.values() {
        if let Some(role) = plan.field(usize::from(slot)).and_then(|field| field.role) {
            evidence.note_field(role, value);
        }
    }
}
