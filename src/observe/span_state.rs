//! The layers' state of an open span, stored in the span's extensions.

use crate::{observe::outcome::Evidence, record::recording::Recording};
use std::time::Instant;

/// The states that the layers of one stack keep of an open span.
///
/// Nearly always there is one layer, so only further layers need the `Vec`.
pub(super) struct SpanStates {
    pub(super) first: SpanState,
    pub(super) others: Vec<SpanState>,
}

/// One layer's state of an open span.
pub(super) struct SpanState {
    /// The number of the layer that keeps this state.
    pub(super) layer: u32,
    /// The number of that layer's reporter. A second layer of the same reporter keeps no state.
    pub(super) reporter: u32,
    pub(super) evidence: Evidence,
    pub(super) opened: Instant,
    /// The span's number, from which its activity id is made if it has no trace id.
    pub(super) number: u64,
    pub(super) recording: Recording,
}

impl SpanStates {
    /// Appends the first state to the states of other layers. Returns whether it was kept: if one of them belongs
    /// to the same reporter, it is dropped, so that the span is reported once.
    #[cold]
    pub(super) fn append_to(&mut self, earlier: Self) -> bool {
        let own = std::mem::replace(self, earlier);
        let is_new = self.iter().all(|other| other.reporter != own.first.reporter);
        if is_new {
            self.others.push(own.first);
        }
        is_new
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SpanState> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Returns the state of a layer.
    pub(super) fn get(&self, layer: u32) -> Option<&SpanState> {
        self.iter().find(|state| state.layer == layer)
    }

    /// Returns the state of a layer, to be changed.
    pub(super) fn get_mut(&mut self, layer: u32) -> Option<&mut SpanState> {
        std::iter::once(&mut self.first).chain(&mut self.others).find(|state| state.layer == layer)
    }
}
