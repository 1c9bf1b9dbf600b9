//! The command `check`: the environment, its sinks, and overlay files.

use crate::{RunOutput, program, run};
use std::fs;

fn check(args: &[&str], vars: &[(&str, &str)]) -> RunOutput {
    let vars = vars.iter().map(|(name, value)| (format!("DISPATCH_FAILURE_{name}"), *value));
    let mut command = program(&[&["check"], args].concat());
    command.envs(vars).output().unwrap().into()
}

#[test]
fn check_shows_every_value_with_its_source() {
    let shown = check(&[], &[("FORMAT", "pretty"), ("RATE", "5/s")]).ok();
    let line = |name: &str| {
        let name = format!("DISPATCH_FAILURE_{name} ");
        let line =
            shown.lines().find(|line| line.starts_with(&name)).unwrap_or_else(|| panic!("{name}\n{shown}"));
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("RATE"), "5/s (set here)");
    assert_eq!(line("STDOUT_FORMAT"), "pretty (from DISPATCH_FAILURE_FORMAT)");
    assert_eq!(line("STDOUT_LOCALE"), "en-US (from LANG)");
    assert_eq!(line("DELIVERY"), "sync (default)");
    assert_eq!(line("FILE_PATH"), "- (default)");
    assert!(shown.contains("sink stdout    ok: it can be opened"), "{shown}");
}

#[test]
fn check_reports_all_wrong_values_and_unknown_names() {
    let ran = check(&[], &[("FORMAT", "xml"), ("FROMAT", "json"), ("RATE", "many")]);
    assert_eq!(ran.status, 1);
    let reported: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(reported.len(), 3, "{reported:#?}");
    assert!(reported[0].contains("DISPATCH_FAILURE_FORMAT: \"xml\" is not a format"), "{reported:#?}");
    assert!(reported[1].contains("DISPATCH_FAILURE_RATE: "), "{reported:#?}");
    assert!(reported[2].contains("did you mean DISPATCH_FAILURE_FORMAT?"), "{reported:#?}");
    // Wrong values do not keep the sinks from being tried.
    assert!(ran.stdout.contains("sink stdout    ok"), "{}", ran.stdout);
}

#[test]
fn emit_writes_a_test_record_to_every_sink() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/failures.jsonl");
    let vars = [
        ("SINKS", "stderr,file"),
        ("FILE_PATH", file.to_str().unwrap()),
        ("FILE_LOCALE", "ja-JP"),
        ("SPANS", "[anything]"),
        ("SIGNALS", "panic"),
        ("DELIVERY", "queued"),
    ];
    let ran = check(&["--emit"], &vars);
    assert_eq!(ran.status, 0, "{ran:?}");
    for sink in ["stderr", "file  "] {
        assert!(
            ran.stdout.contains(&format!("sink {sink}    ok: it accepted the test record")),
            "{}",
            ran.stdout
        );
    }
    assert!(
        ran.stderr.contains(" ERROR 4031 DispatchSessionFailed: ") && ran.stderr.contains(" test=true "),
        "{ran:?}"
    );
    let stored = fs::read_to_string(&file).unwrap();
    assert_eq!(stored.lines().count(), 1);
    assert!(
        stored.contains("セッション ディスパッチに失敗しました。") && stored.contains("nothing failed"),
        "{stored}"
    );
    // `render` reads the test record like any other.
    assert!(run(&["render", file.to_str().unwrap()]).ok().contains("test=true"));
}

#[test]
fn check_finds_a_sink_that_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let vars = [("SINKS", "file,stderr"), ("FILE_PATH", folder.path().to_str().unwrap())];
    let ran = check(&[], &vars);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.contains("sink file      failed: DISPATCH_FAILURE_FILE_PATH: the file "),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("sink stderr    ok"), "{}", ran.stdout);
}

#[test]
fn emit_finds_a_sink_that_takes_no_record() {
    // A file whose every write fails for lack of space; not every system has it.
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let ran = check(&["--emit"], &[("SINKS", "file"), ("FILE_PATH", "/dev/full")]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stdout.contains("sink file      failed: the test record was refused"), "{}", ran.stdout);
}

#[test]
fn check_reports_mistakes_in_overlay_files_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let write = |tag: &str, text: &str| {
        fs::create_dir_all(folder.path().join(tag)).unwrap();
        fs::write(folder.path().join(tag).join("event-4031.ftl"), text).unwrap();
    };
    let check_files = || run(&["check", "--locales", folder.path().to_str().unwrap()]);
    write("ja-JP", "message = { $session_id }\n");
    write("sv-SE", "message = Det gick inte.\n");
    let ran = check_files();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "sv-SE: 29 of 30 texts come from another language\n"));
    write("ja-JP", "\n\nmesage = x\ntitle = { $error }\n");
    let ran = check_files();
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("ja-JP/event-4031.ftl:3:1: `mesage` is not a text of event 4031"), "{ran:?}");
    assert!(
        ran.stdout.contains("ja-JP/event-4031.ftl:4:1: `title` uses `$error`, but only `message`"),
        "{ran:?}"
    );
    write("ja-JP", "message = { NUMBER($x) }\n");
    write("fr-FR", "message = {{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{\n");
    write("not a tag", "message = x\n");
    let ran = check_files();
    assert_eq!(ran.status, 1);
    for place in [
        "ja-JP/event-4031.ftl:1:13: ",
        "fr-FR/event-4031.ftl:1:",
        "not a tag/event-4031.ftl: wrong folder name: ",
    ] {
        assert!(ran.stdout.contains(place), "{place}\n{}", ran.stdout);
    }
}
