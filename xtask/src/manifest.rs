//! The packages of the workspace and their dependencies, as cargo itself reads them.
//!
//! Not here: which edges are right — `layers.rs`

use std::fs;
use std::path::Path;

pub(crate) use cargo_metadata::DependencyKind as Kind;
use cargo_metadata::MetadataCommand;

/// One dependency of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The line of the manifest that has its name.
    pub(crate) line: usize,
}

/// One package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The path of its `Cargo.toml` below the root.
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) is_published: bool,
    pub(crate) dependencies: Vec<Dependency>,
}

/// All packages of the workspace.
pub(crate) fn all(root: &Path) -> Result<Vec<Manifest>, String> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root.join("Cargo.toml")).no_deps();
    let metadata = command.exec().map_err(|error| error.to_string())?;
    let packages = metadata.packages.into_iter().map(|package| {
        let text = fs::read_to_string(&package.manifest_path).unwrap_or_default();
        let path = package.manifest_path.as_std_path();
        let path = path.strip_prefix(root).unwrap_or(path);
        let dependencies = package
            .dependencies
            .into_iter()
            .map(|dependency| Dependency {
                line: line_of(&text, &dependency.name),
                name: dependency.name,
                kind: dependency.kind,
            });
        Manifest {
            path: path.to_string_lossy().into_owned(),
            dependencies: dependencies.collect(),
            name: package.name.to_string(),
            // `publish = false` is a list of no registries.
            is_published: package
                .publish
                .is_none_or(|registries| !registries.is_empty()),
        }
    });
    Ok(packages.collect())
}

/// The oldest compiler that the workspace declares to need, such as `1.95`.
pub(crate) fn rust_version(root: &Path) -> Result<String, String> {
    let path = root.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "));
    let version = line.map(|version| version.trim_matches('"').to_owned());
    version.ok_or_else(|| format!("{}: no rust-version", path.display()))
}

/// The first line that begins with a name, or is a table of that name; 1 if there is no such line.
fn line_of(manifest: &str, name: &str) -> usize {
    let is_meant = |line: &str| {
        let rest = line.trim_start_matches('"').strip_prefix(name);
        let is_entry = rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']));
        is_entry || line.ends_with(&format!("dependencies.{name}]"))
    };
    let found = manifest.lines().position(|line| is_meant(line.trim()));
    found.map_or(1, |idx| idx + 1)
}

#[cfg(test)]
mod tests {
    use super::{Kind, all, line_of};
    use crate::tree;

    #[test]
    fn the_lines_of_dependencies_are_found_in_every_spelling() {
        let text = "[dependencies]\nbb = \"1\"\nb.workspace = true\n[dependencies.e]\n\"f\" = 1\n";
        let lines = ["b", "bb", "e", "f", "g"].map(|name| line_of(text, name));
        assert_eq!(lines, [3, 2, 4, 5, 1]);
    }

    #[test]
    fn packages_are_read_with_their_dependencies() {
        let all = all(&tree::root()).expect("cargo reads the workspace");
        let package = |name: &str| all.iter().find(|package| package.name == name);
        let xtask = package("xtask").expect("it is a member");
        assert_eq!(
            (&*xtask.path, xtask.is_published),
            ("xtask/Cargo.toml", false)
        );
        let resp = package("russet-resp").expect("it is a member");
        assert!(resp.is_published);
        let has = |name: &str, kind| {
            let mut dependencies = resp.dependencies.iter();
            dependencies.any(|d| d.name == name && d.kind == kind && d.line > 1)
        };
        assert!(has("russet-base", Kind::Normal) && has("proptest", Kind::Development));
    }
}
