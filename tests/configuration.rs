//! Settings: what every variable takes, and what is said where it is wrong.

mod support;

use std::{ffi::OsString, fs};
use support::InChild;
use tracing::info_span;
use tracing_dispatch_failure::{Builder, Color, Error, Format, MemorySink, Reporter, Signals, SinkKind};
use tracing_subscriber::prelude::*;

const PREFIX: &str = "DISPATCH_FAILURE_";

/// Every variable that can be wrong, with a wrong value and parts of what is said of it.
const WRONG: [(&str, &str, &[&str]); 28] = [
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
    ("FIELD_LIMIT", "15", &["between 16 and"]),
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

fn assert_harmless(said: &str) {
    let harmful = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{2028}\u{feff}".contains(c);
    assert!(!said.contains(harmful), "{said:?}");
    assert!(said.len() < 1000, "{} bytes", said.len());
}

#[test]
fn a_wrong_value_is_named_quoted_and_answered_with_what_is_allowed() {
    for (name, value, allowed) in WRONG {
        let error = error_of(&[(name, value)]);
        let [problem] = error.problems() else { panic!("{error}") };
        assert_eq!(problem.variable(), Some(format!("{PREFIX}{name}").as_str()));
        let said = error.to_string();
        assert!(said.starts_with(&format!("{PREFIX}{name}: ")), "{said}");
        for part in allowed.iter().chain([&value.split(',').next().unwrap()]) {
            assert!(said.contains(part), "{part:?} is not in {said:?}");
        }
        assert_eq!(said, format!("{error:?}"), "what `main` shows is the same");
    }
}

#[test]
fn a_hostile_value_is_quoted_escaped_and_short() {
    let takes_any_text = ["REDACT", "APP", "FILE_PATH", "ETW_PROVIDER"];
    let names: std::collections::BTreeSet<&str> = WRONG.iter().map(|(name, ..)| *name).collect();
    for name in names.into_iter().filter(|name| !takes_any_text.contains(name)) {
        let huge = "=あ".repeat(300_000);
        for value in
            ["=\x1b[31m\u{9b}x", "=a\nforged: line\r", "=\u{202e}gnp.\u{2066}\u{2028}\u{feff}", &huge]
        {
            let said = error_of(&[(name, value)]).to_string();
            assert_harmless(&said);
            assert!(said.starts_with(&format!("{PREFIX}{name}: ")) && !said.contains('\n'), "{said}");
            assert!(said.contains("\"="), "the value is not quoted: {said}");
        }
        let said = error_of(&[(name, "=\x1b")]).to_string();
        assert!(said.contains(r#""=\u{1b}""#), "{said}");
        assert!(error_of(&[(name, &huge)]).to_string().contains('…'), "shortened values are marked");
    }
}

/// A text with something in its middle that is no character.
#[cfg(unix)]
fn broken(before: &str, behind: &str) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec([before.as_bytes(), b"\xff", behind.as_bytes()].concat())
}

#[cfg(windows)]
fn broken(before: &str, behind: &str) -> OsString {
    let units: Vec<u16> = before.encode_utf16().chain([0xd83e]).chain(behind.encode_utf16()).collect();
    std::os::windows::ffi::OsStringExt::from_wide(&units)
}

#[test]
fn a_value_that_is_not_unicode_is_an_error_for_every_variable() {
    let others = ["REDACT", "APP", "FILE_PATH", "ETW_PROVIDER", "OTLP_LOCALE"];
    for name in WRONG.iter().map(|(name, ..)| *name).chain(others) {
        let value = broken("fail", "ures\x1b");
        let error = Reporter::from_vars([(format!("{PREFIX}{name}"), value)]).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with(&format!("{PREFIX}{name}: ")), "{said}");
        assert!(said.contains("\"fail\u{fffd}ures\\u{1b}\" is not Unicode"), "{said}");
        assert_harmless(&said);
    }
    // What is none of ours may be anything.
    let value = broken("", "");
    let vars =
        [("LANG", value.clone()), ("LC_ALL", value.clone()), ("NO_COLOR", value.clone()), ("PATH", value)];
    Reporter::from_vars(vars).unwrap();
}

#[test]
fn all_mistakes_come_in_one_error_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs/failures.jsonl");
    let mut wrong = WRONG.to_vec();
    wrong.dedup_by_key(|(name, ..)| *name);
    let mut vars: Vec<_> = wrong.iter().map(|(name, value, _)| (*name, *value)).collect();
    vars.retain(|(name, _)| *name != "SINKS");
    vars.extend([("SINKS", "stdout,file"), ("FILE_PATH", path.to_str().unwrap())]);
    let error = error_of(&vars);
    assert_eq!(error.problems().len(), wrong.len() - 1, "{error}");
    let said = error.to_string();
    assert!(said.starts_with(&format!("{} mistakes:\n  - {PREFIX}SPANS: ", wrong.len() - 1)), "{said}");
    for (name, ..) in wrong.iter().filter(|(name, ..)| *name != "SINKS") {
        assert!(said.contains(&format!("\n  - {PREFIX}{name}: ")), "{name} is not in {said}");
    }
    assert!(!path.parent().unwrap().exists(), "not even the folder is made");
}

