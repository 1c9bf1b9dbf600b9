//! What the README says is so: the output that it shows, its tables, its JSON, its traps.

#[path = "../programs/mod.rs"]
mod programs;

use serde_json::Value;
use std::collections::BTreeSet;
use tracing_dispatch_failure::{MemorySink, Messages, Redact, Reporter, Signal, Signals};
use tracing_subscriber::prelude::*;

const README: &str = include_str!("../../README.md");

/// The text below a heading, up to the next one of its kind.
fn section(heading: &str) -> &'static str {
    let (_, behind) = README.split_once(&format!("\n## {heading}\n")).expect(heading);
    behind.split("\n## ").next().unwrap()
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let (fence, behind) = (format!("```{language}\n"), README);
    let starts: Vec<_> = behind.match_indices(&fence).map(|(at, _)| at + fence.len()).collect();
    starts.into_iter().map(move |at| behind[at..].split("```").next().unwrap())
}

/// The cells of the tables in a text, without their heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let mut rows = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("|--") {
            let body = lines.by_ref().take_while(|line| line.starts_with('|'));
            rows.extend(
                body.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>()),
            );
        }
    }
    rows
}

/// What stands in backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// What an example prints, run as the command line says.
fn output_of(command_line: &str) -> String {
    let (vars, example) = command_line.split_once("cargo run --example ").expect(command_line);
    let vars: Vec<_> = vars.split_whitespace().map(|var| var.split_once('=').unwrap()).collect();
    programs::run(example.trim(), &vars).ok()
}

/// A line without what differs from run to run; `host` is this machine's name.
fn lasting(line: &str, host: &str) -> String {
    let lasting = |word: &str| {
        let (key, value) = word.split_once('=').map_or(("", word), |(key, value)| (key, value));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_time = value.len() == 27 && value.ends_with('Z') && value.contains('T');
        let is_id = value.len() == 36 && value.matches('-').count() == 4;
        let is_duration =
            value.split_once('.').is_some_and(|(whole, part)| is_number(whole) && is_number(part));
        let is_place = matches!(key, "host" | "pid") || value == host || value == "gateway-1";
        let is_process = key.is_empty() && line.contains("プロセス ID") && is_number(value);
        let varies = is_time || is_id || is_duration || is_place || is_process;
        if varies { format!("{key}…") } else { word.to_owned() }
    };
    line.split_whitespace().map(lasting).collect::<Vec<_>>().join(" ")
}

fn record_of_the_quickstart() -> (String, Value) {
    let line = programs::run("quickstart", &[("DISPATCH_FAILURE_FORMAT", "json")]).ok();
    let record = serde_json::from_str(&line).unwrap();
    (line, record)
}

#[test]
#[cfg_attr(windows, ignore = "the path of the source file has other separators")]
fn the_output_shown_is_what_the_commands_print() {
    let (_, record) = record_of_the_quickstart();
    let host = record["host"].as_str().unwrap_or_default();
    let mut shown = 0;
    for block in blocks("text").filter(|block| block.starts_with("$ ")) {
        let (command_line, expected) = block[2..].split_once('\n').unwrap();
        let printed = output_of(command_line);
        let [printed, expected] = [&*printed, expected]
            .map(|text| text.trim_end().lines().map(|line| lasting(line, host)).collect::<Vec<_>>());
        assert_eq!(printed, expected, "$ {command_line}");
        shown += 1;
    }
    assert_eq!(shown, 2);
}

#[test]
#[cfg_attr(windows, ignore = "the path of the source file has other separators")]
fn the_json_shown_is_the_record_with_its_keys_in_their_order() {
    let [shown] = blocks("json").collect::<Vec<_>>()[..] else { panic!("one block of JSON") };
    let (line, mut record) = record_of_the_quickstart();
    let mut expected: Value = serde_json::from_str(shown).unwrap();
    for key in ["timestamp", "duration_ms", "activity_id", "host", "pid"] {
        for record in [&mut record, &mut expected] {
            assert!(record.as_object_mut().unwrap().remove(key).is_some(), "{key}");
        }
    }
    assert_eq!(record, expected);

    let keys = |text: &str| -> Vec<String> {
        let parts = text.split('"').collect::<Vec<_>>();
        let key = |pair: &[&str]| pair[1].starts_with(':').then(|| pair[0].to_owned());
        parts[1..].chunks_exact(2).filter_map(key).collect()
    };
    assert_eq!(keys(shown), keys(&line));
}

