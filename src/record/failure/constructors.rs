//! Records that no span left behind: those that are read back, and those of tests.

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
    /// How many fields a record can have.
    #[cfg(feature = "read")]
    pub(crate) const MOST_FIELDS: usize = u16::MAX as usize + 1;

    /// A failure for tests.
    #[cfg(test)]
    pub(crate) fn example() -> Self {
        let mut failure = Self::unplaced(ProcessInfo::new("shop".to_owned(), None));
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

    /// A failure that nothing is known of but its origin.
    pub(crate) fn unplaced(process: ProcessInfo) -> Self {
        Self::new(Arc::new(process), Arc::new(SpanMetadata::unknown()))
    }

    /// The place, to be changed before anything is written of it.
    pub(crate) fn metadata_mut(&mut self) -> &mut SpanMetadata {
        Arc::make_mut(&mut self.metadata)
    }

    /// Adds a field that no place knows.
    pub(crate) fn add_field(&mut self, name: Name, value: Value<'_>) {
        let fields = &mut self.metadata_mut().fields;
        // `MOST_FIELDS` are there.
        let Ok(slot) = u16::try_from(fields.len()) else { return };
        fields.push(FieldName::new(name));
        let entry = Entry::new(slot, value, &mut self.texts);
        self.fields.push(entry);
    }

    /// Says which spans stand around, outermost first.
    pub(crate) fn set_parents(&mut self, names: impl IntoIterator<Item = Name>) {
        let metadata = |span| Arc::new(SpanMetadata { span, ..SpanMetadata::unknown() });
        self.around = names.into_iter().map(metadata).collect();
        self.around.reverse();
    }

    pub(crate) fn set_error(&mut self, error: Option<Value<'_>>, error_type: Option<Value<'_>>) {
        self.error = error.map(|value| self.add_text(value));
        self.error_type = error_type.map(|value| self.add_text(value));
    }
}
