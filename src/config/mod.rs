//! What a reporter is to do: settings, the environment variables that make them, and the builder.

mod builder;

mod effective;
mod settings;
mod sink_kind;
mod variables;

pub(crate) use builder::Custom;
pub use builder::{Builder, SinkOptions};

pub use effective::{ConfigSource, EffectiveConfig, EffectiveSetting};
pub use settings::{Color, Diagnose};
pub use sink_kind::SinkKind;

pub(crate) use settings::Settings;
use variables::{Reading, read};
