//! The configuration of a reporter: the settings, the environment variables that set them, and the builder.

mod builder;
mod color;
mod diagnose;
mod effective;
mod settings;
mod sink_kind;
mod sink_options;
mod variable_table;
mod variables;

pub use builder::Builder;
pub use color::Color;
pub use diagnose::Diagnose;
pub use effective::{ConfigSource, EffectiveConfig, EffectiveSetting};
pub(crate) use settings::Settings;
pub use sink_kind::SinkKind;
pub(crate) use sink_options::CustomSink;
pub use sink_options::SinkOptions;
