//! Parses directives. Errors suggest a correction.

use super::{Directive, Directives, correction};
use crate::error::{ParseError, Quoted};
use std::str::FromStr;

impl FromStr for Directives {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::split(text).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Directive {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text).map_err(|problem| {
            let write =
                correction::suggest(text).map(|correction| format!("; write {}", Quoted(&correction)));
            ParseError(format!("in the directive {}: {problem}{}", Quoted(text), write.unwrap_or_default()))
        })
    }
}
