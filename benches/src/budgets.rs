//! The budgets that can be counted. None of them depends on time, so they also hold on a busy machine.

use crate::{
    budget::Budget,
    callgrind::{self, Build, Costs},
    open_spans,
    syscalls::Calls,
};
use tracing_dispatch_failure::Messages;

/// Cases of the application's own callsites, in a stack without our layer and in the same stack with it.
const WITHOUT_AND_WITH: [[&str; 2]; 8] = [
    DISABLED,
    EVENT,
    EVENT_INSIDE,
    ["warn/ordinary", "warn-ours/ordinary"],
    ["filtered/ordinary", "filtered-ours/ordinary"],
    ["filtered/ordinary@1", "filtered-ours/ordinary@1"],
    ["filtered/ordinary@10", "filtered-ours/ordinary@10"],
    ["filtered/ordinary@100", "filtered-ours/ordinary@100"],
];
const DISABLED: [&str; 2] = ["filtered/disabled", "filtered-ours/disabled"];
const EVENT: [&str; 2] = ["filtered/enabled", "filtered-ours/enabled"];
const EVENT_INSIDE: [&str; 2] = ["filtered/enabled@1", "filtered-ours/enabled@1"];

/// All other cases that [`measure`] needs.
fn cases() -> Vec<String> {
    let mut cases: Vec<String> = [
        "none/nothing",
        "registry/success",
        "layer-text/success",
        "ours-json/success",
        "fmt-text/failing",
        "fmt-json/failing",
        "ours-json/failing",
        "ours-text/failing",
    ]
    .map(str::to_owned)
    .into();
    for tag in Messages::built_in_locales() {
        cases.extend(["text", "push"].map(|kind| format!("{kind}@{tag}/message")));
        cases.push(format!("with-message@{tag}/failing"));
    }
    // Without a message, the language does not matter.
    cases.push("without-message@en-US/failing".to_owned());
    cases
}

/// Measures all counted budgets, some of them in both builds.
pub(crate) fn measure(this: &Build, plain: &Build) -> Vec<Budget> {
    let layer = layer(this, plain);
    layer.into_iter().chain(others(this)).collect()
}

/// Measures the overhead of our layer for the application.
fn layer(this: &Build, plain: &Build) -> Vec<Budget> {
    let costs = [this, plain].map(|build| Costs::of(build, WITHOUT_AND_WITH.concat()));
    let extra = |[without, with]: [&str; 2]| {
        [0, 1].map(|build: usize| {
            costs[build].without_allocator(with) - costs[build].without_allocator(without)
        })
    };
    let percent = |cases: [&str; 2]| {
        let extra = extra(cases);
        [0, 1].map(|build: usize| 100.0 * extra[build] / costs[build].without_allocator(cases[0]))
    };
    let budget = |what: &str, [this, plain]: [f64; 2], limit: f64, decimals: usize| {
        Budget::at_most(1, what, this, limit, decimals).plain(plain)
    };
    let span = |place: &str, stack: &str, ours: &str, limit: f64| {
        let case = |stack: &str| format!("{stack}/ordinary{place}");
        let what = match place.strip_prefix('@') {
            Some(depth) => {
                format!(
                    "an ordinary span at depth {depth} in a dispatch span, `fmt` at INFO: extra instructions"
                )
            }
            None if stack == "warn" => "an ordinary span, `fmt` at WARN: extra instructions".to_owned(),
            None => "an ordinary span outside a dispatch, `fmt` at INFO: extra instructions".to_owned(),
        };
        budget(&what, extra([&case(stack), &case(ours)]), limit, 0)
    };
    let inside = |place: &str| span(place, "filtered", "filtered-ours", 300.0).plain_known(385.0);
    vec![
        budget("a disabled trace!: extra instructions", extra(DISABLED), 0.0, 0),
        budget("an enabled event: % extra instructions", percent(EVENT), 2.0, 2),
        budget("an enabled event in a dispatch span: % extra instructions", percent(EVENT_INSIDE), 2.0, 2),
        span("", "warn", "warn-ours", 120.0),
        span("", "filtered", "filtered-ours", 300.0),
        inside("@1"),
        inside("@10"),
        inside("@100"),
    ]
}

/// Measures the costs of dispatch spans, messages, sinks and startup.
fn others(this: &Build) -> Vec<Budget> {
    let costs = &Costs::of(this, cases());
    let less = |with: &str, without: &str| costs.instructions(with) - costs.instructions(without);
    let more_allocations = |with: &str, without: &str| costs.allocations(with) - costs.allocations(without);
    let ratio = |ours: &str, theirs: &str| costs.instructions(ours) / costs.instructions(theirs);
    let worst = |cost: &dyn Fn(&str) -> f64| {
        Messages::built_in_locales()
            .map(|tag| (tag, cost(tag)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .expect("languages")
    };
    let (plain_tag, plain) = worst(&|tag| {
        less(&format!("text@{tag}/message"), "none/nothing")
            / less(&format!("push@{tag}/message"), "none/nothing")
    });
    let (five_tag, five) =
        worst(&|tag| less(&format!("with-message@{tag}/failing"), "without-message@en-US/failing"));
    let (start_tag, start) =
        worst(&|tag| callgrind::start(this, "start", &[("DISPATCH_FAILURE_LOCALE", tag)]));
    let memory = open_spans::measure("ours-json").live - open_spans::measure("registry").live;
    let calls = Calls::of_file_sink();
    vec![
        Budget::at_most(
            2,
            "a dispatch span that succeeds: × of the cost that fmt (text) adds",
            less("ours-json/success", "registry/success") / less("layer-text/success", "registry/success"),
            0.20,
            3,
        )
        .known(0.269),
        Budget::at_most(
            2,
            "a dispatch span that succeeds: heap allocations beyond the registry's",
            more_allocations("ours-json/success", "registry/success"),
            1.0,
            2,
        ),
        Budget::at_most(
            3,
            "a dispatch span that fails, JSON: × of fmt().json()",
            ratio("ours-json/failing", "fmt-json/failing"),
            0.18,
            3,
        ),
        Budget::at_most(
            3,
            "a dispatch span that fails, JSON: heap allocations beyond a span that succeeds",
            more_allocations("ours-json/failing", "ours-json/success"),
            0.0,
            2,
        ),
        Budget::at_most(
            4,
            "a dispatch span that fails, text: × of fmt (text)",
            ratio("ours-text/failing", "fmt-text/failing"),
            0.45,
            3,
        ),
        Budget::at_most(
            5,
            format!("a message without variables: × of push_str ({plain_tag})"),
            plain,
            1.2,
            2,
        ),
        Budget::at_most(5, format!("a message of five variables: instructions ({five_tag})"), five, 600.0, 0)
            .known(1309.0),
        Budget::at_most(6, "synchronous file sink: `write` calls per record", calls.writes(), 1.0, 3),
        Budget::at_most(
            6,
            format!("checks of the file in {:.1} s", calls.seconds),
            calls.file_checks(),
            // One check a second, in the longer of the two runs.
            calls.seconds.ceil() * CALLS_PER_CHECK,
            0,
        ),
        Budget::at_most(8, format!("startup: instructions ({start_tag})"), start, 300_000.0, 0),
        Budget::at_most(9, "an open dispatch span: bytes beyond the registry's", memory, 400.0, 0),
    ]
}

/// System calls for one check of the file: one for its path, and one for the open file.
const CALLS_PER_CHECK: f64 = 2.0;
