//! `check`: the environment, its sinks, and files of texts.

use crate::{Ran, program, run};
use std::fs;

fn check(args: &[&str], vars: &[(&str, &str)]) -> Ran {
    let vars = vars.iter().map(|(name, value)| (format!("DISPATCH_FAILURE_{name}"), *value));
    let mut command = program(&[&["check"], args].concat());
    command.envs(vars).output().unwrap().into()
}

#[test]
fn every_value_is_shown_with_its_origin() {
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
fn mistakes_and_unknown_names_are_all_said() {
    let ran = check(&[], &[("FORMAT", "xml"), ("FROMAT", "json"), ("RATE", "many")]);
    assert_eq!(ran.status, 1);
    let said: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(said[0].contains("DISPATCH_FAILURE_FORMAT: \"xml\" is no format"), "{said:#?}");
    assert!(said[1].contains("DISPATCH_FAILURE_RATE: "), "{said:#?}");
    assert!(said[2].contains("did you mean DISPATCH_FAILURE_FORMAT?"), "{said:#?}");
    // The sink is tried all the same.
    assert!(ran.stdout.contains("sink stdout    ok"), "{}", ran.stdout);
}

#[test]
fn a_test_record_goes_through_every_sink() {
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
            ran.stdout.contains(&format!("sink {sink}    ok: it took the test record")),
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
    // It is a record like any other.
    assert!(run(&["render", file.to_str().unwrap()]).ok().contains("test=true"));
}

#[test]
fn a_sink_that_cannot_be_opened_is_found() {
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
fn a_sink_that_takes_nothing_is_found() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let ran = check(&["--emit"], &[("SINKS", "file"), ("FILE_PATH", "/dev/full")]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stdout.contains("sink file      failed: the test record was not taken"), "{}", ran.stdout);
}

#[test]
fn files_of_texts_are_checked_like_sources() {
    let folder = tempfile::tempdir().unwrap();
    let write = |tag: &str, text: &str| {
        fs::create_dir_all(folder.path().join(tag)).unwrap();
        fs::write(folder.path().join(tag).join("event-4031.ftl"), text).unwrap();
    };
    let lint = || run(&["check", "--locales", folder.path().to_str().unwrap()]);
    write("ja-JP", "message = { $session_id }\n");
    write("sv-SE", "message = Det gick inte.\n");
    let ran = lint();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "sv-SE: 29 of 30 texts come from another language\n"));
    write("ja-JP", "\n\nmesage = x\ntitle = { $error }\n");
    let ran = lint();
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.contains("ja-JP/event-4031.ftl:3:1: no text of this program is called `mesage`"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("ja-JP/event-4031.ftl:4:1: `title` is shown without a record"), "{ran:?}");
    write("ja-JP", "message = { NUMBER($x) }\n");
    write("fr-FR", "message = {{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{\n");
    write("not a tag", "message = x\n");
    let ran = lint();
    assert_eq!(ran.status, 1);
    for place in [
        "ja-JP/event-4031.ftl:1:13: ",
        "fr-FR/event-4031.ftl:1:",
        "not a tag/event-4031.ftl: the folder's name: ",
    ] {
        assert!(ran.stdout.contains(place), "{place}\n{}", ran.stdout);
    }
}
