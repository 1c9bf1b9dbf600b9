//! The languages that there are: those compiled in and those of an overlay folder.

use super::{
    built_in, gate,
    language::Language,
    locales::{Locales, parse_tag},
    messages::Messages,
    negotiate::negotiate,
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

/// The name of a language's file within the folder of its tag.
pub(crate) const FILE_NAME: &str = "event-4031.ftl";

/// The languages that there are: those compiled in, and those of a folder of overlays.
///
/// ```no_run
/// use tracing_dispatch_failure::{Catalog, Locales};
///
/// let catalog = Catalog::load("/etc/orders/locales")?;
/// let messages = catalog.messages(&Locales::from_env());
/// # Ok::<(), tracing_dispatch_failure::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Catalog {
    overlays: Vec<(LanguageIdentifier, Arc<Language>)>,
    warnings: Vec<String>,
}

impl Catalog {
    /// The compiled-in languages with the overlays `<tag>/event-4031.ftl` of a folder, as a program
    /// uses them with `DISPATCH_FAILURE_LOCALES_DIR`.
    ///
    /// # Errors
    ///
    /// The mistakes of the files, each starting with the file, line and column.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let (catalog, problems) = Self::read(folder.as_ref(), Problem::plain);
        if problems.is_empty() { Ok(catalog) } else { Err(Error::configuration(problems)) }
    }

    /// Reads every `<tag>/event-4031.ftl` of a folder. All mistakes come back together, each with
    /// its file, line and column, next to what could be read.
    pub(crate) fn with_overlays(folder: &Path, variable: &str) -> (Self, Vec<Problem>) {
        Self::read(folder, |text| Problem::new(variable, text))
    }

    fn read(folder: &Path, problem: impl Fn(String) -> Problem) -> (Self, Vec<Problem>) {
        let mut catalog = Self::default();
        let mut problems = Vec::new();
        // On Windows the list of a folder that is not there may be empty instead of an error.
        let entries = match fs::metadata(folder).and_then(|_| fs::read_dir(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                let name = folder.to_string_lossy();
                problems.push(problem(format!("the folder {} cannot be read: {error}", Quoted(&name))));
                return (catalog, problems);
            }
        };
        let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        folders.sort();
        for path in folders.iter().map(|folder| folder.join(FILE_NAME)).filter(|file| !is_absent(file)) {
            match overlay(&path) {
                Ok(Overlay { tag, language, remarks }) => {
                    catalog.overlays.push((tag, language));
                    catalog.warnings.extend(remarks);
                }
                Err(texts) => problems.extend(texts.iter().map(|text| problem(escape::visible(text)))),
            }
        }
        (catalog, problems)
    }

    /// What is odd about the overlays, but no mistake, each starting with the file, line and column.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The tags of all languages: the compiled-in ones, en-US first, then those of the overlays alone.
    pub fn locales(&self) -> impl Iterator<Item = String> {
        let is_built_in = |tag: &str| built_in::tags().any(|built_in| built_in == tag);
        let added = self.overlays.iter().map(|(tag, _)| tag.to_string());
        built_in::tags().map(str::to_owned).chain(added.filter(move |tag| !is_built_in(tag)))
    }

    /// The texts in the best languages that there are for those wanted.
    #[must_use]
    pub fn messages(&self, locales: &Locales) -> Messages {
        self.messages_in(&locales.0)
    }

    /// The messages in the best languages that there are for those wanted.
    pub(crate) fn messages_in(&self, wanted: &[LanguageIdentifier]) -> Messages {
        let overlays = self.overlays.iter().map(|(tag, _)| tag.clone());
        let built_in = built_in::tags().filter_map(|tag| tag.parse().ok());
        let available: Vec<LanguageIdentifier> = overlays.chain(built_in).collect();
        let english = built_in::ENGLISH.parse().unwrap_or_default();
        let wanted = [wanted, std::slice::from_ref(&english)].concat();
        let mut chain: Vec<Arc<Language>> = Vec::new();
        for tag in negotiate(&wanted, &available) {
            let overlay = self.overlays.iter().find(|(other, _)| other == tag);
            chain.extend(overlay.map(|(_, language)| Arc::clone(language)));
            // The compiled-in English stands behind every chain, and most never need it.
            if *tag == english {
                break;
            }
            chain.extend(built_in::find(&tag.to_string()).cloned());
        }
        Messages::of(chain)
    }
}

/// Whether there is no such file; one that cannot be read, or a link to nowhere, is there.
fn is_absent(file: &Path) -> bool {
    let absent =
        |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    fs::symlink_metadata(file).is_err_and(absent)
}

/// How many mistakes or oddities of one file are said.
const MISTAKES: usize = 10;

/// One file of an overlay folder.
struct Overlay {
    tag: LanguageIdentifier,
    language: Arc<Language>,
    remarks: Vec<String>,
}

/// Reads one overlay file.
fn overlay(path: &Path) -> Result<Overlay, Vec<String>> {
    let shown = path.display();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let tag = parse_tag(&folder).map_err(|error| vec![format!("{shown}: the folder's name: {error}")])?;
    let source = read(path).map_err(|text| vec![format!("{shown}:{text}")])?;
    // With a byte order mark Fluent would not find the first message.
    let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
    let placed = |mistake: &gate::OverlayProblem| {
        let (line, column) = gate::position(source, mistake.at);
        format!("{shown}:{line}:{column}: {}", mistake.text)
    };
    // Somebody may have put a file of another kind there, every line of which is a mistake.
    let some = |mistakes: &[gate::OverlayProblem], what: &str| {
        let more = mistakes.len().saturating_sub(MISTAKES);
        let more = (more > 0).then(|| format!("{shown}: {more} more {what}"));
        mistakes.iter().take(MISTAKES).map(placed).chain(more).collect::<Vec<_>>()
    };
    match Language::parse(&tag, source) {
        Ok(language) => {
            let remarks = some(language.remarks(), "remarks");
            Ok(Overlay { tag, language: Arc::new(language), remarks })
        }
        Err(mistakes) => Err(some(&mistakes, "mistakes")),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!(" {error}");
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(" this is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let limit = gate::MAX_BYTES as u64 + 1;
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > gate::MAX_BYTES {
        return Err(format!(" the file is too long; the most are {} bytes", gate::MAX_BYTES));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let valid = String::from_utf8_lossy(valid);
        let (line, column) = gate::position(&valid, valid.len());
        format!("{line}:{column}: here the file is not UTF-8")
    })
}

impl Messages {
    /// The compiled-in texts in the best of the compiled-in languages for those wanted.
    #[must_use]
    pub fn new(locales: &Locales) -> Self {
        Catalog::default().messages(locales)
    }

    /// The tags of the compiled-in languages, en-US first.
    pub fn built_in_locales() -> impl ExactSizeIterator<Item = &'static str> {
        built_in::tags()
    }
}
