//! `check`: shows what the environment configures, and whether it works.

use crate::{
    Status,
    args::CheckArgs,
    output::{self, Output, Stop, log_to_stderr},
};
use std::{fmt::Write, path::Path};
use tracing_dispatch_failure::{
    Builder, Catalog, ConfigSource, EffectiveConfig, Error, Escaped, Fault, Messages, Redact, Reporter,
    Signals, SinkKind, Text,
};
use tracing_subscriber::prelude::*;

pub(crate) fn run(args: &CheckArgs) -> Result<Status, Stop> {
    match &args.locales {
        Some(folder) => locales(folder),
        None => environment(args.emit),
    }
}

/// Prints the settings, problems, unknown names and sinks of the environment.
fn environment(emit: bool) -> Result<Status, Stop> {
    let config = EffectiveConfig::from_env();
    let mut out = Output::new();
    for setting in config.settings() {
        let (name, value) = (setting.name(), Escaped(setting.value()).to_string());
        // An empty column would be hard to see.
        let value = if value.is_empty() { "-".to_owned() } else { value };
        let source = match setting.source() {
            ConfigSource::Variable(other) if other == name => "set here".to_owned(),
            ConfigSource::Variable(other) => format!("from {other}"),
            _ => "default".to_owned(),
        };
        let _ = writeln!(out.text(), "{name:<32} {value}  ({source})");
    }
    out.text().push('\n');
    // The settings first: the problems below go to stderr at once.
    out.flush()?;
    let mut status = Status::Done;
    let mut wrong = |text: &str| {
        log_to_stderr(text);
        status = Status::InvalidInput;
    };
    config.problems().iter().for_each(|problem| wrong(&problem.to_string()));
    // An application only warns about unknown names, but here they are what somebody looks for.
    config.warnings().iter().for_each(|sentence| wrong(sentence));
    for kind in config.sinks() {
        let found = probe(*kind, emit, &config);
        let (mark, text) = match &found {
            Ok(text) => ("ok", text.as_str()),
            Err(text) => ("failed", text.as_str()),
        };
        let _ = writeln!(out.text(), "sink {kind:<9} {mark}: {}", Escaped(text));
        out.flush()?;
        if found.is_err() {
            wrong(&format!("the sink `{kind}` does not work"));
        }
    }
    if config.sinks().is_empty() {
        output::print("no sink is configured\n")?;
    }
    Ok(status)
}

/// Opens a sink as the environment configures it, and writes a test record if `emit` is set.
fn probe(kind: SinkKind, emit: bool, config: &EffectiveConfig) -> Result<String, String> {
    let reporter = open(kind).map_err(|error| sink_error(&error, config))?;
    if emit {
        emit_test_record(&reporter);
    }
    // With queued delivery, the worker may not have written the record yet.
    reporter.flush(FLUSH).map_err(|error| error.to_string())?;
    let stats = reporter.stats().total();
    // There is one sink and one record, so there is one fault at most.
    if let Some((fault, _)) = stats.failed.first_key_value() {
        return Err(match fault {
            Fault::Io(kind) => format!("the test record was refused: {kind}"),
            fault => format!("the test record was refused: {fault}"),
        });
    }
    match (emit, stats.delivered, stats.not_listening) {
        (false, ..) => Ok("it can be opened".to_owned()),
        (true, 1, _) => Ok("it accepted the test record".to_owned()),
        (true, _, 1) => Ok("nobody is listening, so the test record was not written".to_owned()),
        (true, ..) => Err("the test record did not arrive".to_owned()),
    }
}

/// How long flushing a sink may take.
const FLUSH: std::time::Duration = std::time::Duration::from_secs(10);

fn open(kind: SinkKind) -> Result<Reporter, Error> {
    // Wrong variables are reported already, so the sink is tried without them.
    let wrong = EffectiveConfig::from_env();
    let wrong = |name: &str| wrong.problems().iter().any(|problem| problem.variable() == Some(name));
    let known = |name: &str| !name.starts_with("DISPATCH_FAILURE_") || is_known(name);
    let vars =
        std::env::vars_os().filter(|(name, _)| name.to_str().is_none_or(|name| known(name) && !wrong(name)));
    // Not redacted, so that the record says that it is a test, whatever REDACT names.
    let mut builder = Builder::from_vars(vars).sinks([kind]).redact(Redact::off());
    if let Ok(spans) = CHECK.parse() {
        builder = builder.spans(spans);
    }
    // The test record's span must fail, whatever signals the environment configures.
    builder.signals(Signals::default()).build()
}

/// Whether a name is one of our variables. Unknown names are left out, so that they are not reported once per sink.
fn is_known(name: &str) -> bool {
    EffectiveConfig::from_vars([("", ""); 0]).settings().iter().any(|setting| setting.name() == name)
}

/// Returns why a sink could not be opened, without the problems that are reported already.
fn sink_error(error: &Error, config: &EffectiveConfig) -> String {
    let is_new = |text: &String| !config.problems().iter().any(|problem| problem.to_string() == *text);
    let texts: Vec<String> = error.problems().iter().map(ToString::to_string).filter(is_new).collect();
    texts.join("; ")
}

/// Selects the span of the test record.
const CHECK: &str = "[dispatch_failure_check]";

fn emit_test_record(reporter: &Reporter) {
    let subscriber = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!(
            "dispatch_failure_check",
            test = true,
            otel.status_code = "ERROR",
            otel.status_description =
                "this is a test record of `dispatch-failure check --emit`; nothing failed",
        )
        .in_scope(|| {});
    });
}

/// Checks the overlay files of a folder.
fn locales(folder: &Path) -> Result<Status, Stop> {
    let catalog = match Catalog::load(folder) {
        Ok(catalog) => catalog,
        Err(error) => {
            // The problems are the result of this command, so they go to stdout.
            let lines: Vec<String> = error.problems().iter().map(|problem| format!("{problem}\n")).collect();
            output::print(&lines.concat())?;
            return Ok(Status::InvalidInput);
        }
    };
    let mut lines: Vec<String> = catalog.warnings().iter().map(|warning| format!("{warning}\n")).collect();
    let status = if lines.is_empty() { Status::Done } else { Status::InvalidInput };
    // The built-in languages come first, and have all texts.
    for tag in catalog.locales().skip(Messages::built_in_locales().len()) {
        let messages = catalog.messages(&tag.parse().unwrap_or_default());
        let missing = Text::ALL.iter().filter(|text| !messages.has(**text)).count();
        if missing > 0 {
            lines.push(format!("{tag}: {missing} of {} texts come from another language\n", Text::ALL.len()));
        }
    }
    output::print(&lines.concat())?;
    Ok(status)
}
