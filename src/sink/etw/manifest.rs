//! The instrumentation manifest, which describes the crate's own provider to Windows.

use super::{
    guid,
    manifest_template::{CHANNEL, DESCRIPTOR, TEMPLATE},
    options::EtwProvider,
};
use crate::{
    locale::{Locales, Messages, Text},
    record::event_definition::DISPATCH_SESSION_FAILED as EVENT,
};
use std::fmt::Write;

/// Returns the instrumentation manifest of the schema [`EtwSchema::Manifest`](crate::EtwSchema::Manifest): an
/// XML document for `mc.exe`, with the texts of all built-in languages.
///
/// The manifest declares the provider that [`EtwProvider::manifested`] derives from `provider`. `binary` is the path of
/// the file with the compiled resources, on the machine where the manifest will be installed.
///
/// The event has an `Operational` channel, which is enabled by default and to which agents can subscribe.
/// Event Viewer shows the message and its cause in the reader's language. How to compile and install the
/// manifest is in [the manual](crate::manual::etw#installing-the-manifest).
///
/// Source of the format: *Writing an Instrumentation Manifest* in the Windows documentation, and
/// `eventman.xsd` of the Windows SDK.
///
/// # Example: a manifest for your own provider
///
/// ```
/// use tracing_dispatch_failure::etw_manifest;
///
/// let manifest = etw_manifest(&"Shop.Orders".parse()?, r"C:\Program Files\Shop\events.dll");
/// assert!(manifest.contains(r#"<provider name="Shop.Orders-Events""#));
/// assert!(manifest.contains(r#"<event symbol="DispatchSessionFailed" value="4031""#));
/// assert!(manifest.contains("セッション ディスパッチに失敗しました。"));
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[must_use]
pub fn etw_manifest(provider: &EtwProvider, binary: &str) -> String {
    let provider = provider.manifested();
    let mut xml = Xml(String::new());
    let out = &mut xml;
    out.line(0, r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    out.line(0, r#"<instrumentationManifest"#);
    out.line(2, r#"xmlns="http://schemas.microsoft.com/win/2004/08/events""#);
    out.line(2, r#"xmlns:win="http://manifests.microsoft.com/win/2004/08/windows/events""#);
    out.line(2, r#"xmlns:xs="http://www.w3.org/2001/XMLSchema">"#);
    out.line(1, "<instrumentation>");
    out.line(2, "<events>");
    out.open(
        3,
        "provider",
        &[
            ("name", provider.name()),
            ("guid", &guid::format(provider.guid())),
            ("symbol", "TRACING_DISPATCH_FAILURE"),
            ("resourceFileName", binary),
            ("messageFileName", binary),
            ("message", "$(string.provider)"),
        ],
    );
    out.line(4, "<channels>");
    let channel = format!("{}/Operational", provider.name());
    let number = CHANNEL.to_string();
    let attributes = [
        ("chid", "OPERATIONAL"),
        ("name", channel.as_str()),
        ("type", "Operational"),
        ("symbol", "TRACING_DISPATCH_FAILURE_OPERATIONAL"),
        ("value", &number),
        // Enabled, so that agents receive events without further setup.
        ("enabled", "true"),
        ("message", "$(string.channel)"),
    ];
    out.empty(5, "channel", &attributes);
    out.line(4, "</channels>");
    out.line(4, "<keywords>");
    let mask = format!("{:#x}", EVENT.keyword);
    let attributes = [("name", EVENT.keyword_name), ("mask", &mask), ("message", "$(string.keyword)")];
    out.empty(5, "keyword", &attributes);
    out.line(4, "</keywords>");
    out.line(4, "<tasks>");
    let task = DESCRIPTOR.task.to_string();
    let attributes = [("name", EVENT.task_name), ("value", task.as_str()), ("message", "$(string.task)")];
    out.empty(5, "task", &attributes);
    out.line(4, "</tasks>");
    out.line(4, "<templates>");
    out.open(5, "template", &[("tid", "Failure")]);
    for (name, kind) in TEMPLATE {
        out.empty(6, "data", &[("name", name), ("inType", kind.name())]);
    }
    out.line(5, "</template>");
    out.line(4, "</templates>");
    out.line(4, "<events>");
    let attributes = [
        ("symbol", EVENT.name),
        ("value", &EVENT.id.to_string()),
        ("version", &DESCRIPTOR.version.to_string()),
        ("channel", "OPERATIONAL"),
        // Levels and opcodes are predefined by Windows (`winmeta.xml`).
        ("level", "win:Error"),
        ("task", EVENT.task_name),
        ("opcode", "win:Info"),
        ("keywords", EVENT.keyword_name),
        ("template", "Failure"),
        ("message", "$(string.event)"),
    ];
    out.empty(5, "event", &attributes);
    out.line(4, "</events>");
    out.line(3, "</provider>");
    out.line(2, "</events>");
    out.line(1, "</instrumentation>");
    out.line(1, "<localization>");
    // Overlays are not included: the manifest is the same for all installations.
    for tag in Messages::built_in_locales() {
        out.open(2, "resources", &[("culture", tag)]);
        out.line(3, "<stringTable>");
        for (id, text) in strings(tag, provider.name(), &channel) {
            out.empty(4, "string", &[("id", id), ("value", &text)]);
        }
        out.line(3, "</stringTable>");
        out.line(2, "</resources>");
    }
    out.line(1, "</localization>");
    out.line(0, "</instrumentationManifest>");
    xml.0
}

/// Returns the strings of one language, with their ids.
fn strings(tag: &str, provider: &str, channel: &str) -> [(&'static str, String); 5] {
    let messages = Messages::new(&tag.parse::<Locales>().unwrap_or_default());
    let text = |text: Text| {
        let mut out = String::new();
        messages.write(text, &mut out);
        escape_percent(&out)
    };
    // Message files refer to the fields of the template by number, from 1.
    let parameter = |name: &str| {
        let index = TEMPLATE.iter().position(|(field, _)| *field == name).unwrap_or_default();
        format!("%{}", index + 1)
    };
    let rows = [
        (Text::ErrorLabel, "Error"),
        (Text::ErrorTypeLabel, "ErrorType"),
        (Text::SignalLabel, "Signal"),
        (Text::SpanLabel, "Span"),
        (Text::DurationLabel, "DurationMs"),
        (Text::FieldsLabel, "Fields"),
        (Text::AppLabel, "AppDomain"),
    ];
    // `%n` is a line break in a message file.
    let rows: String = rows.map(|(label, name)| format!("%n{}: {}", text(label), parameter(name))).concat();
    [
        ("provider", escape_percent(provider)),
        ("channel", escape_percent(channel)),
        ("keyword", text(Text::KeywordName)),
        // The Fluent files have no name for the task.
        ("task", EVENT.task_name.to_owned()),
        ("event", format!("{}%n{rows}", text(Text::Message))),
    ]
}

/// Escapes `%` in a text for a message file, where it begins a parameter.
fn escape_percent(text: &str) -> String {
    text.replace('%', "%%")
}

/// A writer of indented XML.
struct Xml(String);

impl Xml {
    /// Appends a line.
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.0, "{:indent$}{text}", "", indent = depth * 2);
    }

    /// Appends a start tag.
    fn open(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]) {
        self.element(depth, name, attributes, ">");
    }

    /// Appends an element without content.
    fn empty(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]) {
        self.element(depth, name, attributes, "/>");
    }

    /// Appends a tag with escaped attributes.
    fn element(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)], end: &str) {
        let mut text = format!("<{name}");
        for (key, value) in attributes {
            let _ = write!(text, " {key}=\"");
            for c in value.chars() {
                match c {
                    '&' => text.push_str("&amp;"),
                    '<' => text.push_str("&lt;"),
                    '>' => text.push_str("&gt;"),
                    '"' => text.push_str("&quot;"),
                    // XML 1.0 forbids most control characters, and turns tabs and newlines in attributes into
                    // spaces (sections 2.2 and 3.3.3).
                    c if c.is_control() => text.push(' '),
                    c => text.push(c),
                }
            }
            text.push('"');
        }
        self.line(depth, &(text + end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_valid_xml_with_every_string_in_every_language() {
        let text = etw_manifest(&EtwProvider::default(), r#"C:\a & "b"\<c>.dll"#);
        let document = roxmltree::Document::parse(&text).unwrap();
        let references: Vec<&str> = document
            .descendants()
            .filter(|node| node.tag_name().name() != "string")
            .flat_map(|node| node.attributes())
            .filter_map(|attribute| attribute.value().strip_prefix("$(string.")?.strip_suffix(')'))
            .collect();
        assert_eq!(references, ["provider", "channel", "keyword", "task", "event"]);
        let resources: Vec<_> = document
            .descendants()
            .filter(|node| {
                node.has_tag_name(("http://schemas.microsoft.com/win/2004/08/events", "resources"))
            })
            .collect();
        let cultures: Vec<_> = resources.iter().filter_map(|node| node.attribute("culture")).collect();
        assert_eq!(cultures, Messages::built_in_locales().collect::<Vec<_>>());
        for resource in resources {
            let ids: Vec<_> = resource.descendants().filter_map(|node| node.attribute("id")).collect();
            assert_eq!(ids, references);
        }
        let provider = document.descendants().find(|node| node.tag_name().name() == "provider").unwrap();
        assert_eq!(provider.attribute("resourceFileName"), Some(r#"C:\a & "b"\<c>.dll"#));
        assert_eq!(provider.attribute("name"), Some("TracingDispatchFailure-Events"));
        assert!(!text.contains("Microsoft-Windows"), "never Microsoft's names");
        assert!(!text.to_lowercase().contains("c651f5f6"), "never Microsoft's GUID");
    }

    #[test]
    fn percent_signs_are_doubled() {
        let strings = strings("en-US", "100%1", "100%1/Operational");
        let text = |id: &str| strings.iter().find(|(other, _)| *other == id).map(|(_, text)| text.as_str());
        assert_eq!(text("provider"), Some("100%%1"));
        assert_eq!(text("channel"), Some("100%%1/Operational"));
        assert_eq!(escape_percent("%n %%"), "%%n %%%%");
        assert!(text("event").unwrap().starts_with("Session dispatch failed.%n%nError: %3%n"));
    }

    #[test]
    fn the_keyword_has_the_bit_of_the_first_channel() {
        let text = etw_manifest(&EtwProvider::default(), "a.dll");
        let document = roxmltree::Document::parse(&text).unwrap();
        let channels: Vec<_> =
            document.descendants().filter(|node| node.tag_name().name() == "channel").collect();
        assert_eq!(channels.len(), 1);
        assert_eq!(channels[0].attribute("value"), Some(DESCRIPTOR.channel.to_string().as_str()));
        // The first channel of a manifest has bit 63, the second 62.
        assert_eq!(DESCRIPTOR.keyword, 1 << 63 | 0x800);
    }
}
