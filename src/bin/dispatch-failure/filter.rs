//! `--since`, `--until` and `--where`: which records to keep.

use std::{
    fmt::Write,
    str::FromStr,
    time::{Duration, SystemTime},
};
use tracing_dispatch_failure::{Failure, Value};

/// A point in time, for `--since` and `--until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(SystemTime);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(age) = humantime::parse_duration(text) {
            let then = SystemTime::now().checked_sub(age);
            return then
                .map(Self)
                .ok_or_else(|| format!("{text} is too long ago; expected an age such as `2h` or `90days`"));
        }
        // A date alone means its first moment.
        let midnight = format!("{text}T00:00:00Z");
        let time = humantime::parse_rfc3339_weak(text).or_else(|_| humantime::parse_rfc3339(&midnight));
        time.map(Self).map_err(|_| {
            "expected a time in UTC such as `2026-11-20T23:30:00Z` or `2026-11-20`, or an age such as `2h`".to_owned()
        })
    }
}

/// A condition, for `--where`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    name: String,
    test: Test,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    Contains,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected `field=value`, `field!=value` or `field~part`".to_owned();
        // The first sign ends the name, so the value may contain any of them.
        let at = text.find(['=', '~']).ok_or_else(wrong)?;
        let (name, rest) = text.split_at(at);
        let (name, test) = match name.strip_suffix('!').filter(|_| rest.starts_with('=')) {
            Some(name) => (name, Test::IsNot),
            None if rest.starts_with('=') => (name, Test::Is),
            None => (name, Test::Contains),
        };
        if name.is_empty() {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), test, value: rest.chars().skip(1).collect() })
    }
}

impl Condition {
    fn holds(&self, failure: &Failure) -> bool {
        let is = |text: &str| match self.test {
            Test::Is | Test::IsNot => text == self.value,
            Test::Contains => text.contains(&self.value),
        };
        // `!=` also holds for a record without the field.
        self.matches_any(failure, is) != (self.test == Test::IsNot)
    }

    /// Whether any value of this name passes a test. The names are the keys of the format `text`.
    fn matches_any(&self, failure: &Failure, is: impl Fn(&str) -> bool) -> bool {
        let text = |text: Option<&str>| text.is_some_and(&is);
        match self.name.as_str() {
            "error" => text(failure.error()),
            "error_type" => text(failure.error_type()),
            "signal" => is(failure.signal().name()),
            "suppressed" => failure.suppressed().is_some_and(|count| is(&count.to_string())),
            "duration_ms" => is(&milliseconds(failure.duration())),
            "span" => is(failure.span()),
            "target" => is(failure.target()),
            "file" => text(failure.file()),
            "line" => failure.line().is_some_and(|line| is(&line.to_string())),
            "parents" => failure.parents().any(is),
            "activity_id" => is(&failure.activity_id().to_string()),
            "app" => is(failure.app()),
            "host" => text(failure.host()),
            "pid" => is(&failure.pid().to_string()),
            "thread" => text(failure.thread()),
            name => {
                let name = name.strip_prefix("fields.").unwrap_or(name);
                failure.fields().any(|(found, value)| found == name && shown(value, &is))
            }
        }
    }
}

/// Calls a function with a value's text, as the formats write it.
fn shown<R>(value: Value<'_>, then: impl Fn(&str) -> R) -> R {
    match value {
        Value::Str(text) => then(text),
        Value::F64(number) => then(&format!("{number:?}")),
        value => then(&value.to_string()),
    }
}

/// Writes a duration as records do: milliseconds with three decimals.
pub(crate) fn milliseconds(duration: Duration) -> String {
    let mut out = String::new();
    let _ = write!(out, "{}.{:03}", duration.as_millis(), duration.as_micros() % 1000);
    out
}

/// All conditions that a record must meet.
#[derive(Debug)]
pub(crate) struct Filter {
    since: Option<SystemTime>,
    until: Option<SystemTime>,
    conditions: Vec<Condition>,
}

impl Filter {
    pub(crate) fn new(since: Option<Time>, until: Option<Time>, conditions: &[Condition]) -> Self {
        Self {
            since: since.map(|time| time.0),
            until: until.map(|time| time.0),
            conditions: conditions.to_vec(),
        }
    }

    pub(crate) fn admits(&self, failure: &Failure) -> bool {
        let time = failure.timestamp();
        // The end is exclusive, so that consecutive periods share no record.
        self.since.is_none_or(|since| since <= time)
            && self.until.is_none_or(|until| time < until)
            && self.conditions.iter().all(|condition| condition.holds(failure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_split_at_their_first_operator() {
        let condition = |name: &str, test, value: &str| {
            Ok(Condition { name: name.to_owned(), test, value: value.to_owned() })
        };
        assert_eq!("a.b=c=d".parse(), condition("a.b", Test::Is, "c=d"));
        assert_eq!("a!=b~c".parse(), condition("a", Test::IsNot, "b~c"));
        assert_eq!("a~b=c".parse(), condition("a", Test::Contains, "b=c"));
        assert_eq!("a=".parse(), condition("a", Test::Is, ""));
        for wrong in ["", "a", "=b", "!=b"] {
            assert!(wrong.parse::<Condition>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn times_are_timestamps_days_or_ages() {
        let unix = |seconds| Ok(Time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)));
        assert_eq!("1970-01-02".parse(), unix(86_400));
        assert_eq!("1970-01-01T00:01:00Z".parse(), unix(60));
        assert_eq!("1970-01-01 00:01:00".parse(), unix(60));
        assert!("2h".parse::<Time>().unwrap().0 < SystemTime::now());
        assert!("yesterday".parse::<Time>().is_err());
    }
}