#[test]
fn a_file_sink_needs_a_path() {
    let said = error_of(&[("SINKS", "file")]).to_string();
    assert!(said.starts_with("DISPATCH_FAILURE_FILE_PATH: it is not set"), "{said}");
    assert_eq!(error_of(&[("SINKS", "file"), ("FORMAT", "xml")]).problems().len(), 2);
    let vars = [("DISPATCH_FAILURE_SINKS", "off"), ("DISPATCH_FAILURE_FILE_KEEP", "3")];
    Reporter::from_vars(vars).unwrap();
}

#[cfg(unix)]
#[test]
fn systemd_s_logs_directory_is_the_file_sink_s_default() {
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
fn empty_means_unset() {
    let vars = WRONG.iter().flat_map(|(name, ..)| [(*name, ""), (*name, "  ")]);
    for (name, value) in vars {
        Reporter::from_vars([(format!("{PREFIX}{name}"), value)]).unwrap();
    }
}

#[test]
fn every_default_can_be_written_out() {
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
fn numbers_out_of_range_are_mistakes_of_a_builder_too() {
    let error = Reporter::builder().field_limit(1).field_count(1000).build().unwrap_err();
    let variables: Vec<_> = error.problems().iter().map(|problem| problem.variable().unwrap()).collect();
    assert_eq!(variables, ["DISPATCH_FAILURE_FIELD_LIMIT", "DISPATCH_FAILURE_FIELD_COUNT"]);
}

/// What one failed dispatch gives in memory.
fn shown(builder: Builder) -> String {
    let memory = MemorySink::new();
    let reporter = builder.sinks([]).add_sink("memory", memory.clone()).build().unwrap();
    let stack = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(stack, || {
        drop(info_span!("dispatch_session", session.id = 7, error = "refused"));
    });
    memory.take().iter().map(|record| record.as_str()).collect()
}

#[test]
fn a_builder_s_later_call_wins_over_the_environment() {
    let vars = || {
        let vars = [("FORMAT", "pretty"), ("LOCALE", "ja-JP"), ("APP", "shop"), ("SIGNALS", "panic")];
        Builder::from_vars(vars.map(|(name, value)| (format!("{PREFIX}{name}"), value)))
    };
    assert_eq!(shown(vars()), "", "the error field counts no more");
    let by_vars = shown(vars().signals(Signals::default()));
    assert!(
        by_vars.contains("セッション ディスパッチに失敗しました。") && by_vars.contains("shop"),
        "{by_vars}"
    );
    let builder = vars().signals(Signals::default()).format(Format::Json).app("warehouse");
    let by_builder = shown(builder.locale("fr-FR".parse::<tracing_dispatch_failure::Locales>().unwrap()));
    let record: serde_json::Value = serde_json::from_str(&by_builder).unwrap();
    assert_eq!((&record["app"], &record["locale"]), (&"warehouse".into(), &"fr-FR".into()));
    assert!(shown(vars().signals(Signals::default()).spans("[other]".parse().unwrap())).is_empty());
    let redacted = shown(vars().signals(Signals::default()).redact("session.*".parse().unwrap()));
    assert!(redacted.contains("[redacted]"), "{redacted}");
    assert!(shown(vars().signals(Signals::default()).color(Color::Always)).contains("\x1b[1m"));
}

// ---- the process's environment -----------------------------------------------------------------

fn fail_a_dispatch(reporter: &Reporter) {
    tracing_subscriber::registry().with(reporter.layer()).init();
    drop(info_span!("dispatch_session", session.id = 7, error = "refused"));
}

#[test]
fn from_env_follows_the_environment() {
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
    // A file's language does not change with somebody's shell.
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
fn the_error_of_main_says_every_mistake_and_nothing_else_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "stdout,file")
        .var("DISPATCH_FAILURE_FILE_PATH", &path)
        .var("DISPATCH_FAILURE_FORMAT", "x\x1b[31m")
        .var("DISPATCH_FAILURE_COLOR", "red")
        .run(|| print!("{:?}", Reporter::from_env().unwrap_err()))
        .ok();
    assert!(output.stdout.starts_with("2 mistakes:\n  - DISPATCH_FAILURE_FORMAT: \"x\\u{1b}[31m\" "));
    assert!(output.stdout.contains("\n  - DISPATCH_FAILURE_COLOR: "), "{}", output.stdout);
    assert!(output.stderr.is_empty() && !path.exists(), "{}", output.stderr);
}

#[test]
fn from_env_lossy_says_the_mistakes_and_goes_on() {
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
    let said: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(said.len(), 4, "{said:#?}");
    let starts = ["FORMAT: \"x\\u{1b}[31m\"", "FIELD_COUNT: \"many\"", "FILE_PATH: the file "];
    for (line, start) in said.iter().zip(starts) {
        assert!(line.starts_with(&format!("tracing-dispatch-failure: {PREFIX}{start}")), "{line}");
    }
    assert!(said[3].contains("ERROR 4031 DispatchSessionFailed: Session dispatch failed."), "{}", said[3]);
    assert!(output.stdout.contains("4031 DispatchSessionFailed"), "{}", output.stdout);
}

#[test]
fn an_unknown_variable_is_a_warning_with_the_nearest_name() {
    let output = InChild::new()
        .var("DISPATCH_FAILURE_FROMAT", "json")
        .var("DISPATCH_FAILURE_SERVICE_HOST", "10.0.0.1")
        .var("DISPATCH_FAILURE_SERVICE_PORT", "")
        .var("DISPATCH_FAILURE_\x1b[31m\n", "x")
        .run(|| fail_a_dispatch(&Reporter::from_env().unwrap()))
        .ok();
    let said: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    let known = |text: &str| said.iter().any(|line| line.contains(text));
    assert!(known("\"DISPATCH_FAILURE_FROMAT\" is not known; did you mean DISPATCH_FAILURE_FORMAT?"));
    assert!(known("\"DISPATCH_FAILURE_SERVICE_HOST\" is not known"));
    // On Windows names have no case.
    let hostile = if cfg!(windows) { "\\u{1b}[31M\\n" } else { "\\u{1b}[31m\\n" };
    assert!(known(&format!("\"DISPATCH_FAILURE_{hostile}\" is not known")), "{said:#?}");
    assert!(output.stdout.contains("4031 DispatchSessionFailed"));
}

#[test]
fn colour_is_for_terminals_unless_it_is_wanted_everywhere() {
    let coloured = |reporter: Reporter| fail_a_dispatch(&reporter);
    let output = InChild::new()
        .var("DISPATCH_FAILURE_SINKS", "stdout,stderr")
        .var("DISPATCH_FAILURE_COLOR", "always")
        .var("DISPATCH_FAILURE_STDERR_FORMAT", "json")
        .var("NO_COLOR", "1")
        .run(|| coloured(Reporter::from_env().unwrap()))
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
fn a_path_that_cannot_be_a_file_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    // Windows has no such names.
    let file = folder.path().join(if cfg!(windows) { "file" } else { "file\x1b[31m" });
    fs::write(&file, "").unwrap();
    let below = file.join("x.jsonl");
    let impossible = if cfg!(windows) { "C:\\a|b\x1b[31m\\x.jsonl" } else { "/proc/nowhere/x.jsonl" };
    for path in [folder.path(), below.as_path(), std::path::Path::new(impossible)] {
        let said = error_of(&[("SINKS", "file"), ("FILE_PATH", path.to_str().unwrap())]).to_string();
        assert!(said.starts_with("DISPATCH_FAILURE_FILE_PATH: the file \""), "{said}");
        assert!(said.contains("cannot be opened: "), "{said}");
        assert_harmless(&said);
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "");
}
