//! Which modules of the library may import which: only modules below them, and no two files import each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Item, UseTree,
    visit::{self, Visit},
};

/// The modules from the top to the bottom. Modules of the same level do not import each other.
const LEVELS: &[&[&str]] = &[
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

/// The names from the crate's root to a module.
type ModulePath = Vec<String>;

/// What one file declares, re-exports and uses.
#[derive(Debug, Default)]
struct Module {
    file: PathBuf,
    children: BTreeSet<String>,
    /// Its re-exports: the name, and the path that it stands for.
    exports: BTreeMap<String, ModulePath>,
    /// The paths that it uses, from the crate's root.
    paths: BTreeSet<ModulePath>,
}

type Modules = BTreeMap<ModulePath, Module>;

fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "test")
    })
}

/// Collects the paths of one file.
struct ModuleReader<'a> {
    own: &'a ModulePath,
    module: Module,
}

impl ModuleReader<'_> {
    /// Returns the path from the crate's root, or `None` for a path of another crate.
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

    fn read_use(&mut self, tree: &UseTree, before: &mut Vec<String>, is_reexport: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.read_use(&path.tree, before, is_reexport);
                before.pop();
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.read_use(item, before, is_reexport));
            }
            UseTree::Name(name) => self.read_name(&name.ident.to_string(), None, before, is_reexport),
            UseTree::Rename(name) => {
                let renamed = name.rename.to_string();
                self.read_name(&name.ident.to_string(), Some(renamed), before, is_reexport);
            }
            UseTree::Glob(_) => self.add_path(before),
        }
    }

    fn read_name(&mut self, name: &str, renamed: Option<String>, before: &[String], is_reexport: bool) {
        let path = if name == "self" { before.to_vec() } else { [before, &[name.to_owned()]].concat() };
        let name = renamed.or_else(|| path.last().cloned()).unwrap_or_default();
        if !is_reexport {
            self.add_path(&path);
        } else if let Some(path) = self.resolve(&path) {
            // A re-export of a file's own children needs nobody above; one of another module's item does.
            if !path.starts_with(self.own) {
                self.module.paths.insert(path.clone());
            }
            self.module.exports.insert(name, path);
        }
    }

    /// Adds the paths in a macro's tokens, which are no syntax tree yet.
    fn read_tokens(&mut self, tokens: &str) {
        let mut words = tokens.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let mut path = vec![word.trim_start_matches(['&', '(', '[', '{']).to_owned()];
            while words.next_if_eq(&"::").is_some() {
                path.extend(words.next().map(|part| part.trim_end_matches([',', ')', ';', '!']).to_owned()));
            }
            if path.len() > 1 && ["crate", "self", "super"].contains(&&*path[0]) {
                self.add_path(&path);
            }
        }
    }

    fn add_path(&mut self, path: &[String]) {
        let path = self.resolve(path);
        self.module.paths.extend(path);
    }
}

