//! The example programs, run as a user runs them. `order_gateway` has its own tests.

mod programs;

use programs::run;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};
use tracing_dispatch_failure::Messages;

#[test]
fn every_example_has_a_test() {
    let tested = [
        "custom_messages",
        "custom_sink",
        "etw",
        "etw_manifest",
        "order_gateway",
        "quickstart",
        "tower_http",
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_program = |path: &std::path::PathBuf| path.is_file() || path.join("main.rs").exists();
    let found = paths.filter(is_program).map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), tested.map(str::to_owned).into());
}

#[test]
fn quickstart_reports_the_second_of_three_dispatches_and_nothing_else() {
    let stdout = run("quickstart", &[]).ok();
    let [line] = lines(&stdout)[..] else { panic!("one line is expected:\n{stdout}") };
    let (time, rest) = line.split_once(' ').unwrap();
    assert_eq!(time.len(), "2026-11-20T23:30:00.123456Z".len(), "{line}");
    assert!(
        rest.starts_with(
            "ERROR 4031 DispatchSessionFailed: Session dispatch failed. \
             error=\"worker-a refused the connection\" signal=err duration_ms="
        ),
        "{line}"
    );
    assert!(
        line.contains(" session.id=2 worker=\"worker-a\" span=dispatch_session target=quickstart "),
        "{line}"
    );
}

/// At its end a process logs to stderr which directive matched nothing, and what to write instead.
#[test]
#[cfg_attr(windows, ignore = "Windows runs no destructors of thread-local values at the end of a process")]
fn quickstart_warns_at_its_end_about_a_directive_that_matched_nothing() {
    for (spans, advice) in [
        ("[dispatch_session]", ""),
        ("quickstart", ""),
        ("[dispatch-session]", "write `[dispatch_session]`"),
        (
            "[sesion]",
            "write `[sesion]=debug`; DISPATCH_FAILURE_DIAGNOSE=on looks at every level for a minute",
        ),
        ("[request]", "the span `request` of tower-http is opened at DEBUG; write `[request]=debug`"),
        ("tower_http", "write `tower_http=debug`"),
        ("otel::tracing", "write `otel::tracing=trace`"),
        ("[quickstart]", "write `quickstart`"),
        ("old_name[dispatch_session]", "write `quickstart[dispatch_session]`"),
        ("[dispatch_sesion]", "write `[dispatch_session]`"),
        ("[dispatch_session],[unused]=off", ""),
    ] {
        let stderr = run("quickstart", &[("DISPATCH_FAILURE_SPANS", spans)]).stderr;
        if advice.is_empty() {
            assert_eq!(stderr, "", "{spans}");
        } else {
            assert_eq!(stderr.lines().count(), 2, "{spans}: {stderr}");
            assert!(stderr.contains(advice), "{spans}: {stderr}");
        }
        let silent = [("DISPATCH_FAILURE_SPANS", spans), ("DISPATCH_FAILURE_DIAGNOSE", "off")];
        assert_eq!(run("quickstart", &silent).stderr, "", "{spans}");
    }
}

#[test]
fn the_environment_alone_configures_quickstart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    let vars = [
        ("DISPATCH_FAILURE_SINKS", "file,stderr"),
        ("DISPATCH_FAILURE_FILE_PATH", path.to_str().unwrap()),
        ("DISPATCH_FAILURE_STDERR_FORMAT", "text"),
        ("DISPATCH_FAILURE_STDERR_LOCALE", "zh-Hant-HK"),
        ("DISPATCH_FAILURE_REDACT", "worker"),
        ("DISPATCH_FAILURE_APP", "shop"),
    ];
    let finished = run("quickstart", &vars);
    assert!(finished.stderr.contains("DispatchSessionFailed: 工作階段分派失敗。"), "{finished:?}");
    assert_eq!(finished.ok(), "");
    let text = fs::read_to_string(&path).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["fields"], json!({ "session.id": 2, "worker": "[redacted]" }));
    assert_eq!((&record["app"], &record["locale"]), (&json!("shop"), &json!("en-US")));

    assert_eq!(run("quickstart", &[("DISPATCH_FAILURE_SINKS", "off")]).ok(), "");
}

#[test]
fn quickstart_uses_the_language_of_the_terminal() {
    for (variable, locale, message) in [
        ("LANG", "fr_FR.UTF-8", "Échec de la distribution de sessions."),
        ("LC_ALL", "ja_JP.UTF-8", "セッション ディスパッチに失敗しました。"),
        ("LC_MESSAGES", "ru_RU.UTF-8", "Ошибка диспетчеризации сеанса."),
        ("LANG", "C.UTF-8", "Session dispatch failed."),
    ] {
        let stdout = run("quickstart", &[(variable, locale)]).ok();
        assert!(
            stdout.contains(&format!("DispatchSessionFailed: {message} ")),
            "{variable}={locale}: {stdout}"
        );
    }
}

