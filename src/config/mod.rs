//! The configuration of a reporter: the settings, the environment variables that set them, and the builder.

mod builder;
mod effective;
mod settings;
mod sink_kind;
mod sink_options;
mod variables;

pub use builder::Builder;
pub use effective::{ConfigSource, EffectiveConfig, EffectiveSetting};
pub(crate) use settings::Settings;
pub use settings::{Color, Diagnose};
pub use sink_kind::SinkKind;
pub(crate) use sink_options::CustomSink;
pub use sink_options::SinkOptions;
