//! The key `fields` of a record: names and values with their types.

use super::deserializers::Text;
use crate::record::{failure::Failure, value::Value};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};
use serde_json::Number;
use std::{borrow::Cow, fmt};

/// The fields in the order of the record. A name may occur more than once.
pub(super) struct Fields<'a>(pub(super) Vec<(String, Field<'a>)>);

/// A field's value. A text may be borrowed from the line.
pub(super) enum Field<'a> {
    Text(Text<'a>),
    Scalar(Value<'static>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object, the key `fields`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    // More fields would not fit into slots of 16 bits.
                    if fields.len() == Failure::MAX_FIELDS {
                        let max = Failure::MAX_FIELDS;
                        return Err(de::Error::custom(format!(
                            "there are more than {max} fields, the most that are allowed"
                        )));
                    }
                    // A list, because the fields keep their order.
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;
        impl<'de> Visitor<'de> for FieldVisitor {
            type Value = Field<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number or a boolean")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Field::Scalar(Value::Bool(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Field::Scalar(Value::I64(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Field::Scalar(Value::U64(value)))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Field::Scalar(Value::F64(value)))
            }

            /// Reads a number if the application enables the feature `arbitrary_precision` of `serde_json`,
            /// which represents numbers as maps.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let number = Number::deserialize(MapAccessDeserializer::new(map))
                    .map_err(|_| de::Error::invalid_type(Unexpected::Map, &self))?;
                // The same order as `visit_u64`, `visit_i64` and `visit_f64` without that feature.
                let integer = number.as_u64().map(Value::U64).or(number.as_i64().map(Value::I64));
                let value = integer.or(number.as_f64().map(Value::F64));
                value
                    .map(Field::Scalar)
                    .ok_or_else(|| de::Error::custom("the number is out of range; expected 64 bits"))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Field::Text(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Field::Text(Text(Cow::Owned(text.to_owned()))))
            }
        }
        deserializer.deserialize_any(FieldVisitor)
    }
}
