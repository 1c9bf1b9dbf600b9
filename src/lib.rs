#![doc = include_str!("../README.md")]
#![warn(missing_docs, unreachable_pub)]
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a subscriber's callbacks must harm no application"
)]

mod activity;
mod at_exit;
mod buffer;
mod callsites;
mod config;
mod delivery;
mod demand;
mod diagnosis;
mod directive;
mod doctor;
mod entered;
mod entry;
mod error;
mod escape;
mod event;
mod failure;
mod filter;
mod filtered;
mod format;
mod glob;
mod health;
mod inside;
mod known_spans;
mod layer;
mod locale;
pub mod manual;
mod near_miss;
mod outcome;
mod pending;
mod place;
mod plan;
mod probe;
mod process;
mod recording;
mod redact;
mod reentry;
mod reporter;
mod signal;
mod sink;
mod size;
mod span_set;
mod stats;
#[cfg(feature = "read")]
mod stored;
mod synthetic;
mod text;
mod value;
mod verify;
mod visit;
mod watch;
#[cfg(windows)]
mod windows;

pub use activity::ActivityId;
pub use config::{Builder, Color, Diagnose, Origin, Setting, SinkKind, SinkOptions, Survey};
pub use delivery::{QueueFull, Rate};
pub use diagnosis::{Diagnosis, DirectiveDiagnosis};
pub use directive::Directives;
pub use error::{Error, ParseError, Problem};
pub use escape::Escaped;
pub use event::{DISPATCH_SESSION_FAILED, EventDefinition};
pub use failure::Failure;
pub use filtered::FilteredLayer;
pub use format::{Format, explain};
pub use layer::FailureLayer;
pub use locale::{Catalog, Locales, Messages, Text};
pub use near_miss::{NearMiss, NearMissReason};
pub use redact::Redact;
pub use reporter::Reporter;
pub use signal::{Signal, Signals};
pub use sink::{
    EtwProvider, EtwSchema, MemoryRecord, MemorySink, Record, Rotation, Sink, etw_manifest,
    journald::journald_catalogs,
};
pub use stats::{DirectiveStats, Fault, SinkStats, Stats};
pub use value::Value;
