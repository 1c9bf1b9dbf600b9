//! The settings of a reporter, with their defaults and ranges.

use super::{Color, Diagnose, SinkKind};
use crate::{
    delivery::{QueueFull, QueueOptions, Rate},
    error::ParseError,
    format::Format,
    locale::Locales,
    observe::{directive::Directives, observer::Limits, redact::Redact},
    record::signal::Signals,
    sink::{EtwOptions, Rotation, journald},
};
use std::{collections::BTreeMap, fmt, ops::RangeInclusive, path::PathBuf, time::Duration};
use unic_langid::LanguageIdentifier;

/// Everything that a variable or a method of the builder sets.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) sinks: Vec<SinkKind>,
    pub(crate) spans: Directives,
    pub(crate) context: Directives,
    pub(crate) signals: Signals,
    pub(crate) redact: Redact,
    pub(crate) locale: Option<Locales>,
    /// The environment's languages, for the consoles only.
    pub(crate) console_languages: Vec<LanguageIdentifier>,
    pub(crate) locales_dir: Option<PathBuf>,
    pub(crate) format: Option<Format>,
    pub(crate) sink_formats: BTreeMap<SinkKind, Format>,
    pub(crate) sink_locales: BTreeMap<SinkKind, Locales>,
    pub(crate) file_path: Option<PathBuf>,
    pub(crate) file_rotation: Rotation,
    /// The number of old files to keep; `None` keeps all.
    pub(crate) file_keep: Option<usize>,
    pub(crate) is_queued: bool,
    pub(crate) queue_options: QueueOptions,
    pub(crate) rate: Option<Rate>,
    pub(crate) journald_socket: PathBuf,
    pub(crate) flush_timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) etw: EtwOptions,
    pub(crate) app: Option<String>,
    pub(crate) color: Color,
    pub(crate) diagnose: Diagnose,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sinks: vec![SinkKind::Stdout],
            spans: Directives::dispatch_session(),
            context: Directives::default(),
            signals: Signals::default(),
            redact: Redact::default(),
            locale: None,
            // Filled by the variables alone: a builder without them does not read the environment.
            console_languages: Vec::new(),
            locales_dir: None,
            format: None,
            sink_formats: BTreeMap::new(),
            sink_locales: BTreeMap::new(),
            file_path: None,
            file_rotation: Rotation::NEVER,
            file_keep: None,
            is_queued: false,
            queue_options: QueueOptions { capacity: 8192, when_full: QueueFull::Block },
            rate: None,
            journald_socket: PathBuf::from(journald::SOCKET),
            flush_timeout: Duration::from_secs(5),
            limits: Limits { field_bytes: 8 * 1024, fields: 64 },
            etw: EtwOptions::default(),
            app: None,
            color: Color::Auto,
            diagnose: Diagnose::Auto,
        }
    }
}

/// The range of the longest text in a record, in bytes. It keeps a record well below the size of a datagram or an
/// event of Windows, and leaves room for the mark of a cut.
pub(super) const FIELD_LIMITS: RangeInclusive<u64> = 16..=1 << 20;
/// The range of the most fields in a record.
pub(super) const FIELD_COUNTS: RangeInclusive<u64> = 1..=200;
/// The range of the queue's capacity, in records.
pub(super) const QUEUE_CAPACITIES: RangeInclusive<u64> = 1..=1 << 20;
/// The longest time that dropping the last reporter may wait.
pub(super) const MAX_FLUSH_TIMEOUT: Duration = Duration::from_secs(3600);

/// Returns the error for a value outside [`FIELD_LIMITS`].
pub(super) fn field_limit_error(value: impl fmt::Display) -> ParseError {
    let (least, most) = (FIELD_LIMITS.start(), FIELD_LIMITS.end());
    ParseError(format!("{value} is out of range; expected a size from {least} bytes to 1MiB ({most} bytes)"))
}

/// Returns the error for a value outside [`FIELD_COUNTS`].
pub(super) fn field_count_error(value: impl fmt::Display) -> ParseError {
    let (least, most) = (FIELD_COUNTS.start(), FIELD_COUNTS.end());
    ParseError(format!(
        "{value} is not a valid number of fields; expected a whole number from {least} to {most}"
    ))
}

/// Returns the error for a value outside [`QUEUE_CAPACITIES`].
pub(super) fn queue_capacity_error(value: impl fmt::Display) -> ParseError {
    let (least, most) = (QUEUE_CAPACITIES.start(), QUEUE_CAPACITIES.end());
    ParseError(format!(
        "{value} is not a valid number of records; expected a whole number from {least} to {most}"
    ))
}

impl Settings {
    /// Returns the format of one sink's records.
    pub(crate) fn format_of(&self, kind: SinkKind) -> Format {
        // People read consoles; programs read everything else.
        let default = if kind.is_console() { Format::Text } else { Format::Json };
        self.sink_formats.get(&kind).copied().or(self.format).unwrap_or(default)
    }

    /// Returns the languages of one sink, the best first.
    pub(crate) fn languages_of(&self, kind: SinkKind) -> &[LanguageIdentifier] {
        match self.sink_locales.get(&kind).or(self.locale.as_ref()) {
            Some(locales) => &locales.0,
            None if kind.is_console() => &self.console_languages,
            // The language of machine logs must not depend on somebody's shell.
            None => &[],
        }
    }
}
