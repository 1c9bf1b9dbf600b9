//! The cause of a failure, as slots of a recording.

use crate::record::recording::Slot;

/// The slots of a span's recording that contain the cause of its failure, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cause {
    pub(crate) error: Option<Slot>,
    pub(crate) error_type: Option<Slot>,
}
