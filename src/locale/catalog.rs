//! The available languages: the built-in ones and the overlays of a folder.

use super::{
    built_in,
    language::Language,
    locales::{Locales, parse_tag},
    messages::Messages,
    negotiate::negotiate,
    precheck,
};
use crate::{
    error::{Error, Problem, Quoted},
    text::escape,
};
use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};
use unic_langid::LanguageIdentifier;

/// The name of a language's file, in the folder that is named after its tag.
pub(crate) const FILE_NAME: &str = "event-4031.ftl";

/// The available languages: the built-in ones, and the overlays of a folder.
///
/// An overlay is a Fluent file (<https://projectfluent.org>) `<tag>/event-4031.ftl`. It replaces single texts
/// of a built-in language, or adds a language. What an overlay may contain is in [the
/// manual](crate::manual::configuration#message-files-of-your-own).
///
/// # Example: an overlay that replaces one text
///
/// ```
/// use tracing_dispatch_failure::{Catalog, Text};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::create_dir(folder.path().join("de-DE"))?;
/// std::fs::write(folder.path().join("de-DE/event-4031.ftl"), "level-name = Störung\n")?;
///
/// let messages = Catalog::load(folder.path())?.messages(&"de-AT".parse()?);
/// let mut out = String::new();
/// messages.write(Text::LevelName, &mut out);
/// assert_eq!(out, "Störung");
/// assert!(messages.has(Text::Message), "the other texts are the built-in ones");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Example: only the built-in languages
///
/// ```
/// use tracing_dispatch_failure::Catalog;
///
/// let catalog = Catalog::default();
/// assert_eq!(catalog.locales().next().as_deref(), Some("en-US"));
/// assert_eq!(catalog.messages(&"nl,fr-CA".parse()?).locale(), "fr-FR");
/// # Ok::<(), tracing_dispatch_failure::ParseError>(())
/// ```
#[derive(Debug, Default)]
pub struct Catalog {
    overlays: Vec<(LanguageIdentifier, Arc<Language>)>,
    warnings: Vec<String>,
}

impl Catalog {
    /// Loads the overlays `<tag>/event-4031.ftl` of a folder, as `DISPATCH_FAILURE_LOCALES_DIR` does.
    /// Everything else in the folder is ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder or a file cannot be read, if a folder with such a file is not named
    /// after a language tag, or if a file is not valid. Each [`Problem`] begins with the
    /// file, line and column; at most ten are reported per file.
    ///
    /// # Example: a mistake with its position
    ///
    /// ```
    /// use tracing_dispatch_failure::Catalog;
    ///
    /// let folder = tempfile::tempdir()?;
    /// std::fs::create_dir(folder.path().join("en-US"))?;
    /// std::fs::write(folder.path().join("en-US/event-4031.ftl"), "message = { NUMBER($id) }\n")?;
    ///
    /// let error = Catalog::load(folder.path()).unwrap_err();
    /// let position = "event-4031.ftl:1:13: in the message `message`: functions are not supported";
    /// assert!(error.to_string().contains(position), "{error}");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let (catalog, problems) = Self::load_folder(folder.as_ref(), Problem::without_variable);
        if problems.is_empty() { Ok(catalog) } else { Err(Error::configuration(problems)) }
    }

    /// Loads the overlays of a folder. Returns all problems, with the name of the variable, together with the
    /// overlays that could be loaded.
    pub(crate) fn with_overlays(folder: &Path, variable: &str) -> (Self, Vec<Problem>) {
        Self::load_folder(folder, |text| Problem::new(variable, text))
    }

    /// Loads the overlays of a folder. `problem` creates the problem for a text.
    fn load_folder(folder: &Path, problem: impl Fn(String) -> Problem) -> (Self, Vec<Problem>) {
        let mut catalog = Self::default();
        let mut problems = Vec::new();
        // On Windows, reading a missing folder may return an empty list instead of an error.
        let entries = match fs::metadata(folder).and_then(|_| fs::read_dir(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                let name = folder.to_string_lossy();
                problems.push(problem(format!("the folder {} cannot be read: {error}", Quoted(&name))));
                return (catalog, problems);
            }
        };
        let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        // The order of problems and warnings must not depend on the file system.
        folders.sort();
        for path in folders.iter().map(|folder| folder.join(FILE_NAME)).filter(|file| !is_absent(file)) {
            match load_overlay(&path) {
                Ok(Overlay { tag, language, warnings }) => {
                    catalog.overlays.push((tag, language));
                    catalog.warnings.extend(warnings);
                }
                Err(texts) => problems.extend(texts.iter().map(|text| problem(escape::escape_chars(text)))),
            }
        }
        (catalog, problems)
    }

    /// Returns warnings about the overlays: texts that are never shown. Each begins with the file, line and
    /// column.
    ///
    /// # Example: a misspelt text
    ///
    /// ```
    /// use tracing_dispatch_failure::Catalog;
    ///
    /// let folder = tempfile::tempdir()?;
    /// std::fs::create_dir(folder.path().join("en-US"))?;
    /// std::fs::write(folder.path().join("en-US/event-4031.ftl"), "mesage = Failed.\n")?;
    ///
    /// let catalog = Catalog::load(folder.path())?;
    /// assert!(catalog.warnings()[0].contains("event-4031.ftl:1:1: `mesage` is not a text of event 4031"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the tags of all languages: the built-in ones, beginning with en-US, then the languages that
    /// only overlays have.
    pub fn locales(&self) -> impl Iterator<Item = String> {
        let is_built_in = |tag: &str| built_in::tags().any(|built_in| built_in == tag);
        let added = self.overlays.iter().map(|(tag, _)| tag.to_string());
        built_in::tags().map(str::to_owned).chain(added.filter(move |tag| !is_built_in(tag)))
    }

    /// Returns the texts in the best available languages for the requested ones.
    ///
    /// The exact tag is best, then the same language in the same script, then the same language if it is
    /// available in only one script.
    #[must_use]
    pub fn messages(&self, locales: &Locales) -> Messages {
        self.messages_for(&locales.0)
    }

    /// Returns the texts in the best available languages for the requested tags.
    pub(crate) fn messages_for(&self, requested: &[LanguageIdentifier]) -> Messages {
        let overlays = self.overlays.iter().map(|(tag, _)| tag.clone());
        let built_in = built_in::tags().filter_map(|tag| tag.parse().ok());
        let available: Vec<LanguageIdentifier> = overlays.chain(built_in).collect();
        // An overlay for English is the last one to be used, even if nobody requested English.
        let english = built_in::ENGLISH.parse().unwrap_or_default();
        let requested = [requested, std::slice::from_ref(&english)].concat();
        let mut chain: Vec<Arc<Language>> = Vec::new();
        for tag in negotiate(&requested, &available) {
            let overlay = self.overlays.iter().find(|(other, _)| other == tag);
            chain.extend(overlay.map(|(_, language)| Arc::clone(language)));
            // The built-in English ends every chain anyway, and is only loaded when it is needed.
            if *tag == english {
                break;
            }
            chain.extend(built_in::find(&tag.to_string()).cloned());
        }
        Messages::from_chain(chain)
    }
}

