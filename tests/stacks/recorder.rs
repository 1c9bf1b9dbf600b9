//! A layer that keeps the numbers of what it sees.

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

/// A layer that keeps the number of each span and event that it sees: the field `n`, or what stands
/// behind `#` in a record of `log`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<u64>>>);

impl Recorder {
    /// What was seen, in the order of the numbers.
    pub(crate) fn take(&self) -> Vec<u64> {
        let mut seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.sort_unstable();
        seen
    }

    fn see(&self, record: impl FnOnce(&mut Number)) {
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
        self.see(|number| attributes.record(number));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.see(|number| event.record(number));
    }
}
