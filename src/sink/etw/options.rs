//! The settings of the sink `etw`: schemas and the crate's own provider.

use super::guid;
use crate::{
    error::{ParseError, Quoted},
    record::event_definition::DISPATCH_SESSION_FAILED as EVENT,
};
use std::{fmt, str::FromStr};

/// A schema of the sink `etw`: how the event is written to Event Tracing for Windows.
///
/// The text form, also of `DISPATCH_FAILURE_ETW_SCHEMA`, is [`name`](Self::name). By default,
/// [`Wcf`](Self::Wcf) and [`TraceLogging`](Self::TraceLogging) are written. [The manual](crate::manual::etw)
/// compares the schemas.
///
/// # Example: only events that need no manifest
///
/// ```
/// use tracing_dispatch_failure::{EtwSchema, Reporter};
///
/// let builder = Reporter::builder().etw_schemas([EtwSchema::TraceLogging]);
/// # let _ = builder;
/// assert_eq!("tracelogging".parse(), Ok(EtwSchema::TraceLogging));
/// let names: Vec<&str> = EtwSchema::ALL.iter().map(|schema| schema.name()).collect();
/// assert_eq!(names, ["wcf", "tracelogging", "manifest"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EtwSchema {
    /// The original event: provider `Microsoft-Windows-Application Server-Applications`, its channel
    /// `Analytic`, and only the AppDomain as payload. Every tool that decodes the original event decodes it.
    Wcf,
    /// A self-describing event (TraceLogging) of the provider [`EtwProvider`], with the whole record in typed
    /// fields.
    TraceLogging,
    /// The event that the manifest of [`etw_manifest`](crate::etw_manifest) describes, with a channel to
    /// which agents can subscribe.
    Manifest,
}

impl EtwSchema {
    /// All schemas.
    pub const ALL: &'static [Self] = &[Self::Wcf, Self::TraceLogging, Self::Manifest];

    /// Returns the schema's name in `DISPATCH_FAILURE_ETW_SCHEMA`.
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
        let found = Self::ALL.iter().copied().find(|schema| schema.name() == text);
        found.ok_or_else(|| {
            ParseError(format!(
                "{} is not an ETW schema; expected `wcf`, `tracelogging` or `manifest`",
                Quoted(text)
            ))
        })
    }
}

/// The name and GUID of the provider for the schemas [`TraceLogging`](EtwSchema::TraceLogging) and
/// [`Manifest`](EtwSchema::Manifest).
///
/// The text form, also of `DISPATCH_FAILURE_ETW_PROVIDER`, is `name` or `name:{guid}`. The default is
/// `TracingDispatchFailure`. A name has 1 to 200 ASCII letters, digits, `-`, `_`, `.` and spaces, and must
/// not be one of Microsoft's.
///
/// Without a GUID, the GUID is derived from the name, by the same rule as in .NET's `EventSource`,
/// TraceLogging and PerfView. So these tools find the provider by its name.
///
/// # Example: a GUID derived from the name
///
/// ```
/// use tracing_dispatch_failure::EtwProvider;
///
/// let provider: EtwProvider = "MyCompany.MyComponent".parse()?;
/// assert_eq!(provider.to_string(), "MyCompany.MyComponent:{ce5fa4ea-ab00-5402-8b76-9f76ac858fb5}");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
///
/// # Example: a GUID of your own
///
/// ```
/// use tracing_dispatch_failure::EtwProvider;
///
/// let provider: EtwProvider = "Shop.Orders:{6a4b8c1e-2f7d-4d09-9a53-0b1c2d3e4f50}".parse()?;
/// assert_eq!((provider.name(), provider.guid()), ("Shop.Orders", 0x6a4b8c1e_2f7d_4d09_9a53_0b1c2d3e4f50));
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtwProvider {
    name: String,
    guid: u128,
}

/// The longest name, in bytes.
const MAX_NAME_LENGTH: usize = 200;

impl EtwProvider {
    /// Returns the provider's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the provider's GUID as a number. The first digit is the most significant.
    #[must_use]
    pub fn guid(&self) -> u128 {
        self.guid
    }

    /// Returns the provider of the schema [`EtwSchema::Manifest`]: the same name with `-Events` appended, and
    /// the GUID of that name.
    ///
    /// It is a provider of its own, because one provider cannot have both self-describing events and a
    /// manifest.
    ///
    /// # Example: the name to install the manifest under
    ///
    /// ```
    /// use tracing_dispatch_failure::EtwProvider;
    ///
    /// let provider = EtwProvider::default().manifested();
    /// assert_eq!(provider.name(), "TracingDispatchFailure-Events");
    /// ```
    #[must_use]
    pub fn manifested(&self) -> Self {
        let name = format!("{}-Events", self.name);
        Self { guid: guid::from_name(&name), name }
    }
}

impl Default for EtwProvider {
    fn default() -> Self {
        let name = "TracingDispatchFailure".to_owned();
        Self { guid: guid::from_name(&name), name }
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
        let error =
            |problem: &str| ParseError(format!("{} is not a valid ETW provider; {problem}", Quoted(text)));
        let (name, guid) = match text.split_once(':') {
            Some((name, digits)) => {
                let guid = guid::parse(digits.trim());
                (
                    name,
                    Some(guid.ok_or_else(|| {
                        error(
                            "expected a GUID such as `{ce5fa4ea-ab00-5402-8b76-9f76ac858fb5}` after the `:`",
                        )
                    })?),
                )
            }
            None => (text, None),
        };
        let name = name.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
        if name.is_empty() || name.len() > MAX_NAME_LENGTH || !name.chars().all(allowed) {
            return Err(error(
                "expected a name of 1 to 200 characters from `A-Z`, `a-z`, `0-9`, `-`, `_`, `.` and space",
            ));
        }
        let guid = guid.unwrap_or_else(|| guid::from_name(name));
        // Decoders that know Microsoft's manifest would misread the fields.
        if guid == EVENT.provider_guid || name.to_lowercase().starts_with("microsoft-") {
            return Err(error(
                "expected a provider of your own, not one of Microsoft's (the schema `wcf` uses the original one)",
            ));
        }
        Ok(Self { name: name.to_owned(), guid })
    }
}

/// The settings of the sink `etw`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EtwOptions {
    pub(crate) schemas: Vec<EtwSchema>,
    pub(crate) provider: EtwProvider,
}

impl Default for EtwOptions {
    fn default() -> Self {
        // `manifest` is off, because its events cannot be decoded until the manifest is installed.
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
        assert_eq!(mine.guid(), guid::from_name("MyCompany.MyComponent"));
        assert_eq!(mine.manifested().name(), "Mine-Events");
    }
}
