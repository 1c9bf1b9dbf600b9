//! Fails dispatches with large texts: `large UNITS [TIMES [APP]]`. UNITS is the length of the error
//! and of each of four fields, in characters of two UTF-16 units each; APP is the length of the
//! application's name.

use windows_programs::{builder, fail, run};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().expect("a number"));
    let text = "🦀".repeat(arguments.next().expect("a length"));
    let times = arguments.next().unwrap_or(1);
    let mut builder = builder().field_limit(1 << 20);
    if let Some(length) = arguments.next() {
        builder = builder.app("店".repeat(length));
    }
    run(builder, |_, _| {
        for number in 0..times {
            fail!(number, a = text, b = text, c = text, d = text, error = text);
        }
    });
}
