//! `--where`, `--since`, `--until` and `--tail`.

use crate::{records, run_on, stored};

fn shown(stored: &str, args: &[&str]) -> Vec<String> {
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
fn conditions_are_of_fields_and_of_the_record_itself() {
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
        assert_eq!(shown(&stored, args), expected, "{args:?}");
    }
}

#[test]
fn a_period_has_its_start_and_lacks_its_end() {
    let record = stored(&[0]);
    let time =
        serde_json::from_str::<serde_json::Value>(&record).unwrap()["timestamp"].as_str().unwrap().to_owned();
    let at = |id: &str, day: &str| {
        record.replace(&time, day).replace("\"session.id\":0", &format!("\"session.id\":{id}"))
    };
    let stored = at("1", "2026-11-19T23:59:59.999999Z")
        + &at("2", "2026-11-20T00:00:00.000000Z")
        + &at("3", "2026-11-21T00:00:00.000000Z");
    assert_eq!(shown(&stored, &["--since", "2026-11-20"]), ["2", "3"]);
    assert_eq!(shown(&stored, &["--until", "2026-11-20"]), ["1"]);
    assert_eq!(
        shown(&stored, &["--since", "2026-11-20T00:00:00Z", "--until", "2026-11-21T00:00:00Z"]),
        ["2"]
    );
}

#[test]
fn what_cannot_be_understood_is_refused() {
    for args in [["--where", "worker"], ["--since", "yesterday"], ["--tail", "-1"], ["--format", "xml"]] {
        let ran = run_on("", &[&["render"], &args[..]].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{args:?}");
    }
}
