//! Help, completions, manual pages and languages.

use crate::run;
use std::fs;

#[test]
fn completions_help_and_manual_pages_name_every_command() {
    let commands = ["explain", "render", "report", "check", "locales", "completions", "man"];
    let page = run(&["man"]).ok();
    let help = run(&["--help"]).ok();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).ok();
        for command in commands {
            assert!(script.contains(command), "{shell} lacks {command}");
            assert!(page.contains(command) && help.contains(command), "{command}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    run(&["man", "--out", folder.path().to_str().unwrap()]).ok();
    let render = fs::read_to_string(folder.path().join("dispatch-failure-render.1")).unwrap();
    assert!(render.contains("follow") && render.contains("where"));
}

#[test]
fn an_unknown_command_is_refused() {
    let ran = run(&["translate"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
}

#[test]
fn locales_lists_each_language_with_its_missing_texts() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sv-SE")).unwrap();
    fs::write(folder.path().join("sv-SE/event-4031.ftl"), "message = Det gick inte.\n").unwrap();
    let list = run(&["locales", "--locale", "ja", "--locales-dir", folder.path().to_str().unwrap()]).ok();
    assert_eq!(list.lines().count(), 15);
    assert!(list.contains("\n* ja-JP      30 of 30 texts\n"), "{list}");
    assert!(list.contains("  sv-SE       1 of 30 texts; missing: title, properties-heading"), "{list}");
}
