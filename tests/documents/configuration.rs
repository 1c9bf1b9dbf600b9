//! The reference of variables, signals and languages lists what the code has.

use crate::markdown::{codes, only_code, rows, section};
use std::collections::{BTreeMap, BTreeSet};
use tracing_dispatch_failure::{
    ConfigSource, EffectiveConfig, Format, Messages, Reporter, Signal, Signals, SinkKind,
};

const CONFIGURATION: &str = include_str!("../../docs/configuration.md");
const PREFIX: &str = "DISPATCH_FAILURE_";

/// Each variable with its row: values and default.
fn variables() -> BTreeMap<&'static str, [&'static str; 2]> {
    let rows = rows(section(CONFIGURATION, "## Variables"));
    rows.into_iter()
        .flat_map(|row| codes(row[0]).into_iter().map(move |name| (name, [row[1], row[2]])))
        .collect()
}

/// The effective value of one variable where these are set, and its source.
fn effective(vars: &[(String, &str)], name: &str) -> (String, ConfigSource) {
    let config = EffectiveConfig::from_vars(vars.iter().cloned());
    assert!(config.problems().is_empty(), "{vars:?}: {:?}", config.problems());
    let name = format!("{PREFIX}{name}");
    let setting = config.settings().iter().find(|setting| setting.name() == name).expect(&name);
    (setting.value().to_owned(), setting.source().clone())
}

/// The names that are known so that they can be refused: what they configure is for other builds.
fn unavailable() -> Vec<&'static str> {
    let (_, list) = CONFIGURATION.split_once("- **Names for other builds.**").unwrap();
    codes(list.split_once(" available yet").unwrap().0)
}

#[test]
fn the_tables_list_exactly_the_variables_that_are_read() {
    let config = EffectiveConfig::from_vars::<&str, &str>([]);
    let read = config.settings().iter().map(|setting| setting.name().strip_prefix(PREFIX).unwrap());
    let unavailable = unavailable().into_iter().filter(|name| name.ends_with("_LOCALE"));
    let listed: BTreeSet<_> = variables().into_keys().chain(unavailable).collect();
    assert_eq!(listed, read.collect());
}

#[test]
fn a_default_in_the_tables_is_the_value_of_a_variable_that_is_not_set() {
    let mut compared = 0;
    for (name, [_, default]) in variables() {
        let Some(default) = only_code(default) else { continue };
        let (unset, source) = effective(&[], name);
        assert_eq!(source, ConfigSource::Default, "{name}");
        let (set, source) = effective(&[(format!("{PREFIX}{name}"), default)], name);
        assert_eq!(set, unset, "{name}");
        assert_ne!(source, ConfigSource::Default, "{name}");
        compared += 1;
    }
    assert!(compared > 12, "{compared}");
}

#[test]
fn sinks_and_formats_are_all_named() {
    let variables = variables();
    let named = codes(variables["SINKS"][0]);
    for sink in SinkKind::ALL.iter().copied() {
        assert!(named.contains(&sink.name()), "{sink}");
    }
    assert_eq!(
        codes(variables["FORMAT"][0]),
        Format::ALL.iter().map(|format| format.name()).collect::<Vec<_>>()
    );
}

#[test]
fn a_sink_s_own_format_and_language_win_over_the_general_ones() {
    for (name, general, own) in [("FORMAT", "json", "pretty"), ("LOCALE", "fr-FR", "de-DE")] {
        let vars = [(format!("{PREFIX}{name}"), general), (format!("{PREFIX}STDOUT_{name}"), own)];
        assert_eq!(effective(&vars, &format!("STDOUT_{name}")).0, own);
        assert_eq!(effective(&vars, &format!("STDERR_{name}")).0, general);
    }
}

#[test]
fn signals_are_in_their_order_with_their_defaults() {
    let rows = rows(section(CONFIGURATION, "## Signals"));
    let shown: Vec<_> = rows.iter().map(|row| (codes(row[0])[0], row[2])).collect();
    let switch = |signal: Signal| if Signals::default().contains(signal) { "on" } else { "off" };
    assert_eq!(shown, Signal::ALL.iter().map(|signal| (signal.name(), switch(*signal))).collect::<Vec<_>>());
}

#[test]
fn the_list_of_languages_has_the_compiled_in_ones() {
    let list = section(CONFIGURATION, "## Languages").trim_start().split(" are compiled").next().unwrap();
    let built_in: BTreeSet<_> = Messages::built_in_locales().collect();
    assert_eq!(list.split(", ").collect::<Vec<_>>(), Vec::from_iter(built_in));
}

#[test]
fn what_is_not_available_is_refused() {
    let names = unavailable();
    assert_eq!(names, ["OTLP_LOCALE", "otlp", "ecs"]);
    for (variable, value) in [("OTLP_LOCALE", "de"), ("SINKS", "otlp"), ("FORMAT", "ecs")] {
        let error = Reporter::from_vars([(format!("{PREFIX}{variable}"), value)]).unwrap_err().to_string();
        assert!(error.contains("is not available in this build"), "{error}");
    }
}

#[test]
fn every_wrong_value_is_named_and_the_others_count() {
    let vars = [("FORMAT", "xml"), ("FIELD_COUNT", "0"), ("APP", "shop"), ("SPAN", "[x]")];
    let config = EffectiveConfig::from_vars(vars.map(|(name, value)| (format!("{PREFIX}{name}"), value)));
    assert_eq!(config.problems().len(), 2);
    assert!(config.warnings()[0].contains("DISPATCH_FAILURE_SPANS"), "{:?}", config.warnings());
}
