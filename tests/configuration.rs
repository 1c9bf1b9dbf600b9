//! Settings: the values that every variable accepts, and the error for a wrong value.

mod support;

use std::{ffi::OsString, fs};
use support::InChild;
use tracing::info_span;
use tracing_dispatch_failure::{Builder, Color, Error, Format, MemorySink, Reporter, Signals, SinkKind};
use tracing_subscriber::prelude::*;

const PREFIX: &str = "DISPATCH_FAILURE_";

/// Every variable that can be wrong, with a wrong value and parts of its error message.
const WRONG_VALUES: [(&str, &str, &[&str]); 28] = [
    ("SINKS", "printer", &["`stdout`", "`stderr`", "`file`", "`off`"]),
    ("SPANS", "my_app[dispatch", &["no closing `]`"]),
    ("CONTEXT", "[request]=loud", &["`off`", "`error`", "`warn`", "`info`", "`debug`", "`trace`"]),
    ("SIGNALS", "panics", &["`status`", "`error-field`", "`err`", "`response`", "`panic`", "`unfinished`"]),
    ("LOCALE", "ja_JP.UTF-8", &["BCP 47", "`ja-JP`"]),
    ("LOCALES_DIR", "/nowhere/at/all", &["cannot be read"]),
    ("FORMAT", "xml", &["`text`", "`pretty`", "`json`"]),
    ("STDOUT_FORMAT", "JSON", &["`json`"]),
    ("STDOUT_LOCALE", "japanese language", &["BCP 47"]),
    ("STDERR_FORMAT", "yes", &["`json`"]),
    ("STDERR_LOCALE", "-", &["BCP 47"]),
    ("FILE_FORMAT", "1", &["`json`"]),
    ("FILE_LOCALE", "ja-JP,,en", &["BCP 47"]),
    ("FILE_ROTATION", "sometimes", &["`daily`"]),
    ("FILE_KEEP", "-1", &["`all`"]),
    ("DELIVERY", "later", &["`sync`", "`queued`"]),
    ("QUEUE_CAPACITY", "0", &["from 1 to"]),
    ("QUEUE_FULL", "explode", &["`block`", "`drop`"]),
    ("FLUSH_TIMEOUT", "5 fortnights", &["`5s`"]),
    ("FLUSH_TIMEOUT", "2h", &["at most an hour"]),
    ("RATE", "fast", &["100/s"]),
    ("FIELD_LIMIT", "lots", &["`8KiB`"]),
    ("FIELD_LIMIT", "15", &["from 16 bytes to"]),
    ("FIELD_LIMIT", "2MiB", &["1MiB"]),
    ("FIELD_COUNT", "0", &["from 1 to 200"]),
    ("FIELD_COUNT", "201", &["from 1 to 200"]),
    ("ETW_SCHEMA", "soap", &[]),
    ("COLOR", "red", &["`auto`", "`always`", "`never`"]),
];

fn error_of(vars: &[(&str, &str)]) -> Error {
    let vars = vars.iter().map(|(name, value)| (format!("{PREFIX}{name}"), (*value).to_owned()));
    let error = Reporter::from_vars(vars).unwrap_err();
    assert!(error.is_configuration());
    error
}

fn assert_harmless(message: &str) {
    let harmful = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{2028}\u{feff}".contains(c);
    assert!(!message.contains(harmful), "{message:?}");
    assert!(message.len() < 1000, "{} bytes", message.len());
}

