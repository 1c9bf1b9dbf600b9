//! The example `order_gateway`, tested over HTTP.

mod client;
#[path = "../programs/mod.rs"]
mod programs;

use client::{Answer, Client};
use programs::{Finished, Running, example, has_tool};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// Far longer than an answer takes. Windows takes longer, as it tries a refused connection three times.
const TIME_LIMIT_MS: u32 = if cfg!(windows) { 10_000 } else { 2_000 };

const BACKENDS: [&str; 3] = ["healthy", "refusing", "slow"];

struct Gateway {
    program: Running,
    address: SocketAddr,
}

impl Gateway {
    fn start(time_limit_ms: u32, vars: &[(&str, &str)]) -> Self {
        let mut command = example("order_gateway", vars);
        command.args(["--port", "0", "--timeout-ms", &time_limit_ms.to_string()]);
        let program = Running::start(command);
        let line = program.stdout_line();
        let address = line.trim_end().strip_prefix("order_gateway listens on http://").expect(&line);
        let address = address.parse().unwrap();
        Self { program, address }
    }

    /// Asks the gateway to stop, by SIGTERM.
    #[cfg(unix)]
    fn terminate(&self) {
        let pid = rustix::process::Pid::from_raw(self.program.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Stops the gateway. Where it can be asked to stop, it must succeed.
    fn stop(self) -> Finished {
        #[cfg(unix)]
        {
            self.terminate();
            let finished = self.program.finish();
            assert!(finished.status.success(), "{finished:?}");
            finished
        }
        #[cfg(not(unix))]
        {
            let mut program = self.program;
            // Killing it loses nothing: a record is written before its span's close returns.
            program.kill();
            program.finish()
        }
    }
}

/// The records of a file, each line parsed as JSON.
fn records(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line must be complete");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// A request and the gateway's answer.
struct Dispatch {
    order: u64,
    backend: &'static str,
    answer: Answer,
}

/// Runs a hundred clients at once. Each sends one request to each backend, starting with another one.
fn send_300_requests(address: SocketAddr) -> Vec<Dispatch> {
    let clients: Vec<_> = (0..100_usize)
        .map(|number| {
            thread::spawn(move || {
                let mut client = Client::connect(address);
                let ask = |step| {
                    let backend = BACKENDS[(number + step) % 3];
                    let order = (number * 3 + step) as u64;
                    let answer = client.post(&format!("/orders/{order}/sessions/{backend}"));
                    Dispatch { order, backend, answer }
                };
                (0..3).map(ask).collect::<Vec<_>>()
            })
        })
        .collect();
    clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
}

#[test]
fn each_failed_dispatch_of_300_requests_writes_one_record_and_no_other_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs/failures.jsonl");
    let gateway = Gateway::start(
        TIME_LIMIT_MS,
        &[
            ("DISPATCH_FAILURE_SINKS", "file,stdout"),
            ("DISPATCH_FAILURE_FILE_PATH", path.to_str().unwrap()),
            ("DISPATCH_FAILURE_STDOUT_LOCALE", "ko-KR"),
            ("DISPATCH_FAILURE_APP", "gateway-under-test"),
            ("RUST_LOG", "tower_http=debug"),
        ],
    );
    let dispatches = send_300_requests(gateway.address);
    let Finished { stdout, stderr, .. } = gateway.stop();

    // The clients' side: only the healthy backend serves, and every session has its own number.
    assert_eq!(dispatches.len(), 300);
    let mut failed: BTreeMap<u64, &Dispatch> = BTreeMap::new();
    let mut sessions = BTreeSet::new();
    for dispatch in &dispatches {
        let Answer { status, body } = &dispatch.answer;
        let expected = match dispatch.backend {
            "healthy" => 201,
            "refusing" => 502,
            _ => 504,
        };
        assert_eq!(*status, expected, "{}: {body}", dispatch.backend);
        let session = body["session"].as_u64().unwrap();
        assert!(sessions.insert(session), "session {session} was opened twice");
        if *status != 201 {
            failed.insert(session, dispatch);
        }
    }
    assert_eq!(failed.len(), 200);

    // tower-http logs each failure too, in its span around ours.
    assert_eq!(stderr.matches("response failed").count(), 200);

    let records = records(&path);
    let reported: BTreeSet<u64> =
        records.iter().map(|record| record["fields"]["session.id"].as_u64().unwrap()).collect();
    assert_eq!(reported, failed.keys().copied().collect(), "only the failed sessions are recorded");
    assert_eq!(records.len(), 200, "each failure has one record");

    for record in &records {
        assert_record_matches(record, failed[&record["fields"]["session.id"].as_u64().unwrap()]);
    }
    let activities: BTreeSet<_> =
        records.iter().map(|record| record["activity_id"].as_str().unwrap()).collect();
    assert_eq!(activities.len(), 200, "every dispatch has its own activity id");

    // The other sink got the same failures in its own format and language.
    assert_eq!(stdout.lines().count(), 200);
    assert_eq!(
        stdout.matches("ERROR 4031 DispatchSessionFailed: 세션을 디스패치하지 못했습니다.").count(),
        200
    );
    for session in failed.keys() {
        assert_eq!(stdout.matches(&format!(" session.id={session} ")).count(), 1, "session {session}");
    }

    assert_jq_accepts_every_line(&path);
}

/// Compares a record with the answer that the client got.
fn assert_record_matches(record: &Value, dispatch: &Dispatch) {
    let Dispatch { order, backend, answer } = dispatch;
    let part = |keys: &[&str]| -> Value {
        keys.iter().map(|key| ((*key).to_owned(), record[*key].clone())).collect()
    };
    let error = answer.body["error"].as_str().unwrap();
    let port = &record["fields"]["server.port"];
    let mut fields = json!({
        "session.id": answer.body["session"], "order": order, "backend": backend, "server.port": port,
    });
    let expected = match *backend {
        "refusing" => {
            assert!(error.starts_with(&format!("no connection to 127.0.0.1:{port}: ")), "{error}");
            assert!(error.contains("refused"), "{error}");
            json!({ "error": error, "signal": "err", "error_type": null })
        }
        "slow" => {
            assert!(record["duration_ms"].as_f64().unwrap() >= f64::from(TIME_LIMIT_MS), "{record}");
            assert_eq!(error, format!("no answer within {}s", TIME_LIMIT_MS / 1000));
            fields["error.type"] = json!("timeout");
            fields["otel.status_code"] = json!("ERROR");
            fields["otel.status_description"] = json!(error);
            json!({ "error": error, "signal": "status", "error_type": "timeout" })
        }
        other => panic!("{other} fails no dispatch"),
    };
    assert_eq!(part(&["error", "signal", "error_type"]), expected);
    assert_eq!(record["fields"], fields);
    assert_eq!(
        part(&["schema", "level", "event", "message", "locale", "app"]),
        json!({
            "schema": 1,
            "level": "ERROR",
            "event": {
                "id": 4031,
                "name": "DispatchSessionFailed",
                "provider": "Microsoft-Windows-Application Server-Applications",
                "channel": "Microsoft-Windows-Application Server-Applications/Analytic",
                "task": "ActivationDispatchSession",
                "keywords": ["ActivationServices"],
            },
            "message": "Session dispatch failed.",
            "locale": "en-US",
            "app": "gateway-under-test",
        })
    );
    let span = &record["span"];
    assert_eq!(
        (&span["name"], &span["target"]),
        (&json!("dispatch_session"), &json!("order_gateway::dispatch"))
    );
    assert!(Path::new(span["file"].as_str().unwrap()).ends_with("order_gateway/dispatch.rs"), "{span}");
    assert!(span["line"].as_u64().unwrap() > 0);
    assert!(record.get("parents").is_none(), "no enclosing span is selected: {record}");
}

/// Passes each line of the file to the real `jq`.
fn assert_jq_accepts_every_line(path: &Path) {
    if !has_tool("jq") {
        return;
    }
    for line in fs::read_to_string(path).unwrap().lines() {
        let mut jq =
            Command::new("jq").args(["-e", "."]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        jq.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        assert!(jq.wait().unwrap().success(), "jq does not accept {line}");
    }
}

/// Dispatches one session to the refusing backend, and returns the records.
fn records_of_one_refusal(vars: &[(&str, &str)]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.jsonl");
    let file = [("DISPATCH_FAILURE_SINKS", "file"), ("DISPATCH_FAILURE_FILE_PATH", path.to_str().unwrap())];
    let gateway = Gateway::start(TIME_LIMIT_MS, &[&file, vars].concat());
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.post("/orders/1/sessions/refusing").status, 502);
    drop(client);
    gateway.stop();
    records(&path)
}

#[test]
fn selecting_the_tower_http_span_as_well_reports_a_failure_twice() {
    let spans = "[dispatch_session],tower_http[request]=debug";
    let records = records_of_one_refusal(&[("DISPATCH_FAILURE_SPANS", spans)]);
    let reports: Vec<_> = records.iter().map(|record| (&record["span"]["name"], &record["signal"])).collect();
    assert_eq!(
        reports,
        [(&json!("dispatch_session"), &json!("err")), (&json!("request"), &json!("response"))]
    );
    assert_eq!(records[1]["error"], "Status code: 502 Bad Gateway");
}

#[test]
fn the_tower_http_span_can_serve_as_context() {
    let records = records_of_one_refusal(&[("DISPATCH_FAILURE_CONTEXT", "tower_http[request]=debug")]);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["parents"], json!(["request"]));
    assert_eq!(records[0]["fields"]["uri"], "/orders/1/sessions/refusing");
    assert_eq!(records[0]["fields"]["method"], "POST");
}

#[test]
fn a_request_without_a_dispatch_writes_no_record() {
    let gateway = Gateway::start(TIME_LIMIT_MS, &[]);
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.post("/orders/1/sessions/unknown").status, 404);
    assert_eq!(client.post("/orders/x/sessions/refusing").status, 400);
    client.send("GET", "/orders/1/sessions/refusing");
    assert_eq!(client.receive().status, 405);
    drop(client);
    assert_eq!(gateway.stop().stdout, "");
}

