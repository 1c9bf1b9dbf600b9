//! What became of the records.

pub(crate) mod counters;

use std::{collections::BTreeMap, fmt, io};

/// What a reporter saw and did so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// How many callsites of dispatch spans had at least one span. 0 in a running service means that
    /// no span matches `DISPATCH_FAILURE_SPANS`, or that something hides them; see
    /// [`Reporter::verify`](crate::Reporter::verify).
    pub callsites: usize,
    /// How many field values were cut, or left out as too many.
    pub cut_fields: u64,
    /// How many values' `Debug` or `Display` failed or panicked.
    pub formatting_faults: u64,
    /// How many messages were written in a further language, as the record lacked a variable.
    pub missing_messages: u64,
    /// The directives of `DISPATCH_FAILURE_SPANS`, each with its own counts.
    pub directives: Vec<DirectiveStats>,
    /// The sinks, each with its own counts.
    pub sinks: Vec<SinkStats>,
}

/// What became of the spans that one directive selects. A span that several directives select counts for
/// each of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DirectiveStats {
    /// The directive, with its level.
    pub directive: String,
    /// How many spans were opened.
    pub opened: u64,
    /// How many of them failed.
    pub failed: u64,
}

/// What became of the records of one sink.
///
/// `observed` is the sum of `delivered`, `dropped`, `suppressed`, `in_flight`, `not_listening` and
/// [`failed`](Self::failed), exactly so whenever nothing is in motion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SinkStats {
    /// The sink's name.
    pub name: String,
    /// Failures that the sink should have got.
    pub observed: u64,
    /// Records that the sink took.
    pub delivered: u64,
    /// Failures that found the queue full.
    pub dropped: u64,
    /// Failures above the rate, which were summed up.
    pub suppressed: u64,
    /// Failures on their way.
    pub in_flight: u64,
    /// Records that nobody would have seen.
    pub not_listening: u64,
    /// Lost records by the reason.
    pub failed: BTreeMap<Fault, u64>,
    /// Summaries of suppressed failures that the sink took; not part of the sum.
    pub summaries: u64,
    /// Summaries that were lost; not part of the sum.
    pub summaries_lost: u64,
}

impl Stats {
    /// The counts of all sinks together.
    #[must_use]
    pub fn total(&self) -> SinkStats {
        let mut total = SinkStats { name: "total".to_owned(), ..SinkStats::default() };
        for sink in &self.sinks {
            let SinkStats {
                name: _,
                observed,
                delivered,
                dropped,
                suppressed,
                in_flight,
                not_listening,
                failed,
                summaries,
                summaries_lost,
            } = sink;
            total.observed += observed;
            total.delivered += delivered;
            total.dropped += dropped;
            total.suppressed += suppressed;
            total.in_flight += in_flight;
            total.not_listening += not_listening;
            total.summaries += summaries;
            total.summaries_lost += summaries_lost;
            for (fault, count) in failed {
                *total.failed.entry(*fault).or_default() += count;
            }
        }
        total
    }

    /// The counts of a sink.
    #[must_use]
    pub fn sink(&self, name: &str) -> Option<&SinkStats> {
        self.sinks.iter().find(|sink| sink.name == name)
    }
}

impl SinkStats {
    /// All lost records.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// Why a sink lost a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The sink answered with an error of this kind.
    Io(io::ErrorKind),
    /// The sink panicked.
    Panicked,
    /// The dispatch failed inside a sink of the same thread, which must not be entered again.
    Reentered,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(kind) => kind.fmt(f),
            Self::Panicked => f.write_str("the sink panicked"),
            Self::Reentered => f.write_str("failed inside a sink"),
        }
    }
}
