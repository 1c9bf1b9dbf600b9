//! Overlays with the operator's texts: what they may contain, and how the crate handles broken or hostile
//! files.

mod support;

use fluent::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use std::{fs, path::Path};
use support::InChild;
use tempfile::TempDir;
use tracing::{Span, field::Empty, info_span};
use tracing_dispatch_failure::{
    Error, Format, Locales, MemoryRecord, MemorySink, Messages, Reporter, SinkOptions, Text,
};
use tracing_subscriber::prelude::*;

/// Creates a folder of overlay files, given by language and content.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (tag, content) in files {
        fs::create_dir(folder.path().join(tag)).unwrap();
        fs::write(folder.path().join(tag).join("event-4031.ftl"), content).unwrap();
    }
    folder
}

fn locale(tag: &str) -> Locales {
    tag.parse().unwrap()
}

/// Runs a program that fails one dispatch, and returns the record in a language with overlays.
fn record(files: &[(&str, &str)], tag: &str, run: impl FnOnce()) -> (MemoryRecord, Reporter) {
    let files: Vec<_> = files.iter().map(|(tag, content)| (*tag, content.as_bytes())).collect();
    let folder = folder(&files);
    let memory = MemorySink::new();
    let builder = Reporter::builder().sinks([]).locales_dir(folder.path()).locale(locale(tag));
    let reporter = builder.format(Format::Pretty).add_sink("memory", memory.clone()).build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(reporter.layer()), run);
    let [record] = <[_; 1]>::try_from(memory.take()).unwrap();
    (record, reporter)
}

/// Returns the message of a failed dispatch with overlays, and the language that the record names.
fn message(files: &[(&str, &str)], tag: &str) -> (String, String) {
    let run = || drop(info_span!("dispatch_session", session.id = 7, worker = "w-1", error = "refused"));
    let (record, _) = record(files, tag, run);
    (record.message().to_owned(), record.locale().to_owned())
}

fn expected(text: &str, tag: &str) -> (String, String) {
    (text.to_owned(), tag.to_owned())
}

#[test]
fn an_overlay_replaces_one_text_and_keeps_the_others() {
    let run = || drop(info_span!("dispatch_session", error = "refused"));
    let (record, _) = record(&[("ja-JP", "message = 配送エラー\n")], "ja-JP", run);
    assert_eq!(record.message(), "配送エラー");
    let page = record.as_str();
    assert!(
        page.contains("配送エラー") && page.contains("このイベントは") && !page.contains("Keywords"),
        "{page}"
    );
}

#[test]
fn an_overlay_adds_a_language_that_falls_back_to_english() {
    let files = [("uk-UA", "message = Помилка\nlevel-name = Збій\n")];
    assert_eq!(message(&files, "uk"), expected("Помилка", "uk-UA"));
    let run = || drop(info_span!("dispatch_session", error = "refused"));
    let (record, _) = record(&files, "uk-UA", run);
    assert!(
        record.as_str().contains("Збій") && record.as_str().contains("Description"),
        "{}",
        record.as_str()
    );
    // An overlay for the reader's region precedes the built-in language.
    assert_eq!(message(&[("fr-CA", "message = Échec\n")], "fr-CA"), expected("Échec", "fr-CA"));
    assert_eq!(message(&[("fr-CA", "message = Échec\n")], "fr-FR").1, "fr-FR");
}

#[test]
fn every_field_is_a_variable() {
    let overlay = "message = { $session_id } { $worker } { $f_1st } { $f____ } { $a-b } { $error } { $signal } { $span } { $target } { $number }\n";
    let run = || {
        drop(info_span!(
            "dispatch_session",
            session.id = 7,
            worker = "w-1",
            "1st" = true,
            "ключ" = "k",
            "a-b" = 0.5,
            number = u128::MAX,
            // Reserved names win.
            signal = "the field's",
            error = "refused",
        ));
    };
    let overlay = overlay.replace("$f____", "$f_____");
    let (record, _) = record(&[("en-US", &overlay)], "en-US", run);
    let expected = "7 w-1 true k 0.5 refused error-field dispatch_session overlays 340282366920938463463374607431768211455";
    assert_eq!(record.message(), expected);
}

#[test]
fn a_message_with_a_missing_variable_falls_back_to_the_next_language() {
    let files =
        [("en-US", "message = Order { $order } failed\n"), ("fr-FR", "message = { $nothing } ; échec\n")];
    let mut french = String::new();
    assert_eq!(Messages::new(&locale("fr-FR")).write(Text::Message, &mut french), "fr-FR");
    assert_eq!(message(&files, "fr-FR,ja"), expected(&french, "fr-FR"), "the built-in French comes next");
    let run = || drop(info_span!("dispatch_session", error = "refused"));
    let (record, reporter) = record(&files[..1], "en-US", run);
    assert_eq!((record.message(), record.locale()), ("Session dispatch failed.", "en-US"));
    assert_eq!(reporter.stats().missing_messages, 1);
}

