//! Tracks whether a thread is inside a dispatch span, in a few machine words per thread and at any depth.
//!
//! The *members* of a layer are its dispatch spans and the spans inside them. For each layer, a thread counts the
//! members that it has entered. While there are any, it also counts the *non-members* that it enters after them, such
//! as a span that is opened with `parent: None` inside a dispatch.

use std::cell::Cell;

/// The counts of one layer on this thread.
#[derive(Debug, Clone, Copy)]
struct LayerCount {
    /// The layer's number; 0 if this count is free.
    layer: u32,
    non_members: u32,
    members: u64,
    /// The subscriber that the layer is part of, as in [`LayerId::subscriber`].
    subscriber: usize,
}

impl LayerCount {
    #[inline(always)]
    fn is_of(self, layer: u32) -> bool {
        self.layer == layer
    }
}

const FREE: LayerCount = LayerCount { layer: 0, members: 0, non_members: 0, subscriber: 0 };

/// The maximum number of layers that count on one thread at a time: the layers of a stack, and of other stacks that the
/// thread entered with `set_default` inside a dispatch.
const MAX_LAYERS: usize = 4;

thread_local! {
    /// The number of all members that the thread has entered. It is nearly always 0, which is quick to find out.
    static MEMBERS: Cell<u64> = const { Cell::new(0) };
    static COUNTS: [Cell<LayerCount>; MAX_LAYERS] = const { [const { Cell::new(FREE) }; MAX_LAYERS] };
}

/// A layer, and the subscriber that it is part of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerId {
    /// The layer's number, which is not 0.
    pub(crate) layer: u32,
    /// The address of the subscriber's registry; 0 if it is unknown.
    pub(crate) subscriber: usize,
}

/// The position of a thread, as its counts show it to one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// The current span is not a member.
    Outside,
    /// The current span is a member.
    Inside,
    /// The thread entered members, but the current span may be a non-member above them.
    Unclear,
}

/// Whether this thread has entered any member of any layer.
#[inline(always)]
pub(crate) fn is_in_any() -> bool {
    MEMBERS.get() != 0
}

/// Returns the position of this thread for a layer.
#[inline(always)]
pub(crate) fn position(layer: u32) -> Position {
    if !is_in_any() {
        return Position::Outside;
    }
    let first = first();
    if first.is_of(layer) && first.non_members == 0 { Position::Inside } else { find_position(layer) }
}

#[inline(never)]
fn find_position(layer: u32) -> Position {
    match count_of(layer) {
        Some(LayerCount { members: 0, .. }) => Position::Outside,
        Some(LayerCount { non_members: 0, .. }) => Position::Inside,
        Some(_) => Position::Unclear,
        // It has no count, because it has no members here, or because there was no room for its count.
        None if is_all_counted() => Position::Outside,
        None => Position::Unclear,
    }
}

/// Whether another layer of the same subscriber may be inside one of its dispatch spans.
pub(crate) fn may_others_be_inside(id: LayerId) -> bool {
    let is_other = |count: LayerCount| {
        // A layer whose subscriber is unknown may be part of any.
        let may_be_here = count.subscriber == id.subscriber || count.subscriber == 0 || id.subscriber == 0;
        count.members > 0 && may_be_here && !count.is_of(id.layer)
    };
    is_in_any()
        && (!is_all_counted() || COUNTS.with(|counts| counts.iter().any(|count| is_other(count.get()))))
}

/// Notes that this thread enters a span. `subscriber` returns the address of the layer's registry, as in [`LayerId`].
#[inline(always)]
pub(crate) fn enter(layer: u32, is_member: bool, subscriber: impl FnOnce() -> usize) {
    if is_member {
        // Nearly always the first count is this layer's, and is changed in place.
        let first = first();
        if first.is_of(layer) {
            return change_first(LayerCount { members: first.members.wrapping_add(1), ..first });
        }
    } else if !is_in_any() {
        return;
    }
    enter_counted(LayerId { layer, subscriber: subscriber() }, is_member);
}

/// Notes that this thread exits a span.
#[inline(always)]
pub(crate) fn exit(layer: u32, is_member: bool) {
    if !is_in_any() {
        return;
    }
    if is_member {
        let first = first();
        // The last member frees the count, which the slower function does.
        if first.is_of(layer) && first.members > 1 {
            return change_first(LayerCount { members: first.members.wrapping_sub(1), ..first });
        }
    }
    exit_counted(layer, is_member);
}

/// Returns the thread's first count. It is nearly always the only one, and the one of every span in a dispatch span.
#[inline(always)]
fn first() -> LayerCount {
    COUNTS.with(|[first, ..]| first.get())
}

