//! The modules of a crate, and the arrows between its files.
//!
//! A path is followed word by word as the compiler does it: child modules, items, imports, then
//! globs. The file in which it ends is the one that the arrow leads to.
//!
//! Always true: a path that leads out of the crate, or to a module as such, makes no arrow.
//! Not here: how names are found in a file — `names.rs`

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Arrows;
use super::names::{self, Names};

/// Imports of imports that are followed before a path counts as a loop.
const DEPTH_MAX: usize = 16;

/// One module: its names, and where it stands.
#[derive(Debug)]
struct Module {
    file: usize,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    names: Names,
}

/// The end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Module(usize),
    /// An item that this file defines.
    Item(usize),
}

/// All files of one crate; a library and a program beside it have a tree each.
#[derive(Debug, Default)]
pub(super) struct Crate {
    /// Paths below `src/`.
    pub(super) files: Vec<String>,
    modules: Vec<Module>,
}

impl Crate {
    /// Reads the package in a directory.
    pub(super) fn read(dir: &Path) -> Result<Self, String> {
        let src = dir.join("src");
        let mut whole = Self::default();
        for root in ["lib.rs", "main.rs"] {
            if src.join(root).is_file() {
                whole.file(root, None, &|path: &str| {
                    fs::read_to_string(src.join(path)).ok()
                })?;
            }
        }
        Ok(whole)
    }

    #[cfg(test)]
    fn of(texts: &[(&str, &str)]) -> Self {
        let mut whole = Self::default();
        let read = |path: &str| {
            let found = texts.iter().find(|(other, _)| *other == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        whole.file("lib.rs", None, &read).expect("the text is Rust");
        whole
    }

    /// Adds a file and the files of its modules; returns its module.
    fn file(
        &mut self,
        path: &str,
        parent: Option<usize>,
        read: &dyn Fn(&str) -> Option<String>,
    ) -> Result<usize, String> {
        let text = read(path).ok_or_else(|| format!("{path}: not found"))?;
        let names = names::read(&text).map_err(|error| format!("{path}: {error}"))?;
        self.files.push(path.to_owned());
        let path = Path::new(path);
        let dir = path.parent().unwrap_or(Path::new(""));
        let stem = path.file_stem().unwrap_or_default();
        let is_head = ["lib", "main", "mod"].iter().any(|name| stem == *name);
        let dir = if is_head {
            dir.to_owned()
        } else {
            dir.join(stem)
        };
        self.module(self.files.len() - 1, parent, &dir, names, read)
    }

    fn module(
        &mut self,
        file: usize,
        parent: Option<usize>,
        dir: &Path,
        mut names: Names,
        read: &dyn Fn(&str) -> Option<String>,
    ) -> Result<usize, String> {
        let inner = std::mem::take(&mut names.modules);
        let module = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            children: BTreeMap::new(),
            names,
        });
        for (name, content) in inner {
            let child = match content {
                Some(names) => self.module(file, Some(module), &dir.join(&name), names, read)?,
                None => {
                    let path = place(dir, &name, read).ok_or_else(|| {
                        format!("{}: no file for `mod {name};`", self.files[file])
                    })?;
                    self.file(&path, Some(module), read)?
                }
            };
            self.modules[module].children.insert(name, child);
        }
        Ok(module)
    }

    /// Which file names something of which other, with the names and their lines.
    pub(super) fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (idx, module) in self.modules.iter().enumerate() {
            let mut add = |end: Option<End>, name: &str, line: usize| {
                if let Some(End::Item(file)) = end
                    && file != module.file
                {
                    let names = arrows.entry((module.file, file)).or_default();
                    names.entry(name.to_owned()).or_insert(line);
                }
            };
            for import in &module.names.imports {
                let Some(name) = &import.name else {
                    for word in &module.names.words {
                        add(self.through(idx, &import.path, word), word, import.line);
                    }
                    continue;
                };
                if !import.is_shown || module.names.words.contains(name) {
                    add(self.follow(idx, &import.path, 0), name, import.line);
                }
            }
            for (path, line) in &module.names.paths {
                add(self.follow(idx, path, 0), &path.join("::"), *line);
            }
        }
        arrows
    }

    /// The meaning of a word by a glob import of `path`, unless the module itself defines it.
    fn through(&self, module: usize, path: &[String], word: &str) -> Option<End> {
        let own = &self.modules[module];
        let is_own = own.children.contains_key(word)
            || own.names.items.contains(word)
            || own
                .names
                .imports
                .iter()
                .any(|i| i.name.as_deref() == Some(word));
        match self.follow(module, path, 0)? {
            End::Module(other) if !is_own => self.look_up(other, word, 1),
            _ => None,
        }
    }

    /// Where a path that stands in a module leads to, if it stays in the crate.
    fn follow(&self, module: usize, path: &[String], depth: usize) -> Option<End> {
        let (first, rest) = path.split_first()?;
        let mut end = match &**first {
            "crate" => End::Module(self.root_of(module)),
            "self" => End::Module(module),
            "super" => End::Module(self.modules[module].parent?),
            word => self.look_up(module, word, depth)?,
        };
        for word in rest {
            let End::Module(at) = end else { break };
            end = match &**word {
                "super" => End::Module(self.modules[at].parent?),
                // What a macro defined is in the file that calls the macro.
                word => self
                    .look_up(at, word, depth)
                    .unwrap_or(End::Item(self.modules[at].file)),
            };
        }
        Some(end)
    }

    fn look_up(&self, module: usize, word: &str, depth: usize) -> Option<End> {
        if depth > DEPTH_MAX {
            return None;
        }
        let here = &self.modules[module];
        if let Some(child) = here.children.get(word) {
            return Some(End::Module(*child));
        }
        if here.names.items.contains(word) {
            return Some(End::Item(here.file));
        }
        let named = |name: &Option<String>| name.as_deref() == Some(word);
        if let Some(import) = here.names.imports.iter().find(|i| named(&i.name)) {
            // `use memchr::memchr` says where the word comes from: another crate.
            let is_itself = import.path.first().is_some_and(|first| first == word);
            return match is_itself {
                true => None,
                false => self.follow(module, &import.path, depth + 1),
            };
        }
        let globs = here.names.imports.iter().filter(|i| i.name.is_none());
        globs
            .filter_map(|glob| self.follow(module, &glob.path, depth + 1))
            .find_map(|end| match end {
                End::Module(other) if other != module => self.look_up(other, word, depth + 1),
                _ => None,
            })
    }

    fn root_of(&self, mut module: usize) -> usize {
        while let Some(parent) = self.modules[module].parent {
            module = parent;
        }
        module
    }
}

