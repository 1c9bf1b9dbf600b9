//! The README shows what its commands print, and its short tables agree with the code and the manual.

use crate::{
    manifest,
    markdown::{blocks, codes, only_code, rows, section},
    programs,
};
use std::{collections::BTreeSet, fs, path::Path};
use tracing_dispatch_failure::{MemorySink, Reporter};
use tracing_subscriber::prelude::*;

const README: &str = include_str!("../../README.md");
const CONFIGURATION: &str = include_str!("../../docs/configuration.md");

/// What an example prints when it runs as a command line says.
fn output_of(command_line: &str) -> String {
    let (vars, example) = command_line.split_once("cargo run --example ").expect(command_line);
    let vars: Vec<_> = vars.split_whitespace().map(|var| var.split_once('=').unwrap()).collect();
    programs::run(example.trim(), &vars).ok()
}

/// The words of a line, without the values that differ between runs.
fn lasting(line: &str) -> String {
    let lasting = |word: &str| {
        let (key, value) = word.split_once('=').unwrap_or(("", word));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_time = value.len() == 27 && value.ends_with('Z') && value.contains('T');
        let is_id = value.len() == 36 && value.matches('-').count() == 4;
        let is_duration =
            value.split_once('.').is_some_and(|(whole, part)| is_number(whole) && is_number(part));
        let varies = is_time || is_id || is_duration || matches!(key, "host" | "pid");
        if varies { format!("{key}…") } else { word.to_owned() }
    };
    line.split_whitespace().map(lasting).collect::<Vec<_>>().join(" ")
}

/// A line that stands for any number of lines left out.
const LEFT_OUT: &str = "…";

/// Whether lines are what a document shows of them.
fn is_shown(printed: &[String], shown: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == LEFT_OUT => {
            (0..=printed.len()).any(|count| is_shown(&printed[count..], rest))
        }
        Some((first, rest)) => printed.first() == Some(first) && is_shown(&printed[1..], rest),
    }
}

#[test]
#[cfg_attr(windows, ignore = "the path of the source file has other separators")]
fn the_output_shown_is_what_the_commands_print() {
    let shown: Vec<_> =
        blocks(README, "text").into_iter().filter_map(|block| block.strip_prefix("$ ")).collect();
    assert_eq!(shown.len(), 2);
    for block in shown {
        let (command_line, shown) = block.split_once('\n').unwrap();
        let printed = output_of(command_line);
        let [printed, shown] =
            [&*printed, shown].map(|text| text.trim_end().lines().map(lasting).collect::<Vec<_>>());
        assert!(is_shown(&printed, &shown), "$ {command_line}\n{printed:#?}\nis not\n{shown:#?}");
    }
}

#[test]
fn the_signals_are_those_of_the_manual_with_the_same_defaults() {
    let signals = |text| {
        let rows: Vec<Vec<&str>> = rows(text);
        rows.into_iter().map(|row| (row[0], row[2])).collect::<Vec<_>>()
    };
    let shown = signals(section(README, "## How a failure is recognised"));
    assert_eq!(shown, signals(section(CONFIGURATION, "## Signals")));
}

#[test]
fn the_variables_are_in_the_manual_with_the_same_defaults() {
    let shown = rows(section(README, "## Configuration"));
    assert!(shown.len() > 5);
    let all = rows(section(CONFIGURATION, "## Variables"));
    for row in shown {
        let full = all.iter().find(|full| full[0] == row[0]).unwrap_or_else(|| panic!("{}", row[0]));
        assert_eq!(only_code(row[2]), only_code(full[2]), "{}", row[0]);
    }
}

#[test]
fn the_cargo_features_are_in_the_table_with_their_crates() {
    let manifest = manifest();
    let (_, list) = manifest.split_once("\n[features]\n").unwrap();
    let features = list.lines().take_while(|line| !line.starts_with('[')).filter_map(|line| {
        let (feature, parts) = line.split_once(" = ").filter(|_| !line.starts_with('#'))?;
        let crates = parts.split('"').filter_map(|part| part.strip_prefix("dep:"));
        Some((feature, crates.collect::<BTreeSet<_>>()))
    });
    let shown = rows(section(README, "## Cargo features"));
    let shown = shown.iter().map(|row| (codes(row[0])[0], codes(row[2]).into_iter().collect()));
    assert_eq!(shown.collect::<BTreeSet<_>>(), features.collect());
}

#[test]
fn the_examples_are_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let examples = fs::read_dir(folder).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let is_program = path.extension().is_some_and(|extension| extension == "rs");
        let is_folder = path.join("main.rs").exists();
        (is_program || is_folder).then(|| path.file_stem().unwrap().to_string_lossy().into_owned())
    });
    let shown = rows(section(README, "## Examples"));
    let shown = shown.iter().map(|row| codes(row[0])[0].to_owned());
    assert_eq!(shown.collect::<BTreeSet<_>>(), examples.collect());
}

#[test]
fn verify_detects_a_global_filter() {
    let reporter = Reporter::builder().sinks([]).build().unwrap();
    let filter = tracing_subscriber::EnvFilter::new("warn");
    let stack = tracing_subscriber::registry().with(reporter.layer()).with(filter);
    let error = tracing::subscriber::with_default(stack, || reporter.verify()).unwrap_err();
    assert!(error.to_string().contains("global filter"), "{error}");
}

#[test]
#[should_panic(expected = "does not currently support filters")]
fn a_stack_that_is_not_rooted_in_the_registry_cannot_carry_the_layer_with_its_filter() {
    let reporter = Reporter::builder().sinks([]).build().unwrap();
    let _ = tracing_subscriber::fmt().finish().with(reporter.layer());
}

#[test]
fn a_stack_that_is_not_rooted_in_the_registry_can_carry_the_layer_without_its_filter() {
    let memory = MemorySink::new();
    let reporter = Reporter::builder().sinks([]).add_sink("memory", memory.clone()).build().unwrap();
    let stack = tracing_subscriber::fmt().finish().with(reporter.layer_unfiltered());
    tracing::subscriber::with_default(stack, || {
        reporter.verify().unwrap();
        tracing::info_span!("dispatch_session", error = "refused").in_scope(|| {});
    });
    assert_eq!(memory.len(), 1);
}

#[test]
fn an_error_that_is_logged_itself_comes_with_its_sources() {
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
