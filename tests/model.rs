//! The layer against a simple model of it, over random sequences of what a program may do with
//! spans.

mod support;

use proptest::prelude::*;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
};
use support::{Everything, reporter_of};
use tracing::{Level, Span, event, field::Empty, span};
use tracing_dispatch_failure::{MemorySink, Reporter};
use tracing_subscriber::prelude::*;

/// How many spans a program holds at most.
const SLOTS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Dispatch,
    Inner,
    Surroundings,
    Hidden,
}

#[derive(Debug, Clone, Copy)]
enum Parent {
    Current,
    Slot(usize),
    None,
}

#[derive(Debug, Clone, Copy)]
enum Said {
    /// The event of `#[instrument(err)]` in a span of this kind, as a warning.
    OwnErr(Kind, u8),
    ErrorWithError(u8),
    Response(u8),
    OtherError(u8),
    Retry(u8),
}

#[derive(Debug, Clone)]
enum Step {
    Open(usize, Kind, Parent),
    /// One more handle of the first span in the second place.
    Clone(usize, usize),
    Drop(usize),
    Enter(usize),
    Exit(usize),
    Record(usize, &'static str, &'static str),
    Event(Parent, Said),
    /// A panic unwinds through the span.
    Panic(usize),
    /// The span is entered by a destructor that a stranger's panic runs.
    EnterWhilePanicking(usize),
}

const FIELDS: [&str; 6] =
    ["otel.status_code", "otel.status_description", "error", "error.type", "session.id", "tenant"];
const VALUES: [&str; 7] = ["OK", "ERROR", "refused", "", "None", "false", "7"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let slot = || 0..SLOTS;
    let kind = || {
        prop::sample::select(vec![
            Kind::Dispatch,
            Kind::Dispatch,
            Kind::Inner,
            Kind::Surroundings,
            Kind::Hidden,
        ])
    };
    let parent = || prop_oneof![4 => Just(Parent::Current), 2 => slot().prop_map(Parent::Slot), 1 => Just(Parent::None)];
    let said = || {
        prop_oneof![
            (kind(), any::<u8>()).prop_map(|(kind, text)| Said::OwnErr(kind, text)),
            any::<u8>().prop_map(Said::ErrorWithError),
            any::<u8>().prop_map(Said::Response),
            any::<u8>().prop_map(Said::OtherError),
            any::<u8>().prop_map(Said::Retry),
        ]
    };
    let field = prop::sample::select(FIELDS.to_vec());
    let value = prop::sample::select(VALUES.to_vec());
    let step = prop_oneof![
        5 => (slot(), kind(), parent()).prop_map(|(at, kind, parent)| Step::Open(at, kind, parent)),
        1 => (slot(), slot()).prop_map(|(from, to)| Step::Clone(from, to)),
        3 => slot().prop_map(Step::Drop),
        5 => slot().prop_map(Step::Enter),
        4 => slot().prop_map(Step::Exit),
        4 => (slot(), field, value).prop_map(|(at, field, value)| Step::Record(at, field, value)),
        4 => (parent(), said()).prop_map(|(parent, said)| Step::Event(parent, said)),
        1 => slot().prop_map(Step::Panic),
        1 => slot().prop_map(Step::EnterWhilePanicking),
    ];
    prop::collection::vec(step, 0..60)
}

// ---- the program -------------------------------------------------------------------------------

/// The parent of a macro's span or event, as its `parent:` wants it.
macro_rules! under {
    ($parent:expr, $macro:ident!($($rest:tt)*)) => {
        match $parent {
            Under::Current => $macro!($($rest)*),
            Under::Span(parent) => $macro!(parent: parent, $($rest)*),
            Under::Root => $macro!(parent: None, $($rest)*),
        }
    };
}

#[derive(Clone, Copy)]
enum Under<'a> {
    Current,
    Span(&'a Span),
    Root,
}

/// One kind's callsites: the span, and on the same line the event of `#[instrument(err)]`.
macro_rules! callsites {
    ($open:ident, $err:ident, $name:literal) => {
        pub(super) fn $open(under: Under<'_>) -> Span {
            under!(under, new_span!($name))
        }
        pub(super) fn $err(under: Under<'_>, text: &str) {
            under!(under, own_err!(text))
        }
    };
}

