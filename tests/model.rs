//! Compares the layer with a simple model, over random sequences of operations on spans.

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

/// How many span handles a program holds at most.
const SLOTS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Dispatch,
    Inner,
    Context,
    /// Selected by no directive.
    Hidden,
}

#[derive(Debug, Clone, Copy)]
enum Parent {
    Current,
    Slot(usize),
    None,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    /// The event that `#[instrument(err)]` logs for a span of this kind, at WARN.
    OwnErr(Kind, u8),
    ErrorWithError(u8),
    Response(u8),
    OtherError(u8),
    Retry(u8),
}

#[derive(Debug, Clone)]
enum Step {
    Open(usize, Kind, Parent),
    /// Clones the handle in the first slot into the second.
    Clone(usize, usize),
    Drop(usize),
    Enter(usize),
    Exit(usize),
    Record(usize, &'static str, &'static str),
    Event(Parent, Event),
    /// A panic unwinds through the span.
    Panic(usize),
    /// A destructor enters the span while a panic from elsewhere unwinds.
    EnterWhilePanicking(usize),
}

const FIELDS: [&str; 6] =
    ["otel.status_code", "otel.status_description", "error", "error.type", "session.id", "tenant"];
const VALUES: [&str; 7] = ["OK", "ERROR", "refused", "", "None", "false", "7"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let slot = || 0..SLOTS;
    let kind = || {
        prop::sample::select(vec![Kind::Dispatch, Kind::Dispatch, Kind::Inner, Kind::Context, Kind::Hidden])
    };
    let parent = || prop_oneof![4 => Just(Parent::Current), 2 => slot().prop_map(Parent::Slot), 1 => Just(Parent::None)];
    let event = || {
        prop_oneof![
            (kind(), any::<u8>()).prop_map(|(kind, text)| Event::OwnErr(kind, text)),
            any::<u8>().prop_map(Event::ErrorWithError),
            any::<u8>().prop_map(Event::Response),
            any::<u8>().prop_map(Event::OtherError),
            any::<u8>().prop_map(Event::Retry),
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
        4 => (parent(), event()).prop_map(|(parent, event)| Step::Event(parent, event)),
        1 => slot().prop_map(Step::Panic),
        1 => slot().prop_map(Step::EnterWhilePanicking),
    ];
    prop::collection::vec(step, 0..60)
}

// ---- the program -------------------------------------------------------------------------------

/// Passes a parent to a macro in the form that its `parent:` takes.
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

/// Defines the callsites of one kind: the span, and the event of `#[instrument(err)]`. Both must be on one line,
/// by which the layer recognizes that event.
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
mod context { use super::*; callsites!(open, err, "request"); }
#[rustfmt::skip]
mod hidden { use super::*; callsites!(open, err, "helper"); }

struct WhilePanicking<'a>(&'a Span);

impl Drop for WhilePanicking<'_> {
    fn drop(&mut self) {
        self.0.in_scope(|| ());
    }
}

/// Runs the steps with real spans.
fn run_program(steps: &[Step]) {
    let mut slots: [Option<Span>; SLOTS] = Default::default();
    // Each entry keeps its own handle, as `Span::entered` does.
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
                    Kind::Context => context::open(parent),
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
                // The last entry from this slot, which is not always the current span.
                if let Some(index) = entered.iter().rposition(|(slot, _)| slot == at) {
                    drop(entered.remove(index));
                }
            }
            Step::Record(at, field, value) => {
                if let Some(span) = &slots[*at] {
                    span.record(*field, value);
                }
            }
            Step::Event(parent, event) => {
                let under = match parent {
                    Parent::Current => Under::Current,
                    Parent::None => Under::Root,
                    Parent::Slot(slot) => match &slots[*slot] {
                        Some(span) => Under::Span(span),
                        None => continue,
                    },
                };
                log(under, *event);
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

fn log(under: Under<'_>, event: Event) {
    match event {
        Event::OwnErr(Kind::Dispatch, text) => dispatch::err(under, &text.to_string()),
        Event::OwnErr(Kind::Inner, text) => inner::err(under, &text.to_string()),
        Event::OwnErr(Kind::Context, text) => context::err(under, &text.to_string()),
        Event::OwnErr(Kind::Hidden, text) => hidden::err(under, &text.to_string()),
        Event::ErrorWithError(text) => {
            let text = text.to_string();
            under!(under, event!(Level::ERROR, error = text.as_str(), "failed"));
        }
        Event::Response(text) => {
            under!(under, event!(Level::ERROR, classification = %text, "response failed"));
        }
        Event::OtherError(text) => {
            under!(under, event!(Level::ERROR, "{text}"));
        }
        Event::Retry(text) => {
            under!(under, event!(Level::WARN, error = %text, attempt = 2));
        }
    }
}

// ---- the model ---------------------------------------------------------------------------------

/// The expected content of a record.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    span: &'static str,
    signal: &'static str,
    error: Option<String>,
    error_type: Option<String>,
    parents: Vec<&'static str>,
    fields: Vec<(&'static str, String)>,
}

/// A span in the model.
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
            Self::Context => "request",
            Self::Hidden => "helper",
        }
    }

    fn is_dispatch(self) -> bool {
        matches!(self, Self::Dispatch | Self::Inner)
    }
}

