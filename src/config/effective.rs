//! The effective configuration, for programs that check an environment.

use super::{
    Color, Settings, SinkKind,
    variable_table::{VARIABLES, Variable},
    variables,
};
use crate::error::Problem;
use std::{
    ffi::{OsStr, OsString},
    fmt,
};

/// The configuration that the environment variables result in: the effective value of each variable with its source,
/// every problem, and every unknown `DISPATCH_FAILURE_…` name.
///
/// It opens no sink and reads no file. The command `dispatch-failure check` prints it.
///
/// # Example: why stdout has this format
///
/// ```
/// use tracing_dispatch_failure::{ConfigSource, EffectiveConfig};
///
/// let config = EffectiveConfig::from_vars([("DISPATCH_FAILURE_FORMAT", "json")]);
/// let setting = config.settings().iter().find(|it| it.name() == "DISPATCH_FAILURE_STDOUT_FORMAT").unwrap();
///
/// assert_eq!(setting.value(), "json");
/// assert_eq!(setting.source(), &ConfigSource::Variable("DISPATCH_FAILURE_FORMAT".to_owned()));
/// ```
#[derive(Debug)]
pub struct EffectiveConfig {
    settings: Vec<EffectiveSetting>,
    sinks: Vec<SinkKind>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

/// The effective value of one variable, and its source.
///
/// # Example: the settings that somebody changed
///
/// ```
/// use tracing_dispatch_failure::{ConfigSource, EffectiveConfig};
///
/// let config = EffectiveConfig::from_vars([("DISPATCH_FAILURE_RATE", "100/s")]);
/// let changed = config.settings().iter().filter(|setting| setting.source() != &ConfigSource::Default);
///
/// let lines: Vec<String> = changed.map(|setting| format!("{}={}", setting.name(), setting.value())).collect();
/// assert_eq!(lines, ["DISPATCH_FAILURE_RATE=100/s"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    name: String,
    value: String,
    source: ConfigSource,
}

/// The source of an effective value.
///
/// # Example: print the source
///
/// ```
/// use tracing_dispatch_failure::ConfigSource;
///
/// assert_eq!(ConfigSource::Default.to_string(), "default");
/// assert_eq!(ConfigSource::Variable("NO_COLOR".to_owned()).to_string(), "NO_COLOR");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigSource {
    /// No variable sets the value.
    Default,
    /// The variable of this name. It may be another one than the setting's own: `DISPATCH_FAILURE_FORMAT` sets the
    /// format of every sink, and `LANG` the language of the consoles.
    Variable(String),
}

impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // `pad`, so that a program can print columns.
            Self::Default => f.pad("default"),
            Self::Variable(name) => f.pad(name),
        }
    }
}

impl EffectiveSetting {
    /// Returns the variable's name.
    ///
    /// # Example: all variables of this build
    ///
    /// ```
    /// use tracing_dispatch_failure::EffectiveConfig;
    ///
    /// let config = EffectiveConfig::from_vars([("", ""); 0]);
    /// assert!(config.settings().iter().all(|setting| setting.name().starts_with("DISPATCH_FAILURE_")));
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the effective value as the variable would be written; empty if there is no value.
    ///
    /// It may contain any characters. Escape it with [`Escaped`](crate::Escaped) before you print it.
    ///
    /// # Example: a default
    ///
    /// ```
    /// use tracing_dispatch_failure::EffectiveConfig;
    ///
    /// let config = EffectiveConfig::from_vars([("", ""); 0]);
    /// let spans = config.settings().iter().find(|it| it.name() == "DISPATCH_FAILURE_SPANS").unwrap();
    /// assert_eq!(spans.value(), "[dispatch_session]=info");
    /// ```
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the source of the value.
    ///
    /// # Example: a language from the shell
    ///
    /// ```
    /// use tracing_dispatch_failure::EffectiveConfig;
    ///
    /// let config = EffectiveConfig::from_vars([("LANG", "ja_JP.UTF-8")]);
    /// let locale = config.settings().iter().find(|it| it.name() == "DISPATCH_FAILURE_STDOUT_LOCALE").unwrap();
    /// assert_eq!(format!("{} ({})", locale.value(), locale.source()), "ja-JP (LANG)");
    /// ```
    #[must_use]
    pub fn source(&self) -> &ConfigSource {
        &self.source
    }
}

