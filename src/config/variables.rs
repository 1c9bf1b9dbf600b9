//! The environment variables: their names, and how their values become [`Settings`].

use super::{
    Color, Settings, SinkKind,
    settings::{
        FIELD_COUNTS, FIELD_LIMITS, MAX_FLUSH_TIMEOUT, QUEUE_CAPACITIES, field_count_error,
        field_limit_error, queue_capacity_error,
    },
};
use crate::{
    delivery::Rate,
    error::{ParseError, Problem, Quoted, quoted_os},
    locale::environment,
    sink, size,
};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
};

/// The prefix of all variables.
pub(crate) const PREFIX: &str = "DISPATCH_FAILURE_";

/// The settings of an environment, with its mistakes and unknown names.
#[derive(Debug)]
pub(crate) struct ParsedVariables {
    /// A variable with a wrong value leaves its default here.
    pub(crate) settings: Settings,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
}

/// A variable: its name without the prefix, and the function that applies its value.
struct Variable {
    name: &'static str,
    set: fn(&mut Settings, &str) -> Result<(), ParseError>,
}

const VARIABLES: &[Variable] = &[
    Variable { name: "SINKS", set: |to, text| assign(&mut to.sinks, SinkKind::parse_list(text)) },
    Variable { name: "SPANS", set: |to, text| assign(&mut to.spans, text.parse()) },
    Variable { name: "CONTEXT", set: |to, text| assign(&mut to.context, text.parse()) },
    Variable { name: "SIGNALS", set: |to, text| assign(&mut to.signals, text.parse()) },
    Variable {
        name: "REDACT",
        set: |to, text| assign(&mut to.redact, text.parse().map_err(|error| match error {})),
    },
    Variable { name: "LOCALE", set: |to, text| assign(&mut to.locale, text.parse().map(Some)) },
    Variable {
        name: "LOCALES_DIR",
        set: |to, text| assign(&mut to.locales_dir, Ok(Some(PathBuf::from(text)))),
    },
    Variable { name: "FORMAT", set: |to, text| assign(&mut to.format, text.parse().map(Some)) },
    Variable { name: "STDOUT_FORMAT", set: |to, text| set_format(to, SinkKind::Stdout, text) },
    Variable { name: "STDOUT_LOCALE", set: |to, text| set_locale(to, SinkKind::Stdout, text) },
    Variable { name: "STDERR_FORMAT", set: |to, text| set_format(to, SinkKind::Stderr, text) },
    Variable { name: "STDERR_LOCALE", set: |to, text| set_locale(to, SinkKind::Stderr, text) },
    Variable { name: "FILE_FORMAT", set: |to, text| set_format(to, SinkKind::File, text) },
    Variable { name: "FILE_LOCALE", set: |to, text| set_locale(to, SinkKind::File, text) },
    Variable { name: "ETW_LOCALE", set: |to, text| set_locale(to, SinkKind::Etw, text) },
    Variable { name: "JOURNALD_LOCALE", set: set_journald_locale },
    Variable { name: "OTLP_LOCALE", set: reject_unavailable },
    Variable { name: "FILE_PATH", set: |to, text| assign(&mut to.file_path, Ok(Some(PathBuf::from(text)))) },
    Variable { name: "FILE_ROTATION", set: |to, text| assign(&mut to.file_rotation, text.parse()) },
    Variable { name: "FILE_KEEP", set: set_file_keep },
    Variable { name: "DELIVERY", set: set_delivery },
    Variable { name: "QUEUE_CAPACITY", set: set_queue_capacity },
    Variable { name: "QUEUE_FULL", set: |to, text| assign(&mut to.queue_options.when_full, text.parse()) },
    Variable { name: "FLUSH_TIMEOUT", set: set_flush_timeout },
    Variable { name: "RATE", set: set_rate },
    Variable { name: "FIELD_LIMIT", set: set_field_limit },
    Variable { name: "FIELD_COUNT", set: set_field_count },
    Variable { name: "APP", set: |to, text| assign(&mut to.app, Ok(Some(text.to_owned()))) },
    Variable { name: "ETW_SCHEMA", set: set_etw_schemas },
    Variable { name: "ETW_PROVIDER", set: |to, text| assign(&mut to.etw.provider, text.parse()) },
    Variable { name: "DIAGNOSE", set: |to, text| assign(&mut to.diagnose, text.parse()) },
    Variable { name: "COLOR", set: |to, text| assign(&mut to.color, text.parse()) },
];

