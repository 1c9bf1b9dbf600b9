//! All results side by side, in one run.

use crate::{
    budget::{self, Budget},
    callgrind::{self, Build, Cost, Costs},
    open_spans,
    syscalls::Calls,
    throughput, timing,
};
use std::{collections::HashMap, fs, process::Command};

/// Rows with the same work.
struct Group {
    title: &'static str,
    /// Each case with its label.
    rows: &'static [(&'static str, &'static str)],
}

const GROUPS: [Group; 6] = [
    Group {
        title: "A dispatch span with six fields that succeeds",
        rows: &[
            ("registry/success", "`Registry` alone"),
            ("ours-json/success", "**this crate**"),
            ("layer-text/success", "`fmt` text"),
            ("layer-json/success", "`fmt` json"),
            ("json-subscriber/success", "`json-subscriber`"),
            ("bunyan/success", "`tracing-bunyan-formatter` (writes two lines)"),
            ("logfmt/success", "`tracing-logfmt`"),
            ("opentelemetry/success", "`opentelemetry-appender-tracing`, span attributes"),
        ],
    },
    Group {
        title: "The same span fails because of an event in it: one record in memory",
        rows: &[
            ("registry/failing", "`Registry` alone (no record)"),
            ("ours-json/failing", "**this crate**, JSON"),
            ("ours-text/failing", "**this crate**, text"),
            ("fmt-text/failing", "`fmt()` text"),
            ("fmt-json/failing", "`fmt().json()`"),
            ("json-subscriber/failing", "`json-subscriber`"),
            ("bunyan/failing", "`tracing-bunyan-formatter` (writes three lines)"),
            ("logfmt/failing", "`tracing-logfmt`"),
            (
                "opentelemetry/failing",
                "`opentelemetry-appender-tracing`, span attributes (a record, no bytes)",
            ),
            ("logforth-json/log-record", "`logforth` JSON (one `log` record with the fields, no span)"),
            ("logforth-text/log-record", "`logforth` text (the same)"),
        ],
    },
    Group {
        title: "The application's own callsites in a stack with `fmt` filtered at INFO: a disabled `trace!`",
        rows: &[
            ("filtered/disabled", "without this crate"),
            ("filtered-ours/disabled", "**with this crate**"),
        ],
    },
    Group {
        title: "An enabled `info!`, and an ordinary span from open to close",
        rows: &[
            ("filtered/enabled", "event, without this crate"),
            ("filtered-noop/enabled", "event, with a filtered layer that does nothing"),
            ("filtered-rejecting/enabled", "event, with a filtered layer that admits nothing"),
            ("filtered-ours/enabled", "event, **with this crate**"),
            ("filtered/ordinary", "span, without this crate"),
            ("filtered-noop/ordinary", "span, with a filtered layer that does nothing"),
            ("filtered-rejecting/ordinary", "span, with a filtered layer that admits nothing"),
            ("filtered-ours/ordinary", "span, **with this crate**"),
            ("warn/ordinary", "span, `fmt` at WARN, without this crate"),
            ("warn-ours/ordinary", "span, `fmt` at WARN, **with this crate**"),
            ("filtered/ordinary@1", "span in a dispatch span, without this crate"),
            ("filtered-ours/ordinary@1", "span in a dispatch span, **with this crate**"),
            ("filtered/ordinary@100", "span at depth 100 in a dispatch span, without this crate"),
            ("filtered-ours/ordinary@100", "span at depth 100 in a dispatch span, **with this crate**"),
            ("filtered/enabled@1", "event in a dispatch span, without this crate"),
            ("filtered-ours/enabled@1", "event in a dispatch span, **with this crate**"),
        ],
    },
    Group {
        title: "Effect on the `log` crate, and a more verbose dispatch directive",
        rows: &[
            ("warn/log-question", "`log_enabled!(Info)`, `fmt` at WARN, without this crate"),
            ("warn-ours/log-question", "`log_enabled!(Info)`, `fmt` at WARN, **with this crate**"),
            ("warn/log-info", "`log::info!`, `fmt` at WARN, without this crate"),
            ("warn-ours/log-info", "`log::info!`, `fmt` at WARN, **with this crate**"),
            ("filtered/log-debug", "`log::debug!`, `fmt` at INFO, without this crate"),
            ("filtered-ours-debug/log-debug", "`log::debug!`, `fmt` at INFO, **with `SPANS=[x]=debug`**"),
            ("filtered/debug-span", "`debug_span!`, `fmt` at INFO, without this crate"),
            ("filtered-ours-debug/debug-span", "`debug_span!`, `fmt` at INFO, **with `SPANS=[x]=debug`**"),
        ],
    },
    Group {
        title: "The localized message (ja-JP)",
        rows: &[
            ("none/nothing", "the loop alone"),
            ("push@ja-JP/message", "`push_str` of the message without variables"),
            ("text@ja-JP/message", "**this crate**, the message without variables"),
            ("fluent@ja-JP/message", "`fluent`, a message of five variables"),
            ("without-message@ja-JP/failing", "**this crate**, a failing span whose sink uses no message"),
            (
                "with-message@ja-JP/failing",
                "**this crate**, a failing span whose sink uses a message of five variables",
            ),
        ],
    },
];

