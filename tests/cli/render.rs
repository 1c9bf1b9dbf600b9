//! `render` shows a stored record byte for byte as a program writes it in that format and language.

use crate::{programs, records, run, run_on};
use std::{fs, path::Path};
use tempfile::TempDir;

const LOCALES: [&str; 7] = ["en-US", "ja-JP", "ru-RU", "zh-TW", "fr-FR", "ko-KR", "sv-SE"];

/// Overlays: an added language, and a built-in one whose message uses values of the record.
fn overlays() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (tag, text) in [
        (
            "sv-SE",
            "title = 4031 - Fel\nmessage = { $session_id ->\n [1] En session\n *[other] { $session_id } sessioner\n }: { $error }\n",
        ),
        ("ja-JP", "message = { $span } ({ $duration_ms } ms, { $big }): { $error }\nerror-label = 原因\n"),
    ] {
        fs::create_dir(folder.path().join(tag)).unwrap();
        fs::write(folder.path().join(tag).join("event-4031.ftl"), text).unwrap();
    }
    folder
}

fn dispatches() {
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    tracing::info_span!(
        "dispatch_session",
        session.id = 1,
        trace_id,
        error = "refused: \u{202e}\n\"x\" \\ 会话 🦀"
    )
    .in_scope(|| {});
    tracing::info_span!(
        "dispatch_session",
        session.id = 5,
        big = u64::MAX,
        ratio = 0.1 + 0.2,
        error = "late"
    )
    .in_scope(|| {});
    let span = tracing::info_span!(
        "dispatch_session",
        session.id = 1u128 << 100,
        big = i128::MIN,
        nothing = f64::NAN,
        whole = 2.0,
        huge = 1e300,
        ok = true,
        pid = "mine",
        otel.status_code = "ERROR",
    );
    drop(span);
}

fn arguments<'a>(format: &'a str, locale: &'a str, folder: &'a Path) -> [&'a str; 7] {
    ["render", "--format", format, "--locale", locale, "--locales-dir", folder.to_str().unwrap()]
}

#[test]
fn render_writes_what_a_program_writes_in_every_format_and_language() {
    let folder = overlays();
    let mut renderings = vec![("json", "de-DE")];
    for locale in LOCALES {
        renderings.extend(["text", "pretty", "json"].map(|format| (format, locale)));
    }
    let written = records(&renderings, Some(folder.path()), dispatches);
    let stored = &written[0];
    assert_eq!(stored.lines().count(), 3);
    for ((format, locale), written) in renderings.iter().zip(&written) {
        let shown = run_on(stored, &arguments(format, locale, folder.path())).ok();
        assert_eq!(&shown, written, "{format} in {locale}");
    }
    // The overlays are in use, and fall back if a record lacks a value.
    let swedish = run_on(stored, &arguments("text", "sv-SE", folder.path())).ok();
    assert!(
        swedish.contains(": En session: refused") && swedish.contains(": 5 sessioner: late"),
        "{swedish}"
    );
    assert!(
        swedish.lines().nth(2).unwrap().contains(": Session dispatch failed. signal=status"),
        "{swedish}"
    );
}

#[test]
fn render_matches_the_console_output_of_an_example_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failures.jsonl");
    for (format, locale) in [("text", "ru-RU"), ("pretty", "zh-TW")] {
        let vars = [
            ("DISPATCH_FAILURE_SINKS", "stderr,file"),
            ("DISPATCH_FAILURE_FILE_PATH", file.to_str().unwrap()),
            ("DISPATCH_FAILURE_STDERR_FORMAT", format),
            ("DISPATCH_FAILURE_STDERR_LOCALE", locale),
        ];
        let console = programs::run("quickstart", &vars).stderr;
        let shown = run(&["render", "--format", format, "--locale", locale, file.to_str().unwrap()]).ok();
        assert!(shown.contains("4031"), "{shown}");
        assert_eq!(shown, console);
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn color_always_writes_terminal_colours() {
    let stored = records(&[("json", "en-US")], None, dispatches).remove(0);
    let plain = run_on(&stored, &["render"]).ok();
    let coloured = run_on(&stored, &["render", "--color", "always"]).ok();
    assert!(!plain.contains('\x1b') && coloured.contains("\x1b[31mERROR\x1b[0m"), "{coloured}");
}

#[test]
fn render_fails_on_a_mistake_in_an_overlay() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ja-JP")).unwrap();
    fs::write(folder.path().join("ja-JP/event-4031.ftl"), "message = { NUMBER($x) }\n").unwrap();
    let ran = run_on("", &arguments("text", "ja-JP", folder.path()));
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("event-4031.ftl:1:13: "), "{}", ran.stderr);
}
