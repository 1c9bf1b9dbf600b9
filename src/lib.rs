#![doc = include_str!("manual/links.md")]
#![doc = include_str!("../README.md")]
// docs.rs sets `docsrs`, and shows which feature or operating system an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, unreachable_pub)]
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a callback of a subscriber must neither panic in the application nor write to its streams"
)]

// A failure passes these modules from top to bottom: `reporter` opens what `config` names; `observe` detects a failed
// span; `delivery` hands its `record` to each `sink`, in the sink's `format` and the language of `locale`. Below are
// `stats`, `error`, `size`, `text` and `platform`. An import never goes upwards; see docs/architecture.md.
mod config;
mod delivery;
mod error;
mod format;
mod locale;
pub mod manual;
mod observe;
mod platform;
mod record;
mod reporter;
mod sink;
mod size;
mod stats;
mod text;

pub use config::{
    Builder, Color, ConfigSource, Diagnose, EffectiveConfig, EffectiveSetting, SinkKind, SinkOptions,
};
pub use delivery::{QueueFull, Rate};
pub use error::{Error, ParseError, Problem};
pub use format::{Format, explain};
pub use locale::{Catalog, Locales, Messages, Text};
pub use observe::directive::Directives;
pub use observe::doctor::diagnosis::{Diagnosis, DirectiveDiagnosis};
pub use observe::doctor::near_miss::{NearMiss, NearMissReason};
pub use observe::layer::FailureLayer;
pub use observe::redact::Redact;
pub use observe::stack::filtered_layer::FilteredLayer;
pub use record::activity::ActivityId;
pub use record::event_definition::{DISPATCH_SESSION_FAILED, EventDefinition};
pub use record::failure::Failure;
pub use record::signal::{Signal, Signals};
pub use record::value::Value;
pub use reporter::Reporter;
pub use sink::{
    EtwProvider, EtwSchema, MemoryRecord, MemorySink, Rotation, Sink, SinkRecord, etw_manifest,
    journald::journald_catalogs,
};
pub use stats::{DirectiveStats, Fault, SinkStats, Stats};
pub use text::escape::Escaped;