/// How often each case is timed.
const ROUNDS: usize = 3;

pub(crate) fn print() {
    println!("{}\n", machine());
    let cases: Vec<&str> = GROUPS.iter().flat_map(|group| group.rows).map(|(case, _)| *case).collect();
    // Times first, while this program runs nothing else.
    let times = timing::medians(&cases, ROUNDS);
    let (files, queues) = (throughput::files(), throughput::queues());
    let (producer, scaling) = (throughput::producer(), throughput::scaling());
    let costs = Costs::of(&Build::this(), cases);
    GROUPS.iter().for_each(|group| print_group(group, &costs, &times));
    print_max_levels();
    print_files(&files);
    print_queues(&queues, &producer);
    print_start();
    print_open_spans();
    print_scaling(&scaling);
    println!("### Timed budgets\n");
    budget::print(&[
        Budget::at_most(6, "synchronous file: × of `write(2)` alone", files.ours / files.bare, 2.5, 2),
        Budget::at_least(
            7,
            "queued, eight threads: × of the appender's records per second",
            queues.ours.per_second / queues.lossless.per_second,
            2.0,
        ),
        Budget::at_most(7, "queued, eight threads: lost records", queues.ours.lost as f64, 0.0, 0),
        Budget::at_most(
            7,
            "queued, median of a producer: × of synchronous delivery",
            producer.queued / producer.synchronous,
            0.6,
            2,
        ),
        Budget::at_least(
            10,
            "two threads: × of the scaling of `Registry` alone",
            scaling.ours / scaling.registry,
            0.9,
        ),
    ]);
}

fn print_group(group: &Group, costs: &Costs, times: &HashMap<&str, f64>) {
    println!("### {}\n", group.title);
    println!("| | instructions | allocations | bytes | ns |\n|---|---:|---:|---:|---:|");
    for (case, name) in group.rows {
        let Cost { instructions, allocations, bytes, .. } = costs.get(case);
        println!("| {name} | {instructions:.0} | {allocations:.1} | {bytes:.0} | {:.0} |", times[case]);
    }
    println!();
}

/// Prints the maximum level of `log` in each stack.
fn print_max_levels() {
    let levels = ["warn", "warn-ours", "filtered", "filtered-ours", "filtered-ours-debug"].map(|stack| {
        let program = std::env::current_exe().expect("this program has a path");
        let output = Command::new(program).args(["max-level", stack]).output().expect("it can be started");
        format!("`{stack}` {}", String::from_utf8_lossy(&output.stdout).trim())
    });
    println!("`log::max_level`: {}.\n", levels.join(", "));
}

