//! The commands `catalog` and `manifest`.

use crate::run;
use std::{collections::BTreeSet, fs};
use tracing_dispatch_failure::{EtwProvider, etw_manifest, journald_catalogs};

#[test]
fn catalog_creates_its_folder_and_names_files_as_systemd_looks_them_up() {
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
fn manifest_describes_the_given_provider_and_binary() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    run(&["manifest", "--out", out, "--provider", "Shop", "--binary", "C:\\shop.dll"]).ok();
    let provider: EtwProvider = "Shop".parse().unwrap();
    let text = fs::read_to_string(folder.path().join("Shop-Events.man")).unwrap();
    assert_eq!(text, etw_manifest(&provider, "C:\\shop.dll"));
}

#[test]
fn manifest_refuses_a_provider_name_of_microsoft() {
    let ran = run(&["manifest", "--out", "x", "--provider", "Microsoft-Windows-Kernel"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("expected a provider of your own, not one of Microsoft's"), "{}", ran.stderr);
}

#[test]
fn catalog_fails_if_its_folder_cannot_be_created() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let ran = run(&["catalog", "--out", file.path().to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("cannot be written: "), "{}", ran.stderr);
}
