//! The parts of a record with a meaning of their own: times, ids, the signal.

use crate::{
    error::Quoted,
    record::{activity::ActivityId, event::DISPATCH_SESSION_FAILED as EVENT, signal::Signal},
};
use serde::{Deserialize, Deserializer, de};
use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

/// A text, borrowed from the line unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

pub(super) fn schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    // A later schema adds keys; what it could take away is missed by name.
    match u64::deserialize(deserializer)? {
        0 => Err(de::Error::custom("there is no schema 0")),
        _ => Ok(()),
    }
}

pub(super) fn event_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u64::deserialize(deserializer)? {
        id if id == u64::from(EVENT.id) => Ok(()),
        id => Err(de::Error::custom(format!("this is event {id}, not {}", EVENT.id))),
    }
}

pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    humantime::parse_rfc3339(&text)
        .map_err(|_| de::Error::custom(format!("{} is no time in UTC (RFC 3339)", Quoted(&text))))
}

pub(super) fn signal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Signal, D::Error> {
    Text::deserialize(deserializer)?.0.parse().map_err(de::Error::custom)
}

pub(super) fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let number = f64::deserialize(deserializer)?;
    // Records have whole microseconds; a number of milliseconds keeps them for some 140 years.
    let micros = (number.fract() * 1000.0).round() as u64;
    if (0.0..1e16).contains(&number) {
        Ok(Duration::from_millis(number as u64) + Duration::from_micros(micros))
    } else {
        Err(de::Error::custom(format!("{number} is no duration in milliseconds")))
    }
}

pub(super) fn activity_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ActivityId, D::Error> {
    let Text(text) = Text::deserialize(deserializer)?;
    ActivityId::from_uuid(&text)
        .ok_or_else(|| de::Error::custom(format!("{} is no UUID in lower case", Quoted(&text))))
}
