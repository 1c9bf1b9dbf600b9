//! The model: which records each reporter must write for a program's spans and events.

use crate::{filter::Facts, stack::ReporterKind};

/// A span that exists.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) number: u64,
    pub(crate) stack: usize,
    facts: Facts,
    parent: Option<usize>,
    /// For each reporter of the stack, whether the span is a dispatch span or inside one.
    pub(crate) inside: Vec<bool>,
    /// The last value of the span's field `error`.
    error: Option<String>,
    /// The last error event that counts for the span, for each reporter.
    event: Vec<Option<String>>,
}

/// The parent of a span or an event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parent {
    Current,
    Span(usize),
    None,
}

pub(crate) struct Model {
    /// The reporters of each stack.
    reporters: Vec<Vec<ReporterKind>>,
    nodes: Vec<Node>,
    /// The spans that the running thread has entered, in all stacks.
    entered: Vec<usize>,
}

/// A record: the span's number, its name, and the error's text.
pub(crate) type Report = (u64, String, Option<String>);

impl Model {
    pub(crate) fn new(reporters: Vec<Vec<ReporterKind>>) -> Self {
        Self { reporters, nodes: Vec::new(), entered: Vec::new() }
    }

    pub(crate) fn node(&self, node: usize) -> &Node {
        &self.nodes[node]
    }

    /// The current span of a stack. Entering a span a second time does not make it current.
    pub(crate) fn current(&self, stack: usize) -> Option<usize> {
        let is_again = |index: usize| self.entered[..index].contains(&self.entered[index]);
        let mut indices = (0..self.entered.len()).rev();
        let index =
            indices.find(|index| self.nodes[self.entered[*index]].stack == stack && !is_again(*index));
        index.map(|index| self.entered[index])
    }

    /// Whether this thread has entered a dispatch span or a span inside one, in any stack.
    pub(crate) fn is_anything_inside(&self) -> bool {
        self.entered.iter().any(|node| self.nodes[*node].inside.contains(&true))
    }

    fn parent(&self, stack: usize, parent: Parent) -> Option<usize> {
        match parent {
            Parent::Current => self.current(stack),
            Parent::Span(node) => Some(node),
            Parent::None => None,
        }
    }

    /// Whether a span that is opened under the current span must exist, because it is inside a dispatch span
    /// of a reporter that looks at its level.
    pub(crate) fn must_exist_inside(&self, stack: usize, facts: Facts) -> bool {
        self.current(stack).is_some_and(|current| {
            let inside = self.nodes[current].inside.iter().zip(&self.reporters[stack]);
            inside.into_iter().any(|(is_inside, kind)| *is_inside && facts.level <= kind.most)
        })
    }

    pub(crate) fn open(
        &mut self,
        stack: usize,
        facts: Facts,
        parent: Parent,
        number: u64,
        error: Option<&str>,
    ) -> usize {
        let parent = self.parent(stack, parent);
        let reporters = &self.reporters[stack];
        let of_parent = |index: usize| parent.is_some_and(|parent| self.nodes[parent].inside[index]);
        let inside =
            reporters.iter().enumerate().map(|(index, kind)| kind.is_dispatch(facts) || of_parent(index));
        let node = Node {
            number,
            stack,
            facts,
            parent,
            inside: inside.collect(),
            error: error.map(str::to_owned),
            event: vec![None; reporters.len()],
        };
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(crate) fn record(&mut self, node: usize, error: &str) {
        self.nodes[node].error = Some(error.to_owned());
    }

    pub(crate) fn enter(&mut self, node: usize) {
        self.entered.push(node);
    }

    pub(crate) fn leave(&mut self) {
        self.entered.pop();
    }

    /// Replaces the spans that this thread has entered by another thread's, and returns them.
    pub(crate) fn swap_thread(&mut self, entered: Vec<usize>) -> Vec<usize> {
        std::mem::replace(&mut self.entered, entered)
    }

    /// Notes an error event that reached the layers of a stack.
    pub(crate) fn error_event(&mut self, stack: usize, parent: Parent, text: &str) {
        for (index, kind) in self.reporters[stack].iter().enumerate() {
            let mut node = self.parent(stack, parent);
            if matches!(parent, Parent::Current) {
                // The reporter does not see more verbose spans, so the event counts for their parents.
                while let Some(verbose) = node.filter(|node| self.nodes[*node].facts.level > kind.most) {
                    node = self.nodes[verbose].parent;
                }
            }
            if let Some(node) = node.filter(|node| kind.is_dispatch(self.nodes[*node].facts)) {
                self.nodes[node].event[index] = Some(text.to_owned());
            }
        }
    }

    /// The records that a reporter must have written once all spans are closed.
    pub(crate) fn reports(&self, stack: usize, reporter: usize) -> Vec<Report> {
        let kind = self.reporters[stack][reporter];
        let dispatches = self.nodes.iter().filter(|node| node.stack == stack && kind.is_dispatch(node.facts));
        let failed = dispatches.filter_map(|node| {
            let text = node.error.clone().or_else(|| node.event[reporter].clone())?;
            Some((node.number, node.facts.name.to_owned(), Some(text)))
        });
        failed.collect()
    }
}
