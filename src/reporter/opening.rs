//! Opening the sinks that the settings name.

use crate::{
    config::{Color, Settings, SinkKind},
    delivery::Output,
    error::{Problem, Quoted},
    format::Rendering,
    locale::catalog::Catalog,
    sink::{Console, EtwSink, FileOptions, FileSink, JournaldSink, Sink},
};

/// The languages; mistakes of the overlay folder are added to the problems.
pub(super) fn catalog(settings: &Settings, problems: &mut Vec<Problem>) -> Catalog {
    let Some(folder) = &settings.locales_dir else { return Catalog::default() };
    let (catalog, found) = Catalog::with_overlays(folder, "DISPATCH_FAILURE_LOCALES_DIR");
    problems.extend(found);
    catalog
}

/// Opens all sinks, or none where anything is wrong, which is added to the problems.
pub(super) fn all_or_nothing(
    settings: &Settings,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Vec<Output> {
    let mut outputs = Vec::new();
    // Nothing is opened for settings that are refused anyway.
    if problems.is_empty() {
        for kind in &settings.sinks {
            match open_sink(*kind, settings) {
                Ok(sink) => outputs.push(output(*kind, sink, settings, catalog)),
                Err(problem) => problems.push(problem),
            }
        }
    } else if settings.sinks.contains(&SinkKind::File) && settings.file_path.is_none() {
        problems.push(no_file_path());
    }
    outputs
}

/// Opens the sinks that can be opened, and stderr instead of each other one.
pub(super) fn what_can_be(
    settings: &Settings,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Vec<Output> {
    let mut outputs = Vec::new();
    for kind in &settings.sinks {
        match open_sink(*kind, settings) {
            Ok(sink) => outputs.push(output(*kind, sink, settings, catalog)),
            Err(problem) => {
                problems.push(problem);
                let stderr = open_sink(SinkKind::Stderr, settings);
                outputs.extend(stderr.ok().map(|sink| {
                    let rendering = rendering(SinkKind::Stderr, sink.is_terminal, settings, catalog);
                    Output::new(format!("stderr instead of {kind}"), sink.sink, rendering)
                }));
            }
        }
    }
    outputs
}

struct OpenSink {
    sink: Box<dyn Sink>,
    is_terminal: bool,
}

fn open_sink(kind: SinkKind, settings: &Settings) -> Result<OpenSink, Problem> {
    let console = |console: std::io::Result<Console>| match console {
        Ok(console) => Ok(OpenSink { is_terminal: console.is_terminal(), sink: Box::new(console) }),
        Err(error) => Err(cannot_be_opened(kind, &error)),
    };
    if !kind.is_available() {
        return Err(Problem::new("DISPATCH_FAILURE_SINKS", kind.unavailable().to_string()));
    }
    match kind {
        SinkKind::Stdout => console(Console::stdout()),
        SinkKind::Stderr => console(Console::stderr()),
        SinkKind::File => {
            let path = settings.file_path.as_deref().ok_or_else(no_file_path)?;
            let options = FileOptions {
                path: path.to_owned(),
                rotation: settings.file_rotation,
                keep: settings.file_keep,
            };
            if !options.can_rotate() {
                let text =
                    "a file whose name is not Unicode cannot be rotated, as old files are named after it";
                return Err(Problem::new("DISPATCH_FAILURE_FILE_ROTATION", text));
            }
            let sink = FileSink::open(options).map_err(|error| {
                let shown = path.to_string_lossy();
                Problem::new(
                    "DISPATCH_FAILURE_FILE_PATH",
                    format!("the file {} cannot be opened: {error}", Quoted(&shown)),
                )
            })?;
            Ok(OpenSink { sink: Box::new(sink), is_terminal: false })
        }
        SinkKind::Etw => match EtwSink::open(&settings.etw) {
            Ok(sink) => Ok(OpenSink { sink: Box::new(sink), is_terminal: false }),
            Err(error) => Err(Problem::new(
                "DISPATCH_FAILURE_SINKS",
                format!("the sink `etw` cannot be opened: {error}"),
            )),
        },
        SinkKind::Journald => match JournaldSink::open(&settings.journald_socket) {
            Ok(sink) => Ok(OpenSink { sink: Box::new(sink), is_terminal: false }),
            Err(error) => Err(cannot_be_opened(kind, &error)),
        },
    }
}

fn cannot_be_opened(kind: SinkKind, error: &std::io::Error) -> Problem {
    let text = format!("the sink `{kind}` cannot be opened: {error}");
    Problem::new("DISPATCH_FAILURE_SINKS", text)
}

fn no_file_path() -> Problem {
    Problem::new("DISPATCH_FAILURE_FILE_PATH", "it is not set, but the sink `file` needs a path")
}

fn output(kind: SinkKind, sink: OpenSink, settings: &Settings, catalog: &Catalog) -> Output {
    Output::new(kind.name(), sink.sink, rendering(kind, sink.is_terminal, settings, catalog))
}

fn rendering(kind: SinkKind, is_terminal: bool, settings: &Settings, catalog: &Catalog) -> Rendering {
    Rendering {
        format: settings.format_of(kind),
        messages: catalog.messages_in(settings.languages_of(kind)),
        colour: match settings.color {
            Color::Auto => is_terminal,
            Color::Always => true,
            Color::Never => false,
        },
    }
}
