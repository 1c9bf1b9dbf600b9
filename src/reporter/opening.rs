//! Opening the sinks that the settings name.

use crate::{
    config::{Color, Settings, SinkKind},
    delivery::Output,
    error::{Problem, Quoted},
    format::Rendering,
    locale::catalog::Catalog,
    sink::{Console, EtwSink, FileOptions, FileSink, JournaldSink, Sink},
};

/// Loads the languages. Errors in message files are added to the problems.
pub(super) fn load_catalog(settings: &Settings, problems: &mut Vec<Problem>) -> Catalog {
    let Some(folder) = &settings.locales_dir else { return Catalog::default() };
    // Valid files count even if others have errors, because `build_lossy` continues with them.
    let (catalog, found) = Catalog::with_overlays(folder, "DISPATCH_FAILURE_LOCALES_DIR");
    problems.extend(found);
    catalog
}

/// Opens all sinks, or none if there are problems already. A sink that cannot be opened is added to the problems.
pub(super) fn open_all(settings: &Settings, catalog: &Catalog, problems: &mut Vec<Problem>) -> Vec<Output> {
    let mut outputs = Vec::new();
    // A configuration that is refused should leave no trace, such as a new file.
    if problems.is_empty() {
        for kind in &settings.sinks {
            match open_sink(*kind, settings) {
                Ok(sink) => outputs.push(make_output(*kind, sink, settings, catalog)),
                Err(problem) => problems.push(problem),
            }
        }
    } else if settings.sinks.contains(&SinkKind::File) && settings.file_path.is_none() {
        // No sink is opened to find this problem, and the error should list all problems.
        problems.push(missing_file_path());
    }
    outputs
}

/// Opens the sinks that can be opened, and replaces each of the others by stderr.
pub(super) fn open_available(
    settings: &Settings,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Vec<Output> {
    let mut outputs = Vec::new();
    for kind in &settings.sinks {
        match open_sink(*kind, settings) {
            Ok(sink) => outputs.push(make_output(*kind, sink, settings, catalog)),
            Err(problem) => {
                problems.push(problem);
                // If stderr is closed too, there is nothing to write to.
                let stderr = open_sink(SinkKind::Stderr, settings);
                outputs.extend(stderr.ok().map(|sink| {
                    let rendering = make_rendering(SinkKind::Stderr, sink.is_terminal, settings, catalog);
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
        Err(error) => Err(cannot_open(kind, &error)),
    };
    // A builder can name a sink that this build lacks; a variable that does is refused already.
    if !kind.is_available() {
        return Err(Problem::new("DISPATCH_FAILURE_SINKS", kind.unavailable_error().to_string()));
    }
    match kind {
        SinkKind::Stdout => console(Console::stdout()),
        SinkKind::Stderr => console(Console::stderr()),
        SinkKind::File => open_file(settings),
        SinkKind::Etw => match EtwSink::open(&settings.etw) {
            Ok(sink) => Ok(OpenSink { sink: Box::new(sink), is_terminal: false }),
            Err(error) => Err(cannot_open(kind, &error)),
        },
        SinkKind::Journald => match JournaldSink::open(&settings.journald_socket) {
            Ok(sink) => Ok(OpenSink { sink: Box::new(sink), is_terminal: false }),
            Err(error) => Err(cannot_open(kind, &error)),
        },
    }
}

fn open_file(settings: &Settings) -> Result<OpenSink, Problem> {
    let path = settings.file_path.as_deref().ok_or_else(missing_file_path)?;
    let shown = path.to_string_lossy();
    let options =
        FileOptions { path: path.to_owned(), rotation: settings.file_rotation, keep: settings.file_keep };
    // Checked now, because the first rotation may come only weeks later.
    if !options.can_rotate() {
        let text = format!(
            "the file {} cannot be rotated, because its name is not Unicode; rename it, or set `never`",
            Quoted(&shown)
        );
        return Err(Problem::new("DISPATCH_FAILURE_FILE_ROTATION", text));
    }
    let sink = FileSink::open(options).map_err(|error| {
        let text = format!(
            "the file {} cannot be opened: {error}; choose a path that this process may write to",
            Quoted(&shown)
        );
        Problem::new("DISPATCH_FAILURE_FILE_PATH", text)
    })?;
    Ok(OpenSink { sink: Box::new(sink), is_terminal: false })
}

fn cannot_open(kind: SinkKind, error: &impl std::fmt::Display) -> Problem {
    let text = format!("the sink `{kind}` cannot be opened: {error}; fix that, or leave the sink out");
    Problem::new("DISPATCH_FAILURE_SINKS", text)
}

fn missing_file_path() -> Problem {
    let text = "it is not set, but the sink `file` needs a path; set it, or leave `file` out of DISPATCH_FAILURE_SINKS";
    Problem::new("DISPATCH_FAILURE_FILE_PATH", text)
}

fn make_output(kind: SinkKind, sink: OpenSink, settings: &Settings, catalog: &Catalog) -> Output {
    Output::new(kind.name(), sink.sink, make_rendering(kind, sink.is_terminal, settings, catalog))
}

fn make_rendering(kind: SinkKind, is_terminal: bool, settings: &Settings, catalog: &Catalog) -> Rendering {
    Rendering {
        format: settings.format_of(kind),
        messages: catalog.messages_for(settings.languages_of(kind)),
        color: match settings.color {
            Color::Auto => is_terminal,
            Color::Always => true,
            Color::Never => false,
        },
    }
}