macro_rules! new_span {
    ($(parent: $parent:expr,)? $name:literal) => {
        span!(
            $(parent: $parent,)? Level::INFO, $name,
            otel.status_code = Empty, otel.status_description = Empty, error = Empty, "error.type" = Empty,
            session.id = Empty, tenant = Empty
        )
    };
}

macro_rules! own_err {
    (parent: $parent:expr, $text:expr) => {
        event!(parent: $parent, Level::WARN, error = %$text)
    };
    ($text:expr) => {
        event!(Level::WARN, error = %$text)
    };
}

#[rustfmt::skip]
mod dispatch { use super::*; callsites!(open, err, "dispatch_session"); }
#[rustfmt::skip]
mod inner { use super::*; callsites!(open, err, "dispatch_step"); }
#[rustfmt::skip]
mod surroundings { use super::*; callsites!(open, err, "request"); }
#[rustfmt::skip]
mod hidden { use super::*; callsites!(open, err, "helper"); }

struct WhilePanicking<'a>(&'a Span);

impl Drop for WhilePanicking<'_> {
    fn drop(&mut self) {
        self.0.in_scope(|| ());
    }
}

/// Does the steps with real spans.
fn run(steps: &[Step]) {
    let mut slots: [Option<Span>; SLOTS] = Default::default();
    // What is entered keeps a handle of its own, as `Span::entered` does.
    let mut entered: Vec<(usize, tracing::span::EnteredSpan)> = Vec::new();
    for step in steps {
        match step {
            Step::Open(at, kind, parent) => {
                let parent = match parent {
                    Parent::Current => Some(Under::Current),
                    Parent::None => Some(Under::Root),
                    Parent::Slot(slot) => slots[*slot].as_ref().map(Under::Span),
                };
                let Some(parent) = parent else { continue };
                let span = match kind {
                    Kind::Dispatch => dispatch::open(parent),
                    Kind::Inner => inner::open(parent),
                    Kind::Surroundings => surroundings::open(parent),
                    Kind::Hidden => hidden::open(parent),
                };
                slots[*at] = Some(span);
            }
            Step::Clone(from, to) => {
                if let Some(span) = slots[*from].clone() {
                    slots[*to] = Some(span);
                }
            }
            Step::Drop(at) => slots[*at] = None,
            Step::Enter(at) => entered.extend(slots[*at].clone().map(|span| (*at, span.entered()))),
            Step::Exit(at) => {
                // The last one entered from this place, which need not be the current span.
                if let Some(index) = entered.iter().rposition(|(slot, _)| slot == at) {
                    drop(entered.remove(index));
                }
            }
            Step::Record(at, field, value) => {
                if let Some(span) = &slots[*at] {
                    span.record(*field, value);
                }
            }
            Step::Event(parent, said) => {
                let under = match parent {
                    Parent::Current => Under::Current,
                    Parent::None => Under::Root,
                    Parent::Slot(slot) => match &slots[*slot] {
                        Some(span) => Under::Span(span),
                        None => continue,
                    },
                };
                say(under, *said);
            }
            Step::Panic(at) => {
                if let Some(span) = &slots[*at] {
                    let through = || span.in_scope(|| resume_unwind(Box::new(())));
                    let _ = catch_unwind(AssertUnwindSafe(through));
                }
            }
            Step::EnterWhilePanicking(at) => {
                if let Some(span) = &slots[*at] {
                    let _ = catch_unwind(AssertUnwindSafe(|| {
                        let _guard = WhilePanicking(span);
                        resume_unwind(Box::new(()));
                    }));
                }
            }
        }
    }
    while entered.pop().is_some() {}
    for slot in &mut slots {
        *slot = None;
    }
}

fn say(under: Under<'_>, said: Said) {
    match said {
        Said::OwnErr(Kind::Dispatch, text) => dispatch::err(under, &text.to_string()),
        Said::OwnErr(Kind::Inner, text) => inner::err(under, &text.to_string()),
        Said::OwnErr(Kind::Surroundings, text) => surroundings::err(under, &text.to_string()),
        Said::OwnErr(Kind::Hidden, text) => hidden::err(under, &text.to_string()),
        Said::ErrorWithError(text) => {
            let text = text.to_string();
            under!(under, event!(Level::ERROR, error = text.as_str(), "failed"));
        }
        Said::Response(text) => {
            under!(under, event!(Level::ERROR, classification = %text, "response failed"));
        }
        Said::OtherError(text) => {
            under!(under, event!(Level::ERROR, "{text}"));
        }
        Said::Retry(text) => {
            under!(under, event!(Level::WARN, error = %text, attempt = 2));
        }
    }
}

