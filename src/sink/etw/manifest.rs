//! The manifest that describes our own provider to Windows.

use super::{
    guid,
    options::EtwProvider,
    template::{CHANNEL, DESCRIPTOR, TEMPLATE},
};
use crate::{
    locale::{Locales, Messages, Text},
    record::event::DISPATCH_SESSION_FAILED as EVENT,
};
use std::fmt::Write;

/// The instrumentation manifest of the schema [`EtwSchema::Manifest`](crate::EtwSchema::Manifest): an
/// XML document with the texts of all compiled-in languages, for `mc.exe`.
///
/// `binary` is the path of the file that will hold the compiled resources, as it will be on the
/// machine where the manifest is installed.
///
/// The event has an `Operational` channel, which is on by default and can be subscribed to, and shows
/// the message and its cause in the language of whoever looks at it.
///
/// Source of the format: *Writing an Instrumentation Manifest* in the Windows documentation, and
/// `eventman.xsd` of the Windows SDK.
///
/// ```
/// let manifest = tracing_dispatch_failure::etw_manifest(&Default::default(), r"C:\shop\events.dll");
/// assert!(manifest.contains(r#"<event symbol="DispatchSessionFailed" value="4031""#));
/// assert!(manifest.contains("セッション ディスパッチに失敗しました。"));
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

/// The strings of one language.
fn strings(tag: &str, provider: &str, channel: &str) -> [(&'static str, String); 5] {
    let messages = Messages::new(&tag.parse::<Locales>().unwrap_or_default());
    let text = |text: Text| {
        let mut out = String::new();
        messages.write(text, &mut out);
        doubled(&out)
    };
    let parameter = |name: &str| {
        let place = TEMPLATE.iter().position(|(field, _)| *field == name).unwrap_or_default();
        format!("%{}", place + 1)
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
    let rows: String = rows.map(|(label, name)| format!("%n{}: {}", text(label), parameter(name))).concat();
    [
        ("provider", doubled(provider)),
        ("channel", doubled(channel)),
        ("keyword", text(Text::KeywordName)),
        ("task", EVENT.task_name.to_owned()),
        ("event", format!("{}%n{rows}", text(Text::Message))),
    ]
}

/// A text for a message file, which would take its `%` for a parameter.
fn doubled(text: &str) -> String {
    text.replace('%', "%%")
}

struct Xml(String);

impl Xml {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.0, "{:indent$}{text}", "", indent = depth * 2);
    }

    fn open(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]) {
        self.element(depth, name, attributes, ">");
    }

    fn empty(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]) {
        self.element(depth, name, attributes, "/>");
    }

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
                    // XML has no control characters, and folds blanks in attributes.
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
        assert_eq!(doubled("%n %%"), "%%n %%%%");
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
