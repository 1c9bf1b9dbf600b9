//! Makes exports of different runs comparable: ids become numbers in order of appearance, and times are
//! removed.

use serde_json::Value;
use std::collections::HashMap;

/// The ids seen so far, with their numbers.
#[derive(Default)]
pub(crate) struct Unified(HashMap<String, usize>);

impl Unified {
    /// The number of an id; a new id gets the next one.
    pub(crate) fn number(&mut self, id: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(id.to_owned()).or_insert(next)
    }

    /// A line of JSON without times, and with numbers for ids.
    pub(crate) fn json(&mut self, line: &str) -> String {
        let mut value: Value = serde_json::from_str(line).expect("a line of JSON");
        self.value(&mut value);
        value.to_string()
    }

    /// Replaces an id, which may be in an object beside its type.
    fn id(&mut self, value: &mut Value) {
        if let Some(id) = value.as_str() {
            *value = self.number(id).into();
        } else if let Some(id) = value.get_mut("value") {
            self.id(id);
        }
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    if name.contains("timestamp")
                        || ["sent_at", "length", "idle_ns", "busy_ns"].contains(&&**name)
                    {
                        *value = Value::Null;
                    } else if name.ends_with("_id") {
                        self.id(value);
                    } else {
                        self.value(value);
                    }
                }
            }
            _ => {}
        }
    }
}