/// The file of `mod name;` in a module whose files are in `dir`.
fn place(dir: &Path, name: &str, read: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let candidates: [PathBuf; 2] = [
        dir.join(format!("{name}.rs")),
        dir.join(name).join("mod.rs"),
    ];
    let mut paths = candidates.iter().filter_map(|path| path.to_str());
    paths.find(|path| read(path).is_some()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::Crate;

    /// `from -> to` of every arrow in a crate whose `lib.rs` is the first text.
    fn arrows(texts: &[(&str, &str)]) -> Vec<String> {
        let whole = Crate::of(texts);
        let arrows = whole.arrows().into_keys();
        let name = |file: usize| whole.files[file].trim_end_matches(".rs").to_owned();
        arrows
            .map(|(from, to)| format!("{} -> {}", name(from), name(to)))
            .collect()
    }

    #[test]
    fn imports_and_paths_are_arrows_and_declarations_are_not() {
        let lib = ("lib.rs", "mod a; mod b; pub use a::A;");
        let texts = [
            lib,
            (
                "a.rs",
                "use std::fmt; pub struct A; fn f() { crate::b::g(); }",
            ),
            ("b.rs", "use super::a::A; pub fn g() {}"),
        ];
        assert_eq!(arrows(&texts), ["a -> b", "b -> a"]);
    }

    #[test]
    fn a_re_export_leads_to_the_definition_and_is_no_use() {
        let texts = [
            ("lib.rs", "mod room; mod user;"),
            (
                "room/mod.rs",
                "mod deep; pub(crate) use deep::{Deep as Deeper, Other}; fn f(o: Other) {}",
            ),
            ("room/deep.rs", "pub struct Deep; pub struct Other;"),
            (
                "user.rs",
                "use crate::room::{self, Deeper}; fn f(x: room::Other) {}",
            ),
        ];
        assert_eq!(
            arrows(&texts),
            ["room/mod -> room/deep", "user -> room/deep"]
        );
    }

    #[test]
    fn globs_count_for_the_names_that_are_taken() {
        let texts = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use super::b::*; fn f() { g(); h() } fn h() {}"),
            ("b.rs", "pub fn g() {} pub fn h() {}"),
            ("c.rs", "use super::b::*; fn h() {}"),
        ];
        assert_eq!(arrows(&texts), ["a -> b"]);
    }

    #[test]
    fn macros_are_read_and_tests_are_not() {
        let texts = [
            (
                "lib.rs",
                "mod a; mod b; #[cfg(test)] mod tests { use crate::a::A; }",
            ),
            ("a.rs", "pub struct A; fn f() { vec![crate::b::g(); 2]; }"),
            (
                "b.rs",
                "pub fn g() {} impl X { #[cfg(test)] fn t() { crate::a::A; } }",
            ),
        ];
        assert_eq!(arrows(&texts), ["a -> b"]);
    }

    #[test]
    fn a_name_of_another_crate_is_no_arrow() {
        let texts = [
            ("lib.rs", "mod a; mod bytes;"),
            (
                "a.rs",
                "use memchr::memchr; fn f() { memchr::go(); ::bytes::x(); }",
            ),
            ("bytes.rs", "pub fn x() {}"),
        ];
        assert_eq!(arrows(&texts), Vec::<String>::new());
    }
}
