//! Parses the environment variables into [`Settings`].

use super::{
    Color, Settings,
    variable_table::{VARIABLES, Variable},
};
use crate::{
    error::{ParseError, Problem, Quoted, quoted_os},
    locale::environment,
    sink,
};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

/// The prefix of all variables.
pub(crate) const PREFIX: &str = "DISPATCH_FAILURE_";

/// The settings of an environment, with its problems and unknown names.
#[derive(Debug)]
pub(crate) struct ParsedVariables {
    /// A variable with a problem leaves its default here.
    pub(crate) settings: Settings,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
}

/// Parses the settings from variables, and ignores variables of other programs.
pub(crate) fn parse(vars: impl IntoIterator<Item = (OsString, OsString)>) -> ParsedVariables {
    // Windows ignores the case of variable names.
    let name_of = |name: OsString| {
        // U+FFFD is in none of our names, so a name that is not Unicode stays an unknown one.
        let name = name.to_string_lossy().into_owned();
        if cfg!(windows) { name.to_uppercase() } else { name }
    };
    // An empty variable counts as unset, and so does a blank one below.
    let mut vars: BTreeMap<String, OsString> = vars
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name_of(name), value))
        .collect();
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    for variable in VARIABLES {
        let name = format!("{PREFIX}{}", variable.name);
        // Known names are removed, so that only unknown ones remain for the warnings.
        let Some(value) = vars.remove(&name) else { continue };
        // Trimmed, because a value from a file may end in a space or a line break.
        let result = match value.to_str().map(str::trim) {
            Some("") => continue,
            Some(text) => (variable.set)(&mut settings, text),
            None => {
                Err(ParseError(format!("{} is not Unicode; expected valid Unicode text", quoted_os(&value))))
            }
        };
        problems.extend(result.err().map(|error| Problem::new(name, error.to_string())));
    }
    let get = |name: &str| vars.get(name).and_then(|value| value.to_str()).map(str::to_owned);
    settings.console_languages = environment::preferred_languages(get);
    // Any value of NO_COLOR counts (no-color.org).
    let no_color =
        vars.contains_key("NO_COLOR") || vars.get("TERM").is_some_and(|term| term == OsStr::new("dumb"));
    // NO_COLOR and TERM change what `auto` means; `always` wins over them.
    if no_color && settings.color == Color::Auto {
        settings.color = Color::Never;
    }
    // systemd sets this variable to a list with colons, which on Windows follow a drive letter.
    if cfg!(unix) && settings.file_path.is_none() {
        settings.file_path = get("LOGS_DIRECTORY").and_then(|folders| sink::path_in_logs_directory(&folders));
    }
    // The map is sorted, so the warnings come in the same order each time.
    let warnings =
        vars.keys().filter(|name| name.starts_with(PREFIX)).map(|name| unknown_variable(name)).collect();
    ParsedVariables { settings, problems, warnings }
}

/// The longest unknown name, without the prefix, that is compared with the known ones.
const MAX_COMPARED_LENGTH: usize = 32;

/// Returns the warning about an unknown variable. It is not an error: a newer version may know the variable, and
/// Kubernetes sets such variables for a service called `dispatch-failure`.
fn unknown_variable(name: &str) -> String {
    // The distance takes time proportional to the product of both lengths, and a long name is near none.
    let suffix = name.strip_prefix(PREFIX).filter(|suffix| suffix.len() <= MAX_COMPARED_LENGTH);
    let nearest = suffix.and_then(|suffix| {
        let distance = |variable: &&Variable| strsim::damerau_levenshtein(variable.name, suffix);
        VARIABLES.iter().min_by_key(distance).filter(|variable| distance(variable) <= 3)
    });
    let hint =
        nearest.map(|variable| format!("; did you mean {PREFIX}{}?", variable.name)).unwrap_or_default();
    format!("the environment variable {} is not known{hint}", Quoted(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(vars: &[(&str, &str)]) -> ParsedVariables {
        parse(vars.iter().map(|(name, value)| (format!("{PREFIX}{name}").into(), (*value).into())))
    }

    #[test]
    fn an_unknown_variable_suggests_the_nearest_known_one() {
        let warnings = parsed(&[("FROMAT", "json"), ("SERVICE_HOST", "10.0.0.1")]).warnings;
        assert!(warnings[0].ends_with("did you mean DISPATCH_FAILURE_FORMAT?"), "{warnings:?}");
        assert!(warnings[1].ends_with("is not known"), "{warnings:?}");
    }

    #[test]
    fn a_wrong_value_is_reported_and_leaves_the_default() {
        let ParsedVariables { settings, problems, .. } =
            parsed(&[("FORMAT", "xml"), ("FIELD_COUNT", "0"), ("APP", "shop")]);
        assert_eq!(problems.len(), 2);
        assert_eq!((settings.format, settings.limits.fields), (None, 64));
        assert_eq!(settings.app.as_deref(), Some("shop"));
    }
}
