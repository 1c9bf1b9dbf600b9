//! Sizes in bytes, as people write them.

use crate::error::{ParseError, Quoted};

/// Parses a size: bytes such as `512`, binary units such as `8KiB` or decimal units such as `10MB`.
pub(crate) fn parse(text: &str) -> Result<u64, ParseError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        // No unit has this factor, so 0 marks an unknown one.
        _ => 0,
    };
    let size =
        number.parse::<u64>().ok().filter(|_| factor != 0).and_then(|number| number.checked_mul(factor));
    size.ok_or_else(|| {
        ParseError(format!(
            "{} is not a size; expected a number of bytes such as `512`, or one with a unit such as `8KiB` or `10MB`",
            Quoted(text)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        for (text, size) in
            [("512", 512), ("8KiB", 8192), ("64 mib", 64 << 20), ("10MB", 10_000_000), ("0", 0)]
        {
            assert_eq!(parse(text), Ok(size), "{text}");
        }
        for wrong in ["", "KiB", "-1", "1.5MiB", "8 KiBs", "99999999999GiB", "１MiB"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
