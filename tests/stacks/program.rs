//! Random programs, and their outcome in a stack.

use crate::{
    callsites::{EVENTS, Number, QUESTIONS, Question, SPANS, SpanSite, Under, emit_log_record},
    filter::Facts,
    model::{Model, Parent, Report},
    rng::Rng,
    stack::{Built, Stack},
    watchdog,
};
use std::{
    collections::{BTreeMap, HashMap},
    thread,
};
use tracing::{Dispatch, Metadata, Span, dispatcher, level_filters::LevelFilter};
use tracing_dispatch_failure::MemoryRecord;
use tracing_subscriber::Registry;

/// How many spans a program holds at most.
const SLOTS: usize = 5;

/// The outcome of a program, by the numbers of its spans and events.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) items: BTreeMap<u64, Item>,
    /// The numbers that each recorder saw, by stack and recorder.
    pub(crate) seen: BTreeMap<(usize, usize), Vec<u64>>,
    pub(crate) answers: Vec<Answer>,
    /// Differences from the model.
    pub(crate) wrong: Vec<String>,
    pub(crate) log: Vec<String>,
    pub(crate) reports: usize,
}

/// A span or an event.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) facts: Facts,
    pub(crate) stack: usize,
    pub(crate) exists: bool,
    /// Whether it may exist only if it exists without our layers too.
    pub(crate) needs_others: bool,
    /// Whether a layer of its stack is interested in such spans.
    pub(crate) is_of_interest: bool,
    /// For each recorder, whether its filter and the global ones admit it when nothing is cached.
    pub(crate) fresh: Vec<bool>,
    /// Whether the most verbose level of the process hides it.
    pub(crate) is_limited: bool,
    /// Whether its value asks a question that overwrites the filters' answers.
    pub(crate) asks: bool,
}

/// The answer to `log_enabled!`.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The question's target and level.
    pub(crate) of: String,
    pub(crate) stack: usize,
    pub(crate) says: bool,
    /// Whether a layer other than ours wants such records.
    pub(crate) is_wanted: bool,
    /// Whether a layer of ours can find that out.
    pub(crate) can_ask: bool,
}

/// How a program runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode {
    /// Whether the first stack is the global default of the process.
    pub(crate) is_global: bool,
    pub(crate) has_ours: bool,
    pub(crate) steps: usize,
}

struct Handle {
    span: Span,
    /// The node in the model, where the span exists.
    node: Option<usize>,
    stack: usize,
}

struct Program {
    rng: Rng,
    mode: Mode,
    stacks: Vec<Stack>,
    built: Vec<Built>,
    /// The stack that is this thread's default.
    stack: usize,
    /// The number of scoped defaults in force.
    scoped: usize,
    slots: [Option<Handle>; SLOTS],
    model: Model,
    interest: HashMap<(usize, usize), bool>,
    is_switched: Vec<bool>,
    number: u64,
    left: usize,
    extra: Option<Dispatch>,
    outcome: Outcome,
}

/// Runs the program of a seed in the stacks. The same seed gives the same steps in any stacks.
pub(crate) fn run(seed: u64, stacks: &[Stack], mode: Mode) -> Outcome {
    let built: Vec<Built> = stacks.iter().map(Stack::build).collect();
    let reporters = stacks.iter().map(|stack| stack.reporters.clone()).collect();
    let mut program = Program {
        rng: Rng::new(seed),
        mode,
        stacks: stacks.to_vec(),
        is_switched: vec![false; stacks.len()],
        built,
        stack: 0,
        scoped: usize::from(!mode.is_global),
        slots: Default::default(),
        model: Model::new(reporters),
        interest: HashMap::new(),
        number: 0,
        left: mode.steps,
        extra: None,
        outcome: Outcome::default(),
    };
    log::set_max_level(log::LevelFilter::Trace);
    let first = program.built[0].dispatch.clone();
    if mode.is_global {
        dispatcher::set_global_default(first).unwrap();
        program.run();
    } else {
        dispatcher::with_default(&first, || program.run());
        drop(first);
    }
    program.finish()
}

impl Program {
    fn run(&mut self) {
        for stack in self.stacks.iter().filter(|stack| !stack.has_wrong_limit()) {
            let is_hidden = |site: &&SpanSite| {
                let is_wanted = stack.reporters.iter().any(|kind| kind.selects(site.facts));
                is_wanted && stack.lets_through(site.facts) && site.facts.level > LevelFilter::current()
            };
            if let Some(site) = SPANS.iter().find(is_hidden) {
                self.outcome.wrong.push(format!("{} hides {:?}", LevelFilter::current(), site.facts));
            }
        }
        while self.left > 0 {
            self.step(0);
        }
        for slot in 0..SLOTS {
            self.put(slot, None);
        }
    }

