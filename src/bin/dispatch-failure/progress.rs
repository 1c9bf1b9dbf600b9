//! How far reading is, on stderr.

use std::{
    io::{self, IsTerminal, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A reader whose bytes are counted.
pub(crate) struct Counted {
    reader: Box<dyn Read>,
    count: Arc<AtomicU64>,
}

impl Counted {
    pub(crate) fn new(reader: Box<dyn Read>, count: Arc<AtomicU64>) -> Self {
        Self { reader, count }
    }
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(out)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Below this many bytes there is nothing to wait for.
const LONG: u64 = 16 * 1024 * 1024;
/// How often it is drawn anew.
const PERIOD: Duration = Duration::from_millis(100);
/// How many records are read between two looks at the clock.
const RECORDS: u32 = 512;

/// A bar for long files, where stderr is a terminal and nothing else is written to one.
pub(crate) struct Progress {
    count: Arc<AtomicU64>,
    /// How many bytes there are; `None` where there is no bar.
    total: Option<u64>,
    start: Instant,
    drawn: Option<Instant>,
    records: u32,
}

impl Progress {
    /// `total` is the number of bytes that are to be read, where it is known.
    pub(crate) fn new(total: Option<u64>, is_quiet: bool) -> Self {
        let is_shown = !is_quiet && io::stderr().is_terminal();
        Self {
            count: Arc::default(),
            total: total.filter(|total| is_shown && *total >= LONG),
            start: Instant::now(),
            drawn: None,
            records: 0,
        }
    }

    pub(crate) fn count(&self) -> &Arc<AtomicU64> {
        &self.count
    }

    /// Says that one more line was read.
    pub(crate) fn step(&mut self) {
        let Some(total) = self.total else { return };
        self.records = (self.records + 1) % RECORDS;
        if self.records != 0 || self.drawn.is_some_and(|drawn| drawn.elapsed() < PERIOD) {
            return;
        }
        self.drawn = Some(Instant::now());
        let line = bar(self.count.load(Ordering::Relaxed), total, self.start.elapsed());
        let _ = write!(io::stderr().lock(), "\r{line}\x1b[K");
    }

    /// Takes the bar away, so that something else can be said.
    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn bar(done: u64, total: u64, elapsed: Duration) -> String {
    const WIDTH: u64 = 30;
    const MIB: f64 = 1024.0 * 1024.0;
    let done = done.min(total);
    let filled = (done * WIDTH / total.max(1)) as usize;
    let empty = WIDTH as usize - filled;
    let speed = done as f64 / MIB / elapsed.as_secs_f64().max(1e-3);
    format!(
        "{:3} % {}{} {:.0} of {:.0} MiB, {speed:.0} MiB/s",
        done * 100 / total.max(1),
        "█".repeat(filled),
        "░".repeat(empty),
        done as f64 / MIB,
        total as f64 / MIB,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_shows_percentage_size_and_speed() {
        let mib = 1024 * 1024;
        let half = bar(50 * mib, 100 * mib, Duration::from_secs(2));
        assert_eq!(half, format!(" 50 % {}{} 50 of 100 MiB, 25 MiB/s", "█".repeat(15), "░".repeat(15)));
        assert!(bar(9, 0, Duration::ZERO).starts_with("  0 %"));
    }
}
