//! The record of one failed dispatch, in no language.

#[cfg(any(test, feature = "read"))]
mod constructors;

use crate::{
    record::{
        activity::ActivityId,
        cause::Cause,
        entry::Entry,
        metadata::{FieldName, RenderCache, SpanMetadata},
        recording::Recording,
        signal::Signal,
        value::Value,
    },
    text::escape,
};
use std::{
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
    pub(crate) process: Arc<ProcessInfo>,
    pub(crate) pid: u32,
    pub(crate) suppressed: Option<u64>,
    metadata: Arc<SpanMetadata>,
    /// The enclosing spans, the innermost first.
    around: Vec<Arc<SpanMetadata>>,
    /// Values of the fields of `place` (0) and of those around it, by their index in these.
    fields: Vec<Entry>,
    /// All values' texts, one behind the other in one buffer that is used again.
    texts: String,
    error: Option<Text>,
    error_type: Option<Text>,
    thread: Option<Text>,
}

/// Where the failures of a reporter come from.
#[derive(Debug, Clone)]
pub(crate) struct ProcessInfo {
    pub(crate) app: String,
    pub(crate) host: Option<String>,
    pub(crate) cache: RenderCache,
}

impl ProcessInfo {
    pub(crate) fn new(app: String, host: Option<String>) -> Self {
        Self { app, host, cache: RenderCache::default() }
    }
}

/// A part of a record's texts.
type Text = Range<usize>;

/// How many enclosing spans a record names and has fields of.
const PARENTS: u8 = 254;

impl Failure {
    pub(crate) fn new(process: Arc<ProcessInfo>, metadata: Arc<SpanMetadata>) -> Self {
        Self {
            timestamp: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            signal: Signal::Status,
            activity_id: ActivityId::from_u128(0),
            related_activity_id: None,
            process,
            pid: 0,
            suppressed: None,
            metadata,
            around: Vec::new(),
            fields: Vec::new(),
            texts: String::new(),
            error: None,
            error_type: None,
            thread: None,
        }
    }

    /// Becomes the record of another span, in the same memory; [`take`](Self::take) is to follow.
    pub(crate) fn restart(&mut self, process: &Arc<ProcessInfo>, metadata: &Arc<SpanMetadata>) {
        // The counts of references are other threads' as well, and mostly these are the same.
        if !Arc::ptr_eq(&self.process, process) {
            self.process = Arc::clone(process);
        }
        if !Arc::ptr_eq(&self.metadata, metadata) {
            self.metadata = Arc::clone(metadata);
        }
        self.around.clear();
        (self.thread, self.related_activity_id, self.suppressed) = (None, None, None);
    }

    /// How many bytes of memory the record holds.
    pub(crate) fn capacity(&self) -> usize {
        let fields = self.fields.capacity() * size_of::<Entry>();
        let around = self.around.capacity() * size_of::<Arc<SpanMetadata>>();
        size_of::<Self>() + self.texts.capacity() + fields + around
    }

    pub(crate) fn set_thread(&mut self, name: Option<&str>) {
        self.thread = name.map(|name| self.add_text(Value::Str(name)));
    }

    fn add_text(&mut self, value: Value<'_>) -> Text {
        let start = self.texts.len();
        match value {
            Value::Str(text) => self.texts.push_str(text),
            value => _ = write!(self.texts, "{value}"),
        }
        start..self.texts.len()
    }

    /// Begins with what the span itself recorded: at most `limit` of its fields, and the cause. Says how
    /// many fields there was no room for.
    pub(crate) fn take(&mut self, recording: &Recording, cause: Cause, limit: usize) -> usize {
        let (entries, texts) = recording.field_entries();
        let kept = entries.get(..limit).unwrap_or(entries);
        self.fields.clear();
        self.fields.extend_from_slice(kept);
        // All texts at once, so that they lie where the entries say.
        self.texts.clear();
        self.texts.push_str(texts);
        let mut text = |slot: Option<_>| {
            let slot = slot?;
            recording.text_range(slot).or_else(|| Some(self.add_text(recording.get(slot)?)))
        };
        (self.error, self.error_type) = (text(cause.error), text(cause.error_type));
        entries.len() - kept.len()
    }

    /// Notes an enclosing span, the innermost first; `None` where there are too many.
    pub(crate) fn add_parent(&mut self, metadata: &Arc<SpanMetadata>) -> Option<u8> {
        let number = u8::try_from(self.around.len() + 1).ok().filter(|number| *number <= PARENTS)?;
        self.around.push(Arc::clone(metadata));
        Some(number)
    }

