//! Failed spans of callsites that no macro can make.

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Mutex, OnceLock},
};
use tracing::{
    Dispatch, Level, Metadata,
    callsite::{Callsite, Identifier},
    field::{self, FieldSet, Value},
    metadata::Kind,
    span::Attributes,
    subscriber::Interest,
};
use tracing_dispatch_failure::Reporter;
use tracing_subscriber::prelude::*;

/// The metadata of a callsite's spans.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    pub name: String,
    pub target: String,
    pub file: Option<String>,
    pub level: Level,
}

/// A field of a span, with its recorded value.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub value: Recorded,
}

/// A value and the method by which it was recorded.
#[derive(Debug, Clone)]
pub enum Recorded {
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Str(String),
    Debug(String),
    Error(Chain),
}

/// An error with a chain of sources.
#[derive(Debug, Clone)]
pub struct Chain(pub String, pub Option<Box<Chain>>);

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Chain {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl Recorded {
    /// Reads a value from any bytes. The first byte selects the recording method, the others are the value.
    pub fn read(bytes: &[u8]) -> Self {
        let (kind, rest) = bytes.split_first().unwrap_or((&b's', &[]));
        let mut number = [0; 16];
        number.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let long = u128::from_le_bytes(number);
        let text = || String::from_utf8_lossy(rest).into_owned();
        match kind {
            b'b' => Self::Bool(long != 0),
            b'i' => Self::I64(long as i64),
            b'u' => Self::U64(long as u64),
            b'I' => Self::I128(long as i128),
            b'U' => Self::U128(long),
            b'f' => Self::F64(f64::from_bits(long as u64)),
            b'd' => Self::Debug(text()),
            b'e' => {
                let chain = |source, text: &str| Some(Box::new(Chain(text.to_owned(), source)));
                Self::Error(*text().rsplit('|').fold(None, chain).unwrap())
            }
            _ => Self::Str(text()),
        }
    }
}

const FIELDS: usize = 16;

/// Opens a span with the first sixteen of these fields, and closes it.
pub fn fail(reporter: &Reporter, shape: &Shape, fields: &[Field]) {
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(reporter.layer()));
    let fields = &fields[..fields.len().min(FIELDS)];
    let metadata = metadata(shape, fields);
    // The same as a callsite's macro does.
    let interest = dispatch.register_callsite(metadata);
    if interest.is_never() || !dispatch.enabled(metadata) {
        return;
    }
    let values: Vec<Box<dyn Value>> = fields.iter().map(|field| value(&field.value)).collect();
    let names: Vec<field::Field> = metadata.fields().iter().collect();
    let open = |values: &field::ValueSet<'_>| {
        dispatch.try_close(dispatch.new_span(&Attributes::new_root(metadata, values)));
    };
    let Some(first) = names.first() else { return open(&metadata.fields().value_set(&[])) };
    let pairs: [_; FIELDS] = std::array::from_fn(|index| match (names.get(index), values.get(index)) {
        (Some(name), Some(value)) => (name, Some(&**value)),
        _ => (first, None),
    });
    open(&metadata.fields().value_set(&pairs));
}

fn value(recorded: &Recorded) -> Box<dyn Value> {
    match recorded.clone() {
        Recorded::Bool(value) => Box::new(value),
        Recorded::I64(value) => Box::new(value),
        Recorded::U64(value) => Box::new(value),
        Recorded::I128(value) => Box::new(value),
        Recorded::U128(value) => Box::new(value),
        Recorded::F64(value) => Box::new(value),
        Recorded::Str(value) => Box::new(value),
        Recorded::Debug(value) => Box::new(field::debug(value)),
        Recorded::Error(value) => Box::new(Box::new(value) as Box<dyn Error + 'static>),
    }
}

/// Returns the metadata for a shape. Metadata is never freed, so it is made only once for each shape.
fn metadata(shape: &Shape, fields: &[Field]) -> &'static Metadata<'static> {
    type Made = HashMap<(Shape, Vec<String>), &'static Metadata<'static>>;
    static MADE: OnceLock<Mutex<Made>> = OnceLock::new();
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let mut made = MADE.get_or_init(Mutex::default).lock().unwrap();
    made.entry((shape.clone(), names)).or_insert_with_key(|(shape, names)| {
        let leak = |text: &str| -> &'static str { text.to_owned().leak() };
        let names: Vec<&'static str> = names.iter().map(|name| leak(name)).collect();
        let fields = FieldSet::new(names.leak(), Identifier(&NOWHERE));
        let (name, target) = (leak(&shape.name), leak(&shape.target));
        let file = shape.file.as_deref().map(leak);
        let line = file.map(|_| 7);
        Box::leak(Box::new(Metadata::new(name, target, shape.level, file, line, None, fields, Kind::SPAN)))
    })
}

struct Nowhere;

static NOWHERE: Nowhere = Nowhere;

impl Callsite for Nowhere {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        unimplemented!("nothing asks a field's callsite for its metadata")
    }
}
