//! `fmt`, which prints all events of spans into a buffer.

use crate::{Boxed, Filter, Neighbouring, Stack};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing::{Subscriber, dispatcher};
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::{
    fmt::{self, format::FmtSpan},
    registry::LookupSpan,
};

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Neighbouring for Output {
    fn layer<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(&self, filter: Filter) -> Boxed<S> {
        let output = self.clone();
        let layer = fmt::layer().without_time().with_ansi(false).with_span_events(FmtSpan::FULL);
        filter.around(layer.with_writer(move || output.clone()))
    }
}

pub(crate) fn exported(stack: Stack, reporter: &Reporter, run: impl FnOnce()) -> Vec<String> {
    let output = Output::default();
    dispatcher::with_default(&stack.dispatch(reporter, &output), run);
    let bytes = output.0.lock().expect("no panic").clone();
    String::from_utf8(bytes).expect("fmt prints UTF-8").lines().map(str::to_owned).collect()
}
