//! When and how losses are spoken of: on stderr at the first, then at most once a minute, and at the
//! end.

use crate::{sink::Console, text::escape};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The losses of one place.
#[derive(Debug, Default)]
pub(super) struct LossReport(Mutex<Losses>);

#[derive(Debug, Default)]
struct Losses {
    total: u64,
    unsaid: u64,
    said: Option<Instant>,
}

const PAUSE: Duration = Duration::from_secs(60);

impl LossReport {
    /// Counts a loss, and speaks of it where it is time to.
    pub(super) fn lost(&self, place: &str, reason: impl fmt::Display) {
        if let Some(lost) = self.count(Instant::now()) {
            log_to_stderr(format_args!("{place} lost {lost}: {reason}"));
        }
    }

    /// Speaks of the total, where some losses were not spoken of.
    pub(super) fn conclude(&self, place: &str) {
        if let Some(lost) = self.total() {
            log_to_stderr(format_args!("{place} lost {lost} in all"));
        }
    }

    /// Counts a loss; says how many are to be spoken of now.
    fn count(&self, now: Instant) -> Option<Amount> {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        losses.total += 1;
        losses.unsaid += 1;
        if losses.said.is_some_and(|said| now.saturating_duration_since(said) < PAUSE) {
            return None;
        }
        losses.said = Some(now);
        Some(Amount(std::mem::take(&mut losses.unsaid)))
    }

    fn total(&self) -> Option<Amount> {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unsaid = std::mem::take(&mut losses.unsaid);
        (unsaid > 0).then_some(Amount(losses.total))
    }
}

struct Amount(u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 record"),
            amount => write!(f, "{amount} records"),
        }
    }
}

/// Says something on stderr, where that is possible.
pub(crate) fn log_to_stderr(text: fmt::Arguments<'_>) {
    if let Ok(stderr) = Console::stderr() {
        let line = escape::visible(&text.to_string());
        let _ = stderr.write_text(&format!("tracing-dispatch-failure: {line}\n"));
    }
}

/// Says several lines at once.
pub(crate) fn log_lines_to_stderr(lines: &[String]) {
    if let Ok(stderr) = Console::stderr() {
        let line = |line: &String| format!("tracing-dispatch-failure: {}\n", escape::visible(line));
        let _ = stderr.write_text(&lines.iter().map(line).collect::<String>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_spoken_of_at_first_then_once_a_minute_and_at_the_end() {
        let loss_report = LossReport::default();
        let start = Instant::now();
        let said = |seconds| {
            loss_report.count(start + Duration::from_secs(seconds)).map(|amount| amount.to_string())
        };
        assert_eq!(said(0).as_deref(), Some("1 record"));
        assert_eq!(said(1), None);
        assert_eq!(said(59), None);
        assert_eq!(said(60).as_deref(), Some("3 records"));
        assert!(loss_report.total().is_none());
        assert_eq!(said(61), None);
        assert_eq!(loss_report.total().unwrap().to_string(), "5 records");
        assert!(loss_report.total().is_none());
    }
}
