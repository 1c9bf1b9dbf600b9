//! Overlay files, and the records that use them.

use crate::{FIELD_LIMIT, Field, Recorded, Shape, fail, is_unsafe};
use std::{fs, path::PathBuf};
use tempfile::TempDir;
use tracing::Level;
use tracing_dispatch_failure::{Format, MemorySink, Reporter, SinkOptions};

/// A folder with one overlay file, which is overwritten for each input.
pub struct Overlay {
    folder: TempDir,
    file: PathBuf,
}

/// The limit for a message: its own text, and at most a hundred values.
pub const MOST_TEXT: usize = 64 * 1024 + 100 * (FIELD_LIMIT + 32);

impl Default for Overlay {
    fn default() -> Self {
        // In memory if possible.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let file = folder.path().join("ru-RU").join("event-4031.ftl");
        fs::create_dir(file.parent().unwrap()).unwrap();
        Self { folder, file }
    }
}

impl Overlay {
    /// Loads an overlay file. If it is accepted, writes a record with it in every format.
    pub fn check(&self, source: &[u8]) {
        fs::write(&self.file, source).unwrap();
        let locale = || "ru-RU".parse().unwrap();
        let sinks: Vec<_> = Format::ALL.iter().map(|format| (*format, MemorySink::new())).collect();
        let mut builder = Reporter::builder().sinks([]).locales_dir(self.folder.path());
        for (format, sink) in &sinks {
            let options = SinkOptions::default().format(*format).locale(locale());
            builder = builder.add_sink_with(format.name(), sink.clone(), options);
        }
        let reporter = match builder.build() {
            Ok(reporter) => reporter,
            Err(error) => {
                assert!(error.problems().len() <= 11, "{error}");
                for problem in error.problems() {
                    let text = problem.to_string();
                    assert!(!text.contains(is_unsafe), "{text:?}");
                    assert!(text.len() < 2048, "{} bytes: {text}", text.len());
                }
                return;
            }
        };
        fail(&reporter, &shape(), &fields());
        for (format, sink) in sinks {
            let [record] = <[_; 1]>::try_from(sink.take()).unwrap();
            assert!(record.message().len() <= MOST_TEXT, "{} bytes", record.message().len());
            let text = record.as_str();
            // Every character may become an escape, and the page contains all texts of the file.
            assert!(text.len() <= 32 * 10 * MOST_TEXT, "{} bytes", text.len());
            let is_line = format != Format::Pretty;
            let body = text.strip_suffix('\n').unwrap();
            assert!(!body.contains(|c| is_unsafe(c) && (is_line || c != '\n')), "{text:?}");
        }
        let stats = reporter.stats();
        assert_eq!(stats.total().delivered, 3, "{stats:?}");
    }
}

fn shape() -> Shape {
    Shape { name: "dispatch_session".to_owned(), target: "fuzz".to_owned(), file: None, level: Level::INFO }
}

/// Fields of each type, two of them with hostile texts.
fn fields() -> Vec<Field> {
    [
        ("n", Recorded::I64(-3)),
        ("u", Recorded::U64(u64::MAX)),
        ("i", Recorded::I128(i128::MIN)),
        ("x", Recorded::F64(f64::NAN)),
        ("y", Recorded::F64(2.5)),
        ("ok", Recorded::Bool(true)),
        ("session.id", Recorded::U64(7)),
        ("worker", Recorded::Str("{ $n } \u{202e}\n\x1b[31m".to_owned())),
        ("error", Recorded::Str("сбой".repeat(1100))),
    ]
    .map(|(name, value)| Field { name: name.to_owned(), value })
    .into()
}