impl<'ast> Visit<'ast> for ModuleReader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_test_only(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test_only(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // An inline module counts as a part of its file, which is what `super` in it means.
        if let Some((_, items)) = &module.content {
            let own = [self.own.as_slice(), &[module.ident.to_string()]].concat();
            let mut inner = ModuleReader { own: &own, module: Module::default() };
            items.iter().for_each(|item| inner.visit_item(item));
            self.module.paths.extend(inner.module.paths);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_reexport = !matches!(item.vis, syn::Visibility::Inherited);
        self.read_use(&item.tree, &mut Vec::new(), is_reexport);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.read_tokens(&call.tokens.to_string());
        visit::visit_macro(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 && path.leading_colon.is_none() {
            self.add_path(&parts);
        }
        visit::visit_path(self, path);
    }
}

/// Lists the modules in a folder. `mod.rs`, `lib.rs` and `main.rs` are the folder's own module.
fn list_modules(folder: &Path, own: &ModulePath, modules: &mut Modules) {
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
            list_modules(path, &child, modules);
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

fn read_modules(source: &Path) -> Modules {
    let mut modules = Modules::new();
    list_modules(source, &Vec::new(), &mut modules);
    for (own, module) in &mut modules {
        let text = fs::read_to_string(&module.file).unwrap();
        let file = syn::parse_file(&text).unwrap();
        let children = std::mem::take(&mut module.children);
        let mut reader =
            ModuleReader { own, module: Module { file: module.file.clone(), children, ..Module::default() } };
        reader.visit_file(&file);
        *module = reader.module;
    }
    modules
}

/// Finds the module that defines what a path names, through re-exports.
fn defining_module(modules: &Modules, path: &[String], depth: usize) -> Option<ModulePath> {
    let lengths = (0..=path.len()).rev();
    let own = lengths.map(|length| &path[..length]).find(|prefix| modules.contains_key(*prefix))?;
    let Some(name) = path.get(own.len()) else { return Some(own.to_vec()) };
    match modules[own].exports.get(name) {
        Some(export) if depth < 16 => {
            let path = [export.as_slice(), &path[own.len() + 1..]].concat();
            defining_module(modules, &path, depth + 1)
        }
        _ => Some(own.to_vec()),
    }
}

/// Returns the modules that each module imports, directly or through re-exports.
fn imports(modules: &Modules) -> BTreeMap<&ModulePath, BTreeSet<ModulePath>> {
    let imports = modules.iter().map(|(own, module)| {
        let imported = module.paths.iter().filter_map(|path| defining_module(modules, path, 0));
        (own, imported.filter(|imported| imported != own).collect())
    });
    imports.filter(|(own, _)| !own.is_empty() && own.as_slice() != ["manual"]).collect()
}

fn level(module: &ModulePath) -> Option<usize> {
    let name = module.first()?;
    LEVELS.iter().position(|names| names.contains(&name.as_str()))
}

/// Lists what breaks the rules in a library, each with the names of the files.
fn violations(source: &Path) -> Vec<String> {
    let modules = read_modules(source);
    let imports = imports(&modules);
    let file = |module: &ModulePath| {
        let path = modules[module].file.strip_prefix(source).unwrap();
        path.to_string_lossy().replace('\\', "/")
    };
    let mut violations = Vec::new();
    for (own, imported) in &imports {
        if level(own).is_none() {
            violations.push(format!("{} is in no listed module", file(own)));
        }
        let is_module = |path: &ModulePath| path.get(..1).is_some_and(|name| modules.contains_key(name));
        if modules[*own].paths.iter().any(|path| !is_module(path)) {
            violations.push(format!("{} uses a re-export of lib.rs; name its module", file(own)));
        }
        for other in imported.iter().filter(|other| other.first() != own.first()) {
            if !other.is_empty() && level(own) >= level(other) {
                violations.push(format!("{} imports {}, which is not below it", file(own), file(other)));
            }
        }
    }
    violations.extend(cycles(&imports).into_iter().map(|cycle| {
        let files: Vec<String> = cycle.iter().map(|module| file(module)).collect();
        format!("{} import each other", files.join(" and "))
    }));
    violations.extend(cycles_of_submodules(&imports));
    violations.sort();
    violations
}

/// Finds cycles between the submodules of each module, where a submodule includes everything below it.
fn cycles_of_submodules(imports: &BTreeMap<&ModulePath, BTreeSet<ModulePath>>) -> Vec<String> {
    let mut violations = Vec::new();
    let parents: BTreeSet<&[String]> =
        imports.keys().filter_map(|module| module.split_last()).map(|(_, parent)| parent).collect();
    for parent in parents.into_iter().filter(|parent| !parent.is_empty()) {
        // The name of the submodule that a file belongs to.
        let submodule =
            |module: &ModulePath| module.strip_prefix(parent)?.first().map(|name| vec![name.clone()]);
        let mut between: BTreeMap<ModulePath, BTreeSet<ModulePath>> = BTreeMap::new();
        for (own, imported) in imports {
            let Some(own) = submodule(own) else { continue };
            let imported: Vec<ModulePath> =
                imported.iter().filter_map(submodule).filter(|imported| *imported != own).collect();
            between.entry(own).or_default().extend(imported);
        }
        let between = between.iter().map(|(own, imported)| (own, imported.clone())).collect();
        // `violations` reports cycles of single files.
        let has_folder = |cycle: &BTreeSet<&ModulePath>| {
            let is_folder = |name: &[String]| {
                let path = [parent, name].concat();
                imports.keys().any(|module| module.len() > path.len() && module.starts_with(&path))
            };
            cycle.iter().any(|name| is_folder(name))
        };
        violations.extend(cycles(&between).into_iter().filter(has_folder).map(|cycle| {
            let names: Vec<String> = cycle.iter().map(|name| name.join("::")).collect();
            format!("in {}, {} import each other", parent.join("/"), names.join(" and "))
        }));
    }
    violations
}

/// Returns the groups of modules that import each other, directly or through other modules.
fn cycles<'a>(imports: &'a BTreeMap<&'a ModulePath, BTreeSet<ModulePath>>) -> Vec<BTreeSet<&'a ModulePath>> {
    let reachable = |from: &'a ModulePath| {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            for next in imports.get(module).into_iter().flatten() {
                if found.insert(next) {
                    open.push(next);
                }
            }
        }
        found
    };
    let reachable: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
        imports.keys().map(|module| (*module, reachable(module))).collect();
    let mut cycles = BTreeSet::new();
    for (module, found) in &reachable {
        let back =
            found.iter().filter(|other| reachable.get(**other).is_some_and(|back| back.contains(module)));
        let cycle: BTreeSet<&ModulePath> = back.copied().collect();
        if cycle.len() > 1 {
            cycles.insert(cycle);
        }
    }
    cycles.into_iter().collect()
}