// ---- the model ---------------------------------------------------------------------------------

/// What a record is expected to say: span, signal, error, error type, parents, fields.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    span: &'static str,
    signal: &'static str,
    error: Option<String>,
    error_type: Option<String>,
    parents: Vec<&'static str>,
    fields: Vec<(&'static str, String)>,
}

struct Node {
    kind: Kind,
    parent: Option<Handle>,
    fields: BTreeMap<&'static str, &'static str>,
    err: Option<String>,
    response: Option<String>,
    other: Option<String>,
    panicked: bool,
    closed: Rc<RefCell<Vec<Expected>>>,
    all_signals: bool,
}

/// A handle keeps its span open, and a span its parent.
#[derive(Clone)]
struct Handle(Rc<RefCell<Node>>);

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch_session",
            Self::Inner => "dispatch_step",
            Self::Surroundings => "request",
            Self::Hidden => "helper",
        }
    }

    fn is_dispatch(self) -> bool {
        matches!(self, Self::Dispatch | Self::Inner)
    }
}

/// An error field's value, where it tells of an error.
fn telling(node: &Node, field: &str) -> Option<String> {
    let value = node.fields.get(field)?;
    (!["", "None", "false"].contains(value)).then(|| (*value).to_owned())
}

impl Node {
    /// What the span's close is expected to write.
    fn close(&self) -> Option<Expected> {
        if !self.kind.is_dispatch() {
            return None;
        }
        let status = self.fields.get("otel.status_code").copied();
        if status == Some("OK") {
            return None;
        }
        let by_status = status == Some("ERROR");
        let by_field = telling(self, "error").is_some() || telling(self, "error.type").is_some();
        let by_other = self.all_signals && self.other.is_some();
        let rules = [
            (by_status, "status", telling(self, "otel.status_description")),
            (by_field, "error-field", telling(self, "error")),
            (self.err.is_some(), "err", self.err.clone()),
            (self.response.is_some(), "response", self.response.clone()),
            (self.panicked, "panic", None),
            (by_other, "error-event", self.other.clone()),
            (self.all_signals, "unfinished", None),
        ];
        let mut spoke = rules.into_iter().filter(|(speaks, ..)| *speaks).peekable();
        let signal = spoke.peek()?.1;
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        let mut parents = Vec::new();
        let own = FIELDS.iter().filter_map(|name| Some((*name, (*self.fields.get(name)?).to_owned())));
        fields.extend(own);
        let mut ancestor = self.parent.clone();
        while let Some(Handle(node)) = ancestor {
            let node = node.borrow();
            if node.kind != Kind::Hidden {
                parents.insert(0, node.kind.name());
            }
            if node.kind == Kind::Surroundings {
                for name in FIELDS {
                    let free = fields.iter().all(|(taken, _)| *taken != name);
                    if let Some(value) = node.fields.get(name).filter(|_| free) {
                        fields.push((name, (*value).to_owned()));
                    }
                }
            }
            ancestor = node.parent.clone();
        }
        Some(Expected {
            span: self.kind.name(),
            signal,
            error: spoke.find_map(|(_, _, text)| text),
            error_type: telling(self, "error.type"),
            parents,
            fields,
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A span closes before its parent.
        let expected = self.close();
        self.closed.borrow_mut().extend(expected);
    }
}

/// Does the steps with the model.
fn expect(steps: &[Step], all_signals: bool) -> Vec<Expected> {
    let closed = Rc::new(RefCell::new(Vec::new()));
    let mut slots: [Option<Handle>; SLOTS] = Default::default();
    // As the program has it: where a span was entered from, and the handle that keeps it open.
    let mut entered: Vec<(usize, Handle)> = Vec::new();
    // As the subscriber has it; a span that is entered a second time is not current by that.
    let mut stack: Vec<(Handle, bool)> = Vec::new();
    let current =
        |stack: &[(Handle, bool)]| stack.iter().rev().find(|(_, again)| !again).map(|(span, _)| span.clone());
    let leave = |entered: &mut Vec<(usize, Handle)>, stack: &mut Vec<(Handle, bool)>, index: usize| {
        // The subscriber knows spans, not handles: the last entry of this span goes, whichever
        // handle it is left by.
        let (_, span) = entered.remove(index);
        let last = stack.iter().rposition(|(other, _)| Rc::ptr_eq(&other.0, &span.0)).unwrap();
        stack.remove(last);
    };
    for step in steps {
        match step {
            Step::Open(at, kind, parent) => {
                let parent = match parent {
                    Parent::Current => current(&stack),
                    Parent::None => None,
                    Parent::Slot(slot) => match &slots[*slot] {
                        None => continue,
                        parent => parent.clone(),
                    },
                };
                let node = Node {
                    kind: *kind,
                    parent,
                    fields: BTreeMap::new(),
                    err: None,
                    response: None,
                    other: None,
                    panicked: false,
                    closed: Rc::clone(&closed),
                    all_signals,
                };
                slots[*at] = Some(Handle(Rc::new(RefCell::new(node))));
            }
            Step::Clone(from, to) => {
                if let Some(span) = slots[*from].clone() {
                    slots[*to] = Some(span);
                }
            }
            Step::Drop(at) => slots[*at] = None,
            Step::Enter(at) => {
                if let Some(span) = slots[*at].clone() {
                    let again = stack.iter().any(|(other, _)| Rc::ptr_eq(&other.0, &span.0));
                    stack.push((span.clone(), again));
                    entered.push((*at, span));
                }
            }
            Step::Exit(at) => {
                if let Some(index) = entered.iter().rposition(|(slot, _)| slot == at) {
                    leave(&mut entered, &mut stack, index);
                }
            }
            Step::Record(at, field, value) => {
                if let Some(Handle(span)) = &slots[*at] {
                    span.borrow_mut().fields.insert(field, value);
                }
            }
            Step::Event(parent, said) => {
                let span = match parent {
                    Parent::Current => current(&stack),
                    Parent::None => None,
                    Parent::Slot(slot) => slots[*slot].clone(),
                };
                let Some(Handle(span)) = span else { continue };
                let mut span = span.borrow_mut();
                match said {
                    Said::OwnErr(kind, text) if *kind == span.kind => span.err = Some(text.to_string()),
                    Said::OwnErr(..) | Said::Retry(_) => {}
                    Said::ErrorWithError(text) => span.err = Some(text.to_string()),
                    Said::Response(text) => span.response = Some(text.to_string()),
                    Said::OtherError(text) => span.other = Some(text.to_string()),
                }
            }
            Step::Panic(at) => {
                if let Some(Handle(span)) = &slots[*at] {
                    span.borrow_mut().panicked = true;
                }
            }
            Step::EnterWhilePanicking(_) => {}
        }
    }
    for index in (0..entered.len()).rev() {
        leave(&mut entered, &mut stack, index);
    }
    for slot in &mut slots {
        *slot = None;
    }
    closed.take()
}

// ---- the comparison ----------------------------------------------------------------------------

fn written(memory: &MemorySink) -> Vec<Expected> {
    let known = |name: &str| {
        let kinds = [Kind::Dispatch, Kind::Inner, Kind::Surroundings, Kind::Hidden].map(Kind::name);
        kinds.into_iter().chain(FIELDS).find(|known| *known == name).unwrap()
    };
    let records = memory.take();
    let said = records.iter().map(|record| {
        let failure = record.failure();
        Expected {
            span: known(failure.span()),
            signal: failure.signal().name(),
            error: failure.error().map(str::to_owned),
            error_type: failure.error_type().map(str::to_owned),
            parents: failure.parents().map(known).collect(),
            fields: failure.fields().map(|(name, value)| (known(name), value.to_string())).collect(),
        }
    });
    said.collect()
}

fn watched(all_signals: bool) -> (Reporter, MemorySink) {
    let signals = if all_signals { "+error-event,+unfinished" } else { "" };
    reporter_of(&[
        ("SPANS", "[dispatch_session],[dispatch_step]"),
        ("CONTEXT", "[request]"),
        ("SIGNALS", signals),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_layer_does_what_the_model_says(steps in steps(), all_signals: bool) {
        let expected = expect(&steps, all_signals);

        let (reporter, memory) = watched(all_signals);
        let filtered = tracing_subscriber::registry().with(Everything).with(reporter.layer());
        tracing::subscriber::with_default(filtered, || run(&steps));
        prop_assert_eq!(written(&memory), expected.clone(), "with the filter");

        let unfiltered = tracing_subscriber::registry().with(reporter.layer_unfiltered());
        tracing::subscriber::with_default(unfiltered, || run(&steps));
        prop_assert_eq!(written(&memory), expected, "without the filter");
    }
}