#[test]
fn selectors_use_the_plural_rules_of_their_language() {
    let overlay = "message = { $count ->\n    [one] { $count } сеанс\n    [few] { $count } сеанса\n    [many] { $count } сеансов\n   *[other] { $count } сеанса\n } не доставлено\n";
    for (count, text) in [
        (1, "1 сеанс"),
        (2, "2 сеанса"),
        (5, "5 сеансов"),
        (11, "11 сеансов"),
        (21, "21 сеанс"),
        (111, "111 сеансов"),
    ] {
        let run = || drop(info_span!("dispatch_session", count, error = "x"));
        let (record, _) = record(&[("ru-RU", overlay)], "ru", run);
        assert_eq!(record.message(), format!("{text} не доставлено"));
    }
    // An integer that Fluent cannot represent exactly becomes text, and keeps its digits.
    let run = || drop(info_span!("dispatch_session", count = u64::MAX, error = "x"));
    let (record, _) = record(&[("ru-RU", overlay)], "ru", run);
    assert_eq!(record.message(), "18446744073709551615 сеанса не доставлено");
}

#[test]
fn selectors_match_text_and_terms_are_inserted() {
    let overlay = "-product = Gateway\nmessage = { -product }: { $worker ->\n    [w-1] the first worker\n   *[other] another worker\n }\n";
    assert_eq!(message(&[("en-US", overlay)], "en"), expected("Gateway: the first worker", "en-US"));
}

#[test]
fn fluent_formats_plain_messages_the_same() {
    let sources = [
        "message = { $session_id } at { $worker }",
        "message =\n    first\n      second { $error }\n\n    third",
        "message = {\"\"}  spaces {\" \"}{ $worker }{\"{\"}x{\"}\"}",
        "message = {\"\\u00e9\\\\\\\"\"} — { $worker }",
        "message = a\r\n    b { $session_id }\r\n",
        "# comment\n\nmessage = 「{ $error }」\n",
    ];
    for source in sources {
        let resource = FluentResource::try_new(source.to_owned()).unwrap();
        let mut bundle = FluentBundle::new_concurrent(vec!["en-US".parse().unwrap()]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).unwrap();
        let mut args = FluentArgs::new();
        args.set("session_id", FluentValue::from(7));
        args.set("worker", "w-1");
        args.set("error", "refused");
        let pattern = bundle.get_message("message").unwrap().value().unwrap();
        let mut errors = Vec::new();
        let expected = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        assert!(errors.is_empty());
        assert_eq!(message(&[("en-US", source)], "en-US").0, expected, "{source}");
    }
}

fn build(folder: &Path) -> Result<Reporter, Error> {
    let memory = MemorySink::new();
    Reporter::builder()
        .sinks([])
        .locales_dir(folder)
        .add_sink_with("m", memory, SinkOptions::default())
        .build()
}

fn problems(files: &[(&str, &[u8])]) -> Vec<String> {
    let folder = folder(files);
    let prefix = format!("DISPATCH_FAILURE_LOCALES_DIR: {}", folder.path().join("").display());
    let error = build(folder.path()).expect_err(&format!("{files:?}"));
    let messages = error.problems().iter().map(|problem| {
        let message = problem.to_string();
        assert!(message.len() < 1000 && !message.contains(|c: char| c.is_control()), "{message:?}");
        let message = message.strip_prefix(&prefix).unwrap_or_else(|| panic!("{message}"));
        message.replacen(std::path::MAIN_SEPARATOR, "/", 1)
    });
    messages.collect()
}