#[test]
fn an_error_names_the_variable_quotes_the_value_and_lists_what_is_allowed() {
    for (name, value, allowed) in WRONG_VALUES {
        let error = error_of(&[(name, value)]);
        let [problem] = error.problems() else { panic!("{error}") };
        assert_eq!(problem.variable(), Some(format!("{PREFIX}{name}").as_str()));
        let message = error.to_string();
        assert!(message.starts_with(&format!("{PREFIX}{name}: ")), "{message}");
        for part in allowed.iter().chain([&value.split(',').next().unwrap()]) {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
        assert_eq!(message, format!("{error:?}"), "an error that `main` returns looks the same");
    }
}

#[test]
fn an_error_quotes_escapes_and_shortens_a_hostile_value() {
    let takes_any_text = ["REDACT", "APP", "FILE_PATH", "ETW_PROVIDER"];
    let names: std::collections::BTreeSet<&str> = WRONG_VALUES.iter().map(|(name, ..)| *name).collect();
    for name in names.into_iter().filter(|name| !takes_any_text.contains(name)) {
        let huge = "=あ".repeat(300_000);
        for value in
            ["=\x1b[31m\u{9b}x", "=a\nforged: line\r", "=\u{202e}gnp.\u{2066}\u{2028}\u{feff}", &huge]
        {
            let message = error_of(&[(name, value)]).to_string();
            assert_harmless(&message);
            assert!(
                message.starts_with(&format!("{PREFIX}{name}: ")) && !message.contains('\n'),
                "{message}"
            );
            assert!(message.contains("\"="), "the value is not quoted: {message}");
        }
        let message = error_of(&[(name, "=\x1b")]).to_string();
        assert!(message.contains(r#""=\u{1b}""#), "{message}");
        assert!(error_of(&[(name, &huge)]).to_string().contains('…'), "shortened values are marked");
    }
}

/// A text that is invalid Unicode in its middle.
#[cfg(unix)]
fn invalid_unicode(before: &str, after: &str) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec([before.as_bytes(), b"\xff", after.as_bytes()].concat())
}

#[cfg(windows)]
fn invalid_unicode(before: &str, after: &str) -> OsString {
    let units: Vec<u16> = before.encode_utf16().chain([0xd83e]).chain(after.encode_utf16()).collect();
    std::os::windows::ffi::OsStringExt::from_wide(&units)
}

#[test]
fn every_variable_rejects_a_value_that_is_not_unicode() {
    let others = ["REDACT", "APP", "FILE_PATH", "ETW_PROVIDER", "OTLP_LOCALE"];
    for name in WRONG_VALUES.iter().map(|(name, ..)| *name).chain(others) {
        let value = invalid_unicode("fail", "ures\x1b");
        let error = Reporter::from_vars([(format!("{PREFIX}{name}"), value)]).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(&format!("{PREFIX}{name}: ")), "{message}");
        assert!(message.contains("\"fail\u{fffd}ures\\u{1b}\" is not Unicode"), "{message}");
        assert_harmless(&message);
    }
    // Variables that are not ours may have any value.
    let value = invalid_unicode("", "");
    let vars =
        [("LANG", value.clone()), ("LC_ALL", value.clone()), ("NO_COLOR", value.clone()), ("PATH", value)];
    Reporter::from_vars(vars).unwrap();
}

#[test]
fn one_error_lists_all_mistakes_and_no_file_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs/failures.jsonl");
    let mut wrong = WRONG_VALUES.to_vec();
    wrong.dedup_by_key(|(name, ..)| *name);
    let mut vars: Vec<_> = wrong.iter().map(|(name, value, _)| (*name, *value)).collect();
    vars.retain(|(name, _)| *name != "SINKS");
    vars.extend([("SINKS", "stdout,file"), ("FILE_PATH", path.to_str().unwrap())]);
    let error = error_of(&vars);
    assert_eq!(error.problems().len(), wrong.len() - 1, "{error}");
    let message = error.to_string();
    assert!(message.starts_with(&format!("{} problems:\n  - {PREFIX}SPANS: ", wrong.len() - 1)), "{message}");
    for (name, ..) in wrong.iter().filter(|(name, ..)| *name != "SINKS") {
        assert!(message.contains(&format!("\n  - {PREFIX}{name}: ")), "{name} is not in {message}");
    }
    assert!(!path.parent().unwrap().exists(), "not even the folder is created");
}

