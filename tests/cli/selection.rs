//! Selecting records: `--where`, `--since`, `--until` and `--tail`.

use crate::{records, run_on, stored};

/// The session ids of the records that `render` selects.
fn selected(stored: &str, args: &[&str]) -> Vec<String> {
    let out = run_on(stored, &[&["render", "--format", "json"], args].concat()).ok();
    let record = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["fields"]["session.id"].to_string()
    };
    out.lines().map(record).collect()
}

fn dispatches() {
    tracing::info_span!("dispatch_session", session.id = 1, worker = "a", error = "refused").in_scope(|| {});
    tracing::info_span!("dispatch_session", session.id = 2, worker = "b", ratio = 2.0, error = "late")
        .in_scope(|| {});
    tracing::info_span!("dispatch_session", session.id = 3, pid = "mine", error = "refused: late")
        .in_scope(|| {});
}

#[test]
fn records_are_selected_by_fields_keys_age_and_count() {
    let stored = records(&[("json", "en-US")], None, dispatches).remove(0);
    let pid = format!("pid={}", std::process::id());
    for (args, expected) in [
        (&["--where", "worker=a"][..], &["1"][..]),
        (&["--where", "worker!=a"], &["2", "3"]),
        (&["--where", "session.id=2"], &["2"]),
        (&["--where", "ratio=2.0"], &["2"]),
        (&["--where", "error=refused"], &["1"]),
        (&["--where", "error~late"], &["2", "3"]),
        (&["--where", "error~late", "--where", "worker=b"], &["2"]),
        (&["--where", "signal=error-field"], &["1", "2", "3"]),
        (&["--where", "span=dispatch_session", "--where", "target~cli"], &["1", "2", "3"]),
        (&["--where", &pid], &["1", "2", "3"]),
        (&["--where", "fields.pid=mine"], &["3"]),
        (&["--where", "nothing=1"], &[]),
        (&["--tail", "2"], &["2", "3"]),
        (&["--tail", "1", "--where", "error~refused"], &["3"]),
        (&["--tail", "0"], &[]),
        (&["--since", "1h"], &["1", "2", "3"]),
        (&["--until", "1h"], &[]),
    ] {
        assert_eq!(selected(&stored, args), expected, "{args:?}");
    }
}

#[test]
fn since_includes_its_moment_and_until_excludes_it() {
    let record = stored(&[0]);
    let time =
        serde_json::from_str::<serde_json::Value>(&record).unwrap()["timestamp"].as_str().unwrap().to_owned();
    let at = |id: &str, day: &str| {
        record.replace(&time, day).replace("\"session.id\":0", &format!("\"session.id\":{id}"))
    };
    let stored = at("1", "2026-11-19T23:59:59.999999Z")
        + &at("2", "2026-11-20T00:00:00.000000Z")
        + &at("3", "2026-11-21T00:00:00.000000Z");
    assert_eq!(selected(&stored, &["--since", "2026-11-20"]), ["2", "3"]);
    assert_eq!(selected(&stored, &["--until", "2026-11-20"]), ["1"]);
    assert_eq!(
        selected(&stored, &["--since", "2026-11-20T00:00:00Z", "--until", "2026-11-21T00:00:00Z"]),
        ["2"]
    );
}

#[test]
fn invalid_options_are_refused() {
    for args in [["--where", "worker"], ["--since", "yesterday"], ["--tail", "-1"], ["--format", "xml"]] {
        let ran = run_on("", &[&["render"], &args[..]].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{args:?}");
    }
}