    fn finish(mut self) -> Outcome {
        for (stack, built) in self.built.iter().enumerate() {
            for (recorder, seen) in built.parts.recorders.iter().enumerate() {
                self.outcome.seen.insert((stack, recorder), seen.take());
            }
            for (index, (_, memory)) in built.parts.reporters.iter().enumerate() {
                let mut reports: Vec<Report> = memory.take().iter().map(report).collect();
                reports.sort();
                self.outcome.reports += reports.len();
                let expected = self.model.reports(stack, index);
                if reports != expected {
                    let lost: Vec<_> = expected.iter().filter(|it| !reports.contains(it)).collect();
                    let new: Vec<_> = reports.iter().filter(|it| !expected.contains(it)).collect();
                    self.outcome.wrong.push(format!(
                        "stack {stack}, reporter {index} of {} reports: lost {lost:?}, unexpected {new:?}",
                        reports.len(),
                    ));
                }
            }
        }
        self.outcome
    }

    fn wrong(&mut self, what: String) {
        self.outcome.wrong.push(what);
    }

    fn log(&mut self, what: String) {
        self.outcome.log.push(what);
    }

    /// Does one step, which may contain others.
    fn step(&mut self, depth: usize) {
        watchdog::note_step();
        self.left = self.left.saturating_sub(1);
        match self.rng.below(100) {
            0..25 => self.open(),
            25..45 => self.enter(depth),
            45..68 => self.event(),
            68..80 => self.ask(),
            80..84 => self.record(),
            84..87 => {
                let slot = self.rng.below(SLOTS);
                self.put(slot, None);
            }
            87..90 => self.log_record(),
            90..93 => self.on_another_thread(depth),
            93..95 => self.in_another_stack(depth),
            95 => self.follow(),
            96 => {
                self.log("rebuild".to_owned());
                tracing::callsite::rebuild_interest_cache();
            }
            97..99 => self.switch(),
            _ => {
                self.log("another dispatcher".to_owned());
                let new = self.extra.is_none().then(|| Dispatch::new(Registry::default()));
                self.extra = new;
            }
        }
    }

    fn steps(&mut self, depth: usize) {
        let count = 1 + self.rng.below(6);
        for _ in 0..count {
            if self.left > 0 {
                self.step(depth);
            }
        }
    }

    /// Chooses a parent, mostly the current span.
    fn parent(&mut self) -> (Parent, Option<Span>) {
        match self.rng.below(10) {
            0..7 => (Parent::Current, None),
            7..9 => {
                let slot = self.rng.below(SLOTS);
                // A span of another stack cannot be a parent in this one.
                match self.slots[slot].as_ref().filter(|handle| handle.stack == self.stack) {
                    Some(handle) => {
                        (handle.node.map_or(Parent::None, Parent::Span), Some(handle.span.clone()))
                    }
                    None => (Parent::Current, None),
                }
            }
            _ => (Parent::None, None),
        }
    }

    fn next_number(&mut self) -> Number {
        self.number += 1;
        let asks = self.rng.percent(15).then(|| self.rng.below(QUESTIONS.len()));
        Number { number: self.number, asks }
    }

    /// Whether no global filter of the stack hides it.
    fn is_let_through(&self, facts: Facts) -> bool {
        self.stacks[self.stack].lets_through(facts)
    }

    fn item(&self, facts: Facts) -> Item {
        let is_let_through = self.is_let_through(facts);
        let is_switched = self.is_switched[self.stack];
        let recorders = self.stacks[self.stack].recorders();
        let fresh = recorders
            .iter()
            .map(|filter| is_let_through && filter.is_none_or(|filter| filter.admits(facts, is_switched)));
        Item {
            facts,
            stack: self.stack,
            exists: true,
            needs_others: false,
            is_of_interest: true,
            fresh: fresh.collect(),
            is_limited: facts.level > LevelFilter::current(),
            asks: false,
        }
    }