#[test]
fn a_file_sink_needs_a_path() {
    let message = error_of(&[("SINKS", "file")]).to_string();
    assert!(message.starts_with("DISPATCH_FAILURE_FILE_PATH: it is not set"), "{message}");
    assert_eq!(error_of(&[("SINKS", "file"), ("FORMAT", "xml")]).problems().len(), 2);
    let vars = [("DISPATCH_FAILURE_SINKS", "off"), ("DISPATCH_FAILURE_FILE_KEEP", "3")];
    Reporter::from_vars(vars).unwrap();
}

#[cfg(unix)]
#[test]
fn the_file_sink_defaults_to_the_logs_directory_of_systemd() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let vars = [
        ("DISPATCH_FAILURE_SINKS".into(), OsString::from("file")),
        ("LOGS_DIRECTORY".into(), format!("{}:/elsewhere", logs.display()).into()),
    ];
    let vars: [(OsString, OsString); 2] = vars;
    let reporter = Reporter::from_vars(vars).unwrap();
    let stack = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(stack, || drop(info_span!("dispatch_session", error = "x")));
    assert_eq!(fs::read_to_string(logs.join("dispatch-failures.jsonl")).unwrap().lines().count(), 1);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let vars = WRONG_VALUES.iter().flat_map(|(name, ..)| [(*name, ""), (*name, "  ")]);
    for (name, value) in vars {
        Reporter::from_vars([(format!("{PREFIX}{name}"), value)]).unwrap();
    }
}

#[test]
fn every_default_can_be_set_explicitly() {
    let vars = [
        ("SINKS", "stdout"),
        ("SPANS", "[dispatch_session]"),
        ("SIGNALS", "status,error-field,err,response,panic"),
        ("REDACT", "*password*,*passwd*,*secret*,*token*,*api_key*,authorization,cookie"),
        ("FORMAT", "text"),
        ("FILE_ROTATION", "never"),
        ("FILE_KEEP", "all"),
        ("DELIVERY", "sync"),
        ("FLUSH_TIMEOUT", "5s"),
        ("RATE", "off"),
        ("FIELD_LIMIT", "8KiB"),
        ("FIELD_COUNT", "64"),
        ("COLOR", "auto"),
    ];
    Reporter::from_vars(vars.map(|(name, value)| (format!("{PREFIX}{name}"), value))).unwrap();
}

#[test]
fn a_builder_rejects_numbers_out_of_range_too() {
    let error = Reporter::builder().field_limit(1).field_count(1000).build().unwrap_err();
    let variables: Vec<_> = error.problems().iter().map(|problem| problem.variable().unwrap()).collect();
    assert_eq!(variables, ["DISPATCH_FAILURE_FIELD_LIMIT", "DISPATCH_FAILURE_FIELD_COUNT"]);
}

/// Returns what a reporter writes for one failed dispatch.
fn written_by(builder: Builder) -> String {
    let memory = MemorySink::new();
    let reporter = builder.sinks([]).add_sink("memory", memory.clone()).build().unwrap();
    let stack = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(stack, || {
        drop(info_span!("dispatch_session", session.id = 7, error = "refused"));
    });
    memory.take().iter().map(|record| record.as_str()).collect()
}

