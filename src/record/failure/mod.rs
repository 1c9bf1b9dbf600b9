//! The record of one failed dispatch, independent of language.

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

/// One failed dispatch: the content of a record of event 4031, independent of language.
///
/// It contains identifiers and typed values. A [`Sink`](crate::Sink) gets it together with the message in the
/// sink's language. Texts are as the application recorded them, within the reporter's limits, and are not
/// escaped.
///
/// # Example: what a record knows
///
/// ```
/// # use tracing_dispatch_failure::{MemorySink, Reporter};
/// # use tracing_subscriber::prelude::*;
/// # let memory = MemorySink::new();
/// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
/// tracing::info_span!("dispatch_session", session.id = 7).in_scope(|| {
///     tracing::error!(error = "connection refused");
/// });
///
/// let failure = memory.take()[0].failure().clone();
/// assert_eq!(failure.span(), "dispatch_session");
/// assert_eq!(failure.error(), Some("connection refused"));
/// assert_eq!(failure.signal().name(), "err");
/// assert_eq!(failure.pid(), std::process::id());
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
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
    /// The enclosing spans that the record names, the innermost first.
    parents: Vec<Arc<SpanMetadata>>,
    /// The values of the fields of `metadata` (span 0) and of `parents` (span 1 and above). Their slots are
    /// indexes into the field names of that span.
    fields: Vec<Entry>,
    /// The texts of all values, one after the other. One buffer, because it is used again for the next
    /// record.
    texts: String,
    error: Option<TextRange>,
    error_type: Option<TextRange>,
    thread: Option<TextRange>,
}

/// The process that the failures come from: application and host.
#[derive(Debug, Clone)]
pub(crate) struct ProcessInfo {
    pub(crate) app: String,
    pub(crate) host: Option<String>,
    pub(crate) cache: RenderCache,
}

impl ProcessInfo {
    /// Creates the description of a process.
    pub(crate) fn new(app: String, host: Option<String>) -> Self {
        Self { app, host, cache: RenderCache::default() }
    }
}

/// The range of a text in a record's texts.
type TextRange = Range<usize>;

/// The maximum number of enclosing spans that a record names and has fields of. With the dispatch span as 0, their
/// numbers fit into a byte.
const MAX_PARENTS: u8 = 254;

impl Failure {
    /// Creates an empty record.
    pub(crate) fn new(process: Arc<ProcessInfo>, metadata: Arc<SpanMetadata>) -> Self {
        Self {
            // Placeholders, until the caller sets the values.
            timestamp: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            signal: Signal::Status,
            activity_id: ActivityId::from_u128(0),
            related_activity_id: None,
            process,
            pid: 0,
            suppressed: None,
            metadata,
            parents: Vec::new(),
            fields: Vec::new(),
            texts: String::new(),
            error: None,
            error_type: None,
            thread: None,
        }
    }

    /// Prepares the record for another span and keeps its memory. The caller must call
    /// [`copy_recording`](Self::copy_recording) next, which clears fields and texts.
    pub(crate) fn reset(&mut self, process: &Arc<ProcessInfo>, metadata: &Arc<SpanMetadata>) {
        // Other threads change the same reference counts, so they are only touched if something differs; most
        // often, it does not.
        if !Arc::ptr_eq(&self.process, process) {
            self.process = Arc::clone(process);
        }
        if !Arc::ptr_eq(&self.metadata, metadata) {
            self.metadata = Arc::clone(metadata);
        }
        self.parents.clear();
        // All other values are set for every record.
        (self.thread, self.related_activity_id, self.suppressed) = (None, None, None);
    }

