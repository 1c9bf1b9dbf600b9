//! The program `dispatch-failure`, run as users run it.

mod check;
mod compressed;
mod explain;
mod export;
mod follow;
mod lines;
#[path = "../programs/mod.rs"]
mod programs;
mod render;
mod report;
mod selection;
mod shell;

use std::{
    io::Write,
    process::{Command, Output, Stdio},
    thread,
};

/// A command that runs the program without environment variables for languages, colours or settings.
fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch-failure"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANGUAGE", "NO_COLOR", "TERM", "LOGS_DIRECTORY"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DISPATCH_FAILURE_") {
            command.env_remove(name);
        }
    }
    command.env("LANG", "C").args(args);
    command
}

/// The result of a run of the program.
#[derive(Debug)]
struct RunOutput {
    status: i32,
    stdout: String,
    stderr: String,
}

impl RunOutput {
    /// Returns the stdout of a run that must have succeeded silently.
    fn ok(self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }
}

impl From<Output> for RunOutput {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the program with this on its standard input.
fn run_on(stdin: impl AsRef<[u8]>, args: &[&str]) -> RunOutput {
    let stdin = stdin.as_ref().to_vec();
    let mut command = program(args);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        // The program may end before it has read everything.
        let _ = to.write_all(&stdin);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.into()
}

fn run(args: &[&str]) -> RunOutput {
    run_on("", args)
}

/// Runs `dispatch`, and returns its records as a program writes them in each of these formats and languages.
fn records(
    renderings: &[(&str, &str)],
    overlays: Option<&std::path::Path>,
    dispatch: impl FnOnce(),
) -> Vec<String> {
    use tracing_dispatch_failure::{MemorySink, Reporter, SinkOptions};
    use tracing_subscriber::prelude::*;

    let mut builder = Reporter::builder().sinks([]).app("gateway");
    if let Some(folder) = overlays {
        builder = builder.locales_dir(folder);
    }
    let mut sinks = Vec::new();
    for (format, locale) in renderings {
        let options = SinkOptions::default()
            .format(format.parse().unwrap())
            .locale(locale.parse::<tracing_dispatch_failure::Locales>().unwrap());
        let sink = MemorySink::new();
        builder = builder.add_sink_with(format!("{format} {locale}"), sink.clone(), options);
        sinks.push(sink);
    }
    let subscriber = tracing_subscriber::registry().with(builder.build().unwrap().layer());
    tracing::subscriber::with_default(subscriber, dispatch);
    let text = |sink: &MemorySink| sink.take().iter().map(|record| record.as_str().to_owned()).collect();
    sinks.iter().map(text).collect()
}

/// Stored records: one failure for each of these session ids.
fn stored(sessions: &[u64]) -> String {
    let dispatch = || {
        for session in sessions {
            tracing::info_span!("dispatch_session", session.id = session, error = "refused").in_scope(|| {});
        }
    };
    records(&[("json", "en-US")], None, dispatch).remove(0)
}
