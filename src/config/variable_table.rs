//! The table of environment variables: one row sets a variable's value, and writes the effective one.

use super::{
    Settings, SinkKind,
    settings::{
        FIELD_COUNTS, FIELD_LIMITS, MAX_FLUSH_TIMEOUT, QUEUE_CAPACITIES, field_count_error,
        field_limit_error, queue_capacity_error,
    },
};
use crate::{
    delivery::Rate,
    error::{ParseError, Quoted},
    size,
};
use std::path::PathBuf;

/// A variable.
pub(super) struct Variable {
    /// The name without the prefix.
    pub(super) name: &'static str,
    /// Applies a value.
    pub(super) set: fn(&mut Settings, &str) -> Result<(), ParseError>,
    /// Returns the effective value as it would be written; `None` if there is no value, or this build lacks the
    /// variable's sink.
    pub(super) get: fn(&Settings) -> Option<String>,
}

pub(super) const VARIABLES: &[Variable] = &[
    Variable {
        name: "SINKS",
        set: |to, text| assign(&mut to.sinks, SinkKind::parse_list(text)),
        get: write_sinks,
    },
    Variable {
        name: "SPANS",
        set: |to, text| assign(&mut to.spans, text.parse()),
        get: |of| Some(of.spans.to_string()),
    },
    Variable {
        name: "CONTEXT",
        set: |to, text| assign(&mut to.context, text.parse()),
        get: |of| Some(of.context.to_string()),
    },
    Variable {
        name: "SIGNALS",
        set: |to, text| assign(&mut to.signals, text.parse()),
        get: |of| Some(of.signals.to_string()),
    },
    Variable {
        name: "REDACT",
        // Every text is a list of patterns, so there is no error to convert.
        set: |to, text| assign(&mut to.redact, text.parse().map_err(|error| match error {})),
        get: |of| Some(of.redact.to_string()),
    },
    Variable {
        name: "LOCALE",
        set: |to, text| assign(&mut to.locale, text.parse().map(Some)),
        get: |of| of.locale.as_ref().map(ToString::to_string),
    },
    Variable {
        name: "LOCALES_DIR",
        set: |to, text| assign(&mut to.locales_dir, Ok(Some(PathBuf::from(text)))),
        get: |of| write_path(&of.locales_dir),
    },
    Variable {
        name: "FORMAT",
        set: |to, text| assign(&mut to.format, text.parse().map(Some)),
        get: |of| of.format.map(|format| format.to_string()),
    },
    Variable {
        name: "STDOUT_FORMAT",
        set: |to, text| set_format(to, SinkKind::Stdout, text),
        get: |of| write_format(of, SinkKind::Stdout),
    },
    Variable {
        name: "STDOUT_LOCALE",
        set: |to, text| set_locale(to, SinkKind::Stdout, text),
        get: |of| write_locale(of, SinkKind::Stdout),
    },
    Variable {
        name: "STDERR_FORMAT",
        set: |to, text| set_format(to, SinkKind::Stderr, text),
        get: |of| write_format(of, SinkKind::Stderr),
    },
    Variable {
        name: "STDERR_LOCALE",
        set: |to, text| set_locale(to, SinkKind::Stderr, text),
        get: |of| write_locale(of, SinkKind::Stderr),
    },
    Variable {
        name: "FILE_FORMAT",
        set: |to, text| set_format(to, SinkKind::File, text),
        get: |of| write_format(of, SinkKind::File),
    },
    Variable {
        name: "FILE_LOCALE",
        set: |to, text| set_locale(to, SinkKind::File, text),
        get: |of| write_locale(of, SinkKind::File),
    },
    Variable {
        name: "ETW_LOCALE",
        set: |to, text| set_locale(to, SinkKind::Etw, text),
        get: |of| write_locale(of, SinkKind::Etw),
    },
    Variable { name: "JOURNALD_LOCALE", set: set_journald_locale, get: write_journald_locale },
    // Known to every build, so that the error says why the variable has no effect.
    Variable { name: "OTLP_LOCALE", set: reject_unavailable, get: |_| None },
    Variable {
        name: "FILE_PATH",
        set: |to, text| assign(&mut to.file_path, Ok(Some(PathBuf::from(text)))),
        get: |of| write_path(&of.file_path),
    },
    Variable {
        name: "FILE_ROTATION",
        set: |to, text| assign(&mut to.file_rotation, text.parse()),
        get: |of| Some(of.file_rotation.to_string()),
    },
    Variable {
        name: "FILE_KEEP",
        set: set_file_keep,
        get: |of| Some(of.file_keep.map_or_else(|| "all".to_owned(), |keep| keep.to_string())),
    },
    Variable {
        name: "DELIVERY",
        set: set_delivery,
        get: |of| Some(if of.is_queued { "queued" } else { "sync" }.to_owned()),
    },
    Variable {
        name: "QUEUE_CAPACITY",
        set: set_queue_capacity,
        get: |of| Some(of.queue_options.capacity.to_string()),
    },
    Variable {
        name: "QUEUE_FULL",
        set: |to, text| assign(&mut to.queue_options.when_full, text.parse()),
        get: |of| Some(of.queue_options.when_full.to_string()),
    },
    Variable {
        name: "FLUSH_TIMEOUT",
        set: set_flush_timeout,
        get: |of| Some(humantime::format_duration(of.flush_timeout).to_string()),
    },
    Variable {
        name: "RATE",
        set: set_rate,
        get: |of| Some(of.rate.map_or_else(|| "off".to_owned(), |rate| rate.to_string())),
    },
    Variable { name: "FIELD_LIMIT", set: set_field_limit, get: |of| Some(of.limits.field_bytes.to_string()) },
    Variable { name: "FIELD_COUNT", set: set_field_count, get: |of| Some(of.limits.fields.to_string()) },
    Variable {
        name: "APP",
        set: |to, text| assign(&mut to.app, Ok(Some(text.to_owned()))),
        get: |of| of.app.clone(),
    },
    Variable { name: "ETW_SCHEMA", set: set_etw_schemas, get: |of| Some(join(&of.etw.schemas)) },
    Variable {
        name: "ETW_PROVIDER",
        set: |to, text| assign(&mut to.etw.provider, text.parse()),
        get: |of| Some(of.etw.provider.to_string()),
    },
    Variable {
        name: "DIAGNOSE",
        set: |to, text| assign(&mut to.diagnose, text.parse()),
        get: |of| Some(of.diagnose.to_string()),
    },
    Variable {
        name: "COLOR",
        set: |to, text| assign(&mut to.color, text.parse()),
        get: |of| Some(of.color.name().to_owned()),
    },
];

