//! A directive that matches nothing causes one warning with a suggestion. A correct directive causes none.

mod support;

use std::{collections::BTreeSet, env, thread};
use support::{InChild, reporter_of};
use tracing::{Span, debug_span, error_span, info_span, level_filters::LevelFilter, trace_span, warn_span};
use tracing_dispatch_failure::{NearMissReason, Reporter};
use tracing_subscriber::{fmt, prelude::*};

/// The spans of an application and its frameworks.
fn application() {
    // Two services in one process, and every span twice, as in a running service.
    for _ in 0..2 {
        debug_span!(target: "tower_http::trace::make_span", "request").in_scope(|| {
            info_span!(target: "mini_server::handler", "run").in_scope(|| {
                info_span!(target: "my_app::orders", "dispatch_session").in_scope(|| ());
                info_span!(target: "my_app::orders", "dispatch_order").in_scope(|| ());
                warn_span!(target: "my_app::orders", "dispatch_alarm").in_scope(|| ());
                error_span!(target: "my_app::audit", "audit").in_scope(|| ());
            });
        });
        info_span!(target: "tracing_actix_web::root_span", "HTTP request").in_scope(|| ());
        info_span!(target: "worker", "job").in_scope(|| ());
        debug_span!(target: "worker", "job").in_scope(|| ());
        trace_span!(target: "otel::tracing", "GRPC request").in_scope(|| ());
    }
}

/// Runs the application with these settings, in its own process whose `fmt` wants every level. Returns the lines
/// on stderr.
fn stderr_lines(vars: &'static [(&'static str, &'static str)]) -> Vec<String> {
    let names: Vec<String> = vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let run = || {
        // The child process runs the whole test again, so the environment says which settings it is for.
        let settings = std::env::var("SETTINGS").unwrap();
        let vars: Vec<(&str, &str)> =
            settings.split('\n').filter_map(|setting| setting.split_once('=')).collect();
        let (reporter, _) = reporter_of(&vars);
        tracing_subscriber::registry()
            .with(reporter.layer())
            .with(fmt::layer().with_writer(std::io::sink).with_filter(LevelFilter::TRACE))
            .init();
        application();
    };
    let output = InChild::new().var("SETTINGS", names.join("\n")).run(run).ok();
    output.stderr.lines().map(|line| line.replacen("tracing-dispatch-failure: ", "", 1)).collect()
}

#[test]
#[cfg_attr(windows, ignore = "Windows runs no destructors of thread-local values at the end of a process")]
fn a_near_miss_is_logged_once_with_the_existing_span_and_a_suggestion() {
    for (spans, exists, write) in [
        (
            "request",
            "a span `request` of the target `tower_http::trace::make_span` exists at DEBUG",
            "[request]=debug",
        ),
        (
            "mini_server::handler::run",
            "a span `run` of the target `mini_server::handler`",
            "mini_server::handler[run]",
        ),
        ("my-app[dispatch_session]", "of the target `my_app::orders`", "my_app[dispatch_session]"),
        ("my-app", "of the target `my_app::orders`", "my_app"),
        ("my_app.orders[dispatch_*]", "of the target `my_app::orders`", "my_app::orders[dispatch_*]"),
        ("[request]", "exists at DEBUG: the directive does not look at that level", "[request]=debug"),
        ("[GRPC request]=debug", "exists at TRACE", "[GRPC request]=trace"),
        ("[dispatch-session]", "a span `dispatch_session`", "[dispatch_session]"),
        ("[Dispatch_Session]", "a span `dispatch_session`", "[dispatch_session]"),
        ("[http_request]", "a span `HTTP request`", "[HTTP request]"),
        ("job=debug", "a span `job` of the target `worker`", "[job]=debug"),
    ] {
        let lines = stderr_lines(Box::leak(Box::new([("SPANS", spans)])));
        assert_eq!(lines.len(), 2, "{spans}: {lines:#?}");
        assert!(lines[0].starts_with("DISPATCH_FAILURE_SPANS: `"), "{spans}: {lines:#?}");
        assert!(
            lines[0].contains("matches no span so far") && lines[0].contains(exists),
            "{spans}: {lines:#?}"
        );
        assert_eq!(lines[1], format!("write `{write}`"), "{spans}");
    }
}

