//! Fails dispatches within dispatches, with and without trace ids.

use tracing::info_span;
use windows_programs::{builder, run};

const TRACE: &str = "00112233445566778899aabbccddeeff";
const OTHER: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn main() {
    run(builder(), |_, _| {
        let outer = info_span!("dispatch_session", case = "outer", error = "outer");
        outer.in_scope(|| {
            drop(info_span!("dispatch_session", case = "inner", error = "inner"));
            drop(info_span!("dispatch_session", case = "second inner", error = "inner"));
        });
        drop(outer);

        let request = info_span!("request", trace_id = TRACE);
        request.in_scope(|| {
            let outer = info_span!("dispatch_session", case = "traced outer", error = "outer");
            outer.in_scope(|| {
                drop(info_span!("dispatch_session", case = "traced inner", error = "inner"));
                drop(info_span!("dispatch_session", case = "other trace", trace_id = OTHER, error = "inner"));
            });
        });
    });
}
