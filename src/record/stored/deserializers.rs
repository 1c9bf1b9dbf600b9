//! The keys of a record that need more than their JSON type: versions, times, ids and the signal.

use crate::{
    error::Quoted,
    record::{activity::ActivityId, event_definition::DISPATCH_SESSION_FAILED as EVENT, signal::Signal},
};
use serde::{Deserialize, Deserializer, de};
use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

/// A text, borrowed from the line unless it contains escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Accepts every version from 1.
pub(super) fn check_schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    // A later schema may add keys, which are ignored. If it removes one, the error names the missing key.
    match u64::deserialize(deserializer)? {
        0 => Err(de::Error::custom("`schema` is 0; expected 1 or later")),
        _ => Ok(()),
    }
}

/// Accepts only the id of event 4031.
pub(super) fn check_event_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u64::deserialize(deserializer)? {
        id if id == u64::from(EVENT.id) => Ok(()),
        id => Err(de::Error::custom(format!("the event's id is {id}; expected {}", EVENT.id))),
    }
}

/// Reads a time in UTC (RFC 3339).
pub(super) fn parse_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    humantime::parse_rfc3339(&text).map_err(|_| {
        de::Error::custom(format!(
            "{} is not a time in UTC such as `2026-11-20T23:30:00Z` (RFC 3339)",
            Quoted(&text)
        ))
    })
}

/// Reads a signal's name.
pub(super) fn parse_signal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Signal, D::Error> {
    Text::deserialize(deserializer)?.0.parse().map_err(de::Error::custom)
}

/// Reads a duration in milliseconds with decimals.
pub(super) fn parse_milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let number = f64::deserialize(deserializer)?;
    // Records have whole microseconds. A double of milliseconds represents them exactly enough for about 140
    // years.
    let micros = (number.fract() * 1000.0).round() as u64;
    if (0.0..1e16).contains(&number) {
        Ok(Duration::from_millis(number as u64) + Duration::from_micros(micros))
    } else {
        Err(de::Error::custom(format!(
            "`duration_ms` is {number}; expected a number of milliseconds from 0 to below 1e16"
        )))
    }
}

/// Reads an activity id in its display form.
pub(super) fn parse_activity_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ActivityId, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    ActivityId::from_uuid(&text).ok_or_else(|| {
        de::Error::custom(format!("{} is not an activity id; expected a UUID in lower case", Quoted(&text)))
    })
}