#[test]
#[cfg_attr(windows, ignore = "Windows runs no destructors of thread-local values at the end of a process")]
fn context_directives_are_checked_too() {
    let lines = stderr_lines(&[("CONTEXT", "mini-server[run]")]);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with("DISPATCH_FAILURE_CONTEXT: `mini-server[run]=info`"), "{lines:#?}");
}

#[test]
fn fifty_correct_settings_log_nothing() {
    let settings = [
        "",
        "[dispatch_session]",
        "[dispatch_*]",
        "[*]",
        "[*]=trace",
        "[*session]",
        "[dispatch_alarm]=warn",
        "my_app",
        "my_app=debug",
        "my_app::orders",
        "my_app::orders[dispatch_session]",
        "my_app[dispatch_*]=trace",
        "my_app::audit",
        "my_app::audit=error",
        "my_app::audit[audit]",
        "[audit]",
        "[audit]=error",
        "[audit]=trace",
        "[run]",
        "mini_server",
        "mini_server::handler",
        "mini_server[run]",
        "mini_server::handler[run]=debug",
        "[request]=debug",
        "[request]=trace",
        "tower_http=debug",
        "tower_http[request]=debug",
        "tower_http::trace[request]=debug",
        "tower_http::trace::make_span=trace",
        "[req*]=debug",
        "[HTTP request]",
        "[HTTP*]",
        "tracing_actix_web",
        "tracing_actix_web::root_span[HTTP request]",
        "[GRPC request]=trace",
        "otel::tracing=trace",
        "otel[GRPC request]=trace",
        "[*request]=info",
        "worker",
        "worker=debug",
        "worker[job]",
        "[job]",
        "[job]=debug",
        "[job]=warn,[*]=error,[job]=debug",
        "[dispatch_session],tower_http[request]=debug,[request]",
        "[dispatch_session],[job]=off",
        "my_app,my_app::audit=off",
        "[*],[request]=off",
        "my_app=info,worker=debug",
        "worker[job],tower_http[request]=debug",
        "[dispatch_session],[dispatch_alarm]=warn,[audit]=error",
    ];
    assert!(settings.iter().collect::<BTreeSet<_>>().len() >= 50);
    for spans in settings {
        let lines =
            stderr_lines(Box::leak(Box::new([("SPANS", spans), ("CONTEXT", "[run],[request]=trace")])));
        assert_eq!(lines, Vec::<String>::new(), "{spans}");
    }
}

/// A suggestion that selects the spans would be the opposite of what was meant.
#[test]
#[cfg_attr(windows, ignore = "Windows runs no destructors of thread-local values at the end of a process")]
fn the_suggestion_for_an_excluding_directive_excludes_too() {
    let lines = stderr_lines(&[("SPANS", "[*]=trace,[dispatch-order]=off")]);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(lines[1], "write `[dispatch_order]=off`");
}

#[test]
#[cfg_attr(windows, ignore = "Windows runs no destructors of thread-local values at the end of a process")]
fn context_does_not_hide_a_near_miss_of_spans() {
    let lines = stderr_lines(&[("SPANS", "request"), ("CONTEXT", "[request]=debug")]);
    assert_eq!(lines.last().map(String::as_str), Some("write `[request]=debug`"), "{lines:#?}");
}

/// Rebuilding the interest cache asks the default subscriber of the rebuilding thread, which is not the
/// application's.
#[test]
fn the_end_of_a_diagnosis_does_not_change_a_scoped_subscriber() {
    let output = InChild::new().run(|| {
        let (reporter, memory) = reporter_of(&[("DIAGNOSE", "100ms")]);
        let stack = tracing_subscriber::registry().with(reporter.layer());
        let _guard = tracing::subscriber::set_default(stack);
        let fail = || drop(info_span!("dispatch_session", error = "refused"));
        fail();
        while LevelFilter::current() != LevelFilter::INFO {
            thread::yield_now();
        }
        while is_diagnosing() {
            thread::yield_now();
        }
        fail();
        println!("{}", memory.take().len());
    });
    assert_eq!(output.ok().stdout, "2\n");
}

