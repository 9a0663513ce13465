//! The files of the checkout, read once, for the checks that look at all of them.
//!
//! Paths are relative to the workspace root with forward slashes. Build output, version control
//! and fuzz corpora are left out.
//!
//! Not here: what is checked — `tidy/`; how Rust text is taken apart — `source.rs`

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::Source;

/// A Rust file, taken apart into code and comments.
#[derive(Debug)]
pub(crate) struct RustFile {
    pub(crate) path: String,
    pub(crate) source: Source,
}

/// Any other text file that some rule looks at.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every file of the checkout.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// All paths, directories included, of whatever kind.
    pub(crate) paths: BTreeSet<String>,
    pub(crate) rust: Vec<RustFile>,
    pub(crate) texts: Vec<TextFile>,
}

impl Tree {
    /// Reads the checkout that this program was built from.
    pub(crate) fn read() -> Result<Self, String> {
        let mut tree = Self::default();
        tree.walk(&root(), "")?;
        Ok(tree)
    }

    /// A tree of given files, for tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add(path, (*text).to_owned());
        }
        tree
    }

    /// The text of a file, Rust or not.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let text = self
            .texts
            .iter()
            .find(|file| file.path == path)
            .map(|file| &*file.text);
        text.or_else(|| {
            self.rust
                .iter()
                .find(|f| f.path == path)
                .map(|f| f.source.text())
        })
    }

    /// Files whose name ends in `.md`.
    pub(crate) fn markdown(&self) -> impl Iterator<Item = &TextFile> {
        self.texts.iter().filter(|file| file.path.ends_with(".md"))
    }

    fn walk(&mut self, dir: &Path, prefix: &str) -> Result<(), String> {
        let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !is_skipped(name))
            .collect();
        names.sort();
        for name in names {
            let path = format!("{prefix}{name}");
            let full = dir.join(&name);
            if full.is_dir() {
                self.walk(&full, &format!("{path}/"))?;
                self.paths.insert(path);
            } else if is_text(&name) {
                // A file that vanishes or is not text between two steps is none of our business.
                if let Ok(text) = fs::read_to_string(&full) {
                    self.add(&path, text);
                }
            } else {
                self.paths.insert(path);
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, text: String) {
        self.paths.insert(path.to_owned());
        if path.ends_with(".rs") {
            self.rust.push(RustFile {
                path: path.to_owned(),
                source: Source::parse(text),
            });
        } else {
            self.texts.push(TextFile {
                path: path.to_owned(),
                text,
            });
        }
    }
}

/// The root of the checkout: the parent of this package.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The target directory that cargo uses for this checkout.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

fn is_skipped(name: &str) -> bool {
    matches!(
        name,
        ".git" | "target" | "corpus" | "artifacts" | "coverage" | "__pycache__"
    )
}

fn is_text(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    matches!(
        ending,
        "rs" | "md" | "toml" | "py" | "tsv" | "resp" | "txt" | "yml"
    ) || name == "run"
}
