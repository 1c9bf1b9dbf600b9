//! What the programs share: a subscriber set by the environment, a hand on the recorder, and what
//! they say at the end.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
};
use tracing::{Dispatch, dispatcher};
use tracing_dispatch_failure::{Builder, Reporter};
use tracing_subscriber::prelude::*;

/// A reporter as the variables `DISPATCH_FAILURE_…` have it. Those of languages do not count: wine
/// takes the language of its user interface from them, and that is what is to be seen.
pub fn builder() -> Builder {
    let is_language = |name: &str| name.starts_with("LC_") || name.starts_with("LANG");
    Builder::from_vars(std::env::vars_os().filter(|(name, _)| !is_language(&name.to_string_lossy())))
}

/// Runs something under a reporter's layer, and then says what became of the records. With that the
/// reporter ends, and all that it has registered.
pub fn run(builder: Builder, body: impl FnOnce(&Reporter, &Dispatch)) {
    let reporter = builder.build().expect("a reporter");
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(reporter.layer()));
    dispatcher::with_default(&dispatch, || {
        reporter.verify().expect("nothing hides dispatch spans");
        body(&reporter, &dispatch);
    });
    print_stats(&reporter);
}

/// One line on stdout, in JSON.
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

/// Opens a dispatch span that has failed once it is closed.
#[macro_export]
macro_rules! fail {
    ($($fields:tt)*) => {
        drop(tracing::info_span!("dispatch_session", $($fields)*))
    };
}

/// A hand on the recorder: it plays the trace session.
pub struct Recorder(BufReader<File>);

impl Recorder {
    /// Connects to the recorder, which is there once a provider is registered.
    pub fn connect() -> Self {
        let pipe = format!(r"\\.\pipe\etw-recorder-{}", std::process::id());
        let pipe = OpenOptions::new().read(true).write(true).open(pipe).expect("the recorder's pipe");
        Self(BufReader::new(pipe))
    }

    /// Gives a command, and waits until it is obeyed.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.0.get_mut(), "{command}").expect("the recorder reads");
        let mut answer = String::new();
        self.0.read_line(&mut answer).expect("the recorder answers");
        assert_eq!(answer.trim_end(), "ok", "{command}");
    }
}
