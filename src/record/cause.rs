//! Where the cause of a failure stands.

use crate::record::recording::Slot;

/// Where in a span's recording the cause of its failure stands, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cause {
    pub(crate) error: Option<Slot>,
    pub(crate) error_type: Option<Slot>,
}
