//! The names in one file: what its modules define, import and mention.
//!
//! Macro calls are read as tokens: words joined by `::` in them are paths like any other.
//!
//! Always true: an item under `#[cfg(test)]` and everything in it is left out.
//! Not here: which file a name leads to — `modules.rs`

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One `use` of one name, or of all names of a module.
#[derive(Debug)]
pub(super) struct Import {
    /// The name in this module; absent for a glob, `_` for a trait in the background.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    /// Whether the module shows the name to others.
    pub(super) is_shown: bool,
    pub(super) line: usize,
}

/// The names of one module, in a file of its own or inline.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Modules in this one: inline with their names, others with nothing.
    pub(super) modules: Vec<(String, Option<Self>)>,
    pub(super) items: BTreeSet<String>,
    pub(super) imports: Vec<Import>,
    /// Paths of at least two words, with a line that has them.
    pub(super) paths: BTreeMap<Vec<String>, usize>,
    /// The first words of all paths.
    pub(super) words: BTreeSet<String>,
}

/// Reads a file's text.
pub(super) fn read(text: &str) -> Result<Names, String> {
    let file = syn::parse_file(text).map_err(|error| error.to_string())?;
    let mut names = Names::default();
    names.visit_file(&file);
    Ok(names)
}

impl Names {
    fn path(&mut self, words: Vec<String>, line: usize) {
        if let Some(first) = words.first() {
            self.words.insert(first.clone());
        }
        if words.len() > 1 {
            self.paths.entry(words).or_insert(line);
        }
    }

    fn import(
        &mut self,
        tree: &syn::UseTree,
        path: &mut Vec<String>,
        (is_shown, line): (bool, usize),
    ) {
        let mut add = |name: Option<String>, path: Vec<String>| {
            self.imports.push(Import {
                name,
                path,
                is_shown,
                line,
            });
        };
        match tree {
            syn::UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.import(&tree.tree, path, (is_shown, line));
                path.pop();
            }
            syn::UseTree::Name(tree) if tree.ident == "self" => {
                add(path.last().cloned(), path.clone());
            }
            syn::UseTree::Name(tree) => {
                let name = tree.ident.to_string();
                add(Some(name.clone()), joined(path, name));
            }
            syn::UseTree::Rename(tree) if tree.ident == "self" => {
                add(Some(tree.rename.to_string()), path.clone());
            }
            syn::UseTree::Rename(tree) => {
                add(
                    Some(tree.rename.to_string()),
                    joined(path, tree.ident.to_string()),
                );
            }
            syn::UseTree::Glob(_) => add(None, path.clone()),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path, (is_shown, line));
                }
            }
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut words: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(std::mem::take(&mut words), line);
                        line = ident.span().start().line;
                    }
                    words.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.path(std::mem::take(&mut words), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(words, line);
    }
}

fn joined(path: &[String], name: String) -> Vec<String> {
    path.iter().cloned().chain([name]).collect()
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (name, attributes) = head(item);
        if is_test(attributes) {
            return;
        }
        self.items.extend(name);
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let content = item.content.as_ref().map(|(_, items)| {
            let mut names = Self::default();
            items.iter().for_each(|item| names.visit_item(item));
            names
        });
        self.modules.push((item.ident.to_string(), content));
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // `::name` is another crate whatever is in scope.
        if item.leading_colon.is_none() {
            let is_shown = !matches!(item.vis, syn::Visibility::Inherited);
            let line = item.use_token.span.start().line;
            self.import(&item.tree, &mut Vec::new(), (is_shown, line));
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (&path.leading_colon, path.segments.first()) {
            let line = first.ident.span().start().line;
            let words = path.segments.iter().map(|word| word.ident.to_string());
            self.path(words.collect(), line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// Whether an item exists for tests only.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|word| word == "test")
    })
}

/// The name that an item defines in its module, and its attributes.
fn head(item: &syn::Item) -> (Option<String>, &[syn::Attribute]) {
    let (ident, attributes) = match item {
        syn::Item::Const(item) => (Some(&item.ident), &item.attrs),
        syn::Item::Enum(item) => (Some(&item.ident), &item.attrs),
        syn::Item::Fn(item) => (Some(&item.sig.ident), &item.attrs),
        syn::Item::Static(item) => (Some(&item.ident), &item.attrs),
        syn::Item::Struct(item) => (Some(&item.ident), &item.attrs),
        syn::Item::Trait(item) => (Some(&item.ident), &item.attrs),
        syn::Item::Type(item) => (Some(&item.ident), &item.attrs),
        syn::Item::Union(item) => (Some(&item.ident), &item.attrs),
        syn::Item::Macro(item) => (item.ident.as_ref(), &item.attrs),
        syn::Item::Impl(item) => (None, &item.attrs),
        syn::Item::Mod(item) => (None, &item.attrs),
        syn::Item::Use(item) => (None, &item.attrs),
        syn::Item::ForeignMod(item) => (None, &item.attrs),
        _ => return (None, &[]),
    };
    (ident.map(ToString::to_string), attributes)
}
