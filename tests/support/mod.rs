//! What the tests share: a reporter with a memory sink, and tests that run in a process of their own.

#![allow(dead_code, reason = "every test program uses a part of it")]

use std::{
    io::{Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};
use tracing_dispatch_failure::{Builder, Failure, MemoryRecord, MemorySink, Reporter, Value};
use tracing_subscriber::prelude::*;

/// A reporter that writes to memory alone.
pub(crate) fn reporter(change: impl FnOnce(Builder) -> Builder) -> (Reporter, MemorySink) {
    let memory = MemorySink::new();
    let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    (change(builder).build().unwrap(), memory)
}

/// A reporter that writes to memory alone, set by `DISPATCH_FAILURE_…` variables of these names.
pub(crate) fn reporter_of(vars: &[(&str, &str)]) -> (Reporter, MemorySink) {
    let memory = MemorySink::new();
    let vars = vars.iter().map(|(name, value)| (format!("DISPATCH_FAILURE_{name}"), value));
    let builder = Builder::from_vars(vars).sinks([]).add_sink("memory", memory.clone());
    (builder.build().unwrap(), memory)
}

/// The records of what `run` does under the layer alone.
pub(crate) fn records_of(vars: &[(&str, &str)], run: impl FnOnce()) -> Vec<MemoryRecord> {
    let (reporter, memory) = reporter_of(vars);
    let subscriber = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(subscriber, run);
    memory.take()
}

/// The same, where there is a layer beside ours that sees every span and event.
pub(crate) fn records_beside_others(vars: &[(&str, &str)], run: impl FnOnce()) -> Vec<MemoryRecord> {
    let (reporter, memory) = reporter_of(vars);
    let subscriber = tracing_subscriber::registry().with(Everything).with(reporter.layer());
    tracing::subscriber::with_default(subscriber, run);
    memory.take()
}

/// A layer that wants every span and event.
pub(crate) struct Everything;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Everything {}

/// What a record says of its fields.
pub(crate) fn fields(failure: &Failure) -> Vec<(String, String)> {
    failure.fields().map(|(name, value)| (name.to_owned(), shown(value))).collect()
}

/// A value with its type.
pub(crate) fn shown(value: Value<'_>) -> String {
    format!("{value:?}")
}

/// What a test does in a process of its own: what needs a global subscriber, an environment, the
/// standard streams, or may crash or hang.
pub(crate) struct InChild {
    vars: Vec<(String, std::ffi::OsString)>,
    shell: Option<String>,
}

/// Tells a test that it is the child, which then runs the body.
const CHILD: &str = "TEST_CHILD";
/// Printed by the child where its body begins, as the test harness prints something before it.
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

    /// A shell command that precedes the child, such as `umask 022`.
    pub(crate) fn after(mut self, command: &str) -> Self {
        self.shell = Some(command.to_owned());
        self
    }

    /// Runs `body` in a process of its own: the test program runs this very test again.
    pub(crate) fn run(self, body: impl FnOnce()) -> ChildOutput {
        self.start(body).finish()
    }

    /// The same, without waiting for its end.
    pub(crate) fn start(self, body: impl FnOnce()) -> Running {
        // A test's thread bears the test's name.
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
        // English, whatever the language of whoever runs the tests.
        command.env(CHILD, &test).env("RUST_BACKTRACE", "0").env("LANG", "C").envs(self.vars);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
        Running { child, stdout, stderr }
    }
}

/// A child at work.
pub(crate) struct Running {
    child: Child,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
}

impl Running {
    /// Waits for the child's end; one that does not end is killed, and the test fails.
    pub(crate) fn finish(mut self) -> ChildOutput {
        let mut output = |stream: &mpsc::Receiver<Vec<u8>>| {
            let bytes = stream.recv_timeout(PATIENCE).unwrap_or_else(|_| {
                self.child.kill().unwrap();
                panic!("the child process hangs");
            });
            String::from_utf8(bytes).unwrap()
        };
        let (stdout, stderr) = (output(&self.stdout), output(&self.stderr));
        let stdout = stdout.split_once(MARK).map(|(_, behind)| behind.to_owned()).unwrap_or_default();
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
    /// The output of a child that must have succeeded.
    pub(crate) fn ok(self) -> Self {
        assert!(self.success, "the child failed:\n{}\n{}", self.stdout, self.stderr);
        self
    }
}

fn read(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.unwrap().read_to_end(&mut bytes).unwrap();
        let _ = send.send(bytes);
    });
    receive
}
