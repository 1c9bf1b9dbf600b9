//! The progress bar on stderr.

use std::{
    io::{self, IsTerminal, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A reader that counts the bytes read from it.
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

/// The least number of bytes for which a bar is worth showing.
const LONG: u64 = 16 * 1024 * 1024;
/// The time between two redraws.
const PERIOD: Duration = Duration::from_millis(100);
/// The number of records between two looks at the clock, which costs more than reading a record's progress.
const RECORDS: u32 = 512;

/// A progress bar for long input. It is shown only if stderr is a terminal and no records go to one.
pub(crate) struct Progress {
    count: Arc<AtomicU64>,
    /// The number of bytes to read; `None` if no bar is shown.
    total: Option<u64>,
    start: Instant,
    drawn: Option<Instant>,
    records: u32,
}

impl Progress {
    /// `total` is the number of bytes to read, if it is known.
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

    /// Notes that one more line was read.
    pub(crate) fn step(&mut self) {
        let Some(total) = self.total else { return };
        self.records = (self.records + 1) % RECORDS;
        if self.records != 0 || self.drawn.is_some_and(|drawn| drawn.elapsed() < PERIOD) {
            return;
        }
        self.drawn = Some(Instant::now());
        let line = bar(self.count.load(Ordering::Relaxed), total, self.start.elapsed());
        // The last sequence clears what remains of a longer line.
        let _ = write!(io::stderr().lock(), "\r{line}\x1b[K");
    }

    /// Removes the bar, so that a message can be printed.
    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn bar(done: u64, total: u64, elapsed: Duration) -> String {
    const WIDTH: u64 = 30;
    const MIB: f64 = 1024.0 * 1024.0;
    // A file may have grown since its length was taken.
    let done = done.min(total);
    let filled = (done * WIDTH / total.max(1)) as usize;
    let empty = WIDTH as usize - filled;
    // The bar may be drawn at once; the floor avoids a division by zero.
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
