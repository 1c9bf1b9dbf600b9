//! A case is a stack and a piece of work: `fmt-json/failing`. `filtered/ordinary@10` does the work inside
//! ten entered spans: a dispatch span and nine ordinary spans in it.

use crate::{messages, stacks, work};
use std::hint::black_box;
use tracing_dispatch_failure::Reporter;

/// The work that is repeated.
pub(crate) type Work = Box<dyn FnMut()>;

/// Sets up a case in this process. A process can set up only one case.
pub(crate) fn prepare(case: &str) -> Option<Work> {
    let (stack, work) = case.split_once('/')?;
    if work == "message" {
        return messages::work(stack);
    }
    if stacks::install(stack).is_none() {
        messages::install(stack)?;
    }
    let (work, depth) = match work.split_once('@') {
        Some((work, depth)) => (work, depth.parse().ok()?),
        None => (work, 0),
    };
    let work: fn() = match work {
        "nothing" => || black_box(()),
        "success" => work::successful_span,
        "failing" => work::failing_span,
        "disabled" => work::disabled_event,
        "enabled" => work::enabled_event,
        "ordinary" => work::ordinary_span,
        "debug-span" => work::debug_span,
        "log-question" => work::log_question,
        "log-info" => work::log_info,
        "log-debug" => work::log_debug,
        #[cfg(feature = "peers")]
        "log-record" => crate::peers::log_record,
        _ => return None,
    };
    if depth > 0 {
        // They stay entered until the process ends.
        work::enter_spans(depth).into_iter().for_each(std::mem::forget);
    }
    Some(Box::new(work))
}

/// `start` makes a reporter from the environment, `start-fmt` the subscriber of an application without one.
/// Each process does this at most once, because whatever is loaded once stays loaded.
pub(crate) fn start(what: &str, times: u64) -> bool {
    use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt};
    for _ in 0..times {
        match what {
            "start" => drop(black_box(Reporter::from_env().expect("a good environment"))),
            "start-fmt" => {
                let layer = fmt::layer().with_filter(EnvFilter::from_default_env());
                drop(black_box(tracing_subscriber::registry().with(layer)));
            }
            _ => return false,
        }
    }
    matches!(what, "start" | "start-fmt")
}