impl EffectiveConfig {
    /// Reads the process's environment.
    ///
    /// # Example: a program that prints its configuration
    ///
    /// ```
    /// use tracing_dispatch_failure::{EffectiveConfig, Escaped};
    ///
    /// for setting in EffectiveConfig::from_env().settings() {
    ///     println!("{} = {} ({})", setting.name(), Escaped(setting.value()), setting.source());
    /// }
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(std::env::vars_os())
    }

    /// Reads the given variables, each as name and value. It ignores variables that the crate does not use.
    ///
    /// # Example: check a configuration before it is deployed
    ///
    /// ```
    /// use tracing_dispatch_failure::EffectiveConfig;
    ///
    /// let deployment = [("DISPATCH_FAILURE_SINKS", "stdout"), ("DISPATCH_FAILURE_DELIVERY", "queued")];
    /// let config = EffectiveConfig::from_vars(deployment);
    /// assert!(config.problems().is_empty() && config.warnings().is_empty());
    /// ```
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        let vars: Vec<(OsString, OsString)> =
            vars.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        // The variables are needed again below, to find the source of each value.
        let variables::ParsedVariables { settings, problems, warnings } =
            variables::parse(vars.iter().cloned());
        let environment = Environment { vars: &vars, problems: &problems };
        let setting = |Variable { name, get, .. }: &Variable| EffectiveSetting {
            value: get(&settings).unwrap_or_default(),
            source: environment.source_of(name, &settings),
            name: format!("{}{name}", variables::PREFIX),
        };
        // In the order of the table, which groups the variables by subject.
        let all = VARIABLES.iter().map(setting).collect();
        Self { settings: all, sinks: settings.sinks, problems, warnings }
    }

    /// Returns all variables of this build.
    ///
    /// # Example: where the file goes
    ///
    /// ```
    /// use tracing_dispatch_failure::EffectiveConfig;
    ///
    /// let config = EffectiveConfig::from_vars([("DISPATCH_FAILURE_FILE_PATH", "/var/log/shop/failures.jsonl")]);
    /// let path = config.settings().iter().find(|setting| setting.name() == "DISPATCH_FAILURE_FILE_PATH");
    /// assert_eq!(path.map(|setting| setting.value()), Some("/var/log/shop/failures.jsonl"));
    /// ```
    #[must_use]
    pub fn settings(&self) -> &[EffectiveSetting] {
        &self.settings
    }

    /// Returns the sinks that are switched on, in the order of `DISPATCH_FAILURE_SINKS`.
    ///
    /// # Example: a deployment without any sink
    ///
    /// ```
    /// use tracing_dispatch_failure::{EffectiveConfig, SinkKind};
    ///
    /// let off = EffectiveConfig::from_vars([("DISPATCH_FAILURE_SINKS", "off")]);
    /// assert!(off.sinks().is_empty());
    ///
    /// let default = EffectiveConfig::from_vars([("", ""); 0]);
    /// assert_eq!(default.sinks(), [SinkKind::Stdout]);
    /// ```
    #[must_use]
    pub fn sinks(&self) -> &[SinkKind] {
        &self.sinks
    }

    /// Returns the problems of the values. A setting with a problem has its default in [`settings`](Self::settings).
    ///
    /// # Example: a wrong rate
    ///
    /// ```
    /// use tracing_dispatch_failure::EffectiveConfig;
    ///
    /// let config = EffectiveConfig::from_vars([("DISPATCH_FAILURE_RATE", "fast")]);
    /// assert_eq!(config.problems()[0].variable(), Some("DISPATCH_FAILURE_RATE"));
    ///
    /// let rate = config.settings().iter().find(|it| it.name() == "DISPATCH_FAILURE_RATE").unwrap();
    /// assert_eq!(rate.value(), "off");
    /// ```
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns a sentence for each unknown `DISPATCH_FAILURE_…` name, with the nearest known one.
    ///
    /// # Example: a typo
    ///
    /// ```
    /// use tracing_dispatch_failure::EffectiveConfig;
    ///
    /// let config = EffectiveConfig::from_vars([("DISPATCH_FAILURE_FROMAT", "json")]);
    /// assert!(config.warnings()[0].ends_with("did you mean DISPATCH_FAILURE_FORMAT?"));
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The variables that were parsed, and their problems.
struct Environment<'a> {
    vars: &'a [(OsString, OsString)],
    problems: &'a [Problem],
}