/// Returns the names of all variables, without the prefix.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|variable| variable.name)
}

fn assign<T>(setting: &mut T, value: Result<T, ParseError>) -> Result<(), ParseError> {
    *setting = value?;
    Ok(())
}

fn set_format(settings: &mut Settings, kind: SinkKind, text: &str) -> Result<(), ParseError> {
    settings.sink_formats.insert(kind, text.parse()?);
    Ok(())
}

fn set_locale(settings: &mut Settings, kind: SinkKind, text: &str) -> Result<(), ParseError> {
    settings.sink_locales.insert(kind, text.parse()?);
    Ok(())
}

fn set_journald_locale(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let is_available = SinkKind::Journald.is_available();
    if is_available {
        set_locale(settings, SinkKind::Journald, text)
    } else {
        reject_unavailable(settings, text)
    }
}

fn set_delivery(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let is_queued = match text {
        "sync" => Ok(false),
        "queued" => Ok(true),
        _ => Err(ParseError(format!("{} is not a delivery mode; expected `sync` or `queued`", Quoted(text)))),
    };
    assign(&mut settings.is_queued, is_queued)
}

fn set_file_keep(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let error = || {
        ParseError(format!(
            "{} is not a number of files; expected a whole number such as `7`, or `all`",
            Quoted(text)
        ))
    };
    let keep = if text == "all" { Ok(None) } else { text.parse().map(Some).map_err(|_| error()) };
    assign(&mut settings.file_keep, keep)
}

fn set_rate(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    if text == "off" {
        settings.rate = None;
        return Ok(());
    }
    // A rate alone knows nothing of `off`, which only the variable has.
    let rate: Result<Rate, ParseError> = text.parse();
    assign(
        &mut settings.rate,
        rate.map(Some).map_err(|ParseError(text)| ParseError(format!("{text}, or `off`"))),
    )
}

fn set_queue_capacity(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let count = text.parse::<u64>().ok().filter(|count| QUEUE_CAPACITIES.contains(count));
    let count = count.and_then(|count| usize::try_from(count).ok());
    assign(&mut settings.queue_options.capacity, count.ok_or_else(|| queue_capacity_error(Quoted(text))))
}

fn set_flush_timeout(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let timeout = humantime::parse_duration(text).ok().filter(|timeout| *timeout <= MAX_FLUSH_TIMEOUT);
    let error = || {
        ParseError(format!(
            "{} is not a valid timeout; expected a duration of at most an hour such as `5s` or `500ms`",
            Quoted(text)
        ))
    };
    assign(&mut settings.flush_timeout, timeout.ok_or_else(error))
}

fn set_field_limit(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let size = size::parse(text)?;
    let checked = usize::try_from(size).ok().filter(|_| FIELD_LIMITS.contains(&size));
    assign(&mut settings.limits.field_bytes, checked.ok_or_else(|| field_limit_error(Quoted(text))))
}

fn set_field_count(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let count = text.parse::<u64>().ok().filter(|count| FIELD_COUNTS.contains(count));
    let count = count.and_then(|count| usize::try_from(count).ok());
    assign(&mut settings.limits.fields, count.ok_or_else(|| field_count_error(Quoted(text))))
}

fn set_etw_schemas(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let schemas = text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::parse);
    assign(&mut settings.etw.schemas, schemas.collect())
}

/// Refuses a variable that another build has, so that it is not taken for a misspelled name.
fn reject_unavailable(_: &mut Settings, text: &str) -> Result<(), ParseError> {
    Err(ParseError(format!(
        "{} is set for a sink that is not available in this build; unset the variable",
        Quoted(text)
    )))
}