    /// Returns the memory that the record uses, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        let fields = self.fields.capacity() * size_of::<Entry>();
        let parents = self.parents.capacity() * size_of::<Arc<SpanMetadata>>();
        size_of::<Self>() + self.texts.capacity() + fields + parents
    }

    /// Sets the name of the thread on which the span closed.
    pub(crate) fn set_thread(&mut self, name: Option<&str>) {
        self.thread = name.map(|name| self.add_text(Value::Str(name)));
    }

    /// Appends a value to the texts, and returns its range.
    fn add_text(&mut self, value: Value<'_>) -> TextRange {
        let start = self.texts.len();
        match value {
            Value::Str(text) => self.texts.push_str(text),
            value => _ = write!(self.texts, "{value}"),
        }
        start..self.texts.len()
    }

    /// Copies what the dispatch span recorded: at most `limit` of its fields, and the cause. Returns how many
    /// fields were left out.
    pub(crate) fn copy_recording(&mut self, recording: &Recording, cause: Cause, limit: usize) -> usize {
        let (entries, texts) = recording.field_entries();
        // The first fields of the declaration are kept.
        let kept = entries.get(..limit).unwrap_or(entries);
        self.fields.clear();
        self.fields.extend_from_slice(kept);
        // All texts at once, so that the ranges in the entries stay valid.
        self.texts.clear();
        self.texts.push_str(texts);
        let mut text = |slot: Option<_>| {
            let slot = slot?;
            // A text is already copied. A number is not, and is written as text.
            recording.text_range(slot).or_else(|| Some(self.add_text(recording.get(slot)?)))
        };
        (self.error, self.error_type) = (text(cause.error), text(cause.error_type));
        entries.len() - kept.len()
    }

    /// Adds an enclosing span, the innermost first. Returns its number, or `None` if there are too many.
    pub(crate) fn add_parent(&mut self, metadata: &Arc<SpanMetadata>) -> Option<u8> {
        let number = u8::try_from(self.parents.len() + 1).ok().filter(|number| *number <= MAX_PARENTS)?;
        self.parents.push(Arc::clone(metadata));
        Some(number)
    }

    /// Adds the fields of an enclosing span whose names are not in the record yet, up to `limit` fields in
    /// total. Returns how many were left out.
    pub(crate) fn add_context_fields(
        &mut self,
        number: Option<u8>,
        metadata: &SpanMetadata,
        entries: &[Entry],
        texts: &str,
        limit: usize,
    ) -> usize {
        let mut dropped = 0;
        for entry in entries {
            // The dispatch span and inner spans win over outer ones.
            let Some(name) = metadata.fields.get(usize::from(entry.slot)) else { continue };
            if self.field(&name.text).is_some() {
                continue;
            }
            match number.filter(|_| self.fields.len() < limit) {
                Some(number) => {
                    let mut copy = Entry::new(entry.slot, entry.value(texts), &mut self.texts);
                    copy.span = number;
                    self.fields.push(copy);
                }
                // Counted, so that `Stats::cut_fields` shows the loss.
                None => dropped += 1,
            }
        }
        dropped
    }

    /// Returns when the span closed.
    #[must_use]
    pub fn timestamp(&self) -> SystemTime {
        self.timestamp
    }

    /// Returns the time from the span's opening to its close. Records show it in milliseconds with three
    /// decimals.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns the rule that detected the failure.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// Returns the cause of the failure, or `None` if it is not known, as with a panic.
    ///
    /// The sources of an error follow it, joined by `: `; at most 16 errors are shown.
    ///
    /// # Example: an error with its source
    ///
    /// ```
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// use std::{error::Error, ffi::CString};
    ///
    /// let error = CString::new([0xff]).unwrap().into_string().unwrap_err();
    /// drop(tracing::info_span!("dispatch_session", error = &error as &dyn Error));
    ///
    /// let failure = memory.take()[0].failure().clone();
    /// let expected = "C string contained non-utf8 bytes: invalid utf-8 sequence of 1 bytes from index 0";
    /// assert_eq!(failure.error(), Some(expected));
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.text(self.error.as_ref())
    }

    /// Returns the type of the cause, such as the value of a field `error.type`. `None` if the application
    /// gave none.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.text(self.error_type.as_ref())
    }

    /// Returns how many failures this record summarizes, or `None` if it is not a summary record.
    ///
    /// A summary record stands for the failures above the rate ([`Rate`](crate::Rate)) with the same span and
    /// error type. All its other values come from the last of them.
    #[must_use]
    pub fn suppressed(&self) -> Option<u64> {
        self.suppressed
    }

    /// Returns the trace id if there is one, otherwise an id that is unique to this span.
    #[must_use]
    pub fn activity_id(&self) -> ActivityId {
        self.activity_id
    }

    /// Returns the activity id of the enclosing dispatch span, if there is one and its id differs.
    #[must_use]
    pub fn related_activity_id(&self) -> Option<ActivityId> {
        self.related_activity_id
    }

    /// Returns the dispatch span's name.
    #[must_use]
    pub fn span(&self) -> &str {
        &self.metadata.span
    }

    /// Returns the dispatch span's target, by default its module path.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.metadata.target
    }

    /// Returns the source file of the dispatch span, if `tracing` knows it.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.metadata.file.as_deref()
    }

    /// Returns the line in [`file`](Self::file), counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.metadata.line
    }

    /// Returns the names of the enclosing spans, the outermost first.
    ///
    /// Only spans that [`Builder::spans`](crate::Builder::spans) or
    /// [`Builder::context`](crate::Builder::context) selects, or that have a field `trace_id`, are included;
    /// at most 254.
    ///
    /// # Example: the path to the failed span
    ///
    /// ```
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let builder = Reporter::builder().sinks([]).add_sink("memory", memory.clone());
    /// let reporter = builder.context("[server],[request]".parse()?).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// tracing::info_span!("server").in_scope(|| {
    ///     tracing::info_span!("request").in_scope(|| {
    ///         drop(tracing::info_span!("dispatch_session", error = "refused"));
    ///     });
    /// });
    ///
    /// let failure = memory.take()[0].failure().clone();
    /// assert!(failure.parents().eq(["server", "request"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parents(&self) -> impl ExactSizeIterator<Item = &str> {
        // They were added from the inside out.
        self.parents.iter().rev().map(|metadata| metadata.span.as_ref())
    }

    /// Returns the fields that have a value: the dispatch span's in the order of their declaration, then the
    /// fields of the context spans, the innermost span first.
    ///
    /// # Example: printing all fields
    ///
    /// ```
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// use tracing::field::Empty;
    ///
    /// drop(tracing::info_span!("dispatch_session", session.id = 7, worker = Empty, error = "refused"));
    ///
    /// let failure = memory.take()[0].failure().clone();
    /// let fields: Vec<String> = failure.fields().map(|(name, value)| format!("{name}={value}")).collect();
    /// assert_eq!(fields, ["session.id=7", "error=refused"], "`worker` was never recorded");
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, Value<'_>)> {
        self.fields.iter().map(|entry| {
            let name = self.field_name(entry).map_or("", |name| &name.text);
            (name, entry.value(&self.texts))
        })
    }

    /// Calls `visit` for each field, with the field's name and its cached text.
    #[inline(always)]
    pub(crate) fn for_each_field(&self, mut visit: impl FnMut(&FieldName, Value<'_>)) {
        for entry in &self.fields {
            if let Some(name) = self.field_name(entry) {
                visit(name, entry.value(&self.texts));
            }
        }
    }

    /// Returns whether no text of the record's values needs an escape in any format. It may return `false`
    /// although none does.
    pub(crate) fn is_plain(&self) -> bool {
        escape::is_plain(&self.texts)
    }

    /// Returns the name of an entry's field.
    #[inline(always)]
    fn field_name(&self, entry: &Entry) -> Option<&FieldName> {
        let metadata = match entry.span {
            // 0 is the dispatch span; the parents count from 1.
            0 => &self.metadata,
            number => self.parents.get(usize::from(number) - 1)?,
        };
        metadata.fields.get(usize::from(entry.slot))
    }

    /// Returns the value of the first field with this name.
    ///
    /// # Example: a field of the dispatch span
    ///
    /// ```
    /// # use tracing_dispatch_failure::{MemorySink, Reporter};
    /// # use tracing_subscriber::prelude::*;
    /// # let memory = MemorySink::new();
    /// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
    /// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
    /// use tracing_dispatch_failure::Value;
    ///
    /// drop(tracing::info_span!("dispatch_session", worker = "w-1", error = "refused"));
    ///
    /// let failure = memory.take()[0].failure().clone();
    /// assert_eq!(failure.field("worker"), Some(Value::Str("w-1")));
    /// assert_eq!(failure.field("session.id"), None);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Value<'_>> {
        // A record has few fields, so a linear search is enough.
        let is_named = |entry: &&Entry| self.field_name(entry).is_some_and(|field| field.text == name);
        self.fields.iter().find(is_named).map(|entry| entry.value(&self.texts))
    }

    /// Returns the value of the first field whose Fluent variable has this name.
    pub(crate) fn field_by_variable(&self, name: &str) -> Option<Value<'_>> {
        let is_named = |entry: &&Entry| self.field_name(entry).is_some_and(|field| field.is_variable(name));
        self.fields.iter().find(is_named).map(|entry| entry.value(&self.texts))
    }

    /// Returns the text in a range.
    #[inline]
    fn text(&self, text: Option<&TextRange>) -> Option<&str> {
        text.map(|text| self.texts.get(text.clone()).unwrap_or_default())
    }

    /// Returns the dispatch span's metadata.
    pub(crate) fn metadata(&self) -> &SpanMetadata {
        &self.metadata
    }

    /// Returns the application's name (the event's AppDomain).
    #[must_use]
    pub fn app(&self) -> &str {
        &self.process.app
    }

    /// Returns the host's name, if it is known.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.process.host.as_deref()
    }

    /// Returns the process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns the name of the thread on which the span closed, if the thread has one.
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
        (1..=MAX_PARENTS).for_each(|number| assert_eq!(failure.add_parent(&outer), Some(number)));
        assert_eq!((failure.add_parent(&outer), failure.parents().len()), (None, 254));
        assert_eq!(failure.add_context_fields(None, &outer, &entries, &texts, 64), 1);
        assert_eq!(failure.field("tenant"), None);
        assert_eq!(failure.add_context_fields(Some(MAX_PARENTS), &outer, &entries, &texts, 64), 0);
        assert_eq!(failure.field("tenant"), Some(values));
    }
}