    fn open(&mut self) {
        let index = self.rng.below(SPANS.len());
        let site = &SPANS[index];
        let facts = site.facts;
        let error = self.rng.percent(20).then(|| format!("field {}", self.number));
        let (parent, explicit) = self.parent();
        let number = self.next_number();
        let slot = self.rng.below(SLOTS);
        let mut item = self.item(facts);
        item.asks = number.asks.is_some();
        let under = match (&explicit, parent) {
            (Some(span), _) => Under::Span(span),
            (None, Parent::None) => Under::Root,
            (None, _) => Under::Current,
        };
        let span = (site.open)(under, number, error.as_deref());
        item.exists = span.id().is_some();
        let is_visible = self.is_let_through(facts) && !item.is_limited;
        let kinds = &self.stacks[self.stack].reporters;
        let is_selected = kinds.iter().any(|kind| kind.selects(facts));
        let is_inside = matches!(parent, Parent::Current) && self.model.must_exist_inside(self.stack, facts);
        self.log(format!(
            "#{} {} {} {} under {parent:?}, {error:?} asks {:?} into {slot} in stack {}: {}",
            number.number, facts.name, facts.target, facts.level, number.asks, self.stack, item.exists
        ));
        if item.exists && !self.is_let_through(facts) {
            self.wrong(format!("#{} exists although a global filter hides it", number.number));
        }
        if self.mode.has_ours && is_visible && !item.exists && (is_selected || is_inside) {
            self.wrong(format!("#{} does not exist; selected {is_selected}", number.number));
        }
        let is_global = self.mode.is_global && self.scoped == 0;
        item.needs_others = !is_selected
            && self.stacks[self.stack].ours() > 0
            && self.stacks[self.stack].can_ask(is_global)
            && !self.is_perhaps_inside();
        if let Some(metadata) = span.metadata() {
            item.is_of_interest = self.is_of_interest(index, metadata);
        }
        self.outcome.items.insert(number.number, item);
        let exists = span.id().is_some();
        let stack = self.stack;
        let node = exists.then(|| self.model.open(stack, facts, parent, number.number, error.as_deref()));
        self.put(slot, Some(Handle { span, node, stack }));
    }

    fn put(&mut self, slot: usize, handle: Option<Handle>) {
        if let Some(Handle { span, stack, .. }) = std::mem::replace(&mut self.slots[slot], handle) {
            self.close(span, stack);
        }
    }

    /// Drops a handle with the span's own dispatcher as the default: a registry closes the span's parent
    /// through the current default (tracing-subscriber 0.3.23, `registry/sharded.rs`).
    fn close(&self, span: Span, stack: usize) {
        if stack == self.stack {
            drop(span);
        } else {
            dispatcher::with_default(&self.built[stack].dispatch, || drop(span));
        }
    }

    /// Whether a layer of ours may consider this thread to be inside a dispatch span.
    fn is_perhaps_inside(&self) -> bool {
        let ours: usize = self.stacks.iter().map(Stack::ours).sum();
        if ours > 1 {
            return self.model.is_anything_inside();
        }
        let current = self.model.current(self.stack);
        current.is_some_and(|current| self.model.node(current).inside.contains(&true))
    }

    /// Whether a stack without our layers is interested in a callsite.
    fn is_of_interest(&mut self, index: usize, metadata: &'static Metadata<'static>) -> bool {
        if self.mode.has_ours || self.stacks[self.stack].parts.is_empty() {
            return false;
        }
        let dispatch = &self.built[self.stack].dispatch;
        let ask = || !dispatch.register_callsite(metadata).is_never();
        *self.interest.entry((self.stack, index)).or_insert_with(ask)
    }

    fn enter(&mut self, depth: usize) {
        let slot = self.rng.below(SLOTS);
        let count = 1 + self.rng.below(6);
        let Some(handle) = self.slots[slot].as_ref().filter(|_| depth < 8) else { return };
        let (span, node, stack) = (handle.span.clone(), handle.node, handle.stack);
        self.log(format!("enter {:?} {{", node.map(|node| self.model.node(node).number)));
        let entered = span.enter();
        if let Some(node) = node {
            self.model.enter(node);
        }
        for _ in 0..count {
            if self.left > 0 {
                self.step(depth + 1);
            }
        }
        if node.is_some() {
            self.model.leave();
        }
        drop(entered);
        self.close(span, stack);
        self.log("}".to_owned());
    }

