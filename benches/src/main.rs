//! Measures this crate and its peers. `benches/run.sh` and `benches/budgets.sh` start this program.
#![cfg_attr(not(feature = "peers"), expect(dead_code, reason = "the budgets need less than the table"))]

mod allocations;
mod budget;
mod budgets;
mod callgrind;
mod cases;
mod memory;
mod messages;
mod open_spans;
mod oracle;
#[cfg(feature = "peers")]
mod peers;
mod stacks;
mod subscriber;
mod syscalls;
#[cfg(feature = "peers")]
mod table;
#[cfg(feature = "peers")]
mod throughput;
#[cfg(feature = "peers")]
mod timing;
mod work;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// After this many runs, all one-time work is done: thread-locals, callsites, buffers.
const WARM_UP: u64 = 50;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["check"] => check(),
        ["budgets", plain] => {
            check();
            let (this, plain) = (callgrind::Build::this(), callgrind::Build::at(plain));
            if !budget::print(&budgets::measure(&this, &plain)) {
                eprintln!("a budget is missed by more than 5 %, or a known miss got worse by more than 5 %");
                return ExitCode::FAILURE;
            }
        }
        ["count", cases @ ..] => {
            let costs = callgrind::Costs::of(&callgrind::Build::this(), cases.iter().copied());
            for case in cases {
                let callgrind::Cost { instructions, without_allocator, allocations, bytes } = costs.get(case);
                println!(
                    "{case:32} {instructions:9.1} instructions {without_allocator:9.1} without malloc {allocations:7.2} \
                     allocations {bytes:9.1} bytes"
                );
            }
        }
        #[cfg(feature = "peers")]
        ["table"] => {
            check();
            table::print();
        }
        // The commands from here on run in their own processes.
        ["case", case, times] => run(case, times.parse().expect("a number")),
        ["show", case] => {
            cases::prepare(case).unwrap_or_else(|| panic!("no case is called {case}"))();
            print!("{}", memory::last());
        }
        #[cfg(feature = "peers")]
        ["time", case] => timing::run(case),
        ["open-spans", stack] => open_spans::run(stack),
        ["max-level", stack] => {
            stacks::install(stack).unwrap_or_else(|| panic!("no stack is called {stack}"));
            println!("{}", log::max_level());
        }
        _ => {
            eprintln!(
                "usage: bench check | table | budgets PLAIN-BENCH | count CASE... | show CASE | max-level STACK"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Checks that the measured work is complete and correct.
fn check() {
    oracle::check();
    oracle::check_messages();
}

/// Runs a case's work a number of times, and prints the number and the bytes of its allocations.
fn run(case: &str, times: u64) {
    if cases::start(case, times) {
        return;
    }
    let mut work = cases::prepare(case).unwrap_or_else(|| panic!("no case is called {case}"));
    (0..WARM_UP).for_each(|_| work());
    let before = allocations::now();
    (0..times).for_each(|_| work());
    let after = allocations::now();
    println!("{} {}", after.count - before.count, after.bytes - before.bytes);
}
