//! The environment variables, from their names to [`Settings`].

use super::{
    Color, Settings, SinkKind,
    settings::{FIELD_COUNTS, FIELD_LIMITS, MAX_FLUSH_TIMEOUT, QUEUE_CAPACITIES},
};
use crate::{
    error::{ParseError, Problem, Quoted, quoted_os},
    locale::environment,
    sink, size,
};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
};

/// What the names of all variables start with.
pub(crate) const PREFIX: &str = "DISPATCH_FAILURE_";

/// What the environment says, with what is wrong or odd about it.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Where a variable is wrong, its default stands.
    pub(crate) settings: Settings,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
}

/// A variable by its name behind the prefix, and what its value sets.
struct Variable {
    name: &'static str,
    set: fn(&mut Settings, &str) -> Result<(), ParseError>,
}

const VARIABLES: &[Variable] = &[
    Variable { name: "SINKS", set: |to, text| put(&mut to.sinks, SinkKind::parse_list(text)) },
    Variable { name: "SPANS", set: |to, text| put(&mut to.spans, text.parse()) },
    Variable { name: "CONTEXT", set: |to, text| put(&mut to.context, text.parse()) },
    Variable { name: "SIGNALS", set: |to, text| put(&mut to.signals, text.parse()) },
    Variable {
        name: "REDACT",
        set: |to, text| put(&mut to.redact, text.parse().map_err(|error| match error {})),
    },
    Variable { name: "LOCALE", set: |to, text| put(&mut to.locale, text.parse().map(Some)) },
    Variable { name: "LOCALES_DIR", set: |to, text| put(&mut to.locales_dir, Ok(Some(PathBuf::from(text)))) },
    Variable { name: "FORMAT", set: |to, text| put(&mut to.format, text.parse().map(Some)) },
    Variable { name: "STDOUT_FORMAT", set: |to, text| set_format(to, SinkKind::Stdout, text) },
    Variable { name: "STDOUT_LOCALE", set: |to, text| set_locale(to, SinkKind::Stdout, text) },
    Variable { name: "STDERR_FORMAT", set: |to, text| set_format(to, SinkKind::Stderr, text) },
    Variable { name: "STDERR_LOCALE", set: |to, text| set_locale(to, SinkKind::Stderr, text) },
    Variable { name: "FILE_FORMAT", set: |to, text| set_format(to, SinkKind::File, text) },
    Variable { name: "FILE_LOCALE", set: |to, text| set_locale(to, SinkKind::File, text) },
    Variable { name: "ETW_LOCALE", set: |to, text| set_locale(to, SinkKind::Etw, text) },
    Variable { name: "JOURNALD_LOCALE", set: set_journald_locale },
    Variable { name: "OTLP_LOCALE", set: unavailable },
    Variable { name: "FILE_PATH", set: |to, text| put(&mut to.file_path, Ok(Some(PathBuf::from(text)))) },
    Variable { name: "FILE_ROTATION", set: |to, text| put(&mut to.file_rotation, text.parse()) },
    Variable { name: "FILE_KEEP", set: set_file_keep },
    Variable { name: "DELIVERY", set: set_delivery },
    Variable { name: "QUEUE_CAPACITY", set: set_queue_capacity },
    Variable { name: "QUEUE_FULL", set: |to, text| put(&mut to.queue_options.full, text.parse()) },
    Variable { name: "FLUSH_TIMEOUT", set: set_flush_timeout },
    Variable { name: "RATE", set: set_rate },
    Variable { name: "FIELD_LIMIT", set: set_field_limit },
    Variable { name: "FIELD_COUNT", set: set_field_count },
    Variable { name: "APP", set: |to, text| put(&mut to.app, Ok(Some(text.to_owned()))) },
    Variable { name: "ETW_SCHEMA", set: set_etw_schemas },
    Variable { name: "ETW_PROVIDER", set: |to, text| put(&mut to.etw.provider, text.parse()) },
    Variable { name: "DIAGNOSE", set: |to, text| put(&mut to.diagnose, text.parse()) },
    Variable { name: "COLOR", set: |to, text| put(&mut to.color, text.parse()) },
];

/// The names behind the prefix of all variables.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|variable| variable.name)
}

fn put<T>(place: &mut T, value: Result<T, ParseError>) -> Result<(), ParseError> {
    *place = value?;
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
    if is_available { set_locale(settings, SinkKind::Journald, text) } else { unavailable(settings, text) }
}

fn set_delivery(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let is_queued = match text {
        "sync" => Ok(false),
        "queued" => Ok(true),
        _ => Err(ParseError(format!("{} is neither `sync` nor `queued`", Quoted(text)))),
    };
    put(&mut settings.is_queued, is_queued)
}

fn set_file_keep(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let wrong = || ParseError(format!("{} is neither a number of files nor `all`", Quoted(text)));
    let keep = if text == "all" { Ok(None) } else { text.parse().map(Some).map_err(|_| wrong()) };
    put(&mut settings.file_keep, keep)
}

fn set_rate(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    put(&mut settings.rate, if text == "off" { Ok(None) } else { text.parse().map(Some) })
}