/// Parses the settings from variables, and ignores variables of other programs.
pub(crate) fn parse(vars: impl IntoIterator<Item = (OsString, OsString)>) -> ParsedVariables {
    // Windows ignores the case of variable names.
    let name_of = |name: OsString| {
        let name = name.to_string_lossy().into_owned();
        if cfg!(windows) { name.to_uppercase() } else { name }
    };
    // An empty variable counts as unset, and so does a blank one below.
    let mut vars: BTreeMap<String, OsString> = vars
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name_of(name), value))
        .collect();
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    for variable in VARIABLES {
        let name = format!("{PREFIX}{}", variable.name);
        // Known names are removed, so that only unknown ones remain for the warnings.
        let Some(value) = vars.remove(&name) else { continue };
        let result = match value.to_str().map(str::trim) {
            Some("") => continue,
            Some(text) => (variable.set)(&mut settings, text),
            None => {
                Err(ParseError(format!("{} is not Unicode; expected valid Unicode text", quoted_os(&value))))
            }
        };
        problems.extend(result.err().map(|error| Problem::new(name, error.to_string())));
    }
    let get = |name: &str| vars.get(name).and_then(|value| value.to_str()).map(str::to_owned);
    settings.console_languages = environment::preferred_languages(get);
    let no_color =
        vars.contains_key("NO_COLOR") || vars.get("TERM").is_some_and(|term| term == OsStr::new("dumb"));
    // NO_COLOR and TERM change what `auto` means; `always` wins over them.
    if no_color && settings.color == Color::Auto {
        settings.color = Color::Never;
    }
    // systemd sets this variable to a list with colons, which on Windows follow a drive letter.
    if cfg!(unix) && settings.file_path.is_none() {
        settings.file_path = get("LOGS_DIRECTORY").and_then(|folders| sink::path_in_logs_directory(&folders));
    }
    let warnings =
        vars.keys().filter(|name| name.starts_with(PREFIX)).map(|name| unknown_variable(name)).collect();
    ParsedVariables { settings, problems, warnings }
}

/// The longest unknown name, without the prefix, that is compared with the known ones.
const MAX_COMPARED_LENGTH: usize = 32;

/// Returns the warning about an unknown variable. It is no mistake: a newer version may know the variable, and
/// Kubernetes sets such variables for a service called `dispatch-failure`.
fn unknown_variable(name: &str) -> String {
    // The distance takes time proportional to the product of both lengths, and a long name is near none.
    let suffix = name.strip_prefix(PREFIX).filter(|suffix| suffix.len() <= MAX_COMPARED_LENGTH);
    let nearest = suffix.and_then(|suffix| {
        let distance = |variable: &&Variable| strsim::damerau_levenshtein(variable.name, suffix);
        VARIABLES.iter().min_by_key(distance).filter(|variable| distance(variable) <= 3)
    });
    let hint =
        nearest.map(|variable| format!("; did you mean {PREFIX}{}?", variable.name)).unwrap_or_default();
    format!("the environment variable {} is not known{hint}", Quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(vars: &[(&str, &str)]) -> ParsedVariables {
        parse(vars.iter().map(|(name, value)| (format!("{PREFIX}{name}").into(), (*value).into())))
    }

    #[test]
    fn an_unknown_variable_suggests_the_nearest_known_one() {
        let warnings = parsed(&[("FROMAT", "json"), ("SERVICE_HOST", "10.0.0.1")]).warnings;
        assert!(warnings[0].ends_with("did you mean DISPATCH_FAILURE_FORMAT?"), "{warnings:?}");
        assert!(warnings[1].ends_with("is not known"), "{warnings:?}");
    }

    #[test]
    fn a_wrong_value_is_reported_and_leaves_the_default() {
        let ParsedVariables { settings, problems, .. } =
            parsed(&[("FORMAT", "xml"), ("FIELD_COUNT", "0"), ("APP", "shop")]);
        assert_eq!(problems.len(), 2);
        assert_eq!((settings.format, settings.limits.fields), (None, 64));
        assert_eq!(settings.app.as_deref(), Some("shop"));
    }
}
