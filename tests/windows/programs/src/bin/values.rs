//! Fails one dispatch with values of every type and texts in many scripts. With the argument `nul`
//! the application's name has an inner NUL.

use std::{error::Error, fmt};
use windows_programs::{builder, fail, run};

/// An error with its source.
#[derive(Debug)]
struct Link(&'static str, Option<Box<Link>>);

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|link| link as _)
    }
}

fn main() {
    let mut builder = builder();
    if std::env::args().nth(1).as_deref() == Some("nul") {
        builder = builder.app("shop\0behind");
    }
    let chain = Link("диспетчер", Some(Box::new(Link("接続拒否", Some(Box::new(Link("거부 🦀", None)))))));
    run(builder, |_, _| {
        fail!(
            yes = true,
            no = false,
            i64_min = i64::MIN,
            i64_max = i64::MAX,
            u64_max = u64::MAX,
            i128_min = i128::MIN,
            u128_max = u128::MAX,
            half = 0.5,
            tiny = f64::MIN_POSITIVE,
            nan = f64::NAN,
            negative_infinity = f64::NEG_INFINITY,
            japanese = "セッション ディスパッチ",
            russian = "сеанс",
            korean = "세션",
            beyond = "𠮷野家 🦀 👩‍💻",
            empty = "",
            nul = "a\0b",
            lines = "one\r\ntwo\t\u{1b}[31m",
            bidi = "\u{202e}gnp.exe",
            debug = ?Some("quoted"),
            display = %format_args!("{}/{}", 1, 2),
            cause = &chain as &dyn Error,
            session.id = 7,
            "название поля" = 1,
            password = "hunter2",
            error = &chain as &dyn Error,
            error.type = "Connexion::Refusée",
        );
    });
}
