//! Shared by the programs: a reporter configured by the environment, control of the recorder, and the
//! counts that they print at the end.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
};
use tracing::{Dispatch, dispatcher};
use tracing_dispatch_failure::{Builder, Reporter};
use tracing_subscriber::prelude::*;

/// A builder configured by the variables `DISPATCH_FAILURE_…`. Variables for languages are left out: wine
/// takes the language of its user interface from them, which is what the checks test.
pub fn builder() -> Builder {
    let is_language = |name: &str| name.starts_with("LC_") || name.starts_with("LANG");
    Builder::from_vars(std::env::vars_os().filter(|(name, _)| !is_language(&name.to_string_lossy())))
}

/// Runs `body` under a reporter's layer, and prints the reporter's counts. Then the reporter is dropped,
/// which ends its registrations.
pub fn run(builder: Builder, body: impl FnOnce(&Reporter, &Dispatch)) {
    let reporter = builder.build().expect("a reporter");
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(reporter.layer()));
    dispatcher::with_default(&dispatch, || {
        reporter.verify().expect("nothing hides dispatch spans");
        body(&reporter, &dispatch);
    });
    print_stats(&reporter);
}

/// Prints the counts on stdout, as one line of JSON.
pub fn print_stats(reporter: &Reporter) {
    let stats = reporter.stats();
    let total = stats.total();
    println!(
        r#"{{"observed":{},"delivered":{},"failed":{},"not_listening":{},"missing_messages":{}}}"#,
        total.observed,
        total.delivered,
        total.failed(),
        total.not_listening,
        stats.missing_messages
    );
}

/// Opens and closes a dispatch span that fails.
#[macro_export]
macro_rules! fail {
    ($($fields:tt)*) => {
        drop(tracing::info_span!("dispatch_session", $($fields)*))
    };
}

/// Controls the trace session that the recorder plays.
pub struct Recorder(BufReader<File>);

impl Recorder {
    /// Connects to the recorder, which listens once a provider is registered.
    pub fn connect() -> Self {
        let pipe = format!(r"\\.\pipe\etw-recorder-{}", std::process::id());
        let pipe = OpenOptions::new().read(true).write(true).open(pipe).expect("the recorder's pipe");
        Self(BufReader::new(pipe))
    }

    /// Sends a command, and waits until the recorder has obeyed it.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.0.get_mut(), "{command}").expect("the recorder reads");
        let mut answer = String::new();
        self.0.read_line(&mut answer).expect("the recorder answers");
        assert_eq!(answer.trim_end(), "ok", "{command}");
    }
}
