//! What an environment configures, laid open: for programs that check it.

use super::{Color, Settings, SinkKind, variables};
use crate::error::Problem;
use std::{
    ffi::{OsStr, OsString},
    fmt,
};

/// What the environment variables configure: the effective value of each with its origin, every
/// mistake, and every `DISPATCH_FAILURE_…` name that is not known.
///
/// ```
/// use tracing_dispatch_failure::{ConfigSource, EffectiveConfig};
///
/// let survey = EffectiveConfig::from_vars([("DISPATCH_FAILURE_FORMAT", "json"), ("DISPATCH_FAILURE_SPAN", "x")]);
/// let stdout = survey.settings().iter().find(|setting| setting.name() == "DISPATCH_FAILURE_STDOUT_FORMAT");
/// let stdout = stdout.unwrap();
/// assert_eq!(stdout.value(), "json");
/// assert_eq!(stdout.origin(), &ConfigSource::Variable("DISPATCH_FAILURE_FORMAT".to_owned()));
/// assert!(survey.unknown()[0].contains("did you mean DISPATCH_FAILURE_SPANS?"));
/// ```
#[derive(Debug)]
pub struct EffectiveConfig {
    settings: Vec<EffectiveSetting>,
    sinks: Vec<SinkKind>,
    problems: Vec<Problem>,
    unknown: Vec<String>,
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    name: String,
    value: String,
    origin: ConfigSource,
}

/// What makes a value the effective one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigSource {
    /// No variable says otherwise.
    Default,
    /// The variable of this name, which may be another than that of the setting.
    Variable(String),
}

impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::Variable(name) => f.pad(name),
        }
    }
}

impl EffectiveSetting {
    /// The variable's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The effective value, as it would be written in the variable; empty where there is none. It may
    /// hold any characters.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where the value comes from.
    #[must_use]
    pub fn origin(&self) -> &ConfigSource {
        &self.origin
    }
}

impl EffectiveConfig {
    /// What the process's environment configures.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(std::env::vars_os())
    }

    /// What the given variables configure.
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        let vars: Vec<(OsString, OsString)> =
            vars.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let variables::Reading { settings, problems, warnings } = variables::read(vars.iter().cloned());
        let seen = Seen { vars: &vars, problems: &problems };
        let setting = |name: &'static str| EffectiveSetting {
            value: value(name, &settings).unwrap_or_default(),
            origin: seen.origin(name, &settings),
            name: format!("{}{name}", variables::PREFIX),
        };
        let all = variables::names().map(setting).collect();
        Self { settings: all, sinks: settings.sinks, problems, unknown: warnings }
    }

    /// All variables of this build.
    #[must_use]
    pub fn settings(&self) -> &[EffectiveSetting] {
        &self.settings
    }

    /// The sinks that are switched on.
    #[must_use]
    pub fn sinks(&self) -> &[SinkKind] {
        &self.sinks
    }

    /// Wrong values. Where a variable is wrong, its setting shows what stands instead.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// A sentence for each name that is not known, with the nearest known one.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}

/// The variables that were looked at.
struct Seen<'a> {
    vars: &'a [(OsString, OsString)],
    problems: &'a [Problem],
}

impl Seen<'_> {
    fn is_set(&self, name: &str) -> bool {
        let is_same = |found: &OsStr| {
            if cfg!(windows) { found.eq_ignore_ascii_case(name) } else { found == name }
        };
        let is_empty = |value: &OsStr| value.to_str().is_some_and(|text| text.trim().is_empty());
        self.vars.iter().any(|(found, value)| is_same(found) && !is_empty(value))
            && !self.problems.iter().any(|problem| problem.variable() == Some(name))
    }

    fn origin(&self, name: &str, settings: &Settings) -> ConfigSource {
        let ours = |name: &str| format!("{}{name}", variables::PREFIX);
        let mut names = vec![ours(name)];
        if name.ends_with("_FORMAT") {
            names.push(ours("FORMAT"));
        }
        if name.ends_with("_LOCALE") {
            names.push(ours("LOCALE"));
        }
        match name {
            "STDOUT_LOCALE" | "STDERR_LOCALE" => {
                names.extend(["LC_ALL", "LC_MESSAGES", "LANG"].map(str::to_owned));
            }
            "FILE_PATH" if settings.file_path.is_some() => names.push("LOGS_DIRECTORY".to_owned()),
            "COLOR" if settings.color == Color::Never => {
                names.extend(["NO_COLOR", "TERM"].map(str::to_owned));
            }
            _ => {}
        }
        names.into_iter().find(|name| self.is_set(name)).map_or(ConfigSource::Default, ConfigSource::Variable)
    }
}