/// Returns whether there is no such file. A file that cannot be read and a broken link count as present, so
/// that they are reported.
fn is_absent(file: &Path) -> bool {
    let absent =
        |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    fs::symlink_metadata(file).is_err_and(absent)
}

/// The maximum number of problems or warnings that are reported for one file.
const MAX_REPORTED: usize = 10;

/// A loaded overlay file.
struct Overlay {
    tag: LanguageIdentifier,
    language: Arc<Language>,
    warnings: Vec<String>,
}

/// Loads an overlay file. Errors are problem texts that begin with the path.
fn load_overlay(path: &Path) -> Result<Overlay, Vec<String>> {
    let shown = path.display();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let tag = parse_tag(&folder).map_err(|error| vec![format!("{shown}: wrong folder name: {error}")])?;
    let source = read_file(path).map_err(|text| vec![format!("{shown}:{text}")])?;
    // With a byte order mark, Fluent would not find the first message.
    let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
    let with_position = |problem: &precheck::OverlayProblem| {
        let (line, column) = precheck::position(source, problem.offset);
        format!("{shown}:{line}:{column}: {}", problem.text)
    };
    // In a file of a different kind, every line is a problem.
    let format_problems = |problems: &[precheck::OverlayProblem], what: &str| {
        let more = problems.len().saturating_sub(MAX_REPORTED);
        let more = (more > 0).then(|| format!("{shown}: {more} more {what}"));
        problems.iter().take(MAX_REPORTED).map(with_position).chain(more).collect::<Vec<_>>()
    };
    match Language::parse(&tag, source) {
        Ok(language) => {
            let warnings = format_problems(language.warnings(), "warnings");
            Ok(Overlay { tag, language: Arc::new(language), warnings })
        }
        Err(problems) => Err(format_problems(&problems, "problems")),
    }
}

/// Reads an overlay file. An error text begins with what follows the path: a space, or line and column.
fn read_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!(" {error}");
    // Opening a FIFO would wait for a writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(" it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    // Limits the read itself, because the file may grow after its length was checked.
    let limit = precheck::MAX_BYTES as u64 + 1;
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > precheck::MAX_BYTES {
        return Err(format!(
            " the file is longer than {} bytes, the most that are allowed",
            precheck::MAX_BYTES
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let valid = String::from_utf8_lossy(valid);
        let (line, column) = precheck::position(&valid, valid.len());
        format!("{line}:{column}: the file is not UTF-8 from here on")
    })
}

impl Messages {
    /// Returns the built-in texts in the best built-in languages for the requested ones.
    ///
    /// # Example: the nearest language
    ///
    /// ```
    /// use tracing_dispatch_failure::Messages;
    ///
    /// assert_eq!(Messages::new(&"pt-PT".parse()?).locale(), "pt-BR");
    /// assert_eq!(Messages::new(&"zh-HK".parse()?).locale(), "zh-TW");
    /// assert_eq!(Messages::new(&"nl".parse()?).locale(), "en-US", "no Dutch texts are built in");
    /// # Ok::<(), tracing_dispatch_failure::ParseError>(())
    /// ```
    #[must_use]
    pub fn new(locales: &Locales) -> Self {
        Catalog::default().messages(locales)
    }

    /// Returns the tags of the built-in languages, en-US first.
    ///
    /// # Example: the choices of a menu
    ///
    /// ```
    /// use tracing_dispatch_failure::Messages;
    ///
    /// assert_eq!(Messages::built_in_locales().len(), 14);
    /// assert!(Messages::built_in_locales().any(|tag| tag == "ja-JP"));
    /// ```
    pub fn built_in_locales() -> impl ExactSizeIterator<Item = &'static str> {
        built_in::tags()
    }
}
