//! Whether this thread is inside a dispatch span: a few words for each thread, however deep it is.
//!
//! A layer's *members* are its dispatch spans and the spans that stand in these. The layer counts here
//! how many members the thread has entered. While there are any, it also counts the *strangers* that
//! the thread enters above them, such as a span opened with `parent: None` within a dispatch.

use std::cell::Cell;

/// What one layer counts on this thread.
#[derive(Debug, Clone, Copy)]
struct Count {
    /// The layer, by its number; 0 where nobody counts here.
    layer: u32,
    strangers: u32,
    members: u64,
    /// The subscriber that the layer stands in, as [`LayerId::subscriber`] has it.
    subscriber: usize,
}

impl Count {
    #[inline(always)]
    fn is_of(self, layer: u32) -> bool {
        self.layer == layer
    }
}

const FREE: Count = Count { layer: 0, members: 0, strangers: 0, subscriber: 0 };

/// How many layers count on one thread at a time: those of a stack, and of other stacks that a thread
/// entered by `set_default` within a dispatch.
const COUNTS: usize = 4;

thread_local! {
    /// All members that the thread has entered. Nearly always there are none, which is quickly known.
    static MEMBERS: Cell<u64> = const { Cell::new(0) };
    static COUNT: [Cell<Count>; COUNTS] = const { [const { Cell::new(FREE) }; COUNTS] };
}

/// Where a layer stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerId {
    /// The layer's number, which is not 0.
    pub(crate) layer: u32,
    /// The address of the subscriber's registry; 0 where it is not known.
    pub(crate) subscriber: usize,
}

/// What a thread's counts say of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// The current span is no member.
    Outside,
    /// The current span is a member.
    Inside,
    /// The thread entered members, but the current span may be a stranger above them.
    Unclear,
}

/// Whether this thread has entered any member of any layer.
#[inline(always)]
pub(crate) fn is_in_any() -> bool {
    MEMBERS.get() != 0
}

/// Where this thread is as seen by one layer.
#[inline(always)]
pub(crate) fn position(layer: u32) -> Position {
    if !is_in_any() {
        return Position::Outside;
    }
    let first = first();
    if first.is_of(layer) && first.strangers == 0 { Position::Inside } else { position_in(layer) }
}

#[inline(never)]
fn position_in(layer: u32) -> Position {
    match own(layer) {
        Some(Count { members: 0, .. }) => Position::Outside,
        Some(Count { strangers: 0, .. }) => Position::Inside,
        Some(_) => Position::Unclear,
        // It counts nothing here, unless there was no room when it entered a member.
        None if is_all_counted() => Position::Outside,
        None => Position::Unclear,
    }
}

/// Whether another layer of the same subscriber may be inside one of its dispatch spans.
pub(crate) fn may_others_be_inside(id: LayerId) -> bool {
    let is_other = |count: Count| {
        let may_be_here = count.subscriber == id.subscriber || count.subscriber == 0 || id.subscriber == 0;
        count.members > 0 && may_be_here && !count.is_of(id.layer)
    };
    is_in_any()
        && (!is_all_counted() || COUNT.with(|counts| counts.iter().any(|count| is_other(count.get()))))
}

/// Notes that a span is entered.
#[inline(always)]
pub(crate) fn enter(layer: u32, is_member: bool, subscriber: impl FnOnce() -> usize) {
    if is_member {
        let first = first();
        if first.is_of(layer) {
            return change_first(Count { members: first.members.wrapping_add(1), ..first });
        }
    } else if !is_in_any() {
        return;
    }
    enter_counted(LayerId { layer, subscriber: subscriber() }, is_member);
}

/// Notes that a span is left.
#[inline(always)]
pub(crate) fn leave(layer: u32, is_member: bool) {
    if !is_in_any() {
        return;
    }
    if is_member {
        let first = first();
        if first.is_of(layer) && first.members > 1 {
            return change_first(Count { members: first.members.wrapping_sub(1), ..first });
        }
    }
    leave_counted(layer, is_member);
}

/// The first count of the thread: nearly always the only one, and that of every span in a dispatch span.
#[inline(always)]
fn first() -> Count {
    COUNT.with(|[first, ..]| first.get())
}

/// Changes the first count, and what is counted for the thread as well.
#[inline(always)]
fn change_first(count: Count) {
    COUNT.with(|[first, ..]| {
        let more = count.members.wrapping_sub(first.get().members);
        MEMBERS.set(MEMBERS.get().wrapping_add(more));
        first.set(count);
    });
}

#[inline(never)]
fn enter_counted(id: LayerId, is_member: bool) {
    if is_member {
        MEMBERS.set(MEMBERS.get().saturating_add(1));
    }
    change(id.layer, |count| match count {
        Count { layer: 0, .. } if is_member => {
            Count { layer: id.layer, members: 1, strangers: 0, subscriber: id.subscriber }
        }
        Count { layer: 0, .. } => count,
        _ if is_member => Count { members: count.members.saturating_add(1), ..count },
        _ => Count { strangers: count.strangers.saturating_add(1), ..count },
    });
}

#[inline(never)]
fn leave_counted(layer: u32, is_member: bool) {
    if is_member {
        MEMBERS.set(MEMBERS.get().saturating_sub(1));
    }
    change(layer, |count| match count {
        Count { layer: 0, .. } => count,
        Count { members: 0..=1, .. } if is_member => FREE,
        _ if is_member => Count { members: count.members - 1, ..count },
        // One that was entered before the members is taken for one above them: then the layer is
        // taken to be inside, which only lets spans exist.
        _ => Count { strangers: count.strangers.saturating_sub(1), ..count },
    });
}

/// Changes what a layer counts, or a count that nobody uses.
#[inline]
fn change(layer: u32, change: impl Fn(Count) -> Count) {
    COUNT.with(|counts| {
        let own = counts.iter().find(|count| count.get().is_of(layer));
        if let Some(count) = own.or_else(|| counts.iter().find(|count| count.get().layer == 0)) {
            count.set(change(count.get()));
        }
    });
}

fn own(layer: u32) -> Option<Count> {
    COUNT.with(|counts| counts.iter().map(Cell::get).find(|count| count.is_of(layer)))
}

/// Whether every member that this thread entered is counted by its layer.
fn is_all_counted() -> bool {
    MEMBERS.get() == COUNT.with(|counts| counts.iter().map(|count| count.get().members).sum::<u64>())
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
        leave(here.layer, true);
        assert_eq!(position(here.layer), Position::Inside);
        enter(here.layer, false, || here.subscriber);
        assert_eq!(position(here.layer), Position::Unclear);
        leave(here.layer, false);
        assert_eq!(position(here.layer), Position::Inside);
        leave(here.layer, true);
        assert_eq!(position(here.layer), Position::Outside);
        leave(here.layer, false);
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
        leave(first.layer, true);
        assert!(!may_others_be_inside(second));
    }

    #[test]
    fn layers_beyond_the_capacity_have_an_unclear_position() {
        let ids: Vec<LayerId> = (1..7).map(|layer| id(layer, 8)).collect();
        ids.iter().for_each(|id| enter(id.layer, true, || id.subscriber));
        assert_eq!(position(ids[0].layer), Position::Inside);
        assert_eq!(position(ids[5].layer), Position::Unclear);
        assert!(may_others_be_inside(id(9, 16)));
        ids.iter().for_each(|id| leave(id.layer, true));
        assert!(ids.iter().all(|id| position(id.layer) == Position::Outside));
        assert!(!is_in_any());
    }
}
