//! A build without the sink `journald` rejects it, and lists the sinks that it has.
#![cfg(not(all(feature = "journald", target_os = "linux")))]

use tracing_dispatch_failure::{Reporter, SinkKind};

#[test]
fn choosing_journald_is_an_error_that_lists_the_available_sinks() {
    let by_name = Reporter::from_vars([("DISPATCH_FAILURE_SINKS", "journald")]);
    let by_kind = Reporter::builder().sinks([SinkKind::Journald]).build();
    for refused in [by_name, by_kind] {
        let error = refused.unwrap_err();
        assert!(error.is_configuration());
        assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_SINKS"));
        let text = error.to_string();
        assert!(text.contains("\"journald\" is not available in this build: it "), "{text}");
        assert!(text.contains("expected `stdout`, `stderr`, `file`"), "{text}");
    }
}

#[test]
fn setting_the_language_of_journald_is_an_error() {
    let error = Reporter::from_vars([("DISPATCH_FAILURE_JOURNALD_LOCALE", "ja-JP")]).unwrap_err();
    assert_eq!(error.problems()[0].variable(), Some("DISPATCH_FAILURE_JOURNALD_LOCALE"));
}
