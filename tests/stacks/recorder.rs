//! A layer that keeps the numbers of the spans and events that it sees.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::layer::{Context, Layer};

/// A layer that keeps the number of each span and event that it sees: the field `n`, or the number after
/// `#` in a record of `log`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<u64>>>);

impl Recorder {
    /// Takes the numbers that were seen, sorted.
    pub(crate) fn take(&self) -> Vec<u64> {
        let mut seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.sort_unstable();
        seen
    }

    fn keep(&self, record: impl FnOnce(&mut Number)) {
        let mut number = Number(None);
        record(&mut number);
        self.0.lock().unwrap().extend(number.0);
    }
}

struct Number(Option<u64>);

impl Visit for Number {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "n" {
            self.0 = Some(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = self.0.or(format!("{value:?}").strip_prefix('#').and_then(|it| it.parse().ok()));
        }
    }
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.keep(|number| attributes.record(number));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.keep(|number| event.record(number));
    }
}
