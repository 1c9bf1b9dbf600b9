//! What is to be done with the spans of one callsite, decided once.

use crate::{
    observe::{
        callsites::Callsites,
        directive::Directives,
        fields::{EVENT_FIELDS, EventField, Role, TRACE_ID},
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

/// How the spans of one callsite are looked at.
#[derive(Debug)]
pub(crate) struct CallsitePlan {
    /// The most verbose level of events looked at, where the span is a dispatch span.
    pub(crate) dispatch: Option<LevelFilter>,
    /// Whether the span's name and fields serve the dispatch spans in it.
    pub(crate) is_context: bool,
    pub(crate) metadata: Arc<SpanMetadata>,
    /// The slot of a field that holds the trace id.
    pub(crate) trace_id: Option<Slot>,
    fields: Box<[FieldPlan]>,
    /// How many spans were opened, and how many of them failed.
    opened: AtomicU64,
    failed: AtomicU64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FieldPlan {
    /// Where its value is kept: its index, or that of the first field of the same name.
    pub(crate) slot: Slot,
    pub(crate) redacted: bool,
    pub(crate) role: Option<Role>,
    /// Whether its value is kept as it is, and says nothing but itself.
    is_plain: bool,
}

impl CallsitePlan {
    /// The plan of the field with this index; a field past the last slot is none that is kept.
    pub(crate) fn field(&self, index: usize) -> Option<FieldPlan> {
        self.fields.get(index).copied()
    }

    /// The slot of a field whose values are kept as they are, say nothing but themselves, and are not too
    /// many.
    #[inline]
    pub(crate) fn plain_slot(&self, index: usize) -> Option<Slot> {
        self.fields.get(index).filter(|field| field.is_plain).map(|field| field.slot)
    }

    /// Counts a span that is opened.
    #[inline]
    pub(crate) fn note_opened(&self) {
        self.opened.fetch_add(1, Relaxed);
    }

    /// Counts a dispatch span that failed.
    pub(crate) fn note_failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// Whether the field in this slot says more than itself.
    pub(crate) fn has_role(&self, slot: Slot) -> bool {
        self.field(usize::from(slot)).is_none_or(|field| field.role.is_some())
    }

    /// The slot of the field that has a role.
    pub(crate) fn slot(&self, role: Role) -> Option<Slot> {
        slot_of(&self.fields, role)
    }
}

fn slot_of(fields: &[FieldPlan], role: Role) -> Option<Slot> {
    (0..).zip(fields).find_map(|(slot, field)| (field.role == Some(role)).then_some(slot))
}

/// Which spans are looked at, and the plans of those callsites that had one.
#[derive(Debug)]
pub(crate) struct CallsitePlans {
    spans: Directives,
    context: Directives,
    redact: Redact,
    max_level: LevelFilter,
    /// How many fields a span keeps.
    most_fields: usize,
    /// Which of [`EVENT_FIELDS`] are redacted.
    redacted_event_fields: [bool; EVENT_FIELDS.len()],
    plans: Callsites<Option<CallsitePlan>>,
}

impl CallsitePlans {
    pub(crate) fn new(spans: Directives, context: Directives, redact: Redact, most_fields: usize) -> Self {
        let max_level = spans.max_level().max(context.max_level());
        let redacted_event_fields = EVENT_FIELDS.map(|(name, _)| redact.covers(name));
        Self {
            spans,
            context,
            redact,
            max_level,
            most_fields,
            redacted_event_fields,
            plans: Callsites::default(),
        }
    }

    pub(crate) fn spans(&self) -> &Directives {
        &self.spans
    }

    /// The most verbose level of anything that is looked at.
    pub(crate) fn max_level(&self) -> LevelFilter {
        self.max_level
    }

    /// Whether spans of this callsite are dispatch spans or surroundings.
    pub(crate) fn selects(&self, span: &Metadata<'_>) -> bool {
        self.spans.level_for(span).is_some() || self.is_context(span)
    }

    fn is_context(&self, span: &Metadata<'_>) -> bool {
        let is_traced = *span.level() <= self.max_level && span.fields().field(TRACE_ID).is_some();
        is_traced || self.context.level_for(span).is_some()
    }

    /// The callsite's plan, made at the first call; `None` where its spans are not looked at.
    pub(crate) fn plan(&self, span: &'static Metadata<'static>) -> Option<&CallsitePlan> {
        self.plans.find(span).unwrap_or_else(|| self.plans.keep(span, self.make(span))).as_ref()
    }

    fn make(&self, span: &'static Metadata<'static>) -> Option<CallsitePlan> {
        let dispatch = self.spans.level_for(span);
        let is_context = self.is_context(span);
        if dispatch.is_none() && !is_context {
            return None;
        }
        let names: Vec<&'static str> = span.fields().iter().map(|field| field.name()).collect();
        let fields = (0..FIELD_SLOTS).zip(&names).map(|(index, name)| {
            let first = (0..index).zip(&names).find_map(|(first, other)| (other == name).then_some(first));
            let (redacted, role) = (self.redact.covers(name), Role::of(name));
            let is_plain = !redacted && role.is_none() && names.len() <= self.most_fields;
            FieldPlan { slot: first.unwrap_or(index), redacted, role, is_plain }
        });
        let fields: Box<[FieldPlan]> = fields.collect();
        let metadata = Arc::new(SpanMetadata::of(span));
        let trace_id = slot_of(&fields, Role::TraceId);
        Some(CallsitePlan {
            dispatch,
            is_context,
            metadata,
            trace_id,
            fields,
            opened: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        })
    }

    /// What an event's field says, and whether it is redacted.
    pub(crate) fn clue(&self, field: &str) -> Option<(EventField, bool)> {
        let clues = EVENT_FIELDS.iter().zip(&self.redacted_event_fields);
        clues
            .into_iter()
            .find_map(|((name, clue), is_redacted)| (*name == field).then_some((*clue, *is_redacted)))
    }

    /// How many callsites of dispatch spans had a span so far.
    pub(crate) fn dispatch_callsites(&self) -> usize {
        self.dispatches().filter(|(_, opened, _)| *opened > 0).count()
    }

    /// The callsites of dispatch spans, with how many of their spans were opened, and how many failed.
    pub(crate) fn dispatches(&self) -> impl Iterator<Item = (&'static Metadata<'static>, u64, u64)> {
        self.plans.iter().filter_map(|(span, plan)| {
            let plan = plan.as_ref().filter(|plan| plan.dispatch.is_some())?;
            Some((span, plan.opened.load(Relaxed), plan.failed.load(Relaxed)))
        })
    }
}
