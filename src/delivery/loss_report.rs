//! Loss reports on stderr: the first loss at once, then at most one report a minute, and the total at the end.

use crate::{sink::Console, text::escape};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Counts the losses of one sink or queue, and reports them.
#[derive(Debug, Default)]
pub(super) struct LossReport(Mutex<Losses>);

#[derive(Debug, Default)]
struct Losses {
    total: u64,
    unreported: u64,
    reported_at: Option<Instant>,
}

/// The time between two reports, so that a broken sink does not flood stderr.
const PAUSE: Duration = Duration::from_secs(60);

impl LossReport {
    /// Counts a loss, and reports it if the last report is long enough ago. `source` names the sink or queue.
    pub(super) fn note_loss(&self, source: &str, reason: impl fmt::Display) {
        if let Some(lost) = self.count(Instant::now()) {
            log_to_stderr(format_args!("{source} lost {lost}: {reason}"));
        }
    }

    /// Reports the total, if some losses were not reported.
    pub(super) fn report_total(&self, source: &str) {
        if let Some(lost) = self.total() {
            log_to_stderr(format_args!("{source} lost {lost} in all"));
        }
    }

    /// Counts a loss; returns how many losses to report now.
    fn count(&self, now: Instant) -> Option<RecordCount> {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        losses.total += 1;
        losses.unreported += 1;
        if losses.reported_at.is_some_and(|at| now.saturating_duration_since(at) < PAUSE) {
            return None;
        }
        losses.reported_at = Some(now);
        // Taken under the lock, so that no other thread reports the same losses.
        Some(RecordCount(std::mem::take(&mut losses.unreported)))
    }

    fn total(&self) -> Option<RecordCount> {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unreported = std::mem::take(&mut losses.unreported);
        // If the last report named every loss, a total would add nothing.
        (unreported > 0).then_some(RecordCount(losses.total))
    }
}

/// A number of records, as a person writes it.
pub(crate) struct RecordCount(pub(crate) u64);

impl fmt::Display for RecordCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 record"),
            count => write!(f, "{count} records"),
        }
    }
}

/// Writes one line to stderr. If stderr is closed or its reader is gone, nothing happens.
pub(crate) fn log_to_stderr(text: fmt::Arguments<'_>) {
    if let Ok(stderr) = Console::stderr() {
        // The text may quote values of the application or the environment, which must not control the terminal.
        let line = escape::escape_chars(&text.to_string());
        // There is nobody else to tell.
        let _ = stderr.write_text(&format!("tracing-dispatch-failure: {line}\n"));
    }
}

/// Writes several lines to stderr with one write, so that no other output comes between them.
pub(crate) fn log_lines_to_stderr(lines: &[String]) {
    if let Ok(stderr) = Console::stderr() {
        let line = |line: &String| format!("tracing-dispatch-failure: {}\n", escape::escape_chars(line));
        let _ = stderr.write_text(&lines.iter().map(line).collect::<String>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_logged_at_first_then_once_a_minute_and_at_the_end() {
        let loss_report = LossReport::default();
        let start = Instant::now();
        let logged = |seconds| {
            loss_report.count(start + Duration::from_secs(seconds)).map(|amount| amount.to_string())
        };
        assert_eq!(logged(0).as_deref(), Some("1 record"));
        assert_eq!(logged(1), None);
        assert_eq!(logged(59), None);
        assert_eq!(logged(60).as_deref(), Some("3 records"));
        assert!(loss_report.total().is_none());
        assert_eq!(logged(61), None);
        assert_eq!(loss_report.total().unwrap().to_string(), "5 records");
        assert!(loss_report.total().is_none());
    }
}
