//! Just enough of `Cargo.toml` to know what a package depends on.
//!
//! Reads tables, keys and string values line by line; that is all the workspace's manifests use.
//!
//! Not here: which edges are right — `layers.rs`

use std::path::Path;

/// The purpose of a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Dev,
    Build,
}

/// One line of a dependency table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) line: usize,
}

/// One `Cargo.toml`.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) is_published: bool,
    pub(crate) dependencies: Vec<Dependency>,
}

impl Manifest {
    /// Reads a package's directory.
    pub(crate) fn read(dir: &Path) -> Result<Self, String> {
        let path = dir.join("Cargo.toml");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::parse(&text))
    }

    /// Reads a manifest's text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut manifest = Self {
            is_published: true,
            ..Self::default()
        };
        let mut table = "";
        for (idx, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[') {
                table = name.trim_end_matches(']');
                if let Some((kind, Some(name))) = dependency_table(table) {
                    manifest.add(name, kind, idx + 1);
                }
            } else if let Some((key, value)) = line.split_once('=') {
                manifest.entry(table, key.trim(), value.trim(), idx + 1);
            }
        }
        manifest
    }

    fn entry(&mut self, table: &str, key: &str, value: &str, line: usize) {
        match (table, key) {
            ("package", "name") => self.name = value.trim_matches('"').to_owned(),
            ("package", "publish") => self.is_published = value != "false",
            _ => {
                let is_entry = !key.starts_with('#');
                if let (Some((kind, None)), true) = (dependency_table(table), is_entry) {
                    let name = key.split('.').next().unwrap_or(key);
                    self.add(name.trim_matches('"'), kind, line);
                }
            }
        }
    }

    fn add(&mut self, name: &str, kind: Kind, line: usize) {
        self.dependencies.push(Dependency {
            name: name.to_owned(),
            kind,
            line,
        });
    }
}

/// The kind of a dependency table, and the dependency when the table is about one alone.
fn dependency_table(table: &str) -> Option<(Kind, Option<&str>)> {
    let tables = [
        ("dev-dependencies", Kind::Dev),
        ("build-dependencies", Kind::Build),
        ("dependencies", Kind::Normal),
    ];
    // `[target.'cfg(unix)'.dependencies]` counts as `[dependencies]`.
    let table = if table.starts_with("target.") {
        tables
            .iter()
            .filter_map(|(name, _)| table.find(name))
            .min()
            .map(|at| &table[at..])?
    } else {
        table
    };
    let (_, kind) = tables
        .iter()
        .find(|(name, _)| table.split('.').next() == Some(name))?;
    Some((*kind, table.split_once('.').map(|(_, name)| name)))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Manifest};

    #[test]
    fn dependencies_are_found_in_every_spelling() {
        let text = "[package]\nname = \"a\"\npublish = false\n[dependencies]\nb.workspace = true\n# c = 1\nd = { version = \"1\", optional = true }\n[dependencies.e]\nversion = \"1\"\n[dev-dependencies]\nf = \"1\"\n[target.'cfg(unix)'.build-dependencies]\ng = \"1\"\n[features]\nh = []\n";
        let manifest = Manifest::parse(text);
        assert_eq!((&*manifest.name, manifest.is_published), ("a", false));
        let found: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| (&*d.name, d.kind, d.line))
            .collect();
        let expect = [
            ("b", Kind::Normal, 5),
            ("d", Kind::Normal, 7),
            ("e", Kind::Normal, 8),
            ("f", Kind::Dev, 11),
            ("g", Kind::Build, 13),
        ];
        assert_eq!(found, expect);
    }

    #[test]
    fn a_package_is_published_unless_it_says_no() {
        assert!(Manifest::parse("[package]\nname = \"a\"\n").is_published);
    }
}
