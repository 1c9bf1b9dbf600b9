//! A budget, and what was reached.

/// What may be exceeded before it counts.
const TOLERANCE: f64 = 1.05;

pub(crate) struct Budget {
    /// Its number in `BENCHMARKS.md`.
    number: u32,
    what: String,
    limit: f64,
    is_most: bool,
    reached: f64,
    /// What is known to be reached instead, and accounted for in `BENCHMARKS.md`.
    known: Option<f64>,
    /// How the number reached is to be written.
    decimals: usize,
}

impl Budget {
    /// The limit is the most.
    pub(crate) fn at_most(
        number: u32,
        what: impl Into<String>,
        reached: f64,
        limit: f64,
        decimals: usize,
    ) -> Self {
        // A process's start is never the same to the instruction, and a thousandth of that is left.
        let unit = 10_f64.powi(decimals as i32);
        let reached = (reached * unit).round() / unit;
        Self { number, what: what.into(), limit, is_most: true, reached, known: None, decimals }
    }

    /// The limit is the least.
    pub(crate) fn at_least(number: u32, what: &str, reached: f64, limit: f64) -> Self {
        Self { is_most: false, ..Self::at_most(number, what, reached, limit, 2) }
    }

    /// The limit is missed, as `BENCHMARKS.md` explains; it must not be missed by more than it is.
    pub(crate) fn known(self, reached: f64) -> Self {
        Self { known: Some(reached), ..self }
    }

    fn is_kept(&self, tolerance: f64) -> bool {
        if self.is_most {
            self.reached <= self.limit * tolerance
        } else {
            self.reached >= self.limit / tolerance
        }
    }

    /// Whether it is missed by no more than is accounted for.
    fn is_as_known(&self) -> bool {
        self.known.is_some_and(|known| self.reached <= known * TOLERANCE)
    }

    fn verdict(&self) -> &'static str {
        match (self.is_kept(1.0), self.is_kept(TOLERANCE)) {
            (true, _) => "met",
            (false, true) => "missed by less than 5 %",
            (false, false) if self.is_as_known() => "**missed**, see above",
            (false, false) => "**missed**",
        }
    }
}

/// Prints budgets; whether all are kept, or missed by little or as is known.
pub(crate) fn print(budgets: &[Budget]) -> bool {
    println!("| # | what | budget | reached | |");
    println!("|---|---|---:|---:|---|");
    for budget in budgets {
        let Budget { number, what, limit, reached, decimals, .. } = budget;
        let bound = if budget.is_most { '≤' } else { '≥' };
        println!("| {number} | {what} | {bound} {limit} | {reached:.decimals$} | {} |", budget.verdict());
    }
    budgets.iter().all(|budget| budget.is_kept(TOLERANCE) || budget.is_as_known())
}