#[test]
fn a_builder_call_overrides_the_environment() {
    let vars = || {
        let vars = [("FORMAT", "pretty"), ("LOCALE", "ja-JP"), ("APP", "shop"), ("SIGNALS", "panic")];
        Builder::from_vars(vars.map(|(name, value)| (format!("{PREFIX}{name}"), value)))
    };
    assert_eq!(written_by(vars()), "", "only `panic` counts");
    let by_vars = written_by(vars().signals(Signals::default()));
    assert!(
        by_vars.contains("セッション ディスパッチに失敗しました。") && by_vars.contains("shop"),
        "{by_vars}"
    );
    let builder = vars().signals(Signals::default()).format(Format::Json).app("warehouse");
    let by_builder =
        written_by(builder.locale("fr-FR".parse::<tracing_dispatch_failure::Locales>().unwrap()));
    let record: serde_json::Value = serde_json::from_str(&by_builder).unwrap();
    assert_eq!((&record["app"], &record["locale"]), (&"warehouse".into(), &"fr-FR".into()));
    assert!(written_by(vars().signals(Signals::default()).spans("[other]".parse().unwrap())).is_empty());
    let redacted = written_by(vars().signals(Signals::default()).redact("session.*".parse().unwrap()));
    assert!(redacted.contains("[redacted]"), "{redacted}");
    assert!(written_by(vars().signals(Signals::default()).color(Color::Always)).contains("\x1b[1m"));
}

// ---- the process's environment -----------------------------------------------------------------

fn fail_a_dispatch(reporter: &Reporter) {
    tracing_subscriber::registry().with(reporter.layer()).init();
    drop(info_span!("dispatch_session", session.id = 7, error = "refused"));
}

#[test]
fn from_env_applies_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "stdout,stderr,file")
        .var("DISPATCH_FAILURE_FILE_PATH", &path)
        .var("DISPATCH_FAILURE_STDERR_FORMAT", "pretty")
        .var("DISPATCH_FAILURE_STDERR_LOCALE", "fr-FR")
        .var("DISPATCH_FAILURE_APP", "shop")
        .var("LANG", "ja_JP.UTF-8")
        .run(|| fail_a_dispatch(&Reporter::from_env().unwrap()))
        .ok();
    let line = output.stdout.as_str();
    assert!(line.contains("4031 DispatchSessionFailed: セッション ディスパッチに失敗しました。"), "{line}");
    assert!(line.contains("error=\"refused\"") && line.contains(" session.id=7 "), "{line}");
    assert!(output.stderr.contains("4031 - DispatchSessionFailed\n"), "{}", output.stderr);
    assert!(!output.stderr.contains("セッション") && output.stderr.contains("Niveau"), "{}", output.stderr);
    // The language of a file does not depend on the user's shell.
    let record: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!((&record["locale"], &record["app"]), (&"en-US".into(), &"shop".into()));
}

#[test]
fn a_builder_ignores_the_environment() {
    let output = InChild::new()
        .var("DISPATCH_FAILURE_FORMAT", "xml")
        .var("DISPATCH_FAILURE_APP", "shop")
        .var("LANG", "ja_JP.UTF-8")
        .run(|| fail_a_dispatch(&Reporter::builder().sinks([SinkKind::Stdout]).build().unwrap()))
        .ok();
    let line = output.stdout.as_str();
    assert!(line.contains("4031 DispatchSessionFailed: Session dispatch failed."), "{line}");
    assert!(!line.contains("shop") && output.stderr.is_empty(), "{line} {}", output.stderr);
}

#[test]
fn the_error_of_main_lists_every_mistake_and_nothing_else_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "stdout,file")
        .var("DISPATCH_FAILURE_FILE_PATH", &path)
        .var("DISPATCH_FAILURE_FORMAT", "x\x1b[31m")
        .var("DISPATCH_FAILURE_COLOR", "red")
        .run(|| print!("{:?}", Reporter::from_env().unwrap_err()))
        .ok();
    assert!(output.stdout.starts_with("2 problems:\n  - DISPATCH_FAILURE_FORMAT: \"x\\u{1b}[31m\" "));
    assert!(output.stdout.contains("\n  - DISPATCH_FAILURE_COLOR: "), "{}", output.stdout);
    assert!(output.stderr.is_empty() && !path.exists(), "{}", output.stderr);
}

