//! The plan for a callsite's spans: what the layer does with them, decided once.

use crate::{
    observe::{
        callsites::Callsites,
        directive::Directives,
        field_roles::{EVENT_FIELDS, EventField, Role, TRACE_ID},
        redact::Redact,
    },
    record::{
        metadata::SpanMetadata,
        recording::{FIELD_SLOTS, Slot},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use tracing::{Metadata, level_filters::LevelFilter};

/// How the layer observes the spans of one callsite.
#[derive(Debug)]
pub(crate) struct CallsitePlan {
    /// The most verbose level of observed events, if the spans are dispatch spans.
    pub(crate) dispatch_level: Option<LevelFilter>,
    /// Whether the spans are context spans, whose fields go into the records of the dispatch spans inside them.
    pub(crate) is_context: bool,
    pub(crate) metadata: Arc<SpanMetadata>,
    /// The slot of the field that has the trace id.
    pub(crate) trace_id: Option<Slot>,
    fields: Box<[FieldPlan]>,
    /// The number of opened spans.
    opened: AtomicU64,
    /// The number of dispatch spans that failed.
    failed: AtomicU64,
}

/// How the layer treats the values of one field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FieldPlan {
    /// The slot of the field's value: its index, or the index of the first field with the same name.
    pub(crate) slot: Slot,
    pub(crate) is_redacted: bool,
    pub(crate) role: Option<Role>,
    /// Whether its values are stored as they are, without any check.
    is_unchecked: bool,
}

impl CallsitePlan {
    /// Returns the plan for the field with this index; `None` for a field past the last slot, which is not kept.
    pub(crate) fn field(&self, index: usize) -> Option<FieldPlan> {
        self.fields.get(index).copied()
    }

    /// Returns the slot of a field whose values need no check: it is not redacted, has no role, and the callsite has
    /// no more fields than a record.
    #[inline]
    pub(crate) fn unchecked_slot(&self, index: usize) -> Option<Slot> {
        self.fields.get(index).filter(|field| field.is_unchecked).map(|field| field.slot)
    }

    /// Counts a span that is opened.
    #[inline]
    pub(crate) fn count_opened(&self) {
        self.opened.fetch_add(1, Relaxed);
    }

    /// Counts a dispatch span that failed.
    pub(crate) fn count_failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// Whether the field with this slot has a role. Also true for a slot that is no field's.
    pub(crate) fn has_role(&self, slot: Slot) -> bool {
        self.field(usize::from(slot)).is_none_or(|field| field.role.is_some())
    }

    /// Returns the slot of the field with this role.
    pub(crate) fn slot_for(&self, role: Role) -> Option<Slot> {
        find_slot(&self.fields, role)
    }
}

fn find_slot(fields: &[FieldPlan], role: Role) -> Option<Slot> {
    (0..).zip(fields).find_map(|(slot, field)| (field.role == Some(role)).then_some(slot))
}

/// The settings that decide which spans are observed, and a cache of the plans that follow from them.
#[derive(Debug)]
pub(crate) struct CallsitePlans {
    spans: Directives,
    context: Directives,
    redact: Redact,
    max_level: LevelFilter,
    /// The maximum number of fields of a record.
    max_fields: usize,
    /// Which of [`EVENT_FIELDS`] are redacted.
    redacted_event_fields: [bool; EVENT_FIELDS.len()],
    plans: Callsites<Option<CallsitePlan>>,
}

impl CallsitePlans {
    pub(crate) fn new(spans: Directives, context: Directives, redact: Redact, max_fields: usize) -> Self {
        let max_level = spans.max_level().max(context.max_level());
        // Compared once here, not for each event.
        let redacted_event_fields = EVENT_FIELDS.map(|(name, _)| redact.covers(name));
        Self {
            spans,
            context,
            redact,
            max_level,
            max_fields,
            redacted_event_fields,
            plans: Callsites::default(),
        }
    }

    /// Returns the directives that select dispatch spans.
    pub(crate) fn spans(&self) -> &Directives {
        &self.spans
    }

    /// Returns the most verbose level at which spans and events are observed.
    pub(crate) fn max_level(&self) -> LevelFilter {
        self.max_level
    }

    /// Whether a callsite's spans are dispatch spans or context spans.
    pub(crate) fn selects(&self, span: &Metadata<'_>) -> bool {
        self.spans.level_for(span).is_some() || self.is_context(span)
    }

    fn is_context(&self, span: &Metadata<'_>) -> bool {
        // A record's activity id is the trace id, which often is a field of an enclosing span.
        let is_traced = *span.level() <= self.max_level && span.fields().field(TRACE_ID).is_some();
        is_traced || self.context.level_for(span).is_some()
    }

    /// Returns the plan for a callsite, which the first call makes; `None` if its spans are not observed.
    pub(crate) fn plan_for(&self, span: &'static Metadata<'static>) -> Option<&CallsitePlan> {
        // That a callsite has no plan is kept as well, so that its spans cost one lookup.
        self.plans.find(span).unwrap_or_else(|| self.plans.get_or_insert(span, self.make_plan(span))).as_ref()
    }

    fn make_plan(&self, span: &'static Metadata<'static>) -> Option<CallsitePlan> {
        let dispatch_level = self.spans.level_for(span);
        let is_context = self.is_context(span);
        if dispatch_level.is_none() && !is_context {
            return None;
        }
        let names: Vec<&'static str> = span.fields().iter().map(|field| field.name()).collect();
        // Higher slots are taken by the texts of events.
        let fields = (0..FIELD_SLOTS).zip(&names).map(|(index, name)| {
            // Fields with the same name share a slot, so that a record has each name once.
            let first = (0..index).zip(&names).find_map(|(first, other)| (other == name).then_some(first));
            let (is_redacted, role) = (self.redact.covers(name), Role::of(name));
            // A callsite with few fields can never exceed the limit, so its values need not be counted.
            let is_unchecked = !is_redacted && role.is_none() && names.len() <= self.max_fields;
            FieldPlan { slot: first.unwrap_or(index), is_redacted, role, is_unchecked }
        });
        let fields: Box<[FieldPlan]> = fields.collect();
        let metadata = Arc::new(SpanMetadata::from_tracing(span));
        let trace_id = find_slot(&fields, Role::TraceId);
        Some(CallsitePlan {
            dispatch_level,
            is_context,
            metadata,
            trace_id,
            fields,
            opened: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        })
    }

    /// Returns the meaning of an event's field, and whether it is redacted.
    pub(crate) fn event_field(&self, name: &str) -> Option<(EventField, bool)> {
        let fields = EVENT_FIELDS.iter().zip(&self.redacted_event_fields);
        fields
            .into_iter()
            .find_map(|((known, field), is_redacted)| (*known == name).then_some((*field, *is_redacted)))
    }

    /// Returns the number of callsites that opened a dispatch span.
    pub(crate) fn count_opened_callsites(&self) -> usize {
        self.dispatch_callsites().filter(|(_, opened, _)| *opened > 0).count()
    }

    /// Returns the callsites of dispatch spans, each with the numbers of its opened and its failed spans.
    pub(crate) fn dispatch_callsites(&self) -> impl Iterator<Item = (&'static Metadata<'static>, u64, u64)> {
        self.plans.iter().filter_map(|(span, plan)| {
            let plan = plan.as_ref().filter(|plan| plan.dispatch_level.is_some())?;
            Some((span, plan.opened.load(Relaxed), plan.failed.load(Relaxed)))
        })
    }
}