#[test]
fn the_table_of_the_record_knows_every_key() {
    let known: BTreeSet<_> = rows(section("The record")).into_iter().flat_map(|row| names(row[0])).collect();
    let (_, record) = record_of_the_quickstart();
    for key in record.as_object().unwrap().keys() {
        assert!(known.contains(&**key), "{key}");
    }
    for key in ["error_type", "parents", "suppressed"] {
        assert!(known.contains(key), "{key}");
    }
}

#[test]
fn the_table_of_signals_has_all_of_them_in_order_with_their_defaults() {
    let rows = rows(section("When a span counts as failed"));
    let shown: Vec<_> = rows.iter().map(|row| (names(row[0])[0], row[2])).collect();
    let switch = |signal: Signal| if Signals::default().contains(signal) { "on" } else { "off" };
    assert_eq!(shown, Signal::ALL.map(|signal| (signal.name(), switch(signal))));
}

#[test]
fn the_list_of_languages_is_that_of_the_compiled_in_ones() {
    let list = section("Languages").trim_start().split(".\n").next().unwrap();
    let built_in: BTreeSet<_> = Messages::built_in_locales().collect();
    assert_eq!(list.split(", ").collect::<Vec<_>>(), Vec::from_iter(built_in));
}

#[test]
fn every_variable_of_the_table_is_known_and_its_default_is_a_value_of_it() {
    for row in rows(section("Configuration")) {
        for name in names(row[0]) {
            let variable = format!("DISPATCH_FAILURE_{name}");
            // A known variable's name is never warned of; whether the value is right is its own affair.
            let stderr = programs::run("quickstart", &[(&variable, "?")]).stderr;
            assert!(!stderr.contains("is not known"), "{stderr}");
            if let [default] = names(row[2])[..] {
                if !default.starts_with('$') {
                    assert!(
                        Reporter::from_vars([(variable.as_str(), default)]).is_ok(),
                        "{variable}={default}"
                    );
                }
            }
        }
    }
    let redact = rows(section("Configuration")).into_iter().find(|row| row[0] == "`REDACT`").unwrap();
    assert_eq!(names(redact[2]), [Redact::default().to_string()]);
}

#[test]
fn variables_that_configure_what_is_not_there_are_answered_so() {
    let (_, list) = section("Configuration").split_once("These names are recognised").unwrap();
    let (variables, sinks) = list.split_once("and the sinks").unwrap();
    for name in names(variables) {
        let error = Reporter::from_vars([(format!("DISPATCH_FAILURE_{name}"), "x")]).unwrap_err().to_string();
        assert!(error.contains("is not available in this build"), "{error}");
    }
    let (sinks, _) = sinks.split_once(", as well as").unwrap();
    for sink in names(sinks) {
        let error = Reporter::from_vars([("DISPATCH_FAILURE_SINKS", sink)]).unwrap_err().to_string();
        assert!(error.contains("is not available in this build"), "{error}");
    }
}

#[test]
#[should_panic(expected = "does not currently support filters")]
fn a_stack_that_is_not_rooted_in_the_registry_cannot_carry_the_layer_with_its_filter() {
    let reporter = Reporter::builder().sinks([]).build().unwrap();
    let _ = tracing_subscriber::fmt().finish().with(reporter.layer());
}

#[test]
fn an_error_that_is_logged_itself_is_told_with_its_sources() {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no session number")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let memory = MemorySink::new();
    let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(reporter.layer());
    tracing::subscriber::with_default(subscriber, || {
        let _span = tracing::info_span!("dispatch_session").entered();
        let error = Outer("x".parse::<u8>().unwrap_err());
        tracing::error!(error = &error as &dyn std::error::Error);
    });
    let records = memory.take();
    assert_eq!(records[0].failure().error(), Some("no session number: invalid digit found in string"));
}
