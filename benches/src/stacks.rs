//! Subscribers: ours, the ones of `tracing-subscriber`, and none.

use crate::{memory::Memory, subscriber::set};
use std::{hint::black_box, io};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_dispatch_failure::{Builder, Format, Reporter, Sink, SinkKind, SinkOptions, SinkRecord};
use tracing_subscriber::{Layer, filter::filter_fn, fmt, prelude::*, registry::LookupSpan};

/// Installs the stack of this name for the whole process, as in an application. Returns `None` if no stack
/// has this name.
pub(crate) fn install(stack: &str) -> Option<()> {
    let registry = tracing_subscriber::registry();
    match stack {
        "none" => {}
        "registry" => set(registry),
        "ours-json" => set(registry.with(ours(Format::Json).layer())),
        "ours-text" => set(registry.with(ours(Format::Text).layer())),
        "ours-file" => {
            let path = std::env::var_os("BENCH_FILE")?;
            let builder = Reporter::builder().sinks([SinkKind::File]).file_path(path);
            set(registry.with(build(builder).layer()));
        }
        "fmt-text" => set(fmt().with_ansi(false).with_writer(|| Memory).finish()),
        "fmt-json" => set(fmt().json().with_writer(|| Memory).finish()),
        // The same as layers, without the level filter of `fmt()`.
        "layer-text" => set(registry.with(fmt::layer().with_ansi(false).with_writer(|| Memory))),
        "layer-json" => set(registry.with(fmt::layer().json().with_writer(|| Memory))),
        "filtered" => set(registry.with(fmt_at(INFO))),
        "filtered-noop" => set(registry.with(Noop.with_filter(INFO)).with(fmt_at(INFO))),
        // Our layer does not admit the application's ordinary spans either.
        "filtered-rejecting" => {
            let nothing = filter_fn(|_| false).with_max_level_hint(INFO);
            set(registry.with(Noop.with_filter(nothing)).with(fmt_at(INFO)));
        }
        "filtered-ours" => set(registry.with(ours(Format::Json).layer()).with(fmt_at(INFO))),
        // A dispatch span at DEBUG raises the level of the whole process to DEBUG.
        "filtered-ours-debug" => {
            let builder = Builder::from_vars([("DISPATCH_FAILURE_SPANS", "[x]=debug")]);
            set(registry.with(to_memory(builder, Format::Json).layer()).with(fmt_at(INFO)));
        }
        "warn" => set(registry.with(fmt_at(WARN))),
        "warn-ours" => set(registry.with(ours(Format::Json).layer()).with(fmt_at(WARN))),
        _ => {
            #[cfg(feature = "peers")]
            if crate::peers::install(stack).is_some() {
                return Some(());
            }
            return None;
        }
    }
    Some(())
}

/// Makes our reporter, which writes to memory.
pub(crate) fn ours(format: Format) -> Reporter {
    to_memory(Reporter::builder(), format)
}

fn to_memory(builder: Builder, format: Format) -> Reporter {
    build(builder.sinks([]).add_sink_with("memory", Memory, SinkOptions::default().format(format)))
}

pub(crate) fn build(builder: Builder) -> Reporter {
    builder.build().expect("the reporter's settings are good")
}

const INFO: LevelFilter = LevelFilter::INFO;
const WARN: LevelFilter = LevelFilter::WARN;

/// The application's own layer.
fn fmt_at<S: Subscriber + for<'a> LookupSpan<'a>>(level: LevelFilter) -> impl Layer<S> {
    fmt::layer().with_ansi(false).with_writer(|| Memory).with_filter(level)
}

/// A layer that does nothing.
struct Noop;

impl<S: Subscriber> Layer<S> for Noop {}

/// A sink that uses nothing of a record.
pub(crate) struct WithoutMessage;

impl Sink for WithoutMessage {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        black_box(record);
        Ok(())
    }
}

/// A sink that uses only the localized message.
pub(crate) struct WithMessage;

impl Sink for WithMessage {
    fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
        black_box(record.message());
        Ok(())
    }
}
