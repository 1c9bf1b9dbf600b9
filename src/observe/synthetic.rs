//! Callsites made at run time, so that a subscriber can be asked about spans and records that do not exist.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};
use tracing::{
    Level, Metadata,
    callsite::{Callsite, Identifier},
    field::FieldSet,
    metadata::Kind,
    subscriber::Interest,
};

/// A callsite that is not in the program's text.
struct Synthetic(OnceLock<Metadata<'static>>);

/// The properties by which two synthetic callsites differ.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    is_span: bool,
    name: String,
    target: String,
    level: Level,
    has_path: bool,
    file: Option<String>,
}

/// Whether a callsite belongs to `enabled!`, `span_enabled!` or `event_enabled!`, which open no span and emit no
/// event.
pub(crate) fn is_enabled_macro(callsite: &Metadata<'_>) -> bool {
    // These macros name their callsite `enabled FILE:LINE` (`tracing/src/macros.rs`). A span of the application may
    // be called `enabled …` too, so file and line are compared.
    let location = callsite.name().strip_prefix("enabled ").and_then(|location| location.rsplit_once(':'));
    location.is_some_and(|(file, line)| callsite.file() == Some(file) && line.parse().ok() == callsite.line())
}

/// Returns a callsite that looks like a span of the application.
pub(crate) fn span(name: &str, target: &str, level: Level) -> &'static Metadata<'static> {
    let (name, target) = (name.to_owned(), target.to_owned());
    metadata(Key { is_span: true, name, target, level, has_path: true, file: None }, &[])
}

/// The name of all metadata that `tracing-log` makes.
pub(crate) const LOG_RECORD: &str = "log record";

/// Whether metadata with the name [`LOG_RECORD`] come from `tracing-log`.
pub(crate) fn is_log_record(record: &Metadata<'_>) -> bool {
    record.fields().field("log.target").is_some()
}

/// Returns metadata like the ones that `tracing-log` 0.2 asks about for a record of `log`
/// (`tracing-log/src/lib.rs`, `as_trace`).
pub(crate) fn log_record(
    target: &str,
    level: Level,
    has_path: bool,
    file: Option<&str>,
) -> &'static Metadata<'static> {
    const FIELDS: &[&str] = &["message", "log.target", "log.module_path", "log.file", "log.line"];
    let (name, target) = (LOG_RECORD.to_owned(), target.to_owned());
    let file = file.map(str::to_owned);
    metadata(Key { is_span: false, name, target, level, has_path, file }, FIELDS)
}

/// Returns the metadata of a synthetic callsite.
fn metadata(key: Key, fields: &'static [&'static str]) -> &'static Metadata<'static> {
    // `tracing` needs callsites that live for ever, so they are leaked. Each is made once, so that repeated questions
    // leak nothing more.
    static KNOWN: OnceLock<Mutex<HashMap<Key, &'static Metadata<'static>>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(metadata) = known.get(&key) {
        return metadata;
    }
    let callsite: &'static Synthetic = Box::leak(Box::new(Synthetic(OnceLock::new())));
    let (name, target): (&str, &str) = (leak(&key.name), leak(&key.target));
    let kind = if key.is_span { Kind::SPAN } else { Kind::EVENT };
    let fields = FieldSet::new(fields, Identifier(callsite));
    // The macros of `tracing` and `log` give the module path as the target.
    let path = key.has_path.then_some(target);
    let file = key.file.as_deref().map(leak);
    let metadata =
        callsite.0.get_or_init(|| Metadata::new(name, target, key.level, file, None, path, fields, kind));
    known.insert(key, metadata);
    metadata
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

impl Callsite for Synthetic {
    // Nothing opens spans here, so nothing needs to cache the interest.
    fn set_interest(&self, _: Interest) {}

    #[expect(clippy::expect_used, reason = "a callsite is handed out only after its metadata are set")]
    fn metadata(&self) -> &Metadata<'_> {
        self.0.get().expect("a callsite has metadata")
    }
}
