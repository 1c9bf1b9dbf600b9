//! The sink `journald` with a socket on which the test listens, and with a missing one.
//! `tests/journald/run.sh` tests the sink with the real journald.
#![cfg(target_os = "linux")]

use std::{collections::BTreeMap, fs, io::ErrorKind, os::unix::net::UnixDatagram, path::Path};
use tracing::{info_span, subscriber::with_default};
use tracing_dispatch_failure::{Builder, Fault, Reporter, SinkKind};
use tracing_subscriber::prelude::*;

fn builder(socket: &Path) -> Builder {
    Reporter::builder().sinks([SinkKind::Journald]).journald_socket(socket).app("gateway")
}

fn fail(reporter: &Reporter, session: u64) {
    with_default(tracing_subscriber::registry().with(reporter.layer()), || {
        info_span!("dispatch_session", session.id = session, error = "refused").in_scope(|| {});
    });
}

/// Reads the fields of the next datagram. No value in these tests contains a newline.
fn received(listener: &UnixDatagram) -> BTreeMap<String, String> {
    listener.set_nonblocking(true).unwrap();
    let mut bytes = vec![0; 65_536];
    let length = listener.recv(&mut bytes).unwrap();
    let text = std::str::from_utf8(&bytes[..length]).unwrap();
    let fields = text.lines().map(|line| line.split_once('=').unwrap());
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_missing_journald_is_an_error_that_names_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no-socket");
    let closed = folder.path().join("closed");
    drop(UnixDatagram::bind(&closed).unwrap());
    for (path, reason) in [(&missing, "No such file"), (&closed, "Connection refused")] {
        let error = builder(path).build().unwrap_err();
        assert!(error.is_configuration());
        assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_SINKS"));
        let text = error.to_string();
        assert!(text.contains("the sink `journald` cannot be opened: "), "{text}");
        assert!(text.contains(path.to_str().unwrap()) && text.contains(reason), "{text}");
    }
}

#[test]
fn the_sink_sends_a_failure_as_one_datagram_in_its_language() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixDatagram::bind(&path).unwrap();
    let vars = [("DISPATCH_FAILURE_SINKS", "journald"), ("DISPATCH_FAILURE_JOURNALD_LOCALE", "ja-JP")];
    let reporter = Builder::from_vars(vars).journald_socket(&path).build().unwrap();
    fail(&reporter, 7);
    let fields = received(&listener);
    assert_eq!(fields["MESSAGE"], "セッション ディスパッチに失敗しました。");
    assert_eq!(fields["MESSAGE_ID"], "c9fe9959aeac4446a4887c7c94c92cef");
    assert_eq!(fields["DISPATCH_LOCALE"], "ja-JP");
    assert_eq!(fields["DISPATCH_ERROR"], "refused");
    assert_eq!(fields["F_SESSION_ID"], "7");
    assert_eq!(reporter.stats().sink("journald").unwrap().delivered, 1);
}

#[test]
fn losses_without_journald_are_counted_and_a_new_journald_gets_the_next_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixDatagram::bind(&path).unwrap();
    let reporter = builder(&path).build().unwrap();
    fail(&reporter, 1);
    assert_eq!(received(&listener)["F_SESSION_ID"], "1");

    drop(listener);
    fail(&reporter, 2);
    fs::remove_file(&path).unwrap();
    fail(&reporter, 3);
    let stats = reporter.stats();
    let sink = stats.sink("journald").unwrap();
    assert_eq!((sink.observed, sink.delivered, sink.failed()), (3, 1, 2));
    assert_eq!(sink.failed[&Fault::Io(ErrorKind::ConnectionRefused)], 1);
    assert_eq!(sink.failed[&Fault::Io(ErrorKind::NotFound)], 1);

    let listener = UnixDatagram::bind(&path).unwrap();
    fail(&reporter, 4);
    assert_eq!(received(&listener)["F_SESSION_ID"], "4");
    assert_eq!(reporter.stats().sink("journald").unwrap().delivered, 2);
}