fn set_queue_capacity(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let count = text.parse::<u64>().ok().filter(|count| QUEUE_CAPACITIES.contains(count));
    let count = count.and_then(|count| usize::try_from(count).ok());
    let wrong = || ParseError(format!("{} is no number from 1 to 1048576", Quoted(text)));
    put(&mut settings.queue_options.capacity, count.ok_or_else(wrong))
}

fn set_flush_timeout(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let wrong =
        || ParseError(format!("{} is no duration of at most an hour such as `5s` or `500ms`", Quoted(text)));
    let timeout = humantime::parse_duration(text).map_err(|_| wrong())?;
    put(&mut settings.flush_timeout, if timeout <= MAX_FLUSH_TIMEOUT { Ok(timeout) } else { Err(wrong()) })
}

fn set_field_limit(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let size = size::parse(text)?;
    let checked = usize::try_from(size).ok().filter(|_| FIELD_LIMITS.contains(&size));
    put(
        &mut settings.limits.field_bytes,
        checked.ok_or_else(|| ParseError(format!("{} is not between 16 and 1MiB", Quoted(text)))),
    )
}

fn set_field_count(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let count = text.parse::<u64>().ok().filter(|count| FIELD_COUNTS.contains(count));
    let count = count.and_then(|count| usize::try_from(count).ok());
    put(
        &mut settings.limits.fields,
        count.ok_or_else(|| ParseError(format!("{} is no number from 1 to 200", Quoted(text)))),
    )
}

fn set_etw_schemas(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    let schemas = text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::parse);
    put(&mut settings.etw.schemas, schemas.collect())
}

fn unavailable(_: &mut Settings, text: &str) -> Result<(), ParseError> {
    Err(ParseError(format!(
        "it is set to {}, but what it configures is not available in this build",
        Quoted(text)
    )))
}

/// Reads the settings from variables; those of other names do not count.
pub(crate) fn read(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Reading {
    // Empty means unset. On Windows names have no case.
    let name_of = |name: OsString| {
        let name = name.to_string_lossy().into_owned();
        if cfg!(windows) { name.to_uppercase() } else { name }
    };
    let mut vars: BTreeMap<String, OsString> = vars
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name_of(name), value))
        .collect();
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    for variable in VARIABLES {
        let name = format!("{PREFIX}{}", variable.name);
        let Some(value) = vars.remove(&name) else { continue };
        let result = match value.to_str().map(str::trim) {
            Some("") => continue,
            Some(text) => (variable.set)(&mut settings, text),
            None => Err(ParseError(format!("the value {} is not Unicode", quoted_os(&value)))),
        };
        problems.extend(result.err().map(|error| Problem::new(name, error.to_string())));
    }
    let get = |name: &str| vars.get(name).and_then(|value| value.to_str()).map(str::to_owned);
    settings.console_languages = environment::languages(get);
    let no_color =
        vars.contains_key("NO_COLOR") || vars.get("TERM").is_some_and(|term| term == OsStr::new("dumb"));
    if no_color && settings.color == Color::Auto {
        settings.color = Color::Never;
    }
    // Of systemd, so a list with colons; on Windows these stand behind drives.
    if cfg!(unix) && settings.file_path.is_none() {
        settings.file_path = get("LOGS_DIRECTORY").and_then(|folders| sink::in_logs_directory(&folders));
    }
    let warnings = vars.keys().filter(|name| name.starts_with(PREFIX)).map(|name| unknown(name)).collect();
    Reading { settings, problems, warnings }
}

/// Above this length an unknown name is not compared with those that there are.
const LONGEST: usize = 32;

/// What is said of a variable that is none of ours. It is no mistake: a newer version may know it,
/// and Kubernetes injects such names for a service called `dispatch-failure`.
fn unknown(name: &str) -> String {
    // The distance of two names takes time with the product of their lengths; a long one is near none.
    let behind = name.strip_prefix(PREFIX).filter(|behind| behind.len() <= LONGEST);
    let nearest = behind.and_then(|behind| {
        let distance = |variable: &&Variable| strsim::damerau_levenshtein(variable.name, behind);
        VARIABLES.iter().min_by_key(distance).filter(|variable| distance(variable) <= 3)
    });
    let hint =
        nearest.map(|variable| format!("; did you mean {PREFIX}{}?", variable.name)).unwrap_or_default();
    format!("the environment variable {} is not known{hint}", Quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(vars: &[(&str, &str)]) -> Reading {
        read(vars.iter().map(|(name, value)| (format!("{PREFIX}{name}").into(), (*value).into())))
    }

    #[test]
    fn an_unknown_variable_suggests_the_nearest_known_one() {
        let warnings = reading(&[("FROMAT", "json"), ("SERVICE_HOST", "10.0.0.1")]).warnings;
        assert!(warnings[0].ends_with("did you mean DISPATCH_FAILURE_FORMAT?"), "{warnings:?}");
        assert!(warnings[1].ends_with("is not known"), "{warnings:?}");
    }

    #[test]
    fn a_wrong_value_is_reported_and_leaves_the_default() {
        let Reading { settings, problems, .. } =
            reading(&[("FORMAT", "xml"), ("FIELD_COUNT", "0"), ("APP", "shop")]);
        assert_eq!(problems.len(), 2);
        assert_eq!((settings.format, settings.limits.fields), (None, 64));
        assert_eq!(settings.app.as_deref(), Some("shop"));
    }
}
