//! A build without the sink `journald` says so, and says which sinks it has.
#![cfg(not(all(feature = "journald", target_os = "linux")))]

use tracing_dispatch_failure::{Reporter, SinkKind};

#[test]
fn choosing_it_is_an_error_that_names_the_sinks_that_there_are() {
    let by_name = Reporter::from_vars([("DISPATCH_FAILURE_SINKS", "journald")]);
    let by_kind = Reporter::builder().sinks([SinkKind::Journald]).build();
    for refused in [by_name, by_kind] {
        let error = refused.unwrap_err();
        assert!(error.is_configuration());
        assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_SINKS"));
        let text = error.to_string();
        assert!(text.contains("\"journald\" is not available in this build: it "), "{text}");
        assert!(text.contains("the sinks are `stdout`, `stderr`, `file`"), "{text}");
    }
}

#[test]
fn its_language_cannot_be_set() {
    let error = Reporter::from_vars([("DISPATCH_FAILURE_JOURNALD_LOCALE", "ja-JP")]).unwrap_err();
    assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_JOURNALD_LOCALE"));
}
