//! Everything that can be set, with its default.

use super::SinkKind;
use crate::{
    delivery::{QueueFull, QueueOptions, Rate},
    error::{ParseError, Quoted},
    format::Format,
    locale::Locales,
    observe::{directive::Directives, observer::Limits, redact::Redact},
    record::signal::Signals,
    sink::{EtwOptions, Rotation, journald},
};
use std::{collections::BTreeMap, fmt, ops::RangeInclusive, path::PathBuf, str::FromStr, time::Duration};
use unic_langid::LanguageIdentifier;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) sinks: Vec<SinkKind>,
    pub(crate) spans: Directives,
    pub(crate) context: Directives,
    pub(crate) signals: Signals,
    pub(crate) redact: Redact,
    pub(crate) locale: Option<Locales>,
    /// The languages of whoever looks at the consoles.
    pub(crate) console_languages: Vec<LanguageIdentifier>,
    pub(crate) locales_dir: Option<PathBuf>,
    pub(crate) format: Option<Format>,
    pub(crate) sink_formats: BTreeMap<SinkKind, Format>,
    pub(crate) sink_locales: BTreeMap<SinkKind, Locales>,
    pub(crate) file_path: Option<PathBuf>,
    pub(crate) file_rotation: Rotation,
    /// How many old files stay; `None` is all.
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
            console_languages: Vec::new(),
            locales_dir: None,
            format: None,
            sink_formats: BTreeMap::new(),
            sink_locales: BTreeMap::new(),
            file_path: None,
            file_rotation: Rotation::NEVER,
            file_keep: None,
            is_queued: false,
            queue_options: QueueOptions { capacity: 8192, full: QueueFull::Block },
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

/// What the longest text of a record may be, in bytes. A record stays well below what a datagram or
/// an event of Windows holds, and above what a mark needs.
pub(super) const FIELD_LIMITS: RangeInclusive<u64> = 16..=1 << 20;
/// What the number of a record's fields may be.
pub(super) const FIELD_COUNTS: RangeInclusive<u64> = 1..=200;
/// What the queue's capacity may be.
pub(super) const QUEUE_CAPACITIES: RangeInclusive<u64> = 1..=1 << 20;
/// The longest that dropping the last reporter may wait.
pub(super) const MAX_FLUSH_TIMEOUT: Duration = Duration::from_secs(3600);

impl Settings {
    /// The format of one sink's records.
    pub(crate) fn format_of(&self, kind: SinkKind) -> Format {
        let by_default = if kind.is_console() { Format::Text } else { Format::Json };
        self.sink_formats.get(&kind).copied().or(self.format).unwrap_or(by_default)
    }

    /// The languages wanted in one sink. Without a setting only consoles follow the environment, so
    /// that machine logs do not change their language with somebody's shell.
    pub(crate) fn languages_of(&self, kind: SinkKind) -> &[LanguageIdentifier] {
        match self.sink_locales.get(&kind).or(self.locale.as_ref()) {
            Some(locales) => &locales.0,
            None if kind.is_console() => &self.console_languages,
            None => &[],
        }
    }
}

/// When records are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Everywhere in the formats `text` and `pretty`.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// The setting's name in `DISPATCH_FAILURE_COLOR`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl FromStr for Color {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(ParseError(format!("{} is none of `auto`, `always` and `never`", Quoted(text)))),
        }
    }
}

/// How far the selection of spans is looked after: directives that match nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Diagnose {
    /// Nothing is told on stderr. [`Reporter::diagnose`](crate::Reporter::diagnose) answers all the same.
    Off,
    /// A directive that matches nothing but nearly matches a span that exists is told on stderr, once; at the
    /// end of the process also one that matched nothing at all.
    #[default]
    Auto,
    /// For this time from the start, the layer asks `tracing` for every level, so that spans are noticed that
    /// are too verbose for everybody. Then it is told what matched nothing.
    For(Duration),
}

/// What `DISPATCH_FAILURE_DIAGNOSE=on` stands for.
const DIAGNOSIS: Duration = Duration::from_secs(60);

impl FromStr for Diagnose {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || {
            ParseError(format!(
                "{} is none of `auto`, `off`, `on` and a duration of at most an hour such as `5m`",
                Quoted(text)
            ))
        };
        match text {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            "on" => Ok(Self::For(DIAGNOSIS)),
            _ => {
                let time = humantime::parse_duration(text).map_err(|_| wrong())?;
                if time <= MAX_DIAGNOSIS && !time.is_zero() { Ok(Self::For(time)) } else { Err(wrong()) }
            }
        }
    }
}

const MAX_DIAGNOSIS: Duration = Duration::from_secs(60 * 60);

impl fmt::Display for Diagnose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Auto => f.write_str("auto"),
            Self::For(time) => humantime::format_duration(*time).fmt(f),
        }
    }
}
