//! Storms: above a rate, failures are summed up instead of written one by one.

use crate::{
    error::{ParseError, Quoted},
    record::failure::Failure,
};
use std::{
    fmt,
    num::NonZeroU32,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The most records a second, written `100/s`.
///
/// Failures above it are summed up by span and error type; once a second each such group gets one
/// record that says how many they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(NonZeroU32);

impl Rate {
    /// So many records a second.
    #[must_use]
    pub const fn per_second(records: NonZeroU32) -> Self {
        Self(records)
    }
}

impl FromStr for Rate {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let number = text.strip_suffix("/s").and_then(|number| number.trim().parse().ok());
        number.map(Self).ok_or_else(|| ParseError(format!("{} is no rate such as `100/s`", Quoted(text))))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// How many groups are told apart; further ones share the last.
const GROUPS: usize = 64;
const WINDOW: Duration = Duration::from_secs(1);

pub(super) struct Limiter {
    rate: Rate,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the current second began.
    start: Option<Instant>,
    passed: u32,
    groups: Vec<Group>,
}

/// Failures of one span and error type.
struct Group {
    /// The last of them.
    failure: Box<Failure>,
    count: u64,
}

/// What is to be done about a failure.
pub(super) struct Decision {
    /// It gets no record of its own.
    pub(super) is_suppressed: bool,
    /// Summaries that are to be written first.
    pub(super) due: Vec<Box<Failure>>,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, state: Mutex::default() }
    }

    pub(super) fn admit(&self, failure: &Failure, now: Instant) -> Decision {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = state.start.is_none_or(|start| now.saturating_duration_since(start) >= WINDOW);
        let mut due = Vec::new();
        if is_over {
            due = state.summaries();
            state.start = Some(now);
            state.passed = 0;
        }
        let is_suppressed = state.passed >= self.rate.0.get();
        if is_suppressed {
            state.add_to_group(failure, 1);
        } else {
            state.passed += 1;
        }
        Decision { is_suppressed, due }
    }

    /// Takes a summary back that could not be handed on.
    pub(super) fn give_back(&self, summary: &Failure) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.add_to_group(summary, summary.suppressed().unwrap_or(1));
    }

    /// Takes the summaries before their time.
    pub(super) fn take(&self) -> Vec<Box<Failure>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).summaries()
    }
}

/// Without the records.
impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Limiter").field(&self.rate).finish()
    }
}

impl State {
    fn add_to_group(&mut self, failure: &Failure, count: u64) {
        let same = |group: &Group| {
            group.failure.span() == failure.span() && group.failure.error_type() == failure.error_type()
        };
        let known = self.groups.iter().position(same);
        let full = self.groups.len() == GROUPS;
        let place = known.or_else(|| full.then_some(GROUPS - 1)).and_then(|place| self.groups.get_mut(place));
        match place {
            Some(group) => {
                group.count += count;
                // What is given back is older than what was summed up meanwhile.
                if failure.timestamp() >= group.failure.timestamp() {
                    *group.failure = failure.clone();
                }
            }
            None => self.groups.push(Group { failure: Box::new(failure.clone()), count }),
        }
    }

    fn summaries(&mut self) -> Vec<Box<Failure>> {
        let summary = |Group { mut failure, count }: Group| {
            failure.suppressed = Some(count);
            failure
        };
        self.groups.drain(..).map(summary).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{failure::ProcessInfo, value::Value};

    fn failure(span: &'static str, error_type: Option<&str>) -> Failure {
        let mut failure = Failure::unplaced(ProcessInfo::new(String::new(), None));
        failure.metadata_mut().span = span.into();
        failure.set_error(None, error_type.map(Value::Str));
        failure
    }

    fn summed(due: &[Box<Failure>]) -> Vec<(String, Option<u64>)> {
        due.iter().map(|failure| (failure.span().to_owned(), failure.suppressed())).collect()
    }

    #[test]
    fn above_the_rate_each_group_gets_one_summary_a_second() {
        let limiter = Limiter::new("2/s".parse().unwrap());
        let start = Instant::now();
        let admit = |failure: &Failure, millis| limiter.admit(failure, start + Duration::from_millis(millis));
        for millis in [0, 1] {
            assert!(!admit(&failure("a", None), millis).is_suppressed);
        }
        for (span, error_type) in [("a", None), ("b", None), ("a", Some("timeout")), ("a", None)] {
            let decision = admit(&failure(span, error_type), 500);
            assert!(decision.is_suppressed && decision.due.is_empty());
        }
        let decision = admit(&failure("c", None), 1000);
        assert!(!decision.is_suppressed);
        assert_eq!(
            summed(&decision.due),
            [("a".into(), Some(2)), ("b".into(), Some(1)), ("a".into(), Some(1))]
        );
        assert!(limiter.take().is_empty());
    }

    #[test]
    fn more_groups_than_are_told_apart_lose_no_count() {
        let limiter = Limiter::new("1/s".parse().unwrap());
        let start = Instant::now();
        for number in 0..1001 {
            limiter.admit(&failure("a", Some(&number.to_string())), start);
        }
        let due = limiter.take();
        assert_eq!(due.len(), GROUPS);
        assert_eq!(due.iter().filter_map(|failure| failure.suppressed()).sum::<u64>(), 1000);
    }

    #[test]
    fn rates_are_per_second() {
        assert_eq!("100/s".parse::<Rate>().unwrap().to_string(), "100/s");
        for wrong in ["", "100", "0/s", "-1/s", "1.5/s", "100/m", "99999999999/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