    /// Adds values of an enclosing span's fields where their names are free, so that there are at most
    /// `limit`; says how many there was no room for.
    pub(crate) fn add_context_fields(
        &mut self,
        number: Option<u8>,
        metadata: &SpanMetadata,
        entries: &[Entry],
        texts: &str,
        limit: usize,
    ) -> usize {
        let mut left_out = 0;
        for entry in entries {
            let Some(name) = metadata.fields.get(usize::from(entry.slot)) else { continue };
            if self.field(&name.text).is_some() {
                continue;
            }
            match number.filter(|_| self.fields.len() < limit) {
                Some(number) => {
                    let mut own = Entry::new(entry.slot, entry.value(texts), &mut self.texts);
                    own.span = number;
                    self.fields.push(own);
                }
                None => left_out += 1,
            }
        }
        left_out
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
        self.text(self.error.as_ref())
    }

    /// The cause's type, where the application gave one.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.text(self.error_type.as_ref())
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
        &self.metadata.span
    }

    /// The dispatch span's target, by default its module path.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.metadata.target
    }

    /// The source file of the dispatch span.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.metadata.file.as_deref()
    }

    /// The line in [`file`](Self::file), counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.metadata.line
    }

    /// The names of the spans around the dispatch span that are looked at, outermost first.
    pub fn parents(&self) -> impl ExactSizeIterator<Item = &str> {
        self.around.iter().rev().map(|metadata| metadata.span.as_ref())
    }

    /// The dispatch span's fields in the order of their declaration, then those of its surroundings
    /// whose names are free.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, Value<'_>)> {
        self.fields.iter().map(|entry| {
            let name = self.field_name(entry).map_or("", |name| &name.text);
            (name, entry.value(&self.texts))
        })
    }

    /// The same with what is known of the names.
    #[inline(always)]
    pub(crate) fn for_each_field(&self, mut look: impl FnMut(&FieldName, Value<'_>)) {
        for entry in &self.fields {
            if let Some(name) = self.field_name(entry) {
                look(name, entry.value(&self.texts));
            }
        }
    }

    /// Whether no text of the record's values has to be escaped in any format. It may say no where none
    /// has to.
    pub(crate) fn is_plain(&self) -> bool {
        escape::is_plain(&self.texts)
    }

    #[inline(always)]
    fn field_name(&self, entry: &Entry) -> Option<&FieldName> {
        let metadata = match entry.span {
            0 => &self.metadata,
            number => self.around.get(usize::from(number) - 1)?,
        };
        metadata.fields.get(usize::from(entry.slot))
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Value<'_>> {
        let is_named = |entry: &&Entry| self.field_name(entry).is_some_and(|field| field.text == name);
        self.fields.iter().find(is_named).map(|entry| entry.value(&self.texts))
    }

    /// The value of the first field that a Fluent variable stands for.
    pub(crate) fn variable(&self, name: &str) -> Option<Value<'_>> {
        let is_named = |entry: &&Entry| self.field_name(entry).is_some_and(|field| field.is_variable(name));
        self.fields.iter().find(is_named).map(|entry| entry.value(&self.texts))
    }

    #[inline]
    fn text(&self, text: Option<&Text>) -> Option<&str> {
        text.map(|text| self.texts.get(text.clone()).unwrap_or_default())
    }

    /// The dispatch span's callsite.
    pub(crate) fn metadata(&self) -> &SpanMetadata {
        &self.metadata
    }

    /// The application (the event's AppDomain).
    #[must_use]
    pub fn app(&self) -> &str {
        &self.process.app
    }

    /// The host's name.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.process.host.as_deref()
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The name of the thread on which the span closed.
    #[must_use]
    pub fn thread(&self) -> Option<&str> {
        self.text(self.thread.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capacity_of_a_record_counts_texts_and_parents() {
        let mut failure = Failure::example();
        let before = failure.capacity();
        assert!(before > size_of::<Failure>() + failure.texts.len());
        failure.set_parents(vec!["a".into(); 64]);
        assert!(failure.capacity() >= before + 64 * size_of::<Arc<SpanMetadata>>());
    }

    #[test]
    fn the_outermost_of_too_many_parents_are_left_out_and_counted() {
        let mut failure = Failure::example();
        let mut outer = SpanMetadata::unknown();
        outer.fields.push(FieldName::new("tenant".into()));
        let outer = Arc::new(outer);
        let (mut texts, values) = (String::new(), Value::Str("acme"));
        let entries = [Entry::new(0, values, &mut texts)];
        (1..=PARENTS).for_each(|number| assert_eq!(failure.add_parent(&outer), Some(number)));
        assert_eq!((failure.add_parent(&outer), failure.parents().len()), (None, 254));
        assert_eq!(failure.add_context_fields(None, &outer, &entries, &texts, 64), 1);
        assert_eq!(failure.field("tenant"), None);
        assert_eq!(failure.add_context_fields(Some(PARENTS), &outer, &entries, &texts, 64), 0);
        assert_eq!(failure.field("tenant"), Some(values));
    }
}