impl Environment<'_> {
    /// Returns whether a variable has a value that is used: it is not blank and has no problem.
    fn is_set(&self, name: &str) -> bool {
        let is_same = |found: &OsStr| {
            // Windows ignores the case of variable names.
            if cfg!(windows) { found.eq_ignore_ascii_case(name) } else { found == name }
        };
        // As in `variables::parse`, a blank value counts as unset.
        let is_empty = |value: &OsStr| value.to_str().is_some_and(|text| text.trim().is_empty());
        self.vars.iter().any(|(found, value)| is_same(found) && !is_empty(value))
            // A value with a problem leaves the default, so its variable is not the source.
            && !self.problems.iter().any(|problem| problem.variable() == Some(name))
    }

    /// Finds the variable that sets a value, in the order in which variables win over each other.
    fn source_of(&self, name: &str, settings: &Settings) -> ConfigSource {
        let prefixed = |name: &str| format!("{}{name}", variables::PREFIX);
        // The most specific name first, because it wins over the others.
        let mut names = vec![prefixed(name)];
        if name.ends_with("_FORMAT") {
            // The variable for all sinks counts where the one for this sink is unset.
            names.push(prefixed("FORMAT"));
        }
        if name.ends_with("_LOCALE") {
            names.push(prefixed("LOCALE"));
        }
        match name {
            "STDOUT_LOCALE" | "STDERR_LOCALE" => {
                // In the order of POSIX. `LANGUAGE` counts only together with one of them, so it is not named.
                names.extend(["LC_ALL", "LC_MESSAGES", "LANG"].map(str::to_owned));
            }
            // These variables count only where they had an effect.
            "FILE_PATH" if settings.file_path.is_some() => names.push("LOGS_DIRECTORY".to_owned()),
            "COLOR" if settings.color == Color::Never => {
                names.extend(["NO_COLOR", "TERM"].map(str::to_owned));
            }
            _ => {}
        }
        names.into_iter().find(|name| self.is_set(name)).map_or(ConfigSource::Default, ConfigSource::Variable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(config: &EffectiveConfig, name: &str) -> String {
        let name = format!("{}{name}", variables::PREFIX);
        let found = config.settings().iter().find(|setting| setting.name() == name).unwrap();
        format!("{} ({})", found.value(), found.source())
    }

    #[test]
    fn every_value_has_its_source() {
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
        let config = EffectiveConfig::from_vars(vars);
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
            assert_eq!(line(&config, name), expected, "{name}");
        }
        assert_eq!(config.problems().len(), 1);
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
    fn values_written_back_configure_the_same() {
        let vars = [
            ("SPANS", "a[b*]=debug,c=off"),
            ("RATE", "5/s"),
            ("FILE_ROTATION", "daily"),
            ("FIELD_LIMIT", "1KiB"),
        ];
        let vars = vars.map(|(name, value)| (format!("{}{name}", variables::PREFIX), value.to_owned()));
        let first = EffectiveConfig::from_vars(vars);
        let written = first.settings().iter().map(|setting| (setting.name.clone(), setting.value.clone()));
        // A setting that this build lacks has an empty value, which counts as unset.
        let second = EffectiveConfig::from_vars(written);
        assert!(second.problems().is_empty(), "{:?}", second.problems());
        for (first, second) in first.settings().iter().zip(second.settings()) {
            assert_eq!(first.value, second.value, "{}", first.name);
        }
    }
}
