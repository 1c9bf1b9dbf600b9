//! A budget, and what was reached.

/// What may be exceeded before it counts.
const TOLERANCE: f64 = 1.05;

pub(crate) struct Budget {
    /// Its number in `BENCHMARKS.md`.
    number: u32,
    what: String,
    limit: f64,
    is_most: bool,
    reached: Reached,
    /// The same in the build with cargo's own settings.
    plain: Option<Reached>,
    /// How the number reached is to be written.
    decimals: usize,
}

#[derive(Clone, Copy)]
struct Reached {
    value: f64,
    /// What is known to be reached instead of the limit, and accounted for in `BENCHMARKS.md`.
    known: Option<f64>,
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
        let reached = Reached { value: round(reached, decimals), known: None };
        Self { number, what: what.into(), limit, is_most: true, reached, plain: None, decimals }
    }

    /// The limit is the least.
    pub(crate) fn at_least(number: u32, what: &str, reached: f64, limit: f64) -> Self {
        Self { is_most: false, ..Self::at_most(number, what, reached, limit, 2) }
    }

    /// The limit is missed, as `BENCHMARKS.md` explains; it must not be missed by more than it is.
    pub(crate) fn known(mut self, reached: f64) -> Self {
        self.reached.known = Some(reached);
        self
    }

    /// What is reached in the plain build.
    pub(crate) fn plain(self, reached: f64) -> Self {
        Self { plain: Some(Reached { value: round(reached, self.decimals), known: None }), ..self }
    }

    /// The limit is missed in the plain build, as `BENCHMARKS.md` explains.
    pub(crate) fn plain_known(mut self, reached: f64) -> Self {
        if let Some(plain) = &mut self.plain {
            plain.known = Some(reached);
        }
        self
    }

    fn is_kept(&self, reached: Reached, tolerance: f64) -> bool {
        if self.is_most {
            reached.value <= self.limit * tolerance
        } else {
            reached.value >= self.limit / tolerance
        }
    }

    fn verdict(&self, reached: Reached) -> &'static str {
        match (self.is_kept(reached, 1.0), self.is_kept(reached, TOLERANCE)) {
            (true, _) => "met",
            (false, true) => "missed by 5 % or less",
            (false, false) if reached.is_as_known() => "**missed**, see above",
            (false, false) => "**missed**",
        }
    }

    /// Whether the limit is kept, or missed by little or as is known.
    fn is_good(&self, reached: Reached) -> bool {
        self.is_kept(reached, TOLERANCE) || reached.is_as_known()
    }
}

impl Reached {
    /// Whether a limit is missed by no more than is accounted for.
    fn is_as_known(self) -> bool {
        self.known.is_some_and(|known| self.value <= known * TOLERANCE)
    }
}

/// A process's start is never the same to the instruction, and a thousandth of that is left.
fn round(value: f64, decimals: usize) -> f64 {
    let unit = 10_f64.powi(decimals as i32);
    (value * unit).round() / unit
}

/// Prints budgets; whether all are kept, or missed by little or as is known.
pub(crate) fn print(budgets: &[Budget]) -> bool {
    let has_plain = budgets.iter().any(|budget| budget.plain.is_some());
    let (titles, rule) = if has_plain { (" plain build | |", "---:|---|") } else { ("", "") };
    println!("| # | what | budget | reached | |{titles}");
    println!("|---|---|---:|---:|---|{rule}");
    for budget in budgets {
        let Budget { number, what, limit, reached, plain, decimals, .. } = budget;
        let bound = if budget.is_most { '≤' } else { '≥' };
        let cells =
            |reached: Reached| format!(" {:.decimals$} | {} |", reached.value, budget.verdict(reached));
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
