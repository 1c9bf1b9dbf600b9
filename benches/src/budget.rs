//! A budget, and the measured value.

/// How far a limit may be missed before it counts as a failure.
const TOLERANCE: f64 = 1.05;

pub(crate) struct Budget {
    /// The budget's number in `BENCHMARKS.md`.
    number: u32,
    what: String,
    limit: f64,
    is_upper_limit: bool,
    reached: Reached,
    /// The value in the build with cargo's defaults for a release.
    plain: Option<Reached>,
    /// How many decimals of the value are printed.
    decimals: usize,
}

#[derive(Clone, Copy)]
struct Reached {
    value: f64,
    /// A known miss of the limit, which `BENCHMARKS.md` explains.
    known: Option<f64>,
}

impl Budget {
    /// Makes a budget with an upper limit.
    pub(crate) fn at_most(
        number: u32,
        what: impl Into<String>,
        reached: f64,
        limit: f64,
        decimals: usize,
    ) -> Self {
        let reached = Reached { value: round(reached, decimals), known: None };
        Self { number, what: what.into(), limit, is_upper_limit: true, reached, plain: None, decimals }
    }

    /// Makes a budget with a lower limit.
    pub(crate) fn at_least(number: u32, what: &str, reached: f64, limit: f64) -> Self {
        Self { is_upper_limit: false, ..Self::at_most(number, what, reached, limit, 2) }
    }

    /// Marks a miss of the limit as known; `BENCHMARKS.md` explains it. It must not get worse.
    pub(crate) fn known(mut self, reached: f64) -> Self {
        self.reached.known = Some(reached);
        self
    }

    /// Adds the value in the plain build.
    pub(crate) fn plain(self, reached: f64) -> Self {
        Self { plain: Some(Reached { value: round(reached, self.decimals), known: None }), ..self }
    }

    /// Marks a miss of the limit in the plain build as known; `BENCHMARKS.md` explains it.
    pub(crate) fn plain_known(mut self, reached: f64) -> Self {
        if let Some(plain) = &mut self.plain {
            plain.known = Some(reached);
        }
        self
    }

    fn is_kept(&self, reached: Reached, tolerance: f64) -> bool {
        if self.is_upper_limit {
            reached.value <= self.limit * tolerance
        } else {
            reached.value >= self.limit / tolerance
        }
    }

    fn outcome(&self, reached: Reached) -> &'static str {
        match (self.is_kept(reached, 1.0), self.is_kept(reached, TOLERANCE)) {
            (true, _) => "met",
            (false, true) => "missed by 5 % or less",
            (false, false) if reached.is_known() => "**missed**, see above",
            (false, false) => "**missed**",
        }
    }

    /// Returns whether the limit is kept, missed within the tolerance, or missed as known.
    fn is_good(&self, reached: Reached) -> bool {
        self.is_kept(reached, TOLERANCE) || reached.is_known()
    }
}

impl Reached {
    /// Returns whether the value is not worse than the known miss.
    fn is_known(self) -> bool {
        self.known.is_some_and(|known| self.value <= known * TOLERANCE)
    }
}

/// Rounds a value. The startup of a process never takes exactly the same number of instructions, and a
/// small part of that difference remains in each value.
fn round(value: f64, decimals: usize) -> f64 {
    let unit = 10_f64.powi(decimals as i32);
    (value * unit).round() / unit
}

/// Prints budgets. Returns whether each one is kept, missed within the tolerance, or missed as known.
pub(crate) fn print(budgets: &[Budget]) -> bool {
    let has_plain = budgets.iter().any(|budget| budget.plain.is_some());
    let (titles, rule) = if has_plain { (" plain build | |", "---:|---|") } else { ("", "") };
    println!("| # | what | budget | reached | |{titles}");
    println!("|---|---|---:|---:|---|{rule}");
    for budget in budgets {
        let Budget { number, what, limit, reached, plain, decimals, .. } = budget;
        let bound = if budget.is_upper_limit { '≤' } else { '≥' };
        let cells =
            |reached: Reached| format!(" {:.decimals$} | {} |", reached.value, budget.outcome(reached));
        let plain = match plain {
            Some(plain) => cells(*plain),
            None if has_plain => " | |".to_owned(),
            None => String::new(),
        };
        println!("| {number} | {what} | {bound} {limit} |{}{plain}", cells(*reached));
    }
    budgets.iter().all(|budget| {
        budget.is_good(budget.reached) && budget.plain.is_none_or(|plain| budget.is_good(plain))
    })
}
