//! Follows a span from its opening to its close, and reports it if it failed.

use crate::{
    observe::{
        callsite_plan::CallsitePlan,
        observer::{self, Observer},
        outcome::{self, Evidence},
        probe,
        span_state::{SpanState, SpanStates},
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

/// A layer without a filter that reports failed dispatch spans.
///
/// [`Reporter::layer_unfiltered`](crate::Reporter::layer_unfiltered) returns it. Use it where a layer with a filter
/// cannot work, for example in `tracing_subscriber::fmt().finish()`. It observes the same spans and events as
/// [`FilteredLayer`](crate::FilteredLayer), but every other span and event of the application passes through it as
/// well.
///
/// # Example: a subscriber that cannot carry filters
///
/// ```
/// use tracing_dispatch_failure::{MemorySink, Reporter};
/// use tracing_subscriber::{fmt, prelude::*};
///
/// let memory = MemorySink::new();
/// let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// let subscriber = fmt().with_writer(std::io::sink).finish().with(reporter.layer_unfiltered());
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info_span!("dispatch_session").in_scope(|| tracing::error!(error = "refused"));
/// });
/// assert_eq!(memory.take()[0].failure().error(), Some("refused"));
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug)]
pub struct FailureLayer {
    observer: Arc<Observer>,
    id: u32,
}

impl FailureLayer {
    pub(crate) fn new(observer: Arc<Observer>) -> Self {
        // Not 0, which is a free count in `stack/inside.rs`.
        static NEXT_ID: AtomicU32 = AtomicU32::new(1);
        Self { observer, id: NEXT_ID.fetch_add(1, Ordering::Relaxed) }
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.observer
    }

    /// Returns the layer's number in this process, which is not 0.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }
}

impl FailureLayer {
    /// Passes this layer's state of a span to `read`.
    fn read_state<'a, S, R>(&self, span: &SpanRef<'a, S>, read: impl FnOnce(&SpanState) -> R) -> Option<R>
    where
        S: for<'b> LookupSpan<'b>,
    {
        span.extensions().get::<SpanStates>()?.get(self.id).map(read)
    }

    /// Passes this layer's state of a span to `update`, which must not run the application's code: the span's
    /// extensions are locked.
    fn update_state<'a, S, R>(
        &self,
        span: &SpanRef<'a, S>,
        update: impl FnOnce(&mut SpanState) -> R,
    ) -> Option<R>
    where
        S: for<'b> LookupSpan<'b>,
    {
        span.extensions_mut().get_mut::<SpanStates>()?.get_mut(self.id).map(update)
    }

    /// Returns the current span, or its nearest ancestor at a level that the reporter observes.
    fn current_span<'a, S>(&self, ctx: &'a Context<'_, S>) -> Option<SpanRef<'a, S>>
    where
        S: Subscriber + for<'b> LookupSpan<'b>,
    {
        let current = ctx.current_span();
        if *current.metadata()?.level() <= self.observer.max_level() {
            return ctx.span(current.id()?);
        }
        // More verbose spans exist only if another layer wants them, which must not change the result.
        ctx.lookup_current()?.scope().find(|span| *span.metadata().level() <= self.observer.max_level())
    }

    fn plan_for<'a, S>(&self, span: &SpanRef<'a, S>) -> Option<&CallsitePlan>
    where
        S: for<'b> LookupSpan<'b>,
    {
        self.observer.plan_for(span.metadata())
    }
}

impl FailureLayer {
    /// Starts to keep the state of a new span. Returns whether this layer or another one of the reporter keeps it.
    #[inline(never)]
    pub(crate) fn open_span<S>(
        &self,
        plan: &CallsitePlan,
        attributes: &Attributes<'_>,
        id: &Id,
        ctx: &Context<'_, S>,
    ) -> bool
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        // A value's `Debug` or a sink opened the span. The reporter does not observe its own work.
        if reentry::is_in_user_code() {
            return false;
        }
        let mut states = SpanStates {
            first: SpanState {
                layer: self.id,
                reporter: self.observer.id(),
                evidence: Evidence::default(),
                opened: Instant::now(),
                number: activity::next_span_number(),
                recording: Recording::default(),
            },
            others: Vec::new(),
        };
        let SpanState { recording, evidence, .. } = &mut states.first;
        // Before the extensions are locked, because this runs the application's `Debug`.
        attributes.record(&mut SpanVisitor::new(&self.observer, plan, recording, evidence));
        let Some(span) = ctx.span(id) else { return false };
        let mut extensions = span.extensions_mut();
        let is_kept = match extensions.replace(states) {
            None => true,
            // Another layer of the stack was here first.
            Some(earlier) => extensions.get_mut::<SpanStates>().is_some_and(|own| own.append_to(earlier)),
        };
        if is_kept {
            plan.count_opened();
        }
        // `true` even if only another layer of the reporter keeps the span. Spans that are opened in it are inside a
        // dispatch for this layer too.
        true
    }
}