#[test]
fn an_error_names_the_broken_file_with_line_and_column() {
    for (content, expected) in [
        ("title = x\nmessage = { $a\n", "en-US/event-4031.ftl:"),
        ("\n\n  message = y\n", "en-US/event-4031.ftl:3:1: "),
        ("title = x\nmessage = { NUMBER($x) }\n", "en-US/event-4031.ftl:2:13: in the message `message`: "),
        ("message = a\nmessage = b\n", "en-US/event-4031.ftl:2:1: "),
        ("message = a\n    .attribute = b\n", "en-US/event-4031.ftl:1:1: "),
        ("message = é { { $x } }\n", "en-US/event-4031.ftl:1:1: "),
        ("message = } \n", "en-US/event-4031.ftl:1:11: "),
        ("message = { $a -> \n    [one] x\n }\n", "en-US/event-4031.ftl:"),
        ("\u{feff}title = x\nmessage = { nowhere }\n", "en-US/event-4031.ftl:2:13: "),
        ("message = {\"\\u{1b}\\q\"}\n", "en-US/event-4031.ftl:1:"),
    ] {
        let problems = problems(&[("en-US", content.as_bytes())]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(expected), "{content:?}: {problems:?}");
    }
    let several = problems(&[
        ("de-DE", b"message = { $x"),
        ("fr-FR", b"ok = \xff\xfe"),
        ("not a tag", b"message = x"),
        ("ja-JP", b"message = x\ntitle = { -a }\n-a = { -a }\nid-label = { FN() }\n"),
    ]);
    assert_eq!(several.len(), 5, "{several:#?}");
    assert!(
        several[1].starts_with("fr-FR/event-4031.ftl:1:6: the file is not UTF-8 from here on"),
        "{several:#?}"
    );
    assert!(several[4].starts_with("not a tag/event-4031.ftl: wrong folder name: "), "{several:#?}");
}

#[test]
#[cfg(unix)]
fn an_error_escapes_the_name_of_a_hostile_folder() {
    let problems = problems(&[("\x1b[31m\u{202e}", b"message = x\n")]);
    assert!(problems[0].starts_with("\\u{1b}[31m\\u{202e}/event-4031.ftl: "), "{problems:?}");
}

/// Files that would crash, hang or flood a program that trusts them.
fn hostile_files() -> Vec<Vec<u8>> {
    let select = |depth: usize| {
        "message = ".to_owned() + &"{ $a ->\n *[x] ".repeat(depth) + "y" + &"\n }".repeat(depth) + "\n"
    };
    [
        "message = ".to_owned() + &"{".repeat(50_000),
        "message = ".to_owned() + &"{".repeat(50_000) + "$a" + &"}".repeat(50_000),
        "message = {".to_owned() + &"F(".repeat(50_000) + &")".repeat(50_000) + "}",
        "message = {F(a: ".to_owned() + &"F(a: ".repeat(40_000),
        "message = { \"\" ->\n *[x] \"".to_owned() + &"{".repeat(50_000),
        select(1_000),
        "message = ".to_owned() + &"{ $a }".repeat(101),
        "message = { 1 ->\n *[x] ".to_owned() + &"{ $a }".repeat(101) + "\n }",
        "message = { message }".to_owned(),
        "message = { title }\ntitle = { message }".to_owned(),
        "-a = { -b }{ -b }\n-b = { -a }{ -a }\nmessage = { -a }".to_owned(),
        (1..30).map(|n| format!("-t{n} = {}\n", format!("{{ -t{} }}", n - 1).repeat(10))).collect::<String>()
            + "-t0 = ha\nmessage = { -t29 }\n",
        format!("-a = {}\nmessage = {}\n", "x".repeat(100_000), "{ -a }".repeat(90)),
        "message = { NUMBER($a, minimumFractionDigits: 100000000000000) }".to_owned(),
        "message = { $a ->\n [0.123456789012345678901234567890] x\n *[y] y\n }".to_owned(),
        "message = x\n".repeat(20_000),
        "message = ".to_owned() + &"x".repeat(10_000_000),
        "{".repeat(10_000_000),
        "# a comment\n".repeat(1_000_000) + "message = x\n",
        "\u{feff}\u{feff}message = x".to_owned(),
    ]
    .into_iter()
    .map(String::into_bytes)
    .chain([vec![0xff; 1000], b"message = \0\x1b[31m{ $\x00 }".to_vec()])
    .collect()
}

#[test]
fn hostile_files_are_refused_without_ending_the_process() {
    // In its own process, because the parser would not panic: it would end the process.
    InChild::new()
        .run(|| {
            let small_stack = std::thread::Builder::new().stack_size(512 * 1024);
            let refused = || {
                for (index, content) in hostile_files().into_iter().enumerate() {
                    let folder = folder(&[("en-US", &content)]);
                    let error = build(folder.path()).expect_err(&format!("file {index} is accepted"));
                    let message = error.to_string();
                    assert!(message.len() < 5_000, "file {index}: {} bytes", message.len());
                    assert!(
                        message.contains("en-US/event-4031.ftl") || cfg!(windows),
                        "file {index}: {message}"
                    );
                }
            };
            small_stack.spawn(refused).unwrap().join().unwrap();
        })
        .ok();
}