/// Changes the thread's first count, and the number of all members with it.
#[inline(always)]
fn change_first(count: LayerCount) {
    COUNTS.with(|[first, ..]| {
        let more = count.members.wrapping_sub(first.get().members);
        MEMBERS.set(MEMBERS.get().wrapping_add(more));
        first.set(count);
    });
}

#[inline(never)]
fn enter_counted(id: LayerId, is_member: bool) {
    // Also if there is no room for the layer's count. The difference shows that a member is not counted.
    if is_member {
        MEMBERS.set(MEMBERS.get().saturating_add(1));
    }
    change(id.layer, |count| match count {
        LayerCount { layer: 0, .. } if is_member => {
            LayerCount { layer: id.layer, members: 1, non_members: 0, subscriber: id.subscriber }
        }
        // Without members below it, a non-member does not matter.
        LayerCount { layer: 0, .. } => count,
        _ if is_member => LayerCount { members: count.members.saturating_add(1), ..count },
        _ => LayerCount { non_members: count.non_members.saturating_add(1), ..count },
    });
}

#[inline(never)]
fn exit_counted(layer: u32, is_member: bool) {
    if is_member {
        MEMBERS.set(MEMBERS.get().saturating_sub(1));
    }
    change(layer, |count| match count {
        LayerCount { layer: 0, .. } => count,
        LayerCount { members: 0..=1, .. } if is_member => FREE,
        _ if is_member => LayerCount { members: count.members - 1, ..count },
        // A non-member that was entered before the members counts as one above them. Then the layer takes the thread
        // to be inside, which can only let more spans exist.
        _ => LayerCount { non_members: count.non_members.saturating_sub(1), ..count },
    });
}

/// Changes the count of a layer, or a free one.
#[inline]
fn change(layer: u32, change: impl Fn(LayerCount) -> LayerCount) {
    COUNTS.with(|counts| {
        let own = counts.iter().find(|count| count.get().is_of(layer));
        if let Some(count) = own.or_else(|| counts.iter().find(|count| count.get().layer == 0)) {
            count.set(change(count.get()));
        }
    });
}

fn count_of(layer: u32) -> Option<LayerCount> {
    COUNTS.with(|counts| counts.iter().map(Cell::get).find(|count| count.is_of(layer)))
}

/// Whether every member that this thread entered is in the count of its layer.
fn is_all_counted() -> bool {
    MEMBERS.get() == COUNTS.with(|counts| counts.iter().map(|count| count.get().members).sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(layer: u32, subscriber: usize) -> LayerId {
        LayerId { layer, subscriber }
    }

    #[test]
    fn a_thread_is_inside_until_it_has_left_its_last_member() {
        let here = id(1, 8);
        assert_eq!(position(here.layer), Position::Outside);
        enter(here.layer, false, || here.subscriber);
        assert_eq!(position(here.layer), Position::Outside);
        enter(here.layer, true, || here.subscriber);
        enter(here.layer, true, || here.subscriber);
        assert_eq!(position(here.layer), Position::Inside);
        exit(here.layer, true);
        assert_eq!(position(here.layer), Position::Inside);
        enter(here.layer, false, || here.subscriber);
        assert_eq!(position(here.layer), Position::Unclear);
        exit(here.layer, false);
        assert_eq!(position(here.layer), Position::Inside);
        exit(here.layer, true);
        assert_eq!(position(here.layer), Position::Outside);
        exit(here.layer, false);
        assert_eq!(position(here.layer), Position::Outside);
        assert!(!is_in_any());
    }

    #[test]
    fn layers_count_separately_and_know_of_others_in_their_subscriber() {
        let (first, second, elsewhere) = (id(1, 8), id(2, 8), id(3, 16));
        enter(first.layer, true, || first.subscriber);
        assert_eq!(position(second.layer), Position::Outside);
        assert!(may_others_be_inside(second));
        assert!(!may_others_be_inside(first));
        assert!(!may_others_be_inside(elsewhere));
        assert!(may_others_be_inside(id(4, 0)), "it may be in the same subscriber");
        exit(first.layer, true);
        assert!(!may_others_be_inside(second));
    }

    #[test]
    fn layers_beyond_the_capacity_have_an_unclear_position() {
        let ids: Vec<LayerId> = (1..7).map(|layer| id(layer, 8)).collect();
        ids.iter().for_each(|id| enter(id.layer, true, || id.subscriber));
        assert_eq!(position(ids[0].layer), Position::Inside);
        assert_eq!(position(ids[5].layer), Position::Unclear);
        assert!(may_others_be_inside(id(9, 16)));
        ids.iter().for_each(|id| exit(id.layer, true));
        assert!(ids.iter().all(|id| position(id.layer) == Position::Outside));
        assert!(!is_in_any());
    }
}