#[test]
#[cfg(unix)]
fn shutdown_waits_for_dispatches_in_progress_and_their_records() {
    let gateway = Gateway::start(TIME_LIMIT_MS, &[("RUST_LOG", "tower_http=debug")]);
    let mut client = Client::connect(gateway.address);
    client.send("POST", "/orders/1/sessions/slow");
    gateway.program.await_stderr("started processing request");
    let finished = gateway.stop();
    assert_eq!(client.receive().status, 504);
    assert_eq!(finished.stdout.matches("ERROR 4031 DispatchSessionFailed").count(), 1, "{finished:?}");
}

#[test]
fn a_wrong_environment_variable_is_reported_before_the_gateway_listens() {
    let finished = programs::run("order_gateway", &[("DISPATCH_FAILURE_FORMAT", "xml")]);
    assert!(!finished.status.success());
    assert_eq!(finished.stdout, "");
    assert!(finished.stderr.contains("DISPATCH_FAILURE_FORMAT: \"xml\" is not a format"), "{finished:?}");
}

#[test]
fn a_wrong_command_line_prints_the_usage() {
    for args in [&["--port", "70000"][..], &["--port"], &["--timeout-ms", "0"], &["--help", "me"]] {
        let mut command = example("order_gateway", &[]);
        command.args(args);
        let finished = Running::start(command).finish();
        assert!(!finished.status.success(), "{args:?}");
        assert!(finished.stderr.contains("usage: order_gateway [--port"), "{finished:?}");
    }
}
