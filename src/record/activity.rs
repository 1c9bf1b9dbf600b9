//! Activity ids, which connect a failure with other traces of the same operation.

use std::{
    cell::Cell,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// The 128-bit id of an operation, displayed as a UUID in lower case.
///
/// If the dispatch span or an enclosing span has a field `trace_id` of 32 hexadecimal digits (W3C Trace
/// Context, section 3.2.2.3), the id is that trace id, with the same digits in the same order. Otherwise it
/// is unique to the span: a UUID of version 8 (RFC 9562).
///
/// # Example: finding the trace of a failure
///
/// ```
/// # use tracing_dispatch_failure::{MemorySink, Reporter};
/// # use tracing_subscriber::prelude::*;
/// # let memory = MemorySink::new();
/// # let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build()?;
/// # let _guard = tracing_subscriber::registry().with(reporter.layer()).set_default();
/// let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
/// drop(tracing::info_span!("dispatch_session", trace_id, error = "refused"));
///
/// let id = memory.take()[0].failure().activity_id();
/// assert_eq!(id.to_string(), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
/// assert_eq!(format!("{:032x}", id.as_u128()), trace_id);
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActivityId(u128);

impl ActivityId {
    /// Returns the id as a number. The first digit of the UUID is the most significant.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    pub(crate) const fn from_u128(id: u128) -> Self {
        Self(id)
    }

    /// Reads a trace id: 32 hexadecimal digits that are not all zero (W3C Trace Context, section 3.2.2.3).
    pub(crate) fn from_trace_id(digits: &str) -> Option<Self> {
        // The digits are checked, because `from_str_radix` would accept a sign.
        if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(digits, 16).ok().filter(|id| *id != 0).map(Self)
    }

    /// Reads an id that was displayed as a UUID.
    #[cfg(feature = "read")]
    pub(crate) fn from_uuid(text: &str) -> Option<Self> {
        // One digit more than an id has, so that a longer text fails and is not cut.
        let digits: String = text.chars().filter(|c| *c != '-').take(33).collect();
        let id = Self(u128::from_str_radix(&digits, 16).ok()?);
        // Comparing with the display form checks the positions of the hyphens and the lower case.
        (id.to_string() == text).then_some(id)
    }

    /// Creates the id of a span without a trace id: a UUID of version 8 (RFC 9562), unique across processes.
    ///
    /// `number` is unique in the process. After `fork`, a child has the seed and the numbers of its parent,
    /// so `pid` is mixed in as well.
    pub(crate) fn unique(number: u64, pid: u32) -> Self {
        static SEED: OnceLock<[u64; 3]> = OnceLock::new();
        // An odd step makes the multiplication below a bijection, so different numbers stay different.
        let [high, low, step] = *SEED.get_or_init(|| [random(), random(), random() | 1]);
        let high = mix(high ^ number.rotate_left(32));
        let low = mix(low.wrapping_add(number.wrapping_mul(step)) ^ u64::from(pid));
        let bits = u128::from(high) << 64 | u128::from(low);
        let version = 0x0000_0000_0000_8000_8000_0000_0000_0000;
        // The version is in the 13th digit, the variant in the two upper bits of the 17th.
        let free = 0xffff_ffff_ffff_0fff_3fff_ffff_ffff_ffff;
        Self(bits & free | version)
    }
}

impl fmt::Display for ActivityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |shift: u32| self.0 >> shift & 0xffff;
        let (first, last) = (self.0 >> 96, self.0 & 0xffff_ffff_ffff);
        write!(f, "{first:08x}-{:04x}-{:04x}-{:04x}-{last:012x}", group(80), group(64), group(48))
    }
}

/// The same as `Display`.
impl fmt::Debug for ActivityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns a number that is unique in this process.
pub(crate) fn next_span_number() -> u64 {
    static RANGES: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NEXT: Cell<u64> = const { Cell::new(0) };
    }
    let next = NEXT.get();
    // A new thread and an exhausted range look the same: the next number is a multiple of `RANGE`.
    let at_start = next % RANGE == 0;
    // Only uniqueness matters, not the order, so `Relaxed` is enough.
    let number = if at_start { RANGES.fetch_add(1, Ordering::Relaxed).wrapping_mul(RANGE) } else { next };
    NEXT.set(number.wrapping_add(1));
    number
}

/// How many numbers a thread reserves at once, so that threads rarely contend for the shared counter.
const RANGE: u64 = 1024;

/// Returns a random number. The standard library seeds the keys of its hashers from the operating system.
fn random() -> u64 {
    // The standard library has no other source of random numbers.
    RandomState::new().hash_one("activity")
}

/// Mixes the bits of a number, so that each one affects all others. It is a bijection (the finalizer of
/// SplitMix64), so different numbers stay different.
fn mix(x: u64) -> u64 {
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// Appends an id in its display form, without the cost of `fmt`.
pub(crate) fn push_id(out: &mut String, id: ActivityId) {
    let id = id.as_u128();
    let [first, second, third, fourth] =
        [id >> 96, id >> 64, id >> 32, id].map(|digits| digits_of(digits as u32));
    // The hyphens are in place; only the digits are copied.
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
        if let Some(group) = text.get_mut(start..start + digits.len()) {
            group.copy_from_slice(digits);
        }
    }
    // All bytes are ASCII, so this never fails.
    out.push_str(std::str::from_utf8(&text).unwrap_or_default());
}

/// Returns the eight hexadecimal digits of a number. It spreads the digits over the bytes of one word, and
/// converts them all at once.
fn digits_of(number: u32) -> [u8; 8] {
    let spread = u64::from(number);
    let spread = (spread << 16 | spread) & 0x0000_ffff_0000_ffff;
    let spread = (spread << 8 | spread) & 0x00ff_00ff_00ff_00ff;
    let spread = (spread << 4 | spread) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in each byte that is ten or more, and so becomes a letter.
    let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (spread + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - 10 - b'0')).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_written_as_displayed() {
        for id in [0, 1, u128::MAX, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736] {
            let mut out = String::new();
            push_id(&mut out, ActivityId::from_u128(id));
            assert_eq!(out, ActivityId::from_u128(id).to_string());
        }
    }

    #[test]
    fn a_trace_id_keeps_its_digits() {
        let id = ActivityId::from_trace_id("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
        assert_eq!(id.to_string(), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
        for wrong in
            ["", "4bf92f3577b34da6a3ce929d0e0e473", "+bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)]
        {
            assert_eq!(ActivityId::from_trace_id(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_thread_takes_a_small_part_of_the_span_numbers() {
        let numbers = (0..100).map(|_| std::thread::spawn(next_span_number).join().unwrap());
        let numbers: HashSet<u64> = numbers.collect();
        assert_eq!(numbers.len(), 100);
        // A server that starts a thread for each request may start a billion threads.
        assert!(numbers.iter().all(|number| *number < u64::MAX / 1_000_000_000));
    }

    #[test]
    fn ids_without_a_trace_are_unique_and_well_formed() {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                std::thread::spawn(|| {
                    (0..1000).map(|_| ActivityId::unique(next_span_number(), 7)).collect::<Vec<_>>()
                })
            })
            .collect();
        let ids: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 4000);
        for id in ids {
            let text = id.to_string();
            assert_eq!(text.len(), 36);
            assert_eq!(&text[14..15], "8");
            assert!("89ab".contains(&text[19..20]));
        }
    }
}