#[test]
fn harmless_files_that_look_hostile_are_accepted() {
    let bom = "\u{feff}message = with a mark\r\n";
    assert_eq!(message(&[("en-US", bom)], "en-US").0, "with a mark");
    let comment = format!("# {}\nmessage = x\n", "{".repeat(1000));
    assert_eq!(message(&[("en-US", &comment)], "en-US").0, "x");
    let hundred = "message = ".to_owned() + &"{ $worker }".repeat(100);
    assert_eq!(message(&[("en-US", &hundred)], "en-US").0, "w-1".repeat(100));
}

#[test]
#[cfg(unix)]
fn a_fifo_is_an_error_and_does_not_block() {
    let folder = tempfile::tempdir().unwrap();
    if std::env::var_os("FOLDER").is_none() {
        fs::create_dir(folder.path().join("en-US")).unwrap();
        let fifo = folder.path().join("en-US/event-4031.ftl");
        assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
    }
    let output = InChild::new()
        .var("FOLDER", folder.path())
        .run(|| print!("{}", build(Path::new(&std::env::var_os("FOLDER").unwrap())).unwrap_err()))
        .ok();
    assert!(output.stdout.contains("event-4031.ftl: it is not a regular file"), "{}", output.stdout);
}

#[test]
#[cfg(unix)]
fn a_broken_link_is_an_error_and_other_entries_of_the_folder_are_ignored() {
    let folder = folder(&[("en-US", b"message = x\n")]);
    fs::write(folder.path().join("README"), "").unwrap();
    fs::create_dir(folder.path().join("drafts of ours")).unwrap();
    build(folder.path()).unwrap();
    fs::create_dir(folder.path().join("fr-FR")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("fr-FR/event-4031.ftl")).unwrap();
    let message = build(folder.path()).unwrap_err().to_string();
    assert!(message.contains("fr-FR/event-4031.ftl: "), "{message}");
}

#[test]
fn an_error_shortens_a_name_as_long_as_the_file() {
    let file = format!("{} =\n", "x".repeat(100_000));
    let [problem] = &problems(&[("ja-JP", file.as_bytes())])[..] else { panic!("not one problem") };
    assert!(problem.contains("xxx") && problem.len() < 400, "{} bytes: {problem}", problem.len());
}

#[test]
fn warnings_name_ten_unknown_texts_and_count_the_rest() {
    let name = |number| format!("unknown-{}", "x".repeat(number));
    let file: String = (0..500).map(|number| format!("{} = a\n", name(number))).collect();
    let file = folder(&[("ja-JP", file.as_bytes())]);
    let stderr = InChild::new()
        .var("DISPATCH_FAILURE_LOCALES_DIR", file.path())
        .run(|| drop(Reporter::from_env().unwrap()))
        .ok()
        .stderr
        .replace(std::path::MAIN_SEPARATOR, "/");
    assert_eq!(stderr.lines().count(), 11, "{stderr}");
    assert!(stderr.lines().next().unwrap().contains("`unknown-` is not a text of event 4031"), "{stderr}");
    assert!(stderr.ends_with("ja-JP/event-4031.ftl: 490 more warnings\n"), "{stderr}");
}

#[test]
fn a_misspelt_text_causes_a_warning() {
    let overlays = folder(&[("en-US", b"mesage = x\n"), ("fr-FR", b"message = y\n")]);
    let output = InChild::new()
        .var("FOLDER", overlays.path())
        .run(|| drop(build(Path::new(&std::env::var_os("FOLDER").unwrap())).unwrap()))
        .ok();
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(
        output
            .stderr
            .replace(std::path::MAIN_SEPARATOR, "/")
            .contains("en-US/event-4031.ftl:1:1: `mesage` is not a text of event 4031")
    );
}

#[test]
fn every_format_escapes_a_hostile_value_in_a_message() {
    let evil = "a\n\x1b[31m\u{202e}{ $password }";
    for format in Format::ALL.iter().copied() {
        let overlays = folder(&[("en-US", b"message = worker { $worker } failed\n")]);
        let memory = MemorySink::new();
        let builder = Reporter::builder().sinks([]).locales_dir(overlays.path()).format(format);
        let reporter = builder.add_sink("memory", memory.clone()).build().unwrap();
        let stack = tracing_subscriber::registry().with(reporter.layer());
        tracing::subscriber::with_default(stack, || {
            info_span!("dispatch_session", worker = Empty, error = "x").in_scope(|| {
                Span::current().record("worker", evil);
            });
        });
        let records = memory.take();
        assert_eq!(records[0].message(), format!("worker {evil} failed"), "the message itself is raw");
        let text = records[0].as_str();
        assert!(!text.contains('\x1b') && !text.contains('\u{202e}'), "{text}");
        assert!(format == Format::Pretty || text.matches('\n').count() == 1, "{text}");
    }
}
