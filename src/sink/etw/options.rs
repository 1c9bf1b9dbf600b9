//! What can be chosen of ETW: schemas and our own provider.

use super::guid;
use crate::{
    error::{ParseError, Quoted},
    record::event::DISPATCH_SESSION_FAILED as EVENT,
};
use std::{fmt, str::FromStr};

/// A shape in which the event is written to ETW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EtwSchema {
    /// The original: provider `Microsoft-Windows-Application Server-Applications`, its channel
    /// `Analytic`, and the AppDomain alone as payload. What decodes the original decodes it.
    Wcf,
    /// Self-describing, under the provider of [`EtwProvider`]: the whole record in typed fields.
    TraceLogging,
    /// As the manifest of [`etw_manifest`](crate::etw_manifest) describes it, with a channel that can
    /// be subscribed to.
    Manifest,
}

impl EtwSchema {
    /// All schemas.
    pub const ALL: [Self; 3] = [Self::Wcf, Self::TraceLogging, Self::Manifest];

    /// The schema's name in `DISPATCH_FAILURE_ETW_SCHEMA`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wcf => "wcf",
            Self::TraceLogging => "tracelogging",
            Self::Manifest => "manifest",
        }
    }
}

impl fmt::Display for EtwSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for EtwSchema {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.into_iter().find(|schema| schema.name() == text);
        found.ok_or_else(|| {
            ParseError(format!(
                "{} is no schema; the schemas are `wcf`, `tracelogging` and `manifest`",
                Quoted(text)
            ))
        })
    }
}

/// The name and GUID of our own ETW provider, written `name` or `name:{guid}`.
///
/// Without a GUID it has the one that goes with its name, which every tool can compute:
///
/// ```
/// use tracing_dispatch_failure::EtwProvider;
///
/// let provider: EtwProvider = "MyCompany.MyComponent".parse()?;
/// assert_eq!(provider.to_string(), "MyCompany.MyComponent:{ce5fa4ea-ab00-5402-8b76-9f76ac858fb5}");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtwProvider {
    name: String,
    guid: u128,
}

/// The longest name, in bytes.
const LONGEST: usize = 200;

impl EtwProvider {
    /// The provider's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The provider's GUID, most significant digit first.
    #[must_use]
    pub fn guid(&self) -> u128 {
        self.guid
    }

    /// The provider of the schema [`EtwSchema::Manifest`]: one provider cannot both describe itself
    /// and be described.
    #[must_use]
    pub fn manifested(&self) -> Self {
        let name = format!("{}-Events", self.name);
        Self { guid: guid::of_name(&name), name }
    }
}

impl Default for EtwProvider {
    fn default() -> Self {
        let name = "TracingDispatchFailure".to_owned();
        Self { guid: guid::of_name(&name), name }
    }
}

impl fmt::Display for EtwProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, guid::format(self.guid))
    }
}

impl FromStr for EtwProvider {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = |problem: &str| ParseError(format!("{} is no provider: {problem}", Quoted(text)));
        let (name, guid) = match text.split_once(':') {
            Some((name, digits)) => {
                let guid = guid::parse(digits.trim());
                (
                    name,
                    Some(guid.ok_or_else(|| {
                        error(
                            "behind the `:` stands no GUID such as `{ce5fa4ea-ab00-5402-8b76-9f76ac858fb5}`",
                        )
                    })?),
                )
            }
            None => (text, None),
        };
        let name = name.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(allowed) {
            return Err(error(
                "its name has up to 200 of the characters `A-Z`, `a-z`, `0-9`, `-`, `_`, `.` and blank",
            ));
        }
        let guid = guid.unwrap_or_else(|| guid::of_name(name));
        // Decoders that know Microsoft's manifest would misread our fields.
        if guid == EVENT.provider_guid || name.to_lowercase().starts_with("microsoft-") {
            return Err(error(
                "it must be your own, not Microsoft's; the schema `wcf` writes under the original's",
            ));
        }
        Ok(Self { name: name.to_owned(), guid })
    }
}

/// The settings of the sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EtwOptions {
    pub(crate) schemas: Vec<EtwSchema>,
    pub(crate) provider: EtwProvider,
}

impl Default for EtwOptions {
    fn default() -> Self {
        Self { schemas: vec![EtwSchema::Wcf, EtwSchema::TraceLogging], provider: EtwProvider::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_a_valid_name_and_guid_that_are_not_microsoft_s() {
        assert_eq!(
            EtwProvider::default().to_string(),
            "TracingDispatchFailure:{b33cd0b4-9b63-5dcc-b5a9-73ccdc670e6c}"
        );
        for wrong in [
            "",
            "a:b",
            "a<b>",
            "Microsoft-Windows-Application Server-Applications",
            "Mine:{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}",
        ] {
            assert!(wrong.parse::<EtwProvider>().is_err(), "{wrong}");
        }
        let mine: EtwProvider = "Mine : ce5fa4ea-ab00-5402-8b76-9f76ac858fb5".parse().unwrap();
        assert_eq!(mine.guid(), guid::of_name("MyCompany.MyComponent"));
        assert_eq!(mine.manifested().name(), "Mine-Events");
    }
}
