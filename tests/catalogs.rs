//! The files of the built-in languages, read by Fluent's own parser.

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, PatternElement},
    parser,
};
use std::{collections::BTreeMap, fs, path::PathBuf};
use tracing_dispatch_failure::{Messages, Text};

/// Returns the messages in a language's file, each with its variables.
fn messages(tag: &str) -> BTreeMap<String, Vec<String>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("locales").join(tag).join("event-4031.ftl");
    let source = fs::read_to_string(path).unwrap();
    let resource = parser::parse(source.as_str()).unwrap();
    let mut messages = BTreeMap::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let elements = &message.value.as_ref().unwrap().elements;
        let variables = elements.iter().filter_map(|element| match element {
            PatternElement::TextElement { .. } => None,
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => Some(id.name.to_owned()),
            other => panic!("{tag}: {other:?} is more than a translated text needs"),
        });
        let former = messages.insert(message.id.name.to_owned(), variables.collect());
        assert!(former.is_none(), "{tag}: {} is defined twice", message.id.name);
    }
    messages
}

#[test]
fn all_languages_have_the_same_texts_with_the_same_variables() {
    let english = messages("en-US");
    assert_eq!(english.keys().collect::<Vec<_>>(), {
        let mut ids: Vec<_> = Text::ALL.iter().map(|text| text.id()).collect();
        ids.sort_unstable();
        ids
    });
    for tag in Messages::built_in_locales() {
        assert_eq!(messages(tag), english, "{tag}");
    }
}

#[test]
fn every_folder_of_locales_is_built_in() {
    let folders = fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("locales")).unwrap();
    let mut folders: Vec<_> =
        folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    let mut tags: Vec<_> = Messages::built_in_locales().map(str::to_owned).collect();
    tags.sort();
    assert_eq!(tags, folders);
}

#[test]
fn every_language_has_its_own_words_for_every_text() {
    for tag in Messages::built_in_locales() {
        let messages = Messages::new(&tag.parse().unwrap());
        assert_eq!(messages.locale(), tag);
        for text in Text::ALL {
            let mut out = String::new();
            assert_eq!(messages.write(*text, &mut out), tag, "{}", text.id());
            assert!(!out.trim().is_empty() && !out.contains(['{', '\n', '\u{2068}']), "{tag}: {out:?}");
        }
        let mut sentence = String::new();
        messages.write(Text::Description, &mut sentence);
        assert_eq!(sentence == "This event is emitted when the session dispatch has failed.", tag == "en-US");
    }
}
