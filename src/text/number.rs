//! Numbers, times and durations, written the same in every format.

use std::{
    cell::Cell,
    time::{Duration, SystemTime},
};

/// Appends a time in UTC with microseconds (RFC 3339).
pub(crate) fn push_time(out: &mut String, time: SystemTime) {
    // `humantime` accepts only the years 1970 to 9999, and panics or fails on others. Such a time is written
    // as 1970.
    let since_epoch =
        time.duration_since(SystemTime::UNIX_EPOCH).ok().filter(|since_epoch| *since_epoch < YEAR_10000);
    let since_epoch = since_epoch.unwrap_or_default();
    let mut second = LAST_SECOND.get();
    if second.epoch_seconds != since_epoch.as_secs() {
        second = CachedSecond::new(since_epoch.as_secs());
        LAST_SECOND.set(second);
    }
    out.push_str(std::str::from_utf8(&second.text).unwrap_or_default());
    push_padded(out, since_epoch.subsec_micros(), 1_000_000);
    out.push('Z');
}

/// The time from 1970 to the year 10000.
const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

/// A second with its text, such as `2026-11-20T23:30:00.`
#[derive(Clone, Copy)]
struct CachedSecond {
    /// Seconds since 1970.
    epoch_seconds: u64,
    text: [u8; 20],
}

impl CachedSecond {
    /// Formats a second. It is cold, because most records hit the cache.
    #[cold]
    fn new(epoch_seconds: u64) -> Self {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(epoch_seconds);
        // With milliseconds, the text has a dot after the seconds; the fraction is left out.
        let text = humantime::format_rfc3339_millis(time).to_string();
        Self { epoch_seconds, text: text.as_bytes().first_chunk().copied().unwrap_or([b' '; 20]) }
    }
}

thread_local! {
    // The last second that this thread wrote. Failures come in bursts, so the next one is often in the same
    // second.
    static LAST_SECOND: Cell<CachedSecond> =
        const { Cell::new(CachedSecond { epoch_seconds: u64::MAX, text: [b' '; 20] }) };
}

/// Appends an integer.
pub(crate) fn push_integer(out: &mut String, number: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Appends a number below `power`, a power of ten, with leading zeros: as many digits as `power` has zeros.
fn push_padded(out: &mut String, number: u32, power: u32) {
    // The sum has one digit more, a leading 1, which is left out.
    let mut buffer = itoa::Buffer::new();
    out.push_str(buffer.format(number + power).get(1..).unwrap_or_default());
}

/// Appends a duration in milliseconds with three decimals. Nanoseconds are cut, not rounded.
pub(crate) fn push_milliseconds(out: &mut String, duration: Duration) {
    // `as_millis` returns 128 bits, which are slower to write. Nearly every duration fits into 64.
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
    fn a_time_out_of_range_is_written_as_the_epoch() {
        let mut out = String::new();
        push_time(&mut out, SystemTime::UNIX_EPOCH - Duration::from_secs(1));
        push_time(&mut out, SystemTime::UNIX_EPOCH + YEAR_10000);
        push_time(&mut out, SystemTime::UNIX_EPOCH + YEAR_10000 - Duration::from_micros(1));
        let expected =
            ["1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"];
        assert_eq!(out, expected.concat());
    }
}
