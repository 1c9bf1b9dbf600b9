//! GUIDs of ETW providers.

/// The namespace of provider names. .NET's `EventSource`, TraceLogging and `tracelog` use the same one.
const NAMESPACE: u128 = 0x482c_2db2_c390_47c8_87f8_1a15_bfc1_30fb;

/// Returns the GUID that belongs to a provider's name: the first sixteen bytes of the SHA-1 hash of the
/// namespace and the upper-case name in UTF-16BE, with version 5. Unlike in RFC 9562, the variant bits are
/// not set.
pub(super) fn from_name(name: &str) -> u128 {
    let mut hash = sha1_smol::Sha1::from(NAMESPACE.to_be_bytes());
    // In upper case, so that names that differ only in case belong to the same provider.
    for unit in name.to_uppercase().encode_utf16() {
        hash.update(&unit.to_be_bytes());
    }
    let [a, b, c, d, e, f, g, h, rest @ ..] = hash.digest().bytes();
    let [i, j, k, l, m, n, o, p, ..] = rest;
    // The hash is read as a GUID in memory, whose first three groups are little-endian.
    u128::from_be_bytes([d, c, b, a, f, e, h & 0x0f | 0x50, g, i, j, k, l, m, n, o, p])
}

/// Reads a GUID such as `{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}`. The braces are optional.
pub(super) fn parse(text: &str) -> Option<u128> {
    let inner = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
    let groups: Vec<&str> = inner.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits = groups.concat();
    // The digits are checked, because `from_str_radix` would accept a sign.
    let is_guid = lengths == [8, 4, 4, 4, 12] && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_guid.then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

/// Returns a GUID in braces.
pub(super) fn format(guid: u128) -> String {
    format!("{{{}}}", crate::record::activity::ActivityId::from_u128(guid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_published_guid() {
        for (name, guid) in [
            ("MyCompany.MyComponent", "{ce5fa4ea-ab00-5402-8b76-9f76ac858fb5}"),
            ("TracingDispatchFailure", "{b33cd0b4-9b63-5dcc-b5a9-73ccdc670e6c}"),
        ] {
            assert_eq!(format(from_name(name)), guid);
            assert_eq!(parse(guid), Some(from_name(name)));
        }
    }

    #[test]
    fn malformed_guids_are_refused() {
        for wrong in [
            "",
            "{}",
            "{ce5fa4ea-ab00-5402-8b76-9f76ac858fb5",
            "ce5fa4eaab0054028b769f76ac858fb5",
            "{ce5fa4ea-ab00-5402-8b76-9f76ac858fbg}",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
