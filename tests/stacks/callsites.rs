//! The spans, events and questions of the random programs.

use crate::filter::Facts;
use tracing::{Level, Span, event, span};

/// Where a span or an event is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Under<'a> {
    Current,
    Span(&'a Span),
    Root,
}

/// The field `n` of a span or an event. Evaluating it may ask the stack a question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    pub(crate) number: u64,
    /// The index of that question in [`QUESTIONS`].
    pub(crate) asks: Option<usize>,
}

impl Number {
    fn get(self) -> u64 {
        if let Some(question) = self.asks {
            (QUESTIONS[question].ask)();
        }
        self.number
    }
}

/// The callsite of a span.
pub(crate) struct SpanSite {
    pub(crate) facts: Facts,
    pub(crate) open: fn(Under<'_>, Number, Option<&str>) -> Span,
}

/// The callsite of an event.
pub(crate) struct EventSite {
    pub(crate) facts: Facts,
    pub(crate) is_error: bool,
    pub(crate) emit: fn(Under<'_>, Number, &str),
}

macro_rules! spans {
    ($($name:literal $target:literal $level:ident,)*) => {
        &[$(SpanSite {
            facts: Facts { name: $name, target: $target, level: Level::$level, is_span: true },
            open: |under, n, error| match under {
                Under::Current => span!(target: $target, Level::$level, $name, n = n.get(), error),
                Under::Span(parent) => {
                    span!(target: $target, parent: parent, Level::$level, $name, n = n.get(), error)
                }
                Under::Root => {
                    span!(target: $target, parent: None, Level::$level, $name, n = n.get(), error)
                }
            },
        },)*]
    };
}

pub(crate) static SPANS: &[SpanSite] = spans! {
    "dispatch_session" "app::web" INFO,
    "dispatch_session" "app::db" INFO,
    "dispatch_session" "lib" INFO,
    "dispatch_session" "app::web" WARN,
    "dispatch_session" "app::web" ERROR,
    "dispatch_session" "app::db" DEBUG,
    "dispatch_job" "app::web" DEBUG,
    "dispatch_job" "lib" INFO,
    "request" "app::web" INFO,
    "request" "lib" DEBUG,
    "helper" "app::web" ERROR,
    "helper" "app::web" WARN,
    "helper" "app::web" INFO,
    "helper" "app::web" DEBUG,
    "helper" "app::web" TRACE,
    "helper" "lib" ERROR,
    "helper" "lib" INFO,
    "helper" "lib" DEBUG,
    "helper" "lib" TRACE,
    "query" "app::db" WARN,
    "query" "app::db" INFO,
    "query" "app::db" DEBUG,
    "query" "app::db" TRACE,
};

macro_rules! events {
    ($($target:literal $level:ident,)*) => {
        &[
            $(EventSite {
                facts: Facts { name: "event", target: $target, level: Level::$level, is_span: false },
                is_error: matches!(Level::$level, Level::ERROR),
                emit: |under, n, text| match under {
                    Under::Current => event!(target: $target, Level::$level, error = text, n = n.get()),
                    Under::Span(parent) => {
                        event!(target: $target, parent: parent, Level::$level, error = text, n = n.get())
                    }
                    Under::Root => event!(target: $target, parent: None, Level::$level, error = text, n = n.get()),
                },
            },)*
            $(EventSite {
                facts: Facts { name: "event", target: $target, level: Level::$level, is_span: false },
                is_error: false,
                emit: |under, n, text| match under {
                    Under::Current => event!(target: $target, Level::$level, n = n.get(), text, "said"),
                    Under::Span(parent) => {
                        event!(target: $target, parent: parent, Level::$level, n = n.get(), text, "said")
                    }
                    Under::Root => event!(target: $target, parent: None, Level::$level, n = n.get(), text, "said"),
                },
            },)*
        ]
    };
}

pub(crate) static EVENTS: &[EventSite] = events! {
    "app::web" ERROR, "app::web" WARN, "app::web" INFO, "app::web" DEBUG, "app::web" TRACE,
    "app::db" ERROR, "app::db" INFO, "app::db" TRACE,
    "lib" ERROR, "lib" WARN, "lib" DEBUG,
};

/// A question that programs ask their stack, such as `enabled!`.
pub(crate) struct Question {
    pub(crate) facts: Facts,
    /// Whether it is about a record of `log`.
    pub(crate) is_of_log: bool,
    pub(crate) ask: fn() -> bool,
}

macro_rules! questions {
    ($($target:literal $level:ident,)*) => {
        &[
            $(question!($target, $level, "question", || tracing::enabled!(target: $target, Level::$level)),)*
            $(question!($target, $level, "event", || tracing::event_enabled!(target: $target, Level::$level)),)*
            $(question!($target, $level, "event", || {
                tracing::event_enabled!(target: $target, Level::$level, error)
            }),)*
            $(question!($target, $level, "span", || tracing::span_enabled!(target: $target, Level::$level)),)*
            $(question!($target, $level, "log", || {
                log::log_enabled!(target: $target, as_log(Level::$level))
            }),)*
            // A span that does not fail: opening it asks the filters too.
            $(question!($target, $level, "value", || {
                !span!(target: $target, Level::$level, "value").is_disabled()
            }),)*
        ]
    };
}

macro_rules! question {
    ($target:literal, $level:ident, $name:literal, $ask:expr) => {
        Question {
            facts: Facts { name: $name, target: $target, level: Level::$level, is_span: false },
            is_of_log: matches!($name.as_bytes(), b"log"),
            ask: $ask,
        }
    };
}

pub(crate) static QUESTIONS: &[Question] = questions! {
    "app::web" ERROR, "app::web" WARN, "app::web" INFO, "app::web" DEBUG, "app::web" TRACE,
    "app::db" INFO, "app::db" TRACE, "lib" ERROR, "lib" INFO, "lib" DEBUG,
};

pub(crate) fn as_log(level: Level) -> log::Level {
    level.as_str().parse().unwrap()
}

/// Emits a record of `log`.
pub(crate) fn emit_log_record(facts: Facts, number: u64) {
    log::log!(target: facts.target, as_log(facts.level), "#{number}");
}
