//! Runs the example programs as a user does.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

/// How long a program may print nothing, or not end, before it counts as hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// If this variable is set, a test whose tool is not installed fails instead of being skipped.
const REQUIRE: &str = "REQUIRE_ALL_TESTS";

/// Returns whether a tool is installed. If it is not, the caller skips what needs it.
pub(crate) fn has_tool(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(env::var_os(REQUIRE).is_none(), "`{tool}` is not installed, and {REQUIRE} is set");
    // Not with `eprintln!`: the test harness captures it, and does not show it if the test succeeds.
    let _ =
        writeln!(std::io::stderr(), "SKIPPED: `{tool}` is not installed; {REQUIRE}=1 makes this a failure");
    false
}

/// The command of an example program, without environment variables that our records could depend on.
pub(crate) fn example(name: &str, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path_of(name));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let matters = ["DISPATCH_FAILURE_", "LC_"].iter().any(|prefix| text.starts_with(prefix))
            || ["LANG", "LANGUAGE", "LOGS_DIRECTORY", "NO_COLOR", "RUST_LOG", "TERM"].contains(&&*text);
        if matters {
            command.env_remove(name);
        }
    }
    // Without a variable that names a language, Windows and macOS would be asked for the user's.
    command.env("LANG", "C").envs(vars.iter().copied());
    command
}

/// The path of an example: `cargo test` puts it next to the folder of this test program.
fn path_of(example: &str) -> PathBuf {
    let this = env::current_exe().unwrap();
    let folder = this.ancestors().nth(2).unwrap().join("examples");
    let path = folder.join(format!("{example}{}", env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not built; `cargo test` and `cargo build --examples` build it, `cargo test --test …` does not",
        path.display()
    );
    path
}

/// A running program. Dropping it kills the program.
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// The exit status and the output of a program that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line on stdout.
    pub(crate) fn stdout_line(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).expect("the program prints nothing on stdout")
    }

    /// Waits for a line on stderr that contains `text`.
    pub(crate) fn await_stderr(&self, text: &str) {
        loop {
            let line = self.stderr.recv_timeout(PATIENCE);
            if line.unwrap_or_else(|_| panic!("{text:?} does not appear on stderr")).contains(text) {
                return;
            }
        }
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits for the program to end. Lines that were read before are not returned again.
    pub(crate) fn finish(mut self) -> Finished {
        let rest = |lines: &Receiver<String>| {
            let mut text = String::new();
            loop {
                match lines.recv_timeout(PATIENCE) {
                    Ok(line) => text += &line,
                    Err(RecvTimeoutError::Disconnected) => return text,
                    Err(RecvTimeoutError::Timeout) => panic!("the program does not end; it printed:\n{text}"),
                }
            }
        };
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        Finished { status: self.child.wait().unwrap(), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

/// Reads the lines of a stream on another thread, each with its line end.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            let read = stream.read_line(&mut line).expect("the program writes UTF-8");
            if read == 0 || send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

/// Runs an example to its end.
pub(crate) fn run(name: &str, vars: &[(&str, &str)]) -> Finished {
    Running::start(example(name, vars)).finish()
}

impl Finished {
    /// Returns the stdout of a program that must have succeeded.
    pub(crate) fn ok(self) -> String {
        assert!(self.status.success(), "{}\nstdout:\n{}\nstderr:\n{}", self.status, self.stdout, self.stderr);
        self.stdout
    }
}
