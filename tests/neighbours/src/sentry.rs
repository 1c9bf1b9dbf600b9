//! `sentry-tracing` as its documentation sets it up, with a transport that keeps its envelopes.

use crate::{Boxed, Filter, Neighbouring, Stack, events_at, unify::Unified};
use sentry::{
    ClientOptions,
    integrations::tracing::{BreadcrumbLayer, ErrorLayer, LogLayer, SpanLayer},
};
use std::sync::{Arc, Mutex};
use tracing::{Level, Subscriber, dispatcher, level_filters::LevelFilter};
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::{Layer, registry::LookupSpan};

struct Layers;

impl Neighbouring for Layers {
    fn layer<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(&self, filter: Filter) -> Boxed<S> {
        match filter {
            // No filter from the test: the filters from sentry's documentation.
            Filter::None => vec![
                SpanLayer::new().with_filter(LevelFilter::INFO).boxed(),
                events_at(&[Level::WARN, Level::INFO], BreadcrumbLayer::new().enable_span_attributes()),
                ErrorLayer::new().with_filter(LevelFilter::ERROR).boxed(),
                LogLayer::new().with_filter(LevelFilter::INFO).boxed(),
            ]
            .boxed(),
            _ => vec![
                filter.around(SpanLayer::new()),
                filter.around(BreadcrumbLayer::new()),
                filter.around(ErrorLayer::new()),
                filter.around(LogLayer::new()),
            ]
            .boxed(),
        }
    }
}

pub(crate) fn exported(stack: Stack, reporter: &Reporter, run: impl FnOnce()) -> Vec<String> {
    let breadcrumbs = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&breadcrumbs);
    let options = ClientOptions::new().traces_sample_rate(1.0).before_breadcrumb(move |breadcrumb| {
        let (message, level, data) = (&breadcrumb.message, breadcrumb.level, &breadcrumb.data);
        kept.lock().expect("no panic").push(format!("breadcrumb {level:?} {message:?} {data:?}"));
        Some(breadcrumb)
    });
    let run = || dispatcher::with_default(&stack.dispatch(reporter, &Layers), run);
    let envelopes = sentry::test::with_captured_envelopes_options(run, options);
    let mut ids = Unified::default();
    let mut exported = std::mem::take(&mut *breadcrumbs.lock().expect("no panic"));
    for envelope in envelopes {
        let mut bytes = Vec::new();
        envelope.to_writer(&mut bytes).expect("a Vec takes all");
        for line in String::from_utf8(bytes).expect("JSON is UTF-8").lines() {
            exported.push(ids.json(line));
        }
    }
    exported
}
