//! Times, durations and values as every format writes them.

use crate::record::{activity::ActivityId, value::Value};
use std::{
    cell::Cell,
    fmt::Write,
    time::{Duration, SystemTime},
};

/// Appends a time in UTC with microseconds (RFC 3339).
pub(crate) fn push_time(out: &mut String, time: SystemTime) {
    // `humantime` writes no year but those from 1970 to 9999, and panics or fails at others.
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok().filter(|since| *since < YEAR_10000);
    let since = since.unwrap_or_default();
    let mut second = SECOND.get();
    if second.number != since.as_secs() {
        second = Second::new(since.as_secs());
        SECOND.set(second);
    }
    out.push_str(std::str::from_utf8(&second.text).unwrap_or_default());
    push_padded(out, since.subsec_micros(), 1_000_000);
    out.push('Z');
}

/// From 1970 to the year 10000.
const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

/// A second and its text, `2026-11-20T23:30:00.`
#[derive(Clone, Copy)]
struct Second {
    /// Counted from 1970.
    number: u64,
    text: [u8; 20],
}

impl Second {
    #[cold]
    fn new(number: u64) -> Self {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(number);
        let text = humantime::format_rfc3339_millis(time).to_string();
        Self { number, text: text.as_bytes().first_chunk().copied().unwrap_or([b' '; 20]) }
    }
}

thread_local! {
    // The second that this thread wrote last, as failures come in swarms.
    static SECOND: Cell<Second> = const { Cell::new(Second { number: u64::MAX, text: [b' '; 20] }) };
}

/// Appends an integer.
pub(crate) fn push_integer(out: &mut String, number: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Appends a number below a power of ten with as many digits as the power has zeros.
fn push_padded(out: &mut String, number: u32, power: u32) {
    let mut buffer = itoa::Buffer::new();
    out.push_str(buffer.format(number + power).get(1..).unwrap_or_default());
}

/// Appends a duration in milliseconds with three decimals.
pub(crate) fn push_milliseconds(out: &mut String, duration: Duration) {
    match duration.as_secs().checked_mul(1000) {
        Some(milliseconds) if milliseconds < u64::MAX - 1000 => {
            push_integer(out, milliseconds + u64::from(duration.subsec_millis()));
        }
        _ => push_integer(out, duration.as_millis()),
    }
    out.push('.');
    push_padded(out, duration.subsec_micros() % 1000, 1000);
}

/// Appends an id as a UUID.
pub(crate) fn push_id(out: &mut String, id: ActivityId) {
    let id = id.as_u128();
    let [first, second, third, fourth] =
        [id >> 96, id >> 64, id >> 32, id].map(|digits| digits_of(digits as u32));
    let mut text = [b'-'; 36];
    let (second, third) = (second.split_at(4), third.split_at(4));
    for (start, digits) in [
        (0, first.as_slice()),
        (9, second.0),
        (14, second.1),
        (19, third.0),
        (24, third.1),
        (28, fourth.as_slice()),
    ] {
        if let Some(place) = text.get_mut(start..start + digits.len()) {
            place.copy_from_slice(digits);
        }
    }
    out.push_str(std::str::from_utf8(&text).unwrap_or_default());
}

/// The eight hexadecimal digits of a number, all at once: each goes into a byte of its own.
fn digits_of(number: u32) -> [u8; 8] {
    let spread = u64::from(number);
    let spread = (spread << 16 | spread) & 0x0000_ffff_0000_ffff;
    let spread = (spread << 8 | spread) & 0x00ff_00ff_00ff_00ff;
    let spread = (spread << 4 | spread) & 0x0f0f_0f0f_0f0f_0f0f;
    // One in each byte that is ten or more, and so is a letter.
    let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (spread + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - 10 - b'0')).to_be_bytes()
}

/// A value as JSON knows it: integers beyond 64 bits, NaN and infinities have no number of their
/// own and are text.
pub(crate) enum Plain<'a> {
    /// What is written without quotes.
    Number(Value<'a>),
    Text(&'a str),
    /// What is written in quotes, and needs no escapes.
    Digits(Value<'a>),
}

pub(crate) fn plain(value: Value<'_>) -> Plain<'_> {
    match value {
        Value::Str(text) => Plain::Text(text),
        Value::I128(_) | Value::U128(_) => Plain::Digits(value),
        Value::F64(number) if !number.is_finite() => Plain::Digits(value),
        value => Plain::Number(value),
    }
}

/// Appends a value as JSON has it, a text by `push_text`.
#[inline(always)]
pub(crate) fn push_value(out: &mut String, value: Value<'_>, push_text: impl FnOnce(&mut String, &str)) {
    match value {
        Value::Str(text) => push_text(out, text),
        Value::I64(number) => push_integer(out, number),
        Value::U64(number) => push_integer(out, number),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        value => push_wide(out, value),
    }
}

/// The same for what is rare.
#[inline(never)]
fn push_wide(out: &mut String, value: Value<'_>) {
    match plain(value) {
        Plain::Text(text) => out.push_str(text),
        Plain::Number(value) => push_number(out, value),
        Plain::Digits(value) => _ = write!(out, "\"{value}\""),
    }
}

/// Appends a number or truth value; floating-point numbers keep a decimal point or exponent, so
/// that they read back as such.
pub(crate) fn push_number(out: &mut String, value: Value<'_>) {
    match value {
        Value::I64(number) => push_integer(out, number),
        Value::U64(number) => push_integer(out, number),
        Value::F64(number) => _ = write!(out, "{number:?}"),
        value => _ = write!(out, "{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_decimals() {
        let text = |duration| {
            let mut out = String::new();
            push_milliseconds(&mut out, duration);
            out
        };
        assert_eq!(text(Duration::from_nanos(1_234_567)), "1.234");
        assert_eq!(text(Duration::from_secs(2)), "2000.000");
        assert_eq!(text(Duration::ZERO), "0.000");
        assert_eq!(text(Duration::MAX), "18446744073709551615999.999");
    }

    #[test]
    fn ids_are_written_as_they_display() {
        for id in [0, 1, u128::MAX, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736] {
            let mut out = String::new();
            push_id(&mut out, ActivityId::from_u128(id));
            assert_eq!(out, ActivityId::from_u128(id).to_string());
        }
    }

    #[test]
    fn a_clock_out_of_range_is_no_reason_to_fail() {
        let mut out = String::new();
        push_time(&mut out, SystemTime::UNIX_EPOCH - Duration::from_secs(1));
        push_time(&mut out, SystemTime::UNIX_EPOCH + YEAR_10000);
        push_time(&mut out, SystemTime::UNIX_EPOCH + YEAR_10000 - Duration::from_micros(1));
        let expected =
            ["1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"];
        assert_eq!(out, expected.concat());
    }
}