/// The effective value of a variable.
fn value(name: &str, settings: &Settings) -> Option<String> {
    let path =
        |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
    let format = |kind| Some(settings.format_of(kind).to_string());
    let locale = |kind| {
        let tags: Vec<String> = settings.languages_of(kind).iter().map(ToString::to_string).collect();
        Some(if tags.is_empty() { "en-US".to_owned() } else { tags.join(",") })
    };
    match name {
        "SINKS" if settings.sinks.is_empty() => Some("off".to_owned()),
        "SINKS" => Some(settings.sinks.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",")),
        "SPANS" => Some(settings.spans.to_string()),
        "CONTEXT" => Some(settings.context.to_string()),
        "SIGNALS" => Some(settings.signals.to_string()),
        "REDACT" => Some(settings.redact.to_string()),
        "LOCALE" => settings.locale.as_ref().map(ToString::to_string),
        "LOCALES_DIR" => path(&settings.locales_dir),
        "FORMAT" => settings.format.map(|format| format.to_string()),
        "STDOUT_FORMAT" => format(SinkKind::Stdout),
        "STDOUT_LOCALE" => locale(SinkKind::Stdout),
        "STDERR_FORMAT" => format(SinkKind::Stderr),
        "STDERR_LOCALE" => locale(SinkKind::Stderr),
        "FILE_FORMAT" => format(SinkKind::File),
        "FILE_LOCALE" => locale(SinkKind::File),
        "ETW_LOCALE" => locale(SinkKind::Etw),
        "JOURNALD_LOCALE" if SinkKind::Journald.is_available() => locale(SinkKind::Journald),
        "FILE_PATH" => path(&settings.file_path),
        "FILE_ROTATION" => Some(settings.file_rotation.to_string()),
        "FILE_KEEP" => Some(settings.file_keep.map_or_else(|| "all".to_owned(), |keep| keep.to_string())),
        "DELIVERY" => Some(if settings.is_queued { "queued" } else { "sync" }.to_owned()),
        "QUEUE_CAPACITY" => Some(settings.queue_options.capacity.to_string()),
        "QUEUE_FULL" => Some(settings.queue_options.full.to_string()),
        "FLUSH_TIMEOUT" => Some(humantime::format_duration(settings.flush_timeout).to_string()),
        "RATE" => Some(settings.rate.map_or_else(|| "off".to_owned(), |rate| rate.to_string())),
        "FIELD_LIMIT" => Some(settings.limits.field_bytes.to_string()),
        "FIELD_COUNT" => Some(settings.limits.fields.to_string()),
        "APP" => settings.app.clone(),
        "ETW_SCHEMA" => {
            Some(settings.etw.schemas.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        "ETW_PROVIDER" => Some(settings.etw.provider.to_string()),
        "DIAGNOSE" => Some(settings.diagnose.to_string()),
        "COLOR" => Some(settings.color.name().to_owned()),
        // What this build does not have.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(survey: &EffectiveConfig, name: &str) -> String {
        let name = format!("{}{name}", variables::PREFIX);
        let found = survey.settings().iter().find(|setting| setting.name() == name).unwrap();
        format!("{} ({})", found.value(), found.origin())
    }

    #[test]
    fn every_value_has_its_origin() {
        let ours = |name: &str| format!("{}{name}", variables::PREFIX);
        let vars = [
            (ours("LOCALE"), "ja-JP"),
            (ours("FILE_LOCALE"), "fr-FR"),
            (ours("FORMAT"), "pretty"),
            (ours("RATE"), "many"),
            (ours("QUEUE_CAPACITY"), " "),
            ("LANG".to_owned(), "ru_RU.UTF-8"),
            ("NO_COLOR".to_owned(), "1"),
        ];
        let survey = EffectiveConfig::from_vars(vars);
        for (name, expected) in [
            ("LOCALE", "ja-JP (DISPATCH_FAILURE_LOCALE)"),
            ("STDOUT_LOCALE", "ja-JP (DISPATCH_FAILURE_LOCALE)"),
            ("FILE_LOCALE", "fr-FR (DISPATCH_FAILURE_FILE_LOCALE)"),
            ("STDERR_FORMAT", "pretty (DISPATCH_FAILURE_FORMAT)"),
            ("RATE", "off (default)"),
            ("QUEUE_CAPACITY", "8192 (default)"),
            ("COLOR", "never (NO_COLOR)"),
            ("SINKS", "stdout (default)"),
            ("SPANS", "[dispatch_session]=info (default)"),
        ] {
            assert_eq!(line(&survey, name), expected, "{name}");
        }
        assert_eq!(survey.problems().len(), 1);
        assert_eq!(
            line(&EffectiveConfig::from_vars([("LC_MESSAGES", "ru_RU.UTF-8")]), "STDOUT_LOCALE"),
            "ru-RU (LC_MESSAGES)"
        );
        assert_eq!(
            line(&EffectiveConfig::from_vars([("LC_MESSAGES", "ru_RU.UTF-8")]), "FILE_LOCALE"),
            "en-US (default)"
        );
    }

    #[test]
    fn a_value_written_back_sets_the_same() {
        let vars = [
            ("SPANS", "a[b*]=debug,c=off"),
            ("RATE", "5/s"),
            ("FILE_ROTATION", "daily"),
            ("FIELD_LIMIT", "1KiB"),
        ];
        let vars = vars.map(|(name, value)| (format!("{}{name}", variables::PREFIX), value.to_owned()));
        let first = EffectiveConfig::from_vars(vars);
        let written = first.settings().iter().map(|setting| (setting.name.clone(), setting.value.clone()));
        // What this build lacks has no value, and what is empty counts as unset.
        let second = EffectiveConfig::from_vars(written);
        assert!(second.problems().is_empty(), "{:?}", second.problems());
        for (first, second) in first.settings().iter().zip(second.settings()) {
            assert_eq!(first.value, second.value, "{}", first.name);
        }
    }
}