#[test]
fn diagnose_off_logs_nothing() {
    assert_eq!(stderr_lines(&[("SPANS", "request"), ("DIAGNOSE", "off")]), Vec::<String>::new());
}

#[test]
#[cfg_attr(windows, ignore = "Windows runs no destructors of thread-local values at the end of a process")]
fn at_most_ten_directives_are_reported() {
    let lines = stderr_lines(&[(
        "SPANS",
        "request,run,dispatch_session,dispatch_order,dispatch_alarm,audit,job=debug,my-app,mini-server,\
         [dispatch-session],[dispatch-order],[dispatch-alarm],tower[request]=debug",
    )]);
    assert_eq!(lines.len(), 20, "{lines:#?}");
}

/// Runs an application that opens the span `run` twenty times, within the span `around`. A service never ends, so the
/// warning must come before the line `still running`. Returns the lines on stderr.
fn stderr_lines_while_running(spans: &'static str, around: &'static str) -> Vec<String> {
    let output = InChild::new().var("AROUND", around).var("DIRECTIVES", spans).run(|| {
        let (spans, around) = (env::var("DIRECTIVES").unwrap(), env::var("AROUND").unwrap());
        let (reporter, _) = reporter_of(&[("SPANS", &spans)]);
        tracing_subscriber::registry().with(reporter.layer()).init();
        // The worker thread still runs when this thread logs, because its end would cause the warning as well.
        let (opened, wait) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let worker = thread::spawn(move || {
            let around =
                if around == "dispatch_session" { info_span!("dispatch_session") } else { Span::none() };
            for _ in 0..20 {
                around.in_scope(|| info_span!(target: "mini_server::handler", "run").in_scope(|| ()));
            }
            opened.send(()).unwrap();
            ended.recv().unwrap_err();
        });
        wait.recv().unwrap();
        eprintln!("still running");
        drop(end);
        worker.join().unwrap();
    });
    output.ok().stderr.lines().map(str::to_owned).collect()
}

#[test]
fn a_running_application_logs_a_near_miss_after_ten_spans() {
    for (spans, around) in [("run", ""), ("[dispatch_session],run", "dispatch_session")] {
        let lines = stderr_lines_while_running(spans, around);
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert!(lines[1].ends_with("write `[run]`") && lines[2] == "still running", "{lines:#?}");
    }
}

/// The span that it matches may open long after a near miss.
#[test]
fn a_directive_that_matches_later_causes_no_warning() {
    let output = InChild::new().run(|| {
        let (reporter, _) = reporter_of(&[("SPANS", "[job]")]);
        let everything = fmt::layer().with_writer(std::io::sink).with_filter(LevelFilter::TRACE);
        tracing_subscriber::registry().with(reporter.layer()).with(everything).init();
        for _ in 0..30 {
            debug_span!("job").in_scope(|| info_span!("job").in_scope(|| ()));
        }
        info_span!("jobs").in_scope(|| ());
    });
    assert_eq!(output.ok().stderr, "");
}

#[test]
fn a_scoped_subscriber_logs_near_misses_at_its_end() {
    let output = InChild::new().run(|| {
        let (reporter, _) = reporter_of(&[("SPANS", "my_old_app[run]")]);
        let stack = tracing_subscriber::registry().with(reporter.layer());
        tracing::subscriber::with_default(stack, application);
        drop(reporter);
        eprintln!("after it");
    });
    let stderr = output.ok().stderr;
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(lines[0].contains("the span has another target"), "{lines:#?}");
    assert!(lines[1].ends_with("write `mini_server::handler[run]`"), "{lines:#?}");
    assert_eq!(lines[2..], ["after it"]);
}

#[test]
fn stats_count_the_spans_of_each_directive() {
    let (reporter, _) = reporter_of(&[("SPANS", "[dispatch_*],my_app::orders=warn,[never]")]);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(reporter.layer()), || {
        for id in 0..5 {
            info_span!(target: "my_app::orders", "dispatch_session", error = id > 2).in_scope(|| ());
            warn_span!(target: "my_app::orders", "alarm").in_scope(|| ());
        }
    });
    let stats = reporter.stats();
    let counts: Vec<_> =
        stats.directives.iter().map(|it| (it.directive.as_str(), it.opened, it.failed)).collect();
    assert_eq!(counts, [("[dispatch_*]=info", 5, 2), ("my_app::orders=warn", 5, 0), ("[never]=info", 0, 0)]);
}

