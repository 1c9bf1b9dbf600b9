//! The localized message alone.

use crate::{
    stacks::{WithMessage, WithoutMessage, build},
    subscriber::set,
};
use fluent::{FluentArgs, FluentBundle, FluentResource};
use std::{fs, hint::black_box};
use tracing_dispatch_failure::{Messages, Reporter, Sink, Text};
use tracing_subscriber::prelude::*;

/// A message of five variables, the same in every language. Only the lookup differs by language.
const FIVE_VARIABLES: &str =
    "Session { $session_id } for { $worker } on { $queue } from { $remote } failed: { $error }";

/// The expected message for a failing span.
pub(crate) const WITH_VALUES: &str = "Session 4711 for worker-a on orders.incoming from 10.0.0.17:5672 failed: worker-a refused the connection";

/// Installs a reporter whose sink uses only the message of five variables (`with-message@ja-JP`), or
/// nothing of the record (`without-message@ja-JP`).
pub(crate) fn install(stack: &str) -> Option<()> {
    let (kind, tag) = stack.split_once('@')?;
    let reporter = match kind {
        "without-message" => reporter(tag, WithoutMessage)?,
        "with-message" => reporter(tag, WithMessage)?,
        _ => return None,
    };
    set(tracing_subscriber::registry().with(reporter.layer()));
    Some(())
}

/// Makes a reporter whose message in this language has five variables.
pub(crate) fn reporter(tag: &str, sink: impl Sink) -> Option<Reporter> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let language = folder.path().join(tag);
    fs::create_dir(&language).expect("a folder can be made");
    let file = language.join("event-4031.ftl");
    fs::write(file, format!("message = {FIVE_VARIABLES}\n")).expect("a file can be written");
    let builder = Reporter::builder().sinks([]).locales_dir(folder.path()).locale(tag.parse().ok()?);
    Some(build(builder.add_sink("sink", sink)))
}

/// `text@ja-JP`: the message without variables; `push@ja-JP`: `push_str` of the same text; `fluent@ja-JP`:
/// the message of five variables, formatted by Fluent itself.
pub(crate) fn work(stack: &str) -> Option<Box<dyn FnMut()>> {
    let (kind, tag) = stack.split_once('@')?;
    let messages = Messages::new(&tag.parse().ok()?);
    let mut out = String::new();
    messages.write(Text::Message, &mut out);
    let expected = out.clone();
    match kind {
        "text" => Some(Box::new(move || {
            out.clear();
            black_box(&messages).write(Text::Message, &mut out);
            black_box(&out);
        })),
        "push" => Some(Box::new(move || {
            out.clear();
            out.push_str(black_box(&expected));
            black_box(&out);
        })),
        "fluent" => {
            let mut bundle = FluentBundle::new(vec![tag.parse().ok()?]);
            bundle.set_use_isolating(false);
            let resource = FluentResource::try_new(format!("message = {FIVE_VARIABLES}\n")).ok()?;
            bundle.add_resource(resource).ok()?;
            Some(Box::new(move || {
                let mut args = FluentArgs::with_capacity(5);
                args.set("session_id", black_box(4711_u64));
                for (name, value) in VALUES {
                    args.set(name, black_box(value));
                }
                let pattern = bundle.get_message("message").and_then(|message| message.value());
                out.clear();
                let mut errors = Vec::new();
                let pattern = pattern.expect("the message exists");
                bundle
                    .write_pattern(&mut out, pattern, Some(&args), &mut errors)
                    .expect("writing to a String cannot fail");
                black_box(&out);
            }))
        }
        _ => None,
    }
}

const VALUES: [(&str, &str); 4] = [
    ("worker", "worker-a"),
    ("queue", "orders.incoming"),
    ("remote", "10.0.0.17:5672"),
    ("error", crate::work::CAUSE),
];
