//! The configuration of a reporter: the settings, the environment variables that set them, and the builder.

mod builder;
mod custom_sink;
mod effective;
mod settings;
mod sink_kind;
mod variables;

pub use builder::Builder;
pub(crate) use custom_sink::CustomSink;
pub use custom_sink::SinkOptions;
pub use effective::{ConfigSource, EffectiveConfig, EffectiveSetting};
pub(crate) use settings::Settings;
pub use settings::{Color, Diagnose};
pub use sink_kind::SinkKind;