#[test]
fn custom_messages_name_the_fields_of_the_span() {
    for (locale, expected) in [
        (
            "en-US",
            [
                "Session 1 could not be handed to worker-a after 1 attempt: connection refused",
                "Session 2 could not be handed to worker-b after 3 attempts: connection refused",
                "Session dispatch failed.",
            ],
        ),
        (
            "ja-JP",
            [
                "セッション 1 を worker-a にディスパッチできませんでした（試行 1 回）: connection refused",
                "セッション 2 を worker-b にディスパッチできませんでした（試行 3 回）: connection refused",
                "セッション ディスパッチに失敗しました。",
            ],
        ),
    ] {
        let vars = [("DISPATCH_FAILURE_LOCALE", locale), ("DISPATCH_FAILURE_FORMAT", "json")];
        let stdout = run("custom_messages", &vars).ok();
        let messages = records(&stdout).into_iter().map(|record| record["message"].clone());
        assert_eq!(messages.collect::<Vec<_>>(), expected, "{locale}");
    }
}

#[test]
fn locales_dir_changes_the_messages_of_any_program() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("fr-FR")).unwrap();
    let source = "message = La session { $session_id } n’a pas atteint { $worker }.\n";
    fs::write(folder.path().join("fr-FR/event-4031.ftl"), source).unwrap();
    let vars = [
        ("DISPATCH_FAILURE_LOCALES_DIR", folder.path().to_str().unwrap()),
        ("DISPATCH_FAILURE_LOCALE", "fr"),
        ("DISPATCH_FAILURE_FORMAT", "pretty"),
    ];
    let page = run("quickstart", &vars).ok();
    assert!(page.contains("\n  La session 2 n’a pas atteint worker-a.\n"), "{page}");
    assert!(page.contains("\nPropriétés\n"), "all other texts are unchanged: {page}");
}

#[test]
fn custom_sink_gets_every_record_in_its_own_language() {
    let stdout = run("custom_sink", &[("DISPATCH_FAILURE_LOCALE", "ko-KR")]).ok();
    let lines = lines(&stdout);
    let calls: Vec<_> = lines.iter().copied().filter(|line| line.starts_with("on call: ")).collect();
    assert_eq!(
        calls,
        [
            "on call: Échec de la distribution de sessions. (1: broken pipe)",
            "on call: Échec de la distribution de sessions. (3: broken pipe)",
        ]
    );
    let korean = lines.iter().filter(|line| line.contains("세션을 디스패치하지 못했습니다.")).count();
    assert_eq!(korean, 2, "{stdout}");
    assert_eq!(lines[4..], ["stdout: 2 delivered, 0 failed", "on-call: 2 delivered, 0 failed"]);
}

#[test]
fn tower_http_writes_a_record_for_a_failure_that_its_classifier_finds() {
    let stdout = run("tower_http", &[("DISPATCH_FAILURE_FORMAT", "json")]).ok();
    let (records, answers): (Vec<_>, Vec<_>) = stdout.lines().partition(|line| line.starts_with('{'));
    assert_eq!(answers, ["/orders: 200 OK", "/sessions: 503 Service Unavailable", "/nowhere: 404 Not Found"]);
    let [record] = records[..] else { panic!("one record is expected:\n{stdout}") };
    let record: Value = serde_json::from_str(record).unwrap();
    assert_eq!(record["signal"], "response");
    assert_eq!(record["error"], "Status code: 503 Service Unavailable");
    assert_eq!(record["span"]["name"], "request");
    assert_eq!(record["fields"], json!({ "method": "GET", "uri": "/sessions", "version": "HTTP/1.1" }));
}

fn lines(stdout: &str) -> Vec<&str> {
    stdout.lines().collect()
}

fn records(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn etw_manifest_prints_a_manifest_with_the_texts_of_all_languages() {
    let manifest = run("etw_manifest", &[]).ok();
    let document = roxmltree::Document::parse(&manifest).unwrap();
    let cultures = document.descendants().filter(|node| node.tag_name().name() == "resources").count();
    assert_eq!(cultures, Messages::built_in_locales().len());
    assert!(manifest.contains("Ошибка диспетчеризации сеанса."));
}

#[test]
fn etw_succeeds_on_every_system() {
    let stdout = run("etw", &[]).ok();
    // Without a trace session that listens, nobody could have seen the records.
    let expected = if cfg!(windows) { "not_listening: 3" } else { "ETW is for Windows only." };
    assert!(stdout.contains(expected), "{stdout}");
}