fn assign<T>(setting: &mut T, value: Result<T, ParseError>) -> Result<(), ParseError> {
    // After an error the setting keeps its default, with which `build_lossy` continues.
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
    // Without the sink, the variable would be accepted and have no effect.
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
    // `off` is a value of the variable, not of `Rate`, so the error of `Rate` does not name it.
    let rate: Result<Rate, ParseError> = text.parse();
    assign(
        &mut settings.rate,
        rate.map(Some).map_err(|ParseError(text)| ParseError(format!("{text}, or `off`"))),
    )
}

fn set_queue_capacity(settings: &mut Settings, text: &str) -> Result<(), ParseError> {
    // Checked as `u64`, so that the range is the same on 32-bit targets.
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
    // A text that is not a size gets the parser's error; a size out of range gets ours.
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
    // An empty part, as after a comma at the end, is not a schema.
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

fn write_sinks(settings: &Settings) -> Option<String> {
    Some(if settings.sinks.is_empty() { "off".to_owned() } else { join(&settings.sinks) })
}

fn write_format(settings: &Settings, kind: SinkKind) -> Option<String> {
    Some(settings.format_of(kind).to_string())
}

fn write_locale(settings: &Settings, kind: SinkKind) -> Option<String> {
    let languages = settings.languages_of(kind);
    // Without a wanted language, the message is English.
    Some(if languages.is_empty() { "en-US".to_owned() } else { join(languages) })
}

fn write_journald_locale(settings: &Settings) -> Option<String> {
    // Without the sink, the variable has no value to show.
    let is_available = SinkKind::Journald.is_available();
    if is_available { write_locale(settings, SinkKind::Journald) } else { None }
}

fn write_path(path: &Option<PathBuf>) -> Option<String> {
    // For display only, so a part that is not Unicode may be replaced.
    path.as_ref().map(|path| path.to_string_lossy().into_owned())
}

fn join(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