fn print_files(files: &throughput::Files) {
    let calls = Calls::of_file_sink();
    println!("### Synchronous file: from opening the span to the record in the file\n");
    println!("| | ns per record | × of `write(2)` |\n|---|---:|---:|");
    for (name, taken) in [
        ("the same bytes by `write(2)` alone", files.bare),
        ("**this crate**, JSON", files.ours),
        ("`fmt().json()` into `tracing-appender`'s `rolling::never`", files.rolling),
    ] {
        println!("| {name} | {taken:.0} | {:.2} |", taken / files.bare);
    }
    println!(
        "\nSystem calls of this crate per record: `write` {:.3}; others: {}.\n",
        calls.writes(),
        calls.others()
    );
}

fn print_queues(queues: &throughput::Queues, producer: &throughput::Producer) {
    println!("### Queued: eight failing threads, one file\n");
    println!("| | records per second | × of lossless | lost of 400,000 |\n|---|---:|---:|---:|");
    for (name, queued) in [
        ("**this crate**, `QUEUE_FULL=block`", queues.ours),
        ("`fmt().json()` into `tracing-appender`, lossless", queues.lossless),
        ("`fmt().json()` into `tracing-appender`, lossy", queues.lossy),
    ] {
        let ratio = queued.per_second / queues.lossless.per_second;
        println!("| {name} | {:.0} | {ratio:.2} | {} |", queued.per_second, queued.lost);
    }
    let (synchronous, queued) = (producer.synchronous, producer.queued);
    println!(
        "\nMedian cost for the thread whose span fails, while the queue has room: {queued:.0} ns; with \
         synchronous delivery: {synchronous:.0} ns; ratio: {:.2}.\n",
        queued / synchronous
    );
}

fn print_start() {
    println!("### Startup\n\n| | instructions |\n|---|---:|");
    println!(
        "| **this crate**, `Reporter::from_env`, en-US | {:.0} |",
        callgrind::start(&Build::this(), "start", &[])
    );
    let variable = [("DISPATCH_FAILURE_LOCALE", "ja-JP")];
    println!(
        "| **this crate**, `Reporter::from_env`, ja-JP | {:.0} |",
        callgrind::start(&Build::this(), "start", &variable)
    );
    let filter = [("RUST_LOG", "info,hyper=warn,shop::orders=debug")];
    println!(
        "| `Registry`, `fmt` and an `EnvFilter` of three directives | {:.0} |\n",
        callgrind::start(&Build::this(), "start-fmt", &filter)
    );
}

fn print_open_spans() {
    println!("### A million open dispatch spans with five short fields\n");
    println!("| | bytes per span | in RAM |\n|---|---:|---:|");
    for (stack, name) in [
        ("registry", "`Registry` alone"),
        ("ours-json", "**this crate**"),
        ("layer-text", "`fmt` text"),
        ("layer-json", "`fmt` json"),
        ("json-subscriber", "`json-subscriber`"),
        ("bunyan", "`tracing-bunyan-formatter`"),
    ] {
        let open_spans::Bytes { live, resident } = open_spans::measure(stack);
        println!("| {name} | {live:.0} | {resident:.0} |");
    }
    println!();
}

fn print_scaling(scaling: &throughput::Scaling) {
    let throughput::Scaling { registry, ours } = scaling;
    println!("### Scaling: two failing threads, each with its own memory\n");
    println!("| | throughput of two threads, × of one thread |\n|---|---:|");
    println!("| `Registry` alone | {registry:.2} |\n| **this crate** | {ours:.2} |");
    println!("\nRatio {:.2}.\n", ours / registry);
}

/// Describes the machine.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let processor = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let output = |program: &str, argument: &str| {
        let result = Command::new(program).arg(argument).output();
        result.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let memory =
        read("/proc/meminfo").lines().next().unwrap_or_default().replace("MemTotal:", "").trim().to_owned();
    format!(
        "{}, {processors} processors, {memory} of memory; Linux {}; {}; {}.",
        processor.trim_start_matches(['\t', ' ', ':']),
        read("/proc/sys/kernel/osrelease").trim(),
        output("rustc", "--version"),
        output("valgrind", "--version"),
    )
}