/// Runs the application with these directives.
fn diagnosed(spans: &str) -> Reporter {
    let (reporter, _) = reporter_of(&[("SPANS", spans), ("DIAGNOSE", "off")]);
    let everything = fmt::layer().with_writer(std::io::sink).with_filter(LevelFilter::TRACE);
    let stack = tracing_subscriber::registry().with(reporter.layer()).with(everything);
    tracing::subscriber::with_default(stack, application);
    reporter
}

#[test]
fn a_diagnosis_lists_the_matches_and_near_misses_of_each_directive() {
    let reporter = diagnosed("[dispatch_*],[request]");
    let diagnosis = reporter.diagnose();
    let [matched, unmatched] = &diagnosis.directives[..] else { panic!("{diagnosis}") };
    assert_eq!((matched.callsites, matched.opened, matched.failed), (3, 6, 0));
    assert!(matched.near_misses.is_empty());
    assert_eq!((unmatched.callsites, unmatched.opened), (0, 0));
    let [near_miss] = &unmatched.near_misses[..] else { panic!("{diagnosis}") };
    assert_eq!(near_miss.reason, NearMissReason::TooVerbose);
    assert_eq!(near_miss.suggestion, "[request]=debug");
    assert_eq!(
        diagnosis.to_string(),
        "DISPATCH_FAILURE_SPANS: `[dispatch_*]=info`: 3 callsites, 6 spans opened, 0 failed\n\
         DISPATCH_FAILURE_SPANS: `[request]=info`: 0 callsites, 0 spans opened, 0 failed\n  \
         a span `request` of the target `tower_http::trace::make_span` exists at DEBUG: the directive does not look \
         at that level\n  write `[request]=debug`"
    );
}

#[test]
fn every_suggestion_matches_a_span() {
    for spans in ["request", "my-app", "[dispatch-order]", "tower[request]", "[mini_server::handler::run]"] {
        let reporter = diagnosed(spans);
        let near_misses = &reporter.diagnose().directives[0].near_misses;
        let suggestion = near_misses.first().unwrap_or_else(|| panic!("{spans}")).suggestion.clone();
        let diagnosis = diagnosed(&suggestion).diagnose();
        assert!(diagnosis.directives[0].callsites > 0, "{spans}: {diagnosis}");
    }
}

/// Returns whether the thread that ends a diagnosis is running. Without `/proc`, this is always `false`.
fn is_diagnosing() -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok()).any(|name| {
        // Linux keeps fifteen characters of a thread's name.
        name.trim() == "dispatch-failur"
    })
}

/// A span more verbose than every layer wants is never registered, except during a diagnosis.
#[test]
fn diagnose_in_the_environment_raises_the_max_level_for_a_while() {
    let output = InChild::new().run(|| {
        let (reporter, _) = reporter_of(&[("SPANS", "[GRPC request]"), ("DIAGNOSE", "300ms")]);
        let at_warn = fmt::layer().with_writer(std::io::sink).with_filter(LevelFilter::WARN);
        tracing_subscriber::registry().with(reporter.layer()).with(at_warn).init();
        assert_eq!(LevelFilter::current(), LevelFilter::TRACE);
        application();
        while LevelFilter::current() != LevelFilter::INFO {
            thread::yield_now();
        }
    });
    let stderr = output.ok().stderr;
    assert!(
        stderr.contains("a span `GRPC request` of the target `otel::tracing` exists at TRACE"),
        "{stderr}"
    );
    assert!(stderr.contains("write `[GRPC request]=trace`"), "{stderr}");
}

#[test]
fn a_span_counts_as_opened_once_if_its_reporter_is_in_the_stack_twice() {
    let (reporter, memory) = reporter_of(&[]);
    let stack = tracing_subscriber::registry().with(reporter.layer()).with(reporter.layer());
    tracing::subscriber::with_default(stack, || drop(info_span!("dispatch_session", error = "refused")));
    let stats = reporter.stats();
    assert_eq!((stats.directives[0].opened, stats.directives[0].failed), (1, 1));
    assert_eq!(memory.take().len(), 1);
}