#[test]
fn from_env_lossy_logs_the_mistakes_and_continues() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a regular file");
    fs::write(&file, "").unwrap();
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "stdout,file")
        .var("DISPATCH_FAILURE_FILE_PATH", file.join("failures.jsonl"))
        .var("DISPATCH_FAILURE_FORMAT", "x\x1b[31m\n")
        .var("DISPATCH_FAILURE_FIELD_COUNT", "many")
        .run(|| {
            let reporter = Reporter::from_env_lossy();
            fail_a_dispatch(&reporter);
            assert_eq!(reporter.stats().sink("stdout").unwrap().delivered, 1);
            assert_eq!(reporter.stats().sink("stderr instead of file").unwrap().delivered, 1);
        })
        .ok();
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let starts = ["FORMAT: \"x\\u{1b}[31m\"", "FIELD_COUNT: \"many\"", "FILE_PATH: the file "];
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(&format!("tracing-dispatch-failure: {PREFIX}{start}")), "{line}");
    }
    assert!(lines[3].contains("ERROR 4031 DispatchSessionFailed: Session dispatch failed."), "{}", lines[3]);
    assert!(output.stdout.contains("4031 DispatchSessionFailed"), "{}", output.stdout);
}

#[test]
fn an_unknown_variable_causes_a_warning_with_the_nearest_name() {
    let output = InChild::new()
        .var("DISPATCH_FAILURE_FROMAT", "json")
        .var("DISPATCH_FAILURE_SERVICE_HOST", "10.0.0.1")
        .var("DISPATCH_FAILURE_SERVICE_PORT", "")
        .var("DISPATCH_FAILURE_\x1b[31m\n", "x")
        .run(|| fail_a_dispatch(&Reporter::from_env().unwrap()))
        .ok();
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    let has_warning = |text: &str| lines.iter().any(|line| line.contains(text));
    assert!(has_warning("\"DISPATCH_FAILURE_FROMAT\" is not known; did you mean DISPATCH_FAILURE_FORMAT?"));
    assert!(has_warning("\"DISPATCH_FAILURE_SERVICE_HOST\" is not known"));
    // On Windows, names ignore case.
    let hostile = if cfg!(windows) { "\\u{1b}[31M\\n" } else { "\\u{1b}[31m\\n" };
    assert!(has_warning(&format!("\"DISPATCH_FAILURE_{hostile}\" is not known")), "{lines:#?}");
    assert!(output.stdout.contains("4031 DispatchSessionFailed"));
}

#[test]
fn color_always_colours_text_without_a_terminal_but_never_json() {
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "stdout,stderr")
        .var("DISPATCH_FAILURE_COLOR", "always")
        .var("DISPATCH_FAILURE_STDERR_FORMAT", "json")
        .var("NO_COLOR", "1")
        .run(|| fail_a_dispatch(&Reporter::from_env().unwrap()))
        .ok();
    assert!(output.stdout.contains("\x1b[31mERROR\x1b[0m"), "{}", output.stdout);
    assert!(!output.stderr.contains('\x1b'), "JSON has no colours: {}", output.stderr);
}

#[test]
fn sinks_off_writes_nothing() {
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "off")
        .run(|| {
            let reporter = Reporter::from_env().unwrap();
            fail_a_dispatch(&reporter);
            assert_eq!(reporter.stats().callsites, 1);
        })
        .ok();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
}

#[test]
#[cfg(unix)]
fn building_a_reporter_fails_if_the_path_cannot_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    // Windows does not allow control characters in names.
    let file = folder.path().join(if cfg!(windows) { "file" } else { "file\x1b[31m" });
    fs::write(&file, "").unwrap();
    let below = file.join("x.jsonl");
    let impossible = if cfg!(windows) { "C:\\a|b\x1b[31m\\x.jsonl" } else { "/proc/nowhere/x.jsonl" };
    for path in [folder.path(), below.as_path(), std::path::Path::new(impossible)] {
        let message = error_of(&[("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap())]).to_string();
        assert!(message.starts_with("DISPATCH_FAILURE_FILE_PATH: the file \""), "{message}");
        assert!(message.contains("cannot be opened: "), "{message}");
        assert_harmless(&message);
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "");
}