// The callbacks are never inlined. `tracing-subscriber` runs the code around them for every span of the application,
// so that code must stay small; few spans are dispatch spans.
impl<S> Layer<S> for FailureLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // No `max_level_hint`: a layer's hint limits what other layers see. Only a filter's hint does not.

    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.observer.add_subscriber(dispatch);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if !probe::record_registration(self.observer.id(), metadata) {
            self.observer.doctor().mark_installed();
            self.observer.doctor().examine(metadata);
        }
        // A layer without a filter answers for all layers: `never` would hide the callsite from them too.
        Interest::always()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        probe::record_question(self.observer.id(), metadata);
        true
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if let Some(plan) = self.observer.plan_for(attributes.metadata()) {
            self.open_span(plan, attributes, id, &ctx);
        }
    }

    #[inline(never)]
    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let Some(plan) = self.plan_for(&span) else { return };
        if reentry::is_in_user_code() {
            return;
        }
        // Recorded apart from the span's state, because the application's `Debug` must not run under its lock. The
        // evidence follows below, from the values as they are kept.
        let mut new = Recording::default();
        values.record(&mut SpanVisitor::new(&self.observer, plan, &mut new, &mut Evidence::default()));
        self.update_state(&span, |state| {
            self.observer.merge_values(&mut state.recording, &new, plan);
            add_field_evidence(&mut state.evidence, plan, &new);
        });
    }

    // No `on_follows_from`: a span that follows from a failed span has not failed itself.

    #[inline(never)]
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        if !self.observer.can_signal_failure(event.metadata()) || reentry::is_in_user_code() {
            return;
        }
        let span = match event.parent() {
            Some(id) => ctx.span(id),
            None if event.is_root() => None,
            None => self.current_span(&ctx),
        };
        let Some(span) = span else { return };
        let Some(plan) = self.plan_for(&span) else { return };
        // An error in a context span belongs to that span, which is not a dispatch span.
        let is_observed = plan.dispatch_level.is_some_and(|level| *event.metadata().level() <= level);
        if !is_observed {
            return;
        }
        // Before the span is locked, because this runs the application's `Debug`.
        let mut visitor = EventVisitor::new(&self.observer);
        event.record(&mut visitor);
        let response_failed = visitor.is_response_failure();
        let Some(signal) = outcome::event_signal(event.metadata(), span.metadata(), response_failed) else {
            return;
        };
        self.update_state(&span, |state| {
            state.evidence.note_signal(signal);
            visitor.store_texts(signal, &mut state.recording);
        });
    }

    #[inline(never)]
    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        unwinding::enter(self.id, id);
    }

    #[inline(never)]
    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        if unwinding::exit(self.id, id) == Exit::Unwinding {
            if let Some(span) = ctx.span(id) {
                self.update_state(&span, |state| state.evidence.note_signal(Signal::Panic));
            }
        }
    }

    #[inline(never)]
    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(&id) else { return };
        let failed = self.read_state(&span, |state| self.failure_if_failed(&span, state)).flatten();
        let Some((mut failure, activity)) = failed else { return };
        // From here on this span is unlocked: its ancestors are locked one by one, and none while the sinks write.
        self.add_context(&mut failure, activity, &span);
        self.observer.report(failure);
    }
}

impl FailureLayer {
    /// Begins the failure of a span that closes, with the data of the span itself. `None` if it did not fail.
    #[inline]
    fn failure_if_failed<'a, S>(
        &self,
        span: &SpanRef<'a, S>,
        state: &SpanState,
    ) -> Option<(Box<Failure>, SpanActivity)>
    where
        S: for<'b> LookupSpan<'b>,
    {
        let signals = self.observer.signals();
        // First, because most spans end here.
        let signal = state.evidence.failure_signal(signals)?;
        // A context span may have an error field as well, but it has no record.
        let plan = self.plan_for(span).filter(|plan| plan.dispatch_level.is_some())?;
        plan.count_failed();
        let cause = state.evidence.cause(signals, |role| plan.slot_for(role), &state.recording);
        let mut failure = self.observer.new_failure(plan, &state.recording, cause);
        failure.signal = signal;
        failure.duration = state.opened.elapsed();
        let trace_id = observer::read_trace_id(plan, &state.recording);
        Some((failure, SpanActivity { number: state.number, trace_id }))
    }

    /// Adds the data of the enclosing spans, and the activity ids, which may come from them.
    fn add_context<'a, S>(&self, failure: &mut Failure, mut own: SpanActivity, span: &SpanRef<'a, S>)
    where
        S: for<'b> LookupSpan<'b>,
    {
        let mut enclosing: Option<SpanActivity> = None;
        for ancestor in span.parent().into_iter().flat_map(|parent| parent.scope()) {
            let Some(plan) = self.plan_for(&ancestor) else { continue };
            self.read_state(&ancestor, |state| {
                self.observer.add_enclosing_span(failure, plan, &state.recording);
                let trace_id = observer::read_trace_id(plan, &state.recording);
                // The walk goes outwards, so the first trace id is the innermost one.
                own.trace_id = own.trace_id.or(trace_id);
                if plan.dispatch_level.is_some() && enclosing.is_none() {
                    enclosing = Some(SpanActivity { number: state.number, trace_id: None });
                }
                // Only spans from the enclosing dispatch span outwards count for its id.
                if let Some(enclosing) = &mut enclosing {
                    enclosing.trace_id = enclosing.trace_id.or(trace_id);
                }
            });
        }
        failure.activity_id = own.activity_id(failure.pid);
        let related = enclosing.map(|enclosing| enclosing.activity_id(failure.pid));
        // Within one trace both ids are the trace id, which relates nothing.
        failure.related_activity_id = related.filter(|id| *id != failure.activity_id);
    }
}

/// The data that a dispatch span's activity id is made of.
struct SpanActivity {
    number: u64,
    /// The trace id of the span, or of the innermost enclosing span that has one.
    trace_id: Option<ActivityId>,
}

impl SpanActivity {
    fn activity_id(&self, pid: u32) -> ActivityId {
        self.trace_id.unwrap_or_else(|| ActivityId::unique(self.number, pid))
    }
}

/// Adds the evidence of field values.
fn add_field_evidence(evidence: &mut Evidence, plan: &CallsitePlan, recording: &Recording) {
    for (slot, value) in recording.values() {
        if let Some(role) = plan.field(usize::from(slot)).and_then(|field| field.role) {
            evidence.note_field(role, value);
        }
    }
}
