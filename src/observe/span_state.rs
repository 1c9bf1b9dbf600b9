//! What the layers of one stack keep of an open span, in its extensions.

use crate::{observe::outcome::Evidence, record::recording::Recording};
use std::time::Instant;

/// What is kept of an open span, by one layer or by several in one stack.
pub(super) struct States {
    pub(super) first: State,
    pub(super) others: Vec<State>,
}

/// What one layer keeps of an open span.
pub(super) struct State {
    /// The layer that keeps this state.
    pub(super) owner: u32,
    /// The reporter of that layer; a second layer of the same reporter keeps none.
    pub(super) reporter: u32,
    pub(super) evidence: Evidence,
    pub(super) opened: Instant,
    pub(super) number: u64,
    pub(super) recording: Recording,
}

impl States {
    /// Puts what another layer kept in front, and forgets its own where that is the same reporter's; says whether
    /// it is kept.
    #[cold]
    pub(super) fn add_to(&mut self, before: Self) -> bool {
        let own = std::mem::replace(self, before);
        let is_new = self.iter().all(|other| other.reporter != own.first.reporter);
        if is_new {
            self.others.push(own.first);
        }
        is_new
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &State> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(super) fn of(&self, owner: u32) -> Option<&State> {
        self.iter().find(|state| state.owner == owner)
    }

    pub(super) fn of_mut(&mut self, owner: u32) -> Option<&mut State> {
        std::iter::once(&mut self.first).chain(&mut self.others).find(|state| state.owner == owner)
    }
}
