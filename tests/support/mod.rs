//! Shared by the tests: a reporter with a memory sink, and tests that run in their own process.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    io::{Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};
use tracing_dispatch_failure::{Builder, Failure, MemoryRecord, MemorySink, Reporter, Value};
use tracing_subscriber::prelude::*;

/// Builds a reporter whose only sink is in memory.
pub(crate) fn reporter(change: impl FnOnce(Builder) -> Builder) -> (Reporter, MemorySink) {
    let memory = MemorySink::new();
    let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    (change(builder).build().unwrap(), memory)
}

/// Builds a reporter whose only sink is in memory, from variables without their prefix `DISPATCH_FAILURE_`.
pub(crate) fn reporter_of(vars: &[(&str, &str)]) -> (Reporter, MemorySink) {
    let memory = MemorySink::new();
    let vars = vars.iter().map(|(name, value)| (format!("DISPATCH_FAILURE_{name}"), value));
    let builder = Builder::from_vars(vars).sinks([]).add_sink("memory", memory.clone());
    (builder.build().unwrap(), memory)
}

/// Runs `run` with our layer as the only one, and returns the records.
pub(crate) fn records_of(vars: &[(&str, &str)], run: impl FnOnce()) -> Vec<MemoryRecord> {
    let (reporter, memory) = reporter_of(vars);
    let subscriber = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(subscriber, run);
    memory.take()
}

/// Runs `run` with our layer beside one that wants every span and event, and returns the records.
pub(crate) fn records_beside_others(vars: &[(&str, &str)], run: impl FnOnce()) -> Vec<MemoryRecord> {
    let (reporter, memory) = reporter_of(vars);
    let subscriber = tracing_subscriber::registry().with(Everything).with(reporter.layer());
    tracing::subscriber::with_default(subscriber, run);
    memory.take()
}

/// A layer that wants every span and event.
pub(crate) struct Everything;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Everything {}

/// Lists a failure's fields, each value with its type.
pub(crate) fn fields(failure: &Failure) -> Vec<(String, String)> {
    failure.fields().map(|(name, value)| (name.to_owned(), with_type(value))).collect()
}

/// Writes a value with its type.
pub(crate) fn with_type(value: Value<'_>) -> String {
    format!("{value:?}")
}

/// Runs the body of a test in its own process: a test that needs a global subscriber, an environment or the
/// standard streams, or that may crash or hang.
pub(crate) struct InChild {
    vars: Vec<(String, std::ffi::OsString)>,
    shell: Option<String>,
}

/// The name of the test whose body a child process runs.
const CHILD: &str = "TEST_CHILD";
/// The child prints this before the body, because the test harness has printed something already.
const MARK: &str = "--- the body begins ---\n";
/// How long a child may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

impl InChild {
    pub(crate) fn new() -> Self {
        Self { vars: Vec::new(), shell: None }
    }

    pub(crate) fn var(mut self, name: &str, value: impl Into<std::ffi::OsString>) -> Self {
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// Runs a shell command before the child, such as `umask 022`.
    pub(crate) fn shell(mut self, command: &str) -> Self {
        self.shell = Some(command.to_owned());
        self
    }

    /// Runs `body` in a child process: the test program starts again with this test only.
    pub(crate) fn run(self, body: impl FnOnce()) -> ChildOutput {
        self.start(body).finish()
    }

    /// Starts the child process without waiting for its end.
    pub(crate) fn start(self, body: impl FnOnce()) -> Running {
        // The test harness names the thread of a test after the test.
        let test = thread::current().name().unwrap_or_default().to_owned();
        if std::env::var_os(CHILD).is_some_and(|child| *child == *test) {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(MARK.as_bytes()).and_then(|()| stdout.flush()).unwrap();
            drop(stdout);
            body();
            std::process::exit(0);
        }
        let program = std::env::current_exe().unwrap();
        let mut command = match &self.shell {
            None => Command::new(&program),
            Some(shell) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(format!("{shell}; exec \"$0\" \"$@\"")).arg(&program);
                command
            }
        };
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let ours = name.starts_with("DISPATCH_FAILURE_") || name.starts_with("LC_");
            if ours
                || ["LANG", "LANGUAGE", "NO_COLOR", "TERM", "LOGS_DIRECTORY", "RUST_LOG"].contains(&&*name)
            {
                command.env_remove(name);
            }
        }
        command.args(["--exact", &test, "--nocapture", "--test-threads=1"]);
        // English, even if the user who runs the tests has another language.
        command.env(CHILD, &test).env("RUST_BACKTRACE", "0").env("LANG", "C").envs(self.vars);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
        Running { child, stdout, stderr }
    }
}

/// A running child process.
pub(crate) struct Running {
    child: Child,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
}

impl Running {
    /// Waits for the child to end. Kills a child that hangs, and fails the test.
    pub(crate) fn finish(mut self) -> ChildOutput {
        let mut output = |stream: &mpsc::Receiver<Vec<u8>>| {
            let bytes = stream.recv_timeout(PATIENCE).unwrap_or_else(|_| {
                self.child.kill().unwrap();
                panic!("the child process hangs");
            });
            String::from_utf8(bytes).unwrap()
        };
        let (stdout, stderr) = (output(&self.stdout), output(&self.stderr));
        let stdout = stdout.split_once(MARK).map(|(_, body)| body.to_owned()).unwrap_or_default();
        ChildOutput { stdout, stderr, success: self.child.wait().unwrap().success() }
    }
}

#[derive(Debug)]
pub(crate) struct ChildOutput {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) success: bool,
}

impl ChildOutput {
    /// Returns the output of a child that must have succeeded.
    pub(crate) fn ok(self) -> Self {
        assert!(self.success, "the child failed:\n{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// Reads a stream to its end on another thread.
fn read(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.unwrap().read_to_end(&mut bytes).unwrap();
        let _ = send.send(bytes);
    });
    receive
}
