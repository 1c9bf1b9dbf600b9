//! The record of one failed dispatch, in no language.

use crate::{activity::ActivityId, signal::Signal, value::Value};
use std::{
    borrow::Cow,
    fmt::{Debug, Write},
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// One failed dispatch: what a record of event 4031 says, before it is said in any language.
///
/// It holds identifiers and typed values only; [`Sink`](crate::Sink)s get it together with the
/// message in their language.
#[derive(Debug, Clone)]
pub struct Failure {
    pub(crate) timestamp: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) signal: Signal,
    pub(crate) activity_id: ActivityId,
    pub(crate) related_activity_id: Option<ActivityId>,
    pub(crate) span: Name,
    pub(crate) target: Name,
    pub(crate) file: Option<Name>,
    pub(crate) line: Option<u32>,
    pub(crate) parents: Vec<Name>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) pid: u32,
    pub(crate) suppressed: Option<u64>,
    texts: Texts,
    error: Option<Text>,
    error_type: Option<Text>,
    thread: Option<Text>,
    fields: Vec<(Name, Stored)>,
}

/// An identifier: of the program's own text, or of a stored record's.
pub(crate) type Name = Cow<'static, str>;

/// Where the failures of a reporter come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) app: String,
    pub(crate) host: Option<String>,
}

/// The texts of a record, one behind the other in one buffer that is used again.
#[derive(Debug, Clone, Default)]
struct Texts(String);

#[derive(Debug, Clone)]
struct Text(Range<usize>);

impl Texts {
    fn add(&mut self, text: &str) -> Text {
        let start = self.0.len();
        self.0.push_str(text);
        Text(start..self.0.len())
    }

    fn add_value(&mut self, value: Value<'_>) -> Text {
        let start = self.0.len();
        let _ = write!(self.0, "{value}");
        Text(start..self.0.len())
    }

    fn get(&self, text: &Text) -> &str {
        self.0.get(text.0.clone()).unwrap_or_default()
    }
}

/// A field's value; texts lie in the record's buffer.
#[derive(Debug, Clone)]
enum Stored {
    Plain(Value<'static>),
    Text(Text),
}

impl Failure {
    pub(crate) fn new(origin: Arc<Origin>) -> Self {
        Self {
            timestamp: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            signal: Signal::Status,
            activity_id: ActivityId::from_u128(0),
            related_activity_id: None,
            span: Cow::Borrowed(""),
            target: Cow::Borrowed(""),
            file: None,
            line: None,
            parents: Vec::new(),
            origin,
            pid: 0,
            suppressed: None,
            texts: Texts::default(),
            error: None,
            error_type: None,
            thread: None,
            fields: Vec::new(),
        }
    }

    /// A failure for tests.
    #[cfg(test)]
    pub(crate) fn example() -> Self {
        let mut failure = Self::new(Arc::new(Origin { app: "shop".to_owned(), host: None }));
        failure.duration = Duration::from_nanos(1_234_567_890);
        failure.signal = Signal::Err;
        failure.span = "dispatch_session".into();
        failure.set_error(Some(Value::Str("refused: 会话 🦀")), None);
        failure.add_field("session.id".into(), Value::U64(7));
        failure.add_field("ok".into(), Value::Bool(true));
        failure.add_field("ratio".into(), Value::F64(0.5));
        failure.add_field("name".into(), Value::Str("сеанс"));
        failure
    }

    /// Forgets everything that differs in length from record to record, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.parents.clear();
        self.fields.clear();
        self.texts.0.clear();
        (self.error, self.error_type, self.thread) = (None, None, None);
        self.suppressed = None;
    }

    /// How many bytes of memory the record holds.
    pub(crate) fn capacity(&self) -> usize {
        let fields = self.fields.capacity() * size_of::<(Name, Stored)>();
        let parents = self.parents.capacity() * size_of::<Name>();
        size_of::<Self>() + self.texts.0.capacity() + fields + parents
    }

    pub(crate) fn set_error(&mut self, error: Option<Value<'_>>, error_type: Option<Value<'_>>) {
        self.error = error.map(|value| self.texts.add_value(value));
        self.error_type = error_type.map(|value| self.texts.add_value(value));
    }

    pub(crate) fn set_thread(&mut self, name: Option<&str>) {
        self.thread = name.map(|name| self.texts.add(name));
    }

    pub(crate) fn add_field(&mut self, name: Name, value: Value<'_>) {
        let stored = match value {
            Value::Str(text) => Stored::Text(self.texts.add(text)),
            Value::Bool(value) => Stored::Plain(Value::Bool(value)),
            Value::I64(value) => Stored::Plain(Value::I64(value)),
            Value::U64(value) => Stored::Plain(Value::U64(value)),
            Value::I128(value) => Stored::Plain(Value::I128(value)),
            Value::U128(value) => Stored::Plain(Value::U128(value)),
            Value::F64(value) => Stored::Plain(Value::F64(value)),
        };
        self.fields.push((name, stored));
    }

    /// When the span closed.
    #[must_use]
    pub fn timestamp(&self) -> SystemTime {
        self.timestamp
    }

    /// From the span's opening to its close.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The rule that saw the failure.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// The cause; an error's sources are joined by `: `. `None` where it is not known, as with a
    /// panic.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_ref().map(|text| self.texts.get(text))
    }

    /// The cause's type, where the application gave one.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.error_type.as_ref().map(|text| self.texts.get(text))
    }

    /// How many failures of the same span and error type this record stands for, where it sums up
    /// those above the rate ([`Rate`](crate::Rate)); everything else is that of the last of them.
    #[must_use]
    pub fn suppressed(&self) -> Option<u64> {
        self.suppressed
    }

    /// The trace id where there is one, else an id of this span's own.
    #[must_use]
    pub fn activity_id(&self) -> ActivityId {
        self.activity_id
    }

    /// The activity id of the enclosing dispatch span, where it is another.
    #[must_use]
    pub fn related_activity_id(&self) -> Option<ActivityId> {
        self.related_activity_id
    }

    /// The dispatch span's name.
    #[must_use]
    pub fn span(&self) -> &str {
        &self.span
    }

    /// The dispatch span's target, by default its module path.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The source file of the dispatch span.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line in [`file`](Self::file), counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The names of the spans around the dispatch span that are looked at, outermost first.
    pub fn parents(&self) -> impl ExactSizeIterator<Item = &str> {
        self.parents.iter().map(AsRef::as_ref)
    }

    /// The dispatch span's fields in the order of their declaration, then those of its surroundings
    /// whose names are free.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, Value<'_>)> {
        self.fields.iter().map(|(name, stored)| (name.as_ref(), self.value(stored)))
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Value<'_>> {
        self.fields().find_map(|(found, value)| (found == name).then_some(value))
    }

    fn value<'a>(&'a self, stored: &Stored) -> Value<'a> {
        match stored {
            Stored::Plain(value) => *value,
            Stored::Text(text) => Value::Str(self.texts.get(text)),
        }
    }

    /// The application (the event's AppDomain).
    #[must_use]
    pub fn app(&self) -> &str {
        &self.origin.app
    }

    /// The host's name.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.origin.host.as_deref()
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The name of the thread on which the span closed.
    #[must_use]
    pub fn thread(&self) -> Option<&str> {
        self.thread.as_ref().map(|text| self.texts.get(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_record_is_known() {
        let mut failure = Failure::example();
        let before = failure.capacity();
        assert!(before > size_of::<Failure>() + failure.texts.0.len());
        failure.parents = vec!["a".into(); 64];
        assert!(failure.capacity() >= before + 64 * size_of::<Name>());
    }
}
