//! What a reporter's layers look at, and how a failed span becomes a record.

use crate::{
    delivery::Delivery,
    observe::{
        callsite_plan::{CallsitePlan, CallsitePlans},
        directive::Directives,
        doctor::{Doctor, diagnosis::DispatchCallsite},
        fields::EventField,
        outcome,
    },
    record::{
        activity::ActivityId,
        cause::Cause,
        failure::{Failure, ProcessInfo},
        recording::Recording,
        signal::Signals,
        value::Value,
    },
    stats::counters::Counters,
};
use std::{
    cell::Cell,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::SystemTime,
};
use tracing::{Dispatch, Metadata, dispatcher::WeakDispatch, field::Field, level_filters::LevelFilter};
use tracing_subscriber::Registry;

/// How much of one record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The longest text, in bytes.
    pub(crate) field_bytes: usize,
    /// The most fields.
    pub(crate) fields: usize,
}

/// The rules of one reporter, shared by its layers.
#[derive(Debug)]
pub(crate) struct Observer {
    id: u32,
    plans: CallsitePlans,
    signals: Signals,
    max_level: LevelFilter,
    limits: Limits,
    process: Arc<ProcessInfo>,
    delivery: Arc<Delivery>,
    subscribers: Mutex<Vec<WeakDispatch>>,
    doctor: Arc<Doctor>,
}

impl Observer {
    pub(crate) fn new(
        plans: CallsitePlans,
        signals: Signals,
        limits: Limits,
        process: ProcessInfo,
        delivery: Arc<Delivery>,
        doctor: Arc<Doctor>,
    ) -> Self {
        static IDS: AtomicU32 = AtomicU32::new(0);
        Self {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            max_level: plans.max_level(),
            plans,
            signals,
            limits,
            process: Arc::new(process),
            delivery,
            subscribers: Mutex::default(),
            doctor,
        }
    }

    /// The reporter's number in this process.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn signals(&self) -> Signals {
        self.signals
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.delivery.counters()
    }

    pub(crate) fn spans(&self) -> &Directives {
        self.plans.spans()
    }

    /// What an event's field says, and whether it is redacted.
    pub(crate) fn clue(&self, field: &Field) -> Option<(EventField, bool)> {
        self.plans.clue(field.name())
    }

    pub(crate) fn dispatch_callsites(&self) -> usize {
        self.plans.dispatch_callsites()
    }

    /// The most verbose level of spans and events that are looked at.
    pub(crate) fn max_level(&self) -> LevelFilter {
        self.max_level
    }

    /// What `tracing` is told as the most verbose level that is looked at.
    pub(crate) fn level_hint(&self) -> LevelFilter {
        if self.doctor.is_raised() { LevelFilter::TRACE } else { self.max_level }
    }

    /// Whether the spans of a callsite are looked at wherever they stand.
    pub(crate) fn selects(&self, span: &Metadata<'_>) -> bool {
        *span.level() <= self.max_level && self.plans.selects(span)
    }

    pub(crate) fn doctor(&self) -> &Arc<Doctor> {
        &self.doctor
    }

    /// The callsites of dispatch spans.
    pub(crate) fn watched(&self) -> Vec<DispatchCallsite> {
        let watched = self.plans.dispatches();
        watched.map(|(callsite, opened, failed)| DispatchCallsite { callsite, opened, failed }).collect()
    }

    /// Notes a subscriber that a layer of this reporter is part of.
    pub(crate) fn note_subscriber(&self, dispatch: &Dispatch) {
        if !self.is_part_of(dispatch) {
            // Dropped after the lock: the last handle of a subscriber runs code of other layers.
            let mut open = Vec::new();
            let mut subscribers = self.subscribers();
            subscribers.retain(|known| {
                let dispatch = known.upgrade();
                let is_open = dispatch.is_some();
                open.extend(dispatch);
                is_open
            });
            subscribers.push(dispatch.downgrade());
        }
    }

    /// Whether a layer of this reporter is or was part of a subscriber, as far as that is known.
    pub(crate) fn is_part_of(&self, dispatch: &Dispatch) -> bool {
        let registry = |dispatch: &Dispatch| dispatch.downcast_ref::<Registry>().map(std::ptr::from_ref);
        let wanted = registry(dispatch);
        let known = self.subscribers().clone();
        let mut known = known.iter().filter_map(WeakDispatch::upgrade);
        wanted.is_some() && known.any(|known| registry(&known) == wanted)
    }

    /// Whether the spans of a callsite are looked at where they stand in a dispatch span.
    pub(crate) fn may_be_inside(&self, span: &Metadata<'_>) -> bool {
        *span.level() <= self.max_level
    }

    fn subscribers(&self) -> MutexGuard<'_, Vec<WeakDispatch>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an event can tell of a failure.
    pub(crate) fn can_use(&self, event: &Metadata<'_>) -> bool {
        *event.level() <= self.max_level && outcome::is_usable(event, self.signals)
    }

    pub(crate) fn plan(&self, span: &'static Metadata<'static>) -> Option<&CallsitePlan> {
        self.plans.plan(span)
    }

    /// Adds newly recorded values to a span's; the last value of a field counts.
    pub(crate) fn merge(&self, recording: &mut Recording, new: &Recording, plan: &CallsitePlan) {
        for (slot, value) in new.values() {
            let is_new = recording.get(slot).is_none();
            if is_new && !plan.has_role(slot) && recording.fields() >= self.limits.fields {
                self.counters().note_cut();
            } else {
                recording.set(slot, value);
            }
        }
    }

    /// Begins the record of a span that fails now, with what the span itself knows.
    pub(crate) fn begin(&self, plan: &CallsitePlan, recording: &Recording, cause: Cause) -> Box<Failure> {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let new = || Box::new(Failure::new(Arc::clone(&self.process), Arc::clone(&plan.metadata)));
        let mut failure = spare.unwrap_or_else(new);
        failure.restart(&self.process, &plan.metadata);
        self.counters().note_cuts(failure.take(recording, cause, self.limits.fields));
        failure.timestamp = SystemTime::now();
        failure.pid = std::process::id();
        failure.set_thread(std::thread::current().name());
        failure
    }

    /// Hands a record to the sinks.
    pub(crate) fn report(&self, failure: Box<Failure>) {
        let spare = self.delivery.deliver(failure);
        if let Some(failure) = spare.filter(|failure| failure.capacity() <= KEPT) {
            let _ = SPARE.try_with(|cell| cell.set(Some(failure)));
        }
    }

    /// Adds what an enclosing span has to say, the innermost first.
    pub(crate) fn add_context(&self, failure: &mut Failure, plan: &CallsitePlan, recording: &Recording) {
        let number = failure.add_parent(&plan.metadata);
        if plan.is_context {
            let (entries, texts) = recording.field_entries();
            let limit = self.limits.fields;
            let left_out = failure.add_context_fields(number, &plan.metadata, entries, texts, limit);
            self.counters().note_cuts(left_out);
        }
    }
}

/// The trace id that a span recorded.
pub(crate) fn trace_of(plan: &CallsitePlan, recording: &Recording) -> Option<ActivityId> {
    match recording.get(plan.trace_id?)? {
        Value::Str(digits) => ActivityId::from_trace_id(digits),
        _ => None,
    }
}

/// A record that grew beyond this many bytes is given back.
const KEPT: usize = 64 * 1024;

thread_local! {
    static SPARE: Cell<Option<Box<Failure>>> = const { Cell::new(None) };
}
