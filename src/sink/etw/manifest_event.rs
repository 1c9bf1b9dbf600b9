//! The schema `manifest`: the event that the crate's own manifest declares.

use super::{
    event_data::{Event, Limit, push_terminated},
    manifest_template::TEMPLATE,
};
use crate::{format::push_field_list, sink::SinkRecord};

/// Encodes a record by the manifest's template.
pub(super) fn encode(record: &SinkRecord<'_>, limit: Limit, event: &mut Event) {
    event.clear();
    let failure = record.failure();
    let mut fields = String::new();
    if limit.has_fields() {
        push_field_list(&mut fields, failure);
    } else {
        fields.push_str(crate::text::bounded::CUT_MARK);
    }
    // Whole microseconds, as in every other format.
    let milliseconds = failure.duration().as_micros() as f64 / 1000.0;
    // The loop follows the template, so that payload and manifest cannot differ in their order.
    for (name, _) in TEMPLATE {
        let text = match name {
            "AppDomain" => failure.app(),
            "Message" => record.message(),
            "Error" => failure.error().unwrap_or_default(),
            "ErrorType" => failure.error_type().unwrap_or_default(),
            "Signal" => failure.signal().name(),
            "Span" => failure.span(),
            "Fields" => &fields,
            _ => {
                // The only field that is not a text.
                event.data.extend(milliseconds.to_le_bytes());
                continue;
            }
        };
        push_terminated(&mut event.data, &limit.units(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        format::{Format, Rendering},
        locale::Messages,
        record::failure::Failure,
        sink::etw::{manifest::etw_manifest, options::EtwProvider},
    };

    /// Decodes bytes by the manifest's template and nothing else.
    fn decode(mut bytes: &[u8]) -> Vec<(String, String)> {
        let manifest = etw_manifest(&EtwProvider::default(), "a.dll");
        let document = roxmltree::Document::parse(&manifest).unwrap();
        let mut fields = Vec::new();
        for data in document.descendants().filter(|node| node.tag_name().name() == "data") {
            let value = match data.attribute("inType").unwrap() {
                "win:UnicodeString" => {
                    let units: Vec<u16> =
                        bytes.chunks(2).map(|pair| u16::from_le_bytes(pair.try_into().unwrap())).collect();
                    let end = units.iter().position(|unit| *unit == 0).unwrap();
                    bytes = &bytes[(end + 1) * 2..];
                    String::from_utf16(&units[..end]).unwrap()
                }
                "win:Double" => {
                    let (number, rest) = bytes.split_first_chunk().unwrap();
                    bytes = rest;
                    f64::from_le_bytes(*number).to_string()
                }
                other => panic!("{other}"),
            };
            fields.push((data.attribute("name").unwrap().to_owned(), value));
        }
        assert!(bytes.is_empty(), "no bytes may follow the last field");
        fields
    }

    #[test]
    fn the_payload_matches_the_template_of_the_manifest() {
        let failure = Failure::example();
        let messages = Messages::new(&"ja".parse().unwrap());
        let rendering = Rendering { format: Format::Json, messages, color: false };
        let mut event = Event::default();
        encode(&SinkRecord::new(&failure, &rendering), Limit::MAX, &mut event);
        let expected = [
            ("AppDomain", "shop"),
            ("Message", "セッション ディスパッチに失敗しました。"),
            ("Error", "refused: 会话 🦀"),
            ("ErrorType", ""),
            ("Signal", "err"),
            ("Span", "dispatch_session"),
            ("DurationMs", "1234.567"),
            ("Fields", "session.id=7 ok=true ratio=0.5 name=\"сеанс\""),
        ];
        assert_eq!(decode(&event.data), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(event.parts().count(), 1);
        let least = std::iter::successors(Some(Limit::MAX), |limit| limit.halve()).last().unwrap();
        encode(&SinkRecord::new(&failure, &rendering), least, &mut event);
        assert_eq!(decode(&event.data)[7].1, "…[cut]");
    }
}
