//! Links lead to files and headings that exist, in the repository and on the documentation site.

use crate::{
    is_published, manifest,
    markdown::{anchors, without_code},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

/// The definitions that precede every page on the documentation site, where they win over the page's own.
const SITE: &str = include_str!("../../src/manual/links.md");
const MANUAL: &str = include_str!("../../src/manual.rs");
/// The pictures as data, since the documentation site has no PNG files. These definitions precede a page's own too.
const PICTURES: &str = "src/manual/pictures.md";
/// Where the documentation site shows a file of the package.
const SOURCE: &str = "https://docs.rs/crate/tracing-dispatch-failure/latest/source/";

/// A document, by its path in the repository.
#[derive(Clone)]
struct Document {
    path: String,
    text: String,
}

/// The links of a document.
#[derive(Default)]
struct Links<'a> {
    /// `[text](destination)`
    inline: Vec<&'a str>,
    /// `![text](destination)`
    images: Vec<&'a str>,
    /// `[text][label]`
    labels: BTreeSet<&'a str>,
    /// `[label]: destination`
    definitions: BTreeMap<&'a str, &'a str>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(path: &str) -> Document {
    Document { path: path.to_owned(), text: fs::read_to_string(root().join(path)).expect(path) }
}

/// The documents at the root and the pages of `docs/`.
fn documents() -> Vec<Document> {
    let files = |folder: &str| {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: BTreeSet<_> = names.filter(|name| name.ends_with(".md")).collect();
        names.into_iter().map(|name| document(&format!("{folder}{name}"))).collect::<Vec<_>>()
    };
    [files(""), files("docs/")].concat()
}

/// The documents that are on the documentation site: the README, and the pages of the module `manual`.
fn pages() -> Vec<Document> {
    let names = MANUAL.split("include_str!(\"../").skip(1).map(|rest| rest.split('"').next().unwrap());
    std::iter::once("README.md").chain(names).map(document).collect()
}

fn links(text: &str) -> Links<'_> {
    let mut links = Links::default();
    for line in text.lines() {
        if let Some((label, destination)) = line.strip_prefix('[').and_then(|line| line.split_once("]: ")) {
            links.definitions.insert(label, destination);
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let destination = line[at + 2..].split(')').next().unwrap();
            let start = line[..at].rfind('[').unwrap_or(0);
            let is_image = line[..start].ends_with('!');
            if is_image { links.images.push(destination) } else { links.inline.push(destination) }
        }
        let labels = line.match_indices("][").map(|(at, _)| line[at + 2..].split(']').next().unwrap());
        links.labels.extend(labels);
    }
    links
}

fn is_picture(path: &str) -> bool {
    path.ends_with(".png")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        let digits = (0..4).map(|at| char::from(DIGITS[bits >> (18 - 6 * at) & 63]));
        text.extend(digits.take(chunk.len() + 1).chain("==".chars()).take(4));
    }
    text
}

fn is_relative(destination: &&str) -> bool {
    !destination.contains("://")
}

