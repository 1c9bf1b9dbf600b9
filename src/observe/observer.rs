//! The part of a reporter that all its layers share: what they observe, and how a failed span becomes a record.

use crate::{
    delivery::Delivery,
    observe::{
        callsite_plan::{CallsitePlan, CallsitePlans},
        directive::Directives,
        doctor::{Doctor, diagnosis::DispatchCallsite},
        field_roles::EventField,
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

/// The limits of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The longest text, in bytes.
    pub(crate) field_bytes: usize,
    /// The maximum number of fields.
    pub(crate) fields: usize,
}

/// The settings and the state of one reporter that its layers share.
#[derive(Debug)]
pub(crate) struct Observer {
    id: u32,
    plans: CallsitePlans,
    signals: Signals,
    max_level: LevelFilter,
    limits: Limits,
    process: Arc<ProcessInfo>,
    delivery: Arc<Delivery>,
    /// The subscribers that a layer of this reporter is part of.
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
        static NEXT_ID: AtomicU32 = AtomicU32::new(0);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
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

    /// Returns the reporter's number in this process.
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

    /// Returns the directives that select dispatch spans.
    pub(crate) fn spans(&self) -> &Directives {
        self.plans.spans()
    }

    /// Returns the meaning of an event's field, and whether it is redacted.
    pub(crate) fn event_field(&self, field: &Field) -> Option<(EventField, bool)> {
        self.plans.event_field(field.name())
    }

    /// Returns the number of callsites that opened a dispatch span.
    pub(crate) fn count_opened_callsites(&self) -> usize {
        self.plans.count_opened_callsites()
    }

    /// Returns the most verbose level at which spans and events are observed.
    pub(crate) fn max_level(&self) -> LevelFilter {
        self.max_level
    }

    /// Returns the most verbose level that the layer tells `tracing`: during a diagnosis, every level.
    pub(crate) fn level_hint(&self) -> LevelFilter {
        if self.doctor.observes_all_levels() { LevelFilter::TRACE } else { self.max_level }
    }

    /// Whether a callsite's spans are dispatch spans or context spans.
    pub(crate) fn selects(&self, span: &Metadata<'_>) -> bool {
        *span.level() <= self.max_level && self.plans.selects(span)
    }

    pub(crate) fn doctor(&self) -> &Arc<Doctor> {
        &self.doctor
    }

    /// Returns the callsites of dispatch spans with their counts.
    pub(crate) fn dispatch_callsites(&self) -> Vec<DispatchCallsite> {
        let callsites = self.plans.dispatch_callsites();
        callsites.map(|(callsite, opened, failed)| DispatchCallsite { callsite, opened, failed }).collect()
    }

    /// Remembers a subscriber that a layer of this reporter is part of.
    pub(crate) fn add_subscriber(&self, dispatch: &Dispatch) {
        if !self.is_part_of(dispatch) {
            // Declared before the guard, so it is dropped after the lock is released: dropping the last handle of a
            // subscriber runs code of other layers.
            let mut open = Vec::new();
            let mut subscribers = self.subscribers();
            // Scoped subscribers come and go, so the list would grow without end.
            subscribers.retain(|known| {
                let dispatch = known.upgrade();
                let is_open = dispatch.is_some();
                open.extend(dispatch);
                is_open
            });
            subscribers.push(dispatch.downgrade());
        }
    }

    /// Whether a layer of this reporter is or was part of a subscriber, as far as the reporter knows.
    pub(crate) fn is_part_of(&self, dispatch: &Dispatch) -> bool {
        // Dispatchers cannot be compared, but the addresses of their registries can.
        let registry = |dispatch: &Dispatch| dispatch.downcast_ref::<Registry>().map(std::ptr::from_ref);
        let wanted = registry(dispatch);
        // A copy, because the handles below must not be dropped under the lock.
        let known = self.subscribers().clone();
        let mut known = known.iter().filter_map(WeakDispatch::upgrade);
        wanted.is_some() && known.any(|known| registry(&known) == wanted)
    }

    /// Whether a callsite's spans are observed if they are inside a dispatch span.
    pub(crate) fn observes_inside_dispatch(&self, span: &Metadata<'_>) -> bool {
        *span.level() <= self.max_level
    }

    fn subscribers(&self) -> MutexGuard<'_, Vec<WeakDispatch>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an event of this callsite can be a signal of failure.
    pub(crate) fn can_signal_failure(&self, event: &Metadata<'_>) -> bool {
        *event.level() <= self.max_level && outcome::can_signal_failure(event, self.signals)
    }

    /// Returns the plan for a span's callsite; `None` if its spans are not observed.
    pub(crate) fn plan_for(&self, span: &'static Metadata<'static>) -> Option<&CallsitePlan> {
        self.plans.plan_for(span)
    }

    /// Adds values that an open span recorded later. The last value of a field counts.
    pub(crate) fn merge_values(&self, recording: &mut Recording, new: &Recording, plan: &CallsitePlan) {
        for (slot, value) in new.values() {
            let is_new = recording.get(slot).is_none();
            // A field with a role may decide whether the span failed, so the limit does not apply to it.
            if is_new && !plan.has_role(slot) && recording.field_count() >= self.limits.fields {
                self.counters().note_cut();
            } else {
                recording.set(slot, value);
            }
        }
    }

    /// Begins the record of a span that fails now, with the data of the span itself.
    pub(crate) fn new_failure(
        &self,
        plan: &CallsitePlan,
        recording: &Recording,
        cause: Cause,
    ) -> Box<Failure> {
        // While the thread ends, its spare record may be gone.
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let new = || Box::new(Failure::new(Arc::clone(&self.process), Arc::clone(&plan.metadata)));
        let mut failure = spare.unwrap_or_else(new);
        // The spare record may be another reporter's or another callsite's.
        failure.reset(&self.process, &plan.metadata);
        self.counters().note_cuts(failure.copy_recording(recording, cause, self.limits.fields));
        failure.timestamp = SystemTime::now();
        // Asked each time, because a process may fork.
        failure.pid = std::process::id();
        failure.set_thread(std::thread::current().name());
        failure
    }

    /// Passes a record to the sinks, and keeps its memory for the thread's next record.
    pub(crate) fn report(&self, failure: Box<Failure>) {
        let spare = self.delivery.deliver(failure);
        if let Some(failure) = spare.filter(|failure| failure.capacity() <= MAX_SPARE_BYTES) {
            let _ = SPARE.try_with(|cell| cell.set(Some(failure)));
        }
    }

    /// Adds an enclosing span to a record: its name, and its fields if it is a context span. The innermost span comes
    /// first.
    pub(crate) fn add_enclosing_span(
        &self,
        failure: &mut Failure,
        plan: &CallsitePlan,
        recording: &Recording,
    ) {
        // `None` if the record names too many spans already. Then the span's fields count as left out.
        let number = failure.add_parent(&plan.metadata);
        if plan.is_context {
            let (entries, texts) = recording.field_entries();
            let limit = self.limits.fields;
            let left_out = failure.add_context_fields(number, &plan.metadata, entries, texts, limit);
            self.counters().note_cuts(left_out);
        }
    }
}

/// Returns the trace id that a span recorded.
pub(crate) fn read_trace_id(plan: &CallsitePlan, recording: &Recording) -> Option<ActivityId> {
    match recording.get(plan.trace_id?)? {
        Value::Str(digits) => ActivityId::from_trace_id(digits),
        _ => None,
    }
}

/// A spare record that grew beyond this many bytes is freed.
const MAX_SPARE_BYTES: usize = 64 * 1024;

thread_local! {
    static SPARE: Cell<Option<Box<Failure>>> = const { Cell::new(None) };
}