/// Returns the value of an error field, if it means an error.
fn error_value(node: &Node, field: &str) -> Option<String> {
    let value = node.fields.get(field)?;
    (!["", "None", "false"].contains(value)).then(|| (*value).to_owned())
}

impl Node {
    /// Returns the record that closing the span is expected to write.
    fn close(&self) -> Option<Expected> {
        if !self.kind.is_dispatch() {
            return None;
        }
        let status = self.fields.get("otel.status_code").copied();
        if status == Some("OK") {
            return None;
        }
        let by_status = status == Some("ERROR");
        let by_field = error_value(self, "error").is_some() || error_value(self, "error.type").is_some();
        let by_other = self.all_signals && self.other.is_some();
        let rules = [
            (by_status, "status", error_value(self, "otel.status_description")),
            (by_field, "error-field", error_value(self, "error")),
            (self.err.is_some(), "err", self.err.clone()),
            (self.response.is_some(), "response", self.response.clone()),
            (self.panicked, "panic", None),
            (by_other, "error-event", self.other.clone()),
            (self.all_signals, "unfinished", None),
        ];
        let mut active = rules.into_iter().filter(|(is_active, ..)| *is_active).peekable();
        let signal = active.peek()?.1;
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
            if node.kind == Kind::Context {
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
            error: active.find_map(|(_, _, text)| text),
            error_type: error_value(self, "error.type"),
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

/// Runs the steps in the model, and returns the records that it expects.
fn run_model(steps: &[Step], all_signals: bool) -> Vec<Expected> {
    let closed = Rc::new(RefCell::new(Vec::new()));
    let mut slots: [Option<Handle>; SLOTS] = Default::default();
    // The program's view: the slot that a span was entered from, and the handle that keeps it open.
    let mut entered: Vec<(usize, Handle)> = Vec::new();
    // The subscriber's view: entering a span again does not make it the current span.
    let mut stack: Vec<(Handle, bool)> = Vec::new();
    let current =
        |stack: &[(Handle, bool)]| stack.iter().rev().find(|(_, again)| !again).map(|(span, _)| span.clone());
    let exit = |entered: &mut Vec<(usize, Handle)>, stack: &mut Vec<(Handle, bool)>, index: usize| {
        // The subscriber knows spans, not handles: it removes the last entry of this span, whichever handle
        // exits.
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
                    exit(&mut entered, &mut stack, index);
                }
            }
            Step::Record(at, field, value) => {
                if let Some(Handle(span)) = &slots[*at] {
                    span.borrow_mut().fields.insert(field, value);
                }
            }
            Step::Event(parent, event) => {
                let span = match parent {
                    Parent::Current => current(&stack),
                    Parent::None => None,
                    Parent::Slot(slot) => slots[*slot].clone(),
                };
                let Some(Handle(span)) = span else { continue };
                let mut span = span.borrow_mut();
                match event {
                    Event::OwnErr(kind, text) if *kind == span.kind => span.err = Some(text.to_string()),
                    Event::OwnErr(..) | Event::Retry(_) => {}
                    Event::ErrorWithError(text) => span.err = Some(text.to_string()),
                    Event::Response(text) => span.response = Some(text.to_string()),
                    Event::OtherError(text) => span.other = Some(text.to_string()),
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
        exit(&mut entered, &mut stack, index);
    }
    for slot in &mut slots {
        *slot = None;
    }
    closed.take()
}

// ---- the comparison ----------------------------------------------------------------------------

/// Returns the records that the layer wrote.
fn written(memory: &MemorySink) -> Vec<Expected> {
    let known = |name: &str| {
        let kinds = [Kind::Dispatch, Kind::Inner, Kind::Context, Kind::Hidden].map(Kind::name);
        kinds.into_iter().chain(FIELDS).find(|known| *known == name).unwrap()
    };
    let records = memory.take();
    let contents = records.iter().map(|record| {
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
    contents.collect()
}

fn model_reporter(all_signals: bool) -> (Reporter, MemorySink) {
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
    fn the_layer_agrees_with_the_model(steps in steps(), all_signals: bool) {
        let expected = run_model(&steps, all_signals);

        let (reporter, memory) = model_reporter(all_signals);
        let filtered = tracing_subscriber::registry().with(Everything).with(reporter.layer());
        tracing::subscriber::with_default(filtered, || run_program(&steps));
        prop_assert_eq!(written(&memory), expected.clone(), "with the filter");

        let unfiltered = tracing_subscriber::registry().with(reporter.layer_unfiltered());
        tracing::subscriber::with_default(unfiltered, || run_program(&steps));
        prop_assert_eq!(written(&memory), expected, "without the filter");
    }
}
