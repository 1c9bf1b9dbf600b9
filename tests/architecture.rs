//! The rooms of the library, and who may need whom: an import goes down the list only, and no two files need each
//! other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Item, UseTree,
    visit::{self, Visit},
};

/// The rooms from the top to the ground. What stands in one line is on one floor, and does not need each other.
const FLOORS: &[&[&str]] = &[
    &["reporter"],
    &["config"],
    &["observe"],
    &["delivery"],
    &["sink"],
    &["format"],
    &["locale"],
    &["record"],
    &["stats"],
    &["size"],
    &["error"],
    &["text"],
    &["platform"],
];

/// A module by the names from the crate's root to it.
type ModulePath = Vec<String>;

/// What one file defines and needs.
#[derive(Debug, Default)]
struct Module {
    file: PathBuf,
    children: BTreeSet<String>,
    /// What it imports to hand on, by name, and the modules it hands on whole.
    exports: BTreeMap<String, ModulePath>,
    /// The paths that it names, from the crate's root.
    paths: BTreeSet<ModulePath>,
}

type Modules = BTreeMap<ModulePath, Module>;

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "test")
    })
}

/// Collects the paths of one file.
struct Reader<'a> {
    own: &'a ModulePath,
    module: Module,
}

impl Reader<'_> {
    /// The path from the crate's root; nothing for another crate's.
    fn resolve(&self, path: &[String]) -> Option<ModulePath> {
        let first = path.first()?.as_str();
        let rest = path.get(1..)?;
        let up = path.iter().take_while(|part| *part == "super").count();
        match first {
            "crate" => Some(rest.to_vec()),
            "self" => Some([self.own.as_slice(), rest].concat()),
            "super" => {
                let parent = self.own.len().checked_sub(up)?;
                Some([self.own.get(..parent)?, path.get(up..)?].concat())
            }
            child if self.module.children.contains(child) => Some([self.own.as_slice(), path].concat()),
            _ => None,
        }
    }

    fn read_use(&mut self, tree: &UseTree, before: &mut Vec<String>, is_handed_on: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.read_use(&path.tree, before, is_handed_on);
                before.pop();
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.read_use(item, before, is_handed_on));
            }
            UseTree::Name(name) => self.read_name(&name.ident.to_string(), None, before, is_handed_on),
            UseTree::Rename(name) => {
                let renamed = name.rename.to_string();
                self.read_name(&name.ident.to_string(), Some(renamed), before, is_handed_on);
            }
            UseTree::Glob(_) => self.need(before),
        }
    }

    fn read_name(&mut self, name: &str, renamed: Option<String>, before: &[String], is_handed_on: bool) {
        let path = if name == "self" { before.to_vec() } else { [before, &[name.to_owned()]].concat() };
        let name = renamed.or_else(|| path.last().cloned()).unwrap_or_default();
        if !is_handed_on {
            self.need(&path);
        } else if let Some(path) = self.resolve(&path) {
            self.module.exports.insert(name, path);
        }
    }

    fn need(&mut self, path: &[String]) {
        let path = self.resolve(path);
        self.module.paths.extend(path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_of_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_of_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // One in the same file is a part of it; `super` in it is the file.
        if let Some((_, items)) = &module.content {
            let own = [self.own.as_slice(), &[module.ident.to_string()]].concat();
            let mut inner = Reader { own: &own, module: Module::default() };
            items.iter().for_each(|item| inner.visit_item(item));
            self.module.paths.extend(inner.module.paths);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_handed_on = !matches!(item.vis, syn::Visibility::Inherited);
        self.read_use(&item.tree, &mut Vec::new(), is_handed_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 && path.leading_colon.is_none() {
            self.need(&parts);
        }
        visit::visit_path(self, path);
    }
}

/// Reads the modules below a folder; `mod.rs`, `lib.rs` and `main.rs` are the folder's own.
fn read(folder: &Path, own: &ModulePath, modules: &mut Modules) {
    let mut children = BTreeSet::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    // The program is read by itself; the report's page and the manual's links are no Rust.
    let is_rust =
        |path: &&PathBuf| path.is_dir() || path.extension().is_some_and(|extension| extension == "rs");
    for path in entries.iter().filter(|path| !path.ends_with("src/bin")).filter(is_rust) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let child = [own.as_slice(), std::slice::from_ref(&name)].concat();
        if path.is_dir() {
            read(path, &child, modules);
            children.insert(name);
        } else if !["mod", "lib", "main"].contains(&name.as_str()) {
            modules.entry(child).or_default().file.clone_from(path);
            children.insert(name);
        }
    }
    let file = ["mod.rs", "lib.rs", "main.rs"].into_iter().map(|name| folder.join(name));
    let module = modules.entry(own.clone()).or_default();
    module.children.extend(children);
    if let Some(file) = file.into_iter().find(|file| file.exists()) {
        module.file = file;
    }
}

fn modules(source: &Path) -> Modules {
    let mut modules = Modules::new();
    read(source, &Vec::new(), &mut modules);
    for (own, module) in &mut modules {
        let text = fs::read_to_string(&module.file).unwrap();
        let file = syn::parse_file(&text).unwrap();
        let children = std::mem::take(&mut module.children);
        let mut reader =
            Reader { own, module: Module { file: module.file.clone(), children, ..Module::default() } };
        reader.visit_file(&file);
        *module = reader.module;
    }
    modules
}

/// The module that defines what a path names.
fn definer(modules: &Modules, path: &[String], depth: usize) -> Option<ModulePath> {
    let lengths = (0..=path.len()).rev();
    let own = lengths.map(|length| &path[..length]).find(|prefix| modules.contains_key(*prefix))?;
    let Some(name) = path.get(own.len()) else { return Some(own.to_vec()) };
    match modules[own].exports.get(name) {
        Some(export) if depth < 16 => {
            let path = [export.as_slice(), &path[own.len() + 1..]].concat();
            definer(modules, &path, depth + 1)
        }
        _ => Some(own.to_vec()),
    }
}

/// Which files need which others, through what a room hands on.
fn needs(modules: &Modules) -> BTreeMap<&ModulePath, BTreeSet<ModulePath>> {
    let needs = modules.iter().map(|(own, module)| {
        let needed = module.paths.iter().filter_map(|path| definer(modules, path, 0));
        (own, needed.filter(|needed| needed != own).collect())
    });
    needs.filter(|(own, _)| !own.is_empty() && own.as_slice() != ["manual"]).collect()
}

fn floor(module: &ModulePath) -> Option<usize> {
    let room = module.first()?;
    FLOORS.iter().position(|rooms| rooms.contains(&room.as_str()))
}

/// What is wrong with the architecture of a library, each with the names of both files.
fn mistakes(source: &Path) -> Vec<String> {
    let modules = modules(source);
    let needs = needs(&modules);
    let file = |module: &ModulePath| {
        let path = modules[module].file.strip_prefix(source).unwrap();
        path.to_string_lossy().replace('\\', "/")
    };
    let mut mistakes = Vec::new();
    for (own, needed) in &needs {
        if floor(own).is_none() {
            mistakes.push(format!("{} stands in no room", file(own)));
        }
        let is_room = |path: &ModulePath| path.get(..1).is_some_and(|room| modules.contains_key(room));
        if modules[*own].paths.iter().any(|path| !is_room(path)) {
            mistakes.push(format!("{} names what lib.rs hands on; name its room", file(own)));
        }
        for other in needed.iter().filter(|other| other.first() != own.first()) {
            if !other.is_empty() && floor(own) >= floor(other) {
                mistakes.push(format!("{} imports {}, which is not below it", file(own), file(other)));
            }
        }
    }
    mistakes.extend(circles(&needs).into_iter().map(|circle| {
        let files: Vec<String> = circle.iter().map(|module| file(module)).collect();
        format!("{} need each other", files.join(" and "))
    }));
    mistakes.extend(circles_of_rooms(&needs));
    mistakes.sort();
    mistakes
}

/// Finds circles between what lies in one room: its files, and each room in it as a whole.
fn circles_of_rooms(needs: &BTreeMap<&ModulePath, BTreeSet<ModulePath>>) -> Vec<String> {
    let mut mistakes = Vec::new();
    let rooms: BTreeSet<&[String]> =
        needs.keys().filter_map(|module| module.split_last()).map(|(_, room)| room).collect();
    for room in rooms.into_iter().filter(|room| !room.is_empty()) {
        // A file, or all of a room below, as what it is called within this room.
        let inner = |module: &ModulePath| module.strip_prefix(room)?.first().map(|name| vec![name.clone()]);
        let mut inner_needs: BTreeMap<ModulePath, BTreeSet<ModulePath>> = BTreeMap::new();
        for (own, needed) in needs {
            let Some(own) = inner(own) else { continue };
            let needed: Vec<ModulePath> =
                needed.iter().filter_map(inner).filter(|needed| *needed != own).collect();
            inner_needs.entry(own).or_default().extend(needed);
        }
        let inner_needs = inner_needs.iter().map(|(own, needed)| (own, needed.clone())).collect();
        // Files alone are found as such.
        let has_room = |circle: &BTreeSet<&ModulePath>| {
            let is_room = |name: &[String]| {
                let path = [room, name].concat();
                needs.keys().any(|module| module.len() > path.len() && module.starts_with(&path))
            };
            circle.iter().any(|name| is_room(name))
        };
        mistakes.extend(circles(&inner_needs).into_iter().filter(has_room).map(|circle| {
            let names: Vec<String> = circle.iter().map(|name| name.join("::")).collect();
            format!("in {}, {} need each other", room.join("/"), names.join(" and "))
        }));
    }
    mistakes
}

/// Groups of files each of which needs all the others, directly or through others.
fn circles<'a>(needs: &'a BTreeMap<&'a ModulePath, BTreeSet<ModulePath>>) -> Vec<BTreeSet<&'a ModulePath>> {
    let reachable = |from: &'a ModulePath| {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            for next in needs.get(module).into_iter().flatten() {
                if found.insert(next) {
                    open.push(next);
                }
            }
        }
        found
    };
    let reachable: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
        needs.keys().map(|module| (*module, reachable(module))).collect();
    let mut circles = BTreeSet::new();
    for (module, found) in &reachable {
        let back =
            found.iter().filter(|other| reachable.get(**other).is_some_and(|back| back.contains(module)));
        let circle: BTreeSet<&ModulePath> = back.copied().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

#[test]
fn imports_go_down_and_no_two_files_need_each_other() {
    let mistakes = mistakes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// What is wrong with a library of these files.
fn mistakes_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    mistakes(folder.path())
}

#[test]
fn an_import_from_above_is_found_through_what_a_room_hands_on() {
    let files = [
        ("lib.rs", "mod delivery; mod sink;"),
        ("delivery/mod.rs", "mod queue; pub(crate) use queue::Queue;"),
        ("delivery/queue.rs", "pub(crate) struct Queue;"),
        ("sink/mod.rs", "mod file;"),
        ("sink/file.rs", "fn write(queue: &crate::delivery::Queue) {}"),
    ];
    assert_eq!(mistakes_of(&files), ["sink/file.rs imports delivery/queue.rs, which is not below it"]);
}

#[test]
fn files_that_need_each_other_are_found() {
    let files = [
        ("lib.rs", "mod sink; pub use sink::Sink;"),
        ("sink/mod.rs", "mod file; mod names; mod path; pub use file::Sink;"),
        ("sink/file.rs", "use super::path; pub struct Sink;"),
        ("sink/path.rs", "use crate::sink::names::Name;"),
        ("sink/names.rs", "pub struct Name(super::file::Sink);"),
    ];
    assert_eq!(mistakes_of(&files), ["sink/file.rs and sink/names.rs and sink/path.rs need each other"]);
}

#[test]
fn rooms_within_a_room_that_need_each_other_are_found() {
    let files = [
        ("lib.rs", "mod sink;"),
        ("sink/mod.rs", "mod etw; mod file;"),
        ("sink/etw/mod.rs", "mod guid; mod payload;"),
        ("sink/etw/guid.rs", "use crate::sink::file::names::Name;"),
        ("sink/etw/payload.rs", "pub struct Payload;"),
        ("sink/file/mod.rs", "pub(crate) mod names; mod path;"),
        ("sink/file/names.rs", "pub struct Name;"),
        ("sink/file/path.rs", "use crate::sink::etw::payload::Payload;"),
    ];
    assert_eq!(mistakes_of(&files), ["in sink, etw and file need each other"]);
}

#[test]
fn a_file_without_a_room_and_a_path_through_the_root_are_found() {
    let files = [
        ("lib.rs", "mod sink; mod helpers; pub use sink::Sink;"),
        ("sink.rs", "pub struct Sink;"),
        ("helpers.rs", "use crate::Sink;"),
    ];
    let expected = ["helpers.rs names what lib.rs hands on; name its room", "helpers.rs stands in no room"];
    let found = mistakes_of(&files);
    assert!(expected.iter().all(|expected| found.iter().any(|found| found == expected)), "{found:#?}");
}

#[test]
fn imports_of_tests_do_not_count() {
    let files = [
        ("lib.rs", "mod sink; mod record;"),
        ("sink.rs", "pub struct Sink;"),
        ("record.rs", "pub struct Record; #[cfg(test)] mod tests { use crate::sink::Sink; }"),
    ];
    assert_eq!(mistakes_of(&files), [""; 0]);
}

#[test]
fn no_two_files_of_the_program_or_the_benches_need_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The published package has no benches.
    let sources = ["src/bin/dispatch-failure", "benches/src"].map(|source| root.join(source));
    for source in sources.into_iter().filter(|source| source.exists() || source.starts_with(root.join("src")))
    {
        let modules = modules(&source);
        let needs = needs(&modules);
        let circles = circles(&needs);
        assert!(circles.is_empty(), "{} has circles: {circles:?}", source.display());
    }
}

#[test]
fn the_map_lists_the_rooms_from_the_top_to_the_ground() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let mut rest = map.split("## Modules").nth(1).unwrap();
    for room in FLOORS.iter().flat_map(|floor| floor.iter()) {
        let folder = root.join("src").join(room).is_dir();
        let name = if folder { format!("`{room}/`") } else { format!("`{room}.rs`") };
        let at =
            rest.find(&name).unwrap_or_else(|| panic!("{name} is not in its place in docs/architecture.md"));
        rest = &rest[at..];
    }
}

#[test]
fn the_map_names_files_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let paths = map
        .split('`')
        .filter(|text| ["src/", "tests/", "docs/"].iter().any(|folder| text.starts_with(folder)));
    let paths: Vec<&str> = paths.filter(|path| !path.contains("NAME")).collect();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        assert!(root.join(path).exists(), "docs/architecture.md names {path}");
    }
}
