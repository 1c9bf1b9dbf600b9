//! Constructors of records without a span: stored records that are read back, and records for tests.

use super::{Failure, ProcessInfo};
use crate::record::{
    entry::Entry,
    metadata::{FieldName, Name, SpanMetadata},
    value::Value,
};
use std::sync::Arc;
#[cfg(test)]
use {crate::record::signal::Signal, std::time::Duration};

impl Failure {
    /// The maximum number of fields that a record can have, because their slots are `u16`.
    #[cfg(feature = "read")]
    pub(crate) const MAX_FIELDS: usize = u16::MAX as usize + 1;

    /// Creates a record for tests.
    #[cfg(test)]
    pub(crate) fn example() -> Self {
        let mut failure = Self::without_span(ProcessInfo::new("shop".to_owned(), None));
        failure.duration = Duration::from_nanos(1_234_567_890);
        failure.signal = Signal::Err;
        failure.metadata_mut().span = "dispatch_session".into();
        failure.set_error(Some(Value::Str("refused: 会话 🦀")), None);
        failure.add_field("session.id".into(), Value::U64(7));
        failure.add_field("ok".into(), Value::Bool(true));
        failure.add_field("ratio".into(), Value::F64(0.5));
        failure.add_field("name".into(), Value::Str("сеанс"));
        failure
    }

    /// Creates a record of which only the process is known.
    pub(crate) fn without_span(process: ProcessInfo) -> Self {
        Self::new(Arc::new(process), Arc::new(SpanMetadata::unknown()))
    }

    /// Returns the metadata, to be filled in before the record is written. A later change would not reach its
    /// cached text.
    pub(crate) fn metadata_mut(&mut self) -> &mut SpanMetadata {
        // Nothing else shares it yet, so this does not copy.
        Arc::make_mut(&mut self.metadata)
    }

    /// Adds a field, and its name to the metadata. A field above [`MAX_FIELDS`](Self::MAX_FIELDS) is ignored.
    pub(crate) fn add_field(&mut self, name: Name, value: Value<'_>) {
        let fields = &mut self.metadata_mut().fields;
        let Ok(slot) = u16::try_from(fields.len()) else { return };
        fields.push(FieldName::new(name));
        let entry = Entry::new(slot, value, &mut self.texts);
        self.fields.push(entry);
    }

    /// Sets the names of the enclosing spans, the outermost first.
    pub(crate) fn set_parents(&mut self, names: impl IntoIterator<Item = Name>) {
        let metadata = |span| Arc::new(SpanMetadata { span, ..SpanMetadata::unknown() });
        self.parents = names.into_iter().map(metadata).collect();
        // They are stored with the innermost first.
        self.parents.reverse();
    }

    /// Sets the cause and its type.
    pub(crate) fn set_error(&mut self, error: Option<Value<'_>>, error_type: Option<Value<'_>>) {
        self.error = error.map(|value| self.add_text(value));
        self.error_type = error_type.map(|value| self.add_text(value));
    }
}
