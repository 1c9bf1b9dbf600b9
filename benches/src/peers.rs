//! The stacks of other crates.

use crate::{memory::Memory, subscriber::set, work::CAUSE};
use json_subscriber::fmt as json;
use logforth::{Append, Diagnostic, Layout, record::Record};
use opentelemetry_appender_tracing::layer::{OpenTelemetryTracingBridge, TracingSpanAttributes};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord, SdkLoggerProvider},
};
use std::{hint::black_box, io::Write};
use tracing_bunyan_formatter::{BunyanFormattingLayer, JsonStorageLayer};
use tracing_subscriber::prelude::*;

pub(crate) fn install(stack: &str) -> Option<()> {
    let registry = tracing_subscriber::registry();
    match stack {
        "json-subscriber" => set(registry.with(json::layer().with_writer(|| Memory))),
        "bunyan" => set(registry
            .with(JsonStorageLayer)
            .with(BunyanFormattingLayer::new("bench".to_owned(), || Memory))),
        "logfmt" => set(registry.with(tracing_logfmt::builder().layer().with_writer(|| Memory))),
        "opentelemetry" => {
            let provider = SdkLoggerProvider::builder().with_log_processor(Discard).build();
            let bridge = OpenTelemetryTracingBridge::builder(&provider)
                .with_tracing_span_attributes(TracingSpanAttributes::all())
                .build();
            set(registry.with(bridge));
        }
        "logforth-json" => logforth(logforth::layout::JsonLayout::default()),
        "logforth-text" => logforth(logforth::layout::TextLayout::default().no_color()),
        _ => return None,
    }
    Some(())
}

/// Drops records: only making them is measured.
#[derive(Debug)]
struct Discard;

impl LogProcessor for Discard {
    fn emit(&self, record: &mut SdkLogRecord, _: &opentelemetry::InstrumentationScope) {
        black_box(record);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
}

fn logforth(layout: impl Layout) {
    let append = ToMemory(Box::new(layout));
    logforth::starter_log::builder().dispatch(|dispatch| dispatch.append(append)).apply();
}

#[derive(Debug)]
struct ToMemory(Box<dyn Layout>);

impl Append for ToMemory {
    fn append(&self, record: &Record, diagnostics: &[Box<dyn Diagnostic>]) -> Result<(), logforth::Error> {
        let line = self.0.format(record, diagnostics)?;
        // Writing to memory cannot fail.
        let _ = Memory.write_all(&line);
        Ok(())
    }

    fn flush(&self) -> Result<(), logforth::Error> {
        Ok(())
    }
}

/// Writes one `log` record with the same fields and the same cause, because `logforth` does not support spans.
pub(crate) fn log_record() {
    log::error!(
        "session.id" = black_box(4711_u64),
        worker = black_box("worker-a"),
        queue = black_box("orders.incoming"),
        attempt = black_box(2_u64),
        urgent = black_box(true),
        remote = black_box("10.0.0.17:5672"),
        error = black_box(CAUSE);
        "dispatch_session"
    );
}
