//! Fails 10,000 dispatches from 8 threads at once.

use tracing::dispatcher;
use windows_programs::{builder, fail, run};

fn main() {
    run(builder(), |_, dispatch| {
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    dispatcher::with_default(dispatch, || {
                        for number in 0..1250 {
                            fail!(thread, number, text = "セッション 🦀", error = %format_args!("{thread}/{number}"));
                        }
                    });
                });
            }
        });
    });
}
