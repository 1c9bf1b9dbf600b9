//! `catalog` and `manifest`.

use crate::run;
use std::{collections::BTreeSet, fs};
use tracing_dispatch_failure::{EtwProvider, etw_manifest, journald_catalogs};

#[test]
fn catalogs_are_written_into_a_new_folder_under_the_names_that_systemd_looks_up() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/catalog");
    let stdout = run(&["catalog", "--out", out.to_str().unwrap()]).ok();
    let written: BTreeSet<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let expected: BTreeSet<_> = journald_catalogs().map(|(name, _)| name).collect();
    assert_eq!(written, expected);
    assert_eq!(stdout.lines().count(), expected.len());
    assert!(written.contains("dispatch-failure.zh_TW.catalog"));
    for (name, text) in journald_catalogs() {
        assert_eq!(fs::read_to_string(out.join(name)).unwrap(), text);
    }
}

#[test]
fn the_manifest_is_that_of_the_provider_and_file_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    run(&["manifest", "--out", out, "--provider", "Shop", "--binary", "C:\\shop.dll"]).ok();
    let provider: EtwProvider = "Shop".parse().unwrap();
    let text = fs::read_to_string(folder.path().join("Shop-Events.man")).unwrap();
    assert_eq!(text, etw_manifest(&provider, "C:\\shop.dll"));
}

#[test]
fn a_provider_that_is_microsoft_s_is_refused() {
    let ran = run(&["manifest", "--out", "x", "--provider", "Microsoft-Windows-Kernel"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("it must be your own, not Microsoft's"), "{}", ran.stderr);
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let ran = run(&["catalog", "--out", file.path().to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("cannot be written: "), "{}", ran.stderr);
}
