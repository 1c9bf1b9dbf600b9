//! `tracing-opentelemetry`, exporting into memory.

use crate::{Boxed, Filter, Neighbouring, Stack, unify::Unified};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::{Subscriber, dispatcher};
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::registry::LookupSpan;

impl Neighbouring for SdkTracerProvider {
    fn layer<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(&self, filter: Filter) -> Boxed<S> {
        let layer = tracing_opentelemetry::layer().with_tracer(self.tracer("neighbours"));
        // Busy and idle times differ from run to run.
        filter.around(layer.with_tracked_inactivity(false))
    }
}

pub(crate) fn exported(stack: Stack, reporter: &Reporter, run: impl FnOnce()) -> Vec<String> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    dispatcher::with_default(&stack.dispatch(reporter, &provider), run);
    let mut ids = Unified::default();
    let spans = exporter.get_finished_spans().expect("no panic");
    spans.iter().map(|span| describe(span, &mut ids)).collect()
}

fn describe(span: &SpanData, ids: &mut Unified) -> String {
    let SpanData { name, span_kind, attributes, events, links, status, .. } = span;
    let mut id = |id: &dyn ToString| ids.number(&id.to_string());
    let events: Vec<_> = events.iter().map(|event| (&event.name, &event.attributes)).collect();
    let (own, trace) = (id(&span.span_context.span_id()), id(&span.span_context.trace_id()));
    format!(
        "span {own} of {trace} in {} {name} {span_kind:?} {status:?} {attributes:?} {events:?} {} links",
        id(&span.parent_span_id),
        links.len(),
    )
}
