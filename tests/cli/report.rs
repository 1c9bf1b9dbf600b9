//! `report`: the page as a file. `tests/report/run.sh` tests the page in a browser.

use crate::{run, run_on, stored};
use std::fs;

#[test]
fn a_hostile_record_cannot_inject_markup_or_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}";
    let record = stored(&[1]).replace("\"refused\"", &serde_json::to_string(hostile).unwrap());
    run_on(record, &["report", "--out", file.to_str().unwrap()]).ok();
    let page = fs::read_to_string(&file).unwrap();
    assert!(!page.contains("<img") && !page.contains("alert(1)</") && !page.contains('\u{202e}'));
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    // The text is there: in the list of records, and in the summary for browsers without scripts.
    assert!(page.contains("\\u003c/script>\\u003cscript>alert(1)"), "{page}");
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"));
    assert!(page.contains("default-src 'none'; script-src 'sha256-"));
}

#[test]
#[cfg(unix)]
fn only_the_owner_may_read_the_page() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let args = ["report", "--force", "--out", file.to_str().unwrap()];
    for _ in 0..2 {
        run_on(stored(&[1]), &args).ok();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        // No temporary file is left. The second round replaces a page that everybody may read.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }
}

#[test]
fn report_keeps_an_existing_file_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    fs::write(&file, "mine").unwrap();
    let ran = run_on(stored(&[1]), &["report", "--out", file.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("report.html: the file exists; --force replaces it"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn limit_keeps_the_newest_records_and_counts_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let sessions: Vec<u64> = (1..=3000).collect();
    let ran = run_on(stored(&sessions), &["report", "--limit", "10", "--out", file.to_str().unwrap()]);
    assert_eq!(ran.status, 0);
    assert!(ran.stderr.contains("the page has the newest 10 of 3000 records"), "{}", ran.stderr);
    let page = fs::read_to_string(&file).unwrap();
    assert_eq!(page.matches("<details>").count(), 10);
    assert!(
        page.contains("\"total\":3000")
            && page.contains("<td>3000")
            && page.contains("<td>2991")
            && !page.contains("<td>2990")
    );
}

#[test]
fn report_writes_the_page_despite_lines_that_are_not_records_and_for_empty_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let ran = run_on(format!("x\n{}", stored(&[1])), &["report", "--out", file.to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("standard input:1: not a record") && file.exists());
    let empty = folder.path().join("empty.html");
    run(&["report", "--out", empty.to_str().unwrap()]).ok();
    assert!(fs::read_to_string(empty).unwrap().contains("\"rows\":[]"));
}
