//! Fails a dispatch that has 200 fields, most of them from enclosing spans.

use tracing::info_span;
use windows_programs::{builder, run};

/// Enters a span for each letter, with 20 fields whose names begin with it.
macro_rules! around {
    ($($letter:ident)*) => {
        [$(info_span!(
            "around", $letter.a = 1, $letter.b = 1, $letter.c = 1, $letter.d = 1, $letter.e = 1,
            $letter.f = 1, $letter.g = 1, $letter.h = 1, $letter.i = 1, $letter.j = 1,
            $letter.k = 1, $letter.l = 1, $letter.m = 1, $letter.n = 1, $letter.o = 1,
            $letter.p = 1, $letter.q = 1, $letter.r = 1, $letter.s = 1, $letter.t = 1,
        )
        .entered()),*]
    };
}

fn main() {
    let context = "[around]".parse().expect("directives");
    run(builder().field_count(200).context(context), |_, _| {
        let around = around!(a b c d e f g h i j);
        drop(info_span!("dispatch_session", session.id = 7, error = "refused"));
        around.into_iter().rev().for_each(drop);
    });
}