/// The file, by its path in the repository, and the heading that a destination names.
fn target<'a>(document: &Document, destination: &'a str) -> (String, Option<&'a str>) {
    let (path, anchor) = match destination.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (destination, None),
    };
    if path.is_empty() {
        return (document.path.clone(), anchor);
    }
    let mut full = PathBuf::new();
    for part in Path::new(&document.path).parent().unwrap().join(path).components() {
        match part {
            Component::ParentDir => _ = full.pop(),
            part => full.push(part),
        }
    }
    let slash = if path.ends_with('/') { "/" } else { "" };
    (full.to_str().unwrap().replace('\\', "/") + slash, anchor)
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut followed = 0;
    for document in documents() {
        let text = without_code(&document.text);
        let links = links(&text);
        let all = links.inline.iter().chain(&links.images).chain(links.definitions.values()).copied();
        for destination in all.filter(is_relative) {
            let (path, anchor) = target(&document, destination);
            let file = root().join(&path);
            if is_picture(&path) && is_published() {
                continue;
            }
            assert!(file.exists(), "{} links to {path}, which does not exist", document.path);
            if let Some(anchor) = anchor {
                let headings = anchors(&fs::read_to_string(file).unwrap());
                let exists = headings.iter().any(|heading| heading == anchor);
                assert!(exists, "{} links to {path}#{anchor}; its headings are {headings:#?}", document.path);
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "{followed}");
}

#[test]
fn every_label_has_a_definition_and_every_definition_is_used() {
    for document in documents() {
        let text = without_code(&document.text);
        let links = links(&text);
        let defined: BTreeSet<_> = links.definitions.keys().copied().collect();
        assert_eq!(links.labels, defined, "{}", document.path);
    }
}

#[test]
fn a_link_leads_to_the_same_place_on_the_documentation_site() {
    let on_site = links(SITE).definitions;
    let pages = pages();
    let mut used = BTreeSet::new();
    for page in &pages {
        let text = without_code(&page.text);
        let links = links(&text);
        let inline = links.inline.iter().filter(|destination| is_relative(destination));
        let inline: Vec<_> = inline.filter(|destination| !destination.starts_with('#')).collect();
        assert!(inline.is_empty(), "{} has links that only work in the repository: {inline:?}", page.path);
        for (label, destination) in links.definitions {
            let (path, anchor) = target(page, destination);
            if is_picture(&path) {
                continue;
            }
            let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
            let module = path.strip_prefix("docs/").and_then(|path| path.strip_suffix(".md"));
            let expected = match module.filter(|_| pages.iter().any(|page| page.path == path)) {
                Some(module) => format!("crate::manual::{}{anchor}", module.replace('-', "_")),
                None => format!("{SOURCE}{path}{anchor}"),
            };
            assert_eq!(on_site.get(label), Some(&&*expected), "{}: [{label}]: {destination}", page.path);
            used.insert(label.to_owned());
        }
    }
    let defined: BTreeSet<_> = on_site.keys().map(|label| (*label).to_owned()).collect();
    assert_eq!(used, defined, "labels of src/manual/links.md");
}

/// `UPDATE_PICTURES=1 cargo test --test documents` writes the file again.
#[test]
fn the_documentation_site_shows_the_pictures_of_the_repository() {
    if is_published() {
        return;
    }
    let mut pictures = String::new();
    for page in pages() {
        for (label, destination) in links(&without_code(&page.text)).definitions {
            let (path, _) = target(&page, destination);
            if is_picture(&path) {
                let data = base64(&fs::read(root().join(path)).unwrap());
                pictures += &format!("[{label}]: data:image/png;base64,{data}\n");
            }
        }
    }
    let file = root().join(PICTURES);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::write(&file, &pictures).unwrap();
    }
    let written = fs::read_to_string(file).unwrap();
    assert!(
        written == pictures,
        "{PICTURES} differs from the pictures in docs/; UPDATE_PICTURES=1 writes it again"
    );
}

#[test]
fn a_file_that_the_documentation_site_links_to_is_in_the_package() {
    let manifest = manifest();
    let include = manifest.lines().find(|line| line.starts_with("include")).unwrap();
    let include: Vec<_> = include.split('"').skip(1).step_by(2).collect();
    let is_included = |path: &str| {
        include.iter().any(|pattern| match pattern.split_once('*') {
            Some((start, end)) => path.starts_with(start) && path.ends_with(end),
            None => path == *pattern || path.starts_with(&format!("{pattern}/")),
        })
    };
    for path in links(SITE).definitions.values().filter_map(|destination| destination.strip_prefix(SOURCE)) {
        let path = format!("/{path}");
        assert!(is_included(&path), "`include` in Cargo.toml lacks {path}, which the documentation links to");
    }
}

#[test]
fn every_page_of_the_manual_is_a_module() {
    let pages: BTreeSet<_> = pages().into_iter().map(|page| page.path).collect();
    let others = documents().into_iter().map(|document| document.path);
    let others: Vec<_> = others.filter(|path| path.starts_with("docs/") && !pages.contains(path)).collect();
    assert_eq!(others, ["docs/architecture.md"], "these are for contributors");
}