#[test]
fn imports_go_down_and_no_two_files_import_each_other() {
    let violations = violations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Lists what breaks the rules in a library of these files.
fn violations_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    violations(folder.path())
}

#[test]
fn an_import_from_above_is_found_through_a_reexport() {
    let files = [
        ("lib.rs", "mod delivery; mod sink;"),
        ("delivery/mod.rs", "mod queue; pub(crate) use queue::Queue;"),
        ("delivery/queue.rs", "pub(crate) struct Queue;"),
        ("sink/mod.rs", "mod file;"),
        ("sink/file.rs", "fn write(queue: &crate::delivery::Queue) {}"),
    ];
    assert_eq!(violations_of(&files), ["sink/file.rs imports delivery/queue.rs, which is not below it"]);
}

#[test]
fn files_that_import_each_other_are_found() {
    let files = [
        ("lib.rs", "mod sink; pub use sink::Sink;"),
        ("sink/mod.rs", "mod file; mod names; mod path; pub use file::Sink;"),
        ("sink/file.rs", "use super::path; pub struct Sink;"),
        ("sink/path.rs", "use crate::sink::names::Name;"),
        ("sink/names.rs", "pub struct Name(super::file::Sink);"),
    ];
    let expected = "sink/file.rs and sink/names.rs and sink/path.rs import each other";
    assert_eq!(violations_of(&files), [expected]);
}

#[test]
fn submodules_that_import_each_other_are_found() {
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
    assert_eq!(violations_of(&files), ["in sink, etw and file import each other"]);
}

#[test]
fn an_unlisted_module_and_a_path_through_the_root_are_found() {
    let files = [
        ("lib.rs", "mod sink; mod helpers; pub use sink::Sink;"),
        ("sink.rs", "pub struct Sink;"),
        ("helpers.rs", "use crate::Sink;"),
    ];
    let expected =
        ["helpers.rs uses a re-export of lib.rs; name its module", "helpers.rs is in no listed module"];
    let found = violations_of(&files);
    assert!(expected.iter().all(|expected| found.iter().any(|found| found == expected)), "{found:#?}");
}

