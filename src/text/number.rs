//! Numbers, times and durations as every format writes them.

use std::{
    cell::Cell,
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
