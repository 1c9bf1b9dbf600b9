//! The rate limit: failures above it are summarized instead of written one by one.

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

/// The maximum number of records per second, written `100/s`.
///
/// Failures above it are grouped by span and error type. Once a second, each group gets one summary record with the
/// number of its failures.
///
/// # Example: a rate from text
///
/// ```
/// use tracing_dispatch_failure::Rate;
///
/// let rate: Rate = "100/s".parse()?;
/// assert_eq!(rate.to_string(), "100/s");
/// assert!("6000/min".parse::<Rate>().is_err());
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(NonZeroU32);

impl Rate {
    /// Returns a rate of this many records per second.
    ///
    /// # Example: a constant
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use tracing_dispatch_failure::Rate;
    ///
    /// const RATE: Rate = Rate::per_second(NonZeroU32::new(100).unwrap());
    /// assert_eq!(RATE.to_string(), "100/s");
    /// ```
    #[must_use]
    pub const fn per_second(records: NonZeroU32) -> Self {
        Self(records)
    }
}

impl FromStr for Rate {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let number = text.strip_suffix("/s").and_then(|number| number.trim().parse().ok());
        number.map(Self).ok_or_else(|| {
            ParseError(format!(
                "{} is not a rate; expected a whole number of records per second such as `100/s`",
                Quoted(text)
            ))
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// The maximum number of groups. The last one holds all others, so that a storm of different errors cannot use
/// unlimited memory.
const GROUPS: usize = 64;
const WINDOW: Duration = Duration::from_secs(1);

/// Decides which failures get a record of their own, and sums up the others.
pub(super) struct Limiter {
    rate: Rate,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the current second began.
    start: Option<Instant>,
    /// The number of failures that got a record in this second.
    admitted: u32,
    groups: Vec<Group>,
}

/// Failures of one span and error type.
struct Group {
    /// The latest failure, whose values the summary shows.
    failure: Box<Failure>,
    count: u64,
}

/// The limiter's decision about a failure.
pub(super) struct Decision {
    /// The failure gets no record of its own.
    pub(super) is_suppressed: bool,
    /// Summaries of the last second, to be written first.
    pub(super) due: Vec<Box<Failure>>,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, state: Mutex::default() }
    }

    /// Admits a failure, or adds it to its group. There is no timer: the next failure brings the summaries with it.
    pub(super) fn admit(&self, failure: &Failure, now: Instant) -> Decision {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have begun a second since `now` was taken, so the difference may be negative.
        let is_over = state.start.is_none_or(|start| now.saturating_duration_since(start) >= WINDOW);
        let mut due = Vec::new();
        if is_over {
            due = state.take_summaries();
            state.start = Some(now);
            state.admitted = 0;
        }
        let is_suppressed = state.admitted >= self.rate.0.get();
        if is_suppressed {
            state.add_to_group(failure, 1);
        } else {
            state.admitted += 1;
        }
        Decision { is_suppressed, due }
    }

    /// Adds a summary that could not be delivered to its group again, so that its count is not lost.
    pub(super) fn restore(&self, summary: &Failure) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.add_to_group(summary, summary.suppressed().unwrap_or(1));
    }

    /// Takes all summaries, before their second is over.
    pub(super) fn take_summaries(&self) -> Vec<Box<Failure>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).take_summaries()
    }
}

/// Leaves the failures out: they hold the application's values.
impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Limiter").field(&self.rate).finish()
    }
}

impl State {
    fn add_to_group(&mut self, failure: &Failure, count: u64) {
        let is_same = |group: &Group| {
            group.failure.span() == failure.span() && group.failure.error_type() == failure.error_type()
        };
        let known = self.groups.iter().position(is_same);
        let is_full = self.groups.len() == GROUPS;
        // The last group takes whatever finds no room.
        let index = known.or_else(|| is_full.then_some(GROUPS - 1));
        match index.and_then(|index| self.groups.get_mut(index)) {
            Some(group) => {
                group.count += count;
                // A restored summary is older than the failures that came meanwhile.
                if failure.timestamp() >= group.failure.timestamp() {
                    *group.failure = failure.clone();
                }
            }
            None => self.groups.push(Group { failure: Box::new(failure.clone()), count }),
        }
    }

    fn take_summaries(&mut self) -> Vec<Box<Failure>> {
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
        let mut failure = Failure::without_span(ProcessInfo::new(String::new(), None));
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
        assert!(limiter.take_summaries().is_empty());
    }

    #[test]
    fn too_many_groups_lose_no_count() {
        let limiter = Limiter::new("1/s".parse().unwrap());
        let start = Instant::now();
        for number in 0..1001 {
            limiter.admit(&failure("a", Some(&number.to_string())), start);
        }
        let due = limiter.take_summaries();
        assert_eq!(due.len(), GROUPS);
        assert_eq!(due.iter().filter_map(|failure| failure.suppressed()).sum::<u64>(), 1000);
    }

    #[test]
    fn only_rates_per_second_are_accepted() {
        assert_eq!("100/s".parse::<Rate>().unwrap().to_string(), "100/s");
        for wrong in ["", "100", "0/s", "-1/s", "1.5/s", "100/m", "99999999999/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