#[test]
fn imports_in_reexports_and_macros_are_found() {
    let files = [
        ("lib.rs", "mod delivery; mod sink;"),
        ("delivery/mod.rs", "mod queue; pub(crate) use queue::Queue;"),
        ("delivery/queue.rs", "pub(crate) struct Queue;"),
        ("sink/mod.rs", "mod console; mod file; pub(crate) use crate::delivery::Queue as Own;"),
        ("sink/console.rs", "fn write() { println!(\"{}\", crate::delivery::queue::LIMIT); }"),
        ("sink/file.rs", "fn write() { println!(\"{}\", super::super::delivery::queue::LIMIT); }"),
    ];
    let expected = ["sink/mod.rs", "sink/console.rs", "sink/file.rs"]
        .map(|file| format!("{file} imports delivery/queue.rs, which is not below it"));
    let found = violations_of(&files);
    assert!(expected.iter().all(|expected| found.contains(expected)), "{found:#?}");
}

#[test]
fn imports_in_test_code_do_not_count() {
    let files = [
        ("lib.rs", "mod sink; mod record;"),
        ("sink.rs", "pub struct Sink;"),
        ("record.rs", "pub struct Record; #[cfg(test)] mod tests { use crate::sink::Sink; }"),
    ];
    assert_eq!(violations_of(&files), [""; 0]);
}

#[test]
fn no_two_files_of_the_program_or_the_benches_import_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The published package has no benches.
    let sources = ["src/bin/dispatch-failure", "benches/src"].map(|source| root.join(source));
    for source in sources.into_iter().filter(|source| source.exists() || source.starts_with(root.join("src")))
    {
        let modules = read_modules(&source);
        let imports = imports(&modules);
        let cycles = cycles(&imports);
        assert!(cycles.is_empty(), "{} has cycles: {cycles:?}", source.display());
    }
}

#[test]
fn the_architecture_document_lists_the_modules_from_top_to_bottom() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let mut rest = document.split("## Modules").nth(1).unwrap();
    for module in LEVELS.iter().flat_map(|level| level.iter()) {
        let is_folder = root.join("src").join(module).is_dir();
        let name = if is_folder { format!("`{module}/`") } else { format!("`{module}.rs`") };
        let at =
            rest.find(&name).unwrap_or_else(|| panic!("{name} is not in its place in docs/architecture.md"));
        rest = &rest[at..];
    }
}

#[test]
fn the_architecture_document_lists_the_imports_of_each_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let modules = read_modules(&root.join("src"));
    let imports = imports(&modules);
    for name in LEVELS.iter().flat_map(|level| level.iter()) {
        let own = imports.iter().filter(|(own, _)| own[0] == *name).flat_map(|(_, imported)| imported);
        let expected: BTreeSet<&str> =
            own.map(|imported| &*imported[0]).filter(|imported| imported != name).collect();
        let section = document.split("\n### ").find(|section| {
            section.lines().next().is_some_and(|heading| {
                heading.contains(&format!("`{name}/`")) || heading.contains(&format!("`{name}.rs`"))
            })
        });
        let section = section.unwrap_or_else(|| panic!("docs/architecture.md has no section for {name}"));
        let (_, list) =
            section.split_once("\nImports: ").unwrap_or_else(|| panic!("{name} lists no imports"));
        let list = list.split(".\n").next().unwrap().replace('\n', " ");
        let listed: BTreeSet<&str> = list.split(", ").filter(|name| *name != "none").collect();
        assert_eq!(listed, expected, "the imports of {name} in docs/architecture.md");
    }
}

#[test]
fn the_architecture_document_names_only_existing_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let paths = document
        .split('`')
        .filter(|text| ["src/", "tests/", "docs/"].iter().any(|folder| text.starts_with(folder)));
    let paths: Vec<&str> = paths.filter(|path| !path.contains("NAME")).collect();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        assert!(root.join(path).exists(), "docs/architecture.md names {path}");
    }
}