    fn event(&mut self) {
        let site = self.rng.pick(EVENTS);
        let (parent, explicit) = self.parent();
        let number = self.next_number();
        let mut item = self.item(site.facts);
        // If the stack asks its filters about the event again, the question does no harm.
        item.asks = number.asks.is_some()
            && !self.stacks[self.stack].asks_again(self.mode.is_global && self.stack == 0);
        let text = format!("event {}", number.number);
        let under = match (&explicit, parent) {
            (Some(span), _) => Under::Span(span),
            (None, Parent::None) => Under::Root,
            (None, _) => Under::Current,
        };
        self.log(format!(
            "#{} event {} {} error {} under {parent:?} asks {:?} in stack {}",
            number.number, site.facts.target, site.facts.level, site.is_error, number.asks, self.stack
        ));
        if site.is_error && self.is_let_through(site.facts) && !item.is_limited {
            self.model.error_event(self.stack, parent, &text);
        }
        (site.emit)(under, number, &text);
        self.outcome.items.insert(number.number, item);
    }

    fn log_record(&mut self) {
        let site = self.rng.pick(EVENTS);
        self.number += 1;
        let item = self.item(site.facts);
        self.log(format!("#{} log {} {}", self.number, site.facts.target, site.facts.level));
        emit_log_record(site.facts, self.number);
        self.outcome.items.insert(self.number, item);
    }

    fn ask(&mut self) {
        let question = self.rng.below(QUESTIONS.len());
        let Question { facts, is_of_log, ask } = QUESTIONS[question];
        let is_wanted = self.stacks[self.stack].wants(facts, self.is_switched[self.stack]);
        let says = ask();
        self.log(format!("ask {question}: {says}"));
        if is_of_log {
            let can_ask = self.stacks[self.stack].can_ask(self.mode.is_global && self.scoped == 0);
            let of = format!("{} {}", facts.target, facts.level);
            self.outcome.answers.push(Answer { of, stack: self.stack, says, is_wanted, can_ask });
        }
    }

    fn record(&mut self) {
        let slot = self.rng.below(SLOTS);
        let text = format!("recorded {}", self.number);
        if let Some(handle) = &self.slots[slot] {
            handle.span.record("error", &*text);
            if let Some(node) = handle.node {
                self.model.record(node, &text);
            }
        }
    }

    fn follow(&mut self) {
        let (from, to) = (self.rng.below(SLOTS), self.rng.below(SLOTS));
        if let (Some(from), Some(to)) = (&self.slots[from], &self.slots[to]) {
            if from.stack == to.stack {
                to.span.follows_from(&from.span);
            }
        }
    }

    /// Switches the levels of the stack's switched filters.
    fn switch(&mut self) {
        let stack = self.stack;
        self.is_switched[stack] = !self.is_switched[stack];
        self.log(format!("switch stack {stack}"));
        for switch in &self.built[stack].parts.switches {
            switch(self.is_switched[stack]);
        }
        // `reload` sets it to the most verbose level at this moment, which may hide records later.
        log::set_max_level(log::LevelFilter::Trace);
    }

    fn on_another_thread(&mut self, depth: usize) {
        if depth >= 8 {
            return;
        }
        self.log("thread {".to_owned());
        let entered = self.model.swap_thread(Vec::new());
        let dispatch = self.built[self.stack].dispatch.clone();
        let is_scoped = self.stack != 0 || !self.mode.is_global;
        thread::scope(|scope| {
            let run = || {
                if is_scoped {
                    dispatcher::with_default(&dispatch, || self.steps(depth + 1))
                } else {
                    self.steps(depth + 1)
                }
            };
            if let Err(panic) = scope.spawn(run).join() {
                std::panic::resume_unwind(panic);
            }
        });
        self.model.swap_thread(entered);
        self.log("}".to_owned());
    }

    fn in_another_stack(&mut self, depth: usize) {
        if depth >= 8 || self.stacks.len() < 2 {
            return;
        }
        let before = self.stack;
        self.stack = 1 - before;
        self.log(format!("stack {} {{", self.stack));
        let dispatch = self.built[self.stack].dispatch.clone();
        self.scoped += 1;
        dispatcher::with_default(&dispatch, || self.steps(depth + 1));
        self.scoped -= 1;
        self.stack = before;
        self.log("}".to_owned());
    }
}

fn report(record: &MemoryRecord) -> Report {
    let failure = record.failure();
    let number = failure.fields().find(|(name, _)| *name == "n").unwrap().1.to_string();
    (number.parse().unwrap(), failure.span().to_owned(), failure.error().map(str::to_owned))
}
