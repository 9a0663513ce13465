//! Rules for documentation: module docs, READMEs, licences, page titles, files nobody reaches.

use crate::offence::Offence;
use crate::tidy::{crate_of, is_test_file};
use crate::tree::{RustFile, Tree};

/// A file shorter than this needs one sentence; a longer one the whole shape.
const SHAPE_FROM_LINES: usize = 60;

/// Every file opens with `//!`; a file of some size says what always holds or what is elsewhere.
pub(super) fn modules(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        if is_test_file(&file.path) || includes_readme(file) {
            continue;
        }
        let docs = file.source.module_docs();
        let Some(first) = docs.first() else {
            let fix = "open the file with `//!` docs: what it is, the idea, what always holds";
            offences.push(Offence::new(&file.path, 1, "module-docs", fix));
            continue;
        };
        if first.starts_with("This module") || first.starts_with("This file") {
            offences.push(Offence::new(
                &file.path,
                1,
                "module-docs",
                "say what it is, directly",
            ));
        }
        let has_shape = docs
            .iter()
            .any(|line| line.starts_with("Always true:") || line.starts_with("Not here:"));
        let is_long = file.source.lines.len() >= SHAPE_FROM_LINES;
        let is_room = crate_of(&file.path).is_some() && file.path.contains("/src/");
        if is_long && !has_shape && is_room {
            let fix = "add the lines `Always true: …` and `Not here: … — path` to its `//!` docs";
            offences.push(Offence::new(&file.path, 1, "module-docs", fix));
        }
    }
}

/// Every crate has a README, and its root includes it as documentation, so that it cannot rot.
pub(super) fn readmes(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        let Some(name) = crate_of(&file.path) else {
            continue;
        };
        let dir = format!("crates/{name}");
        let is_root = file.path == format!("{dir}/src/lib.rs");
        let has_lib = tree.paths.contains(&format!("{dir}/src/lib.rs"));
        let is_main = file.path == format!("{dir}/src/main.rs") && !has_lib;
        if !is_root && !is_main {
            continue;
        }
        if !tree.paths.contains(&format!("{dir}/README.md")) {
            let path = format!("{dir}/README.md");
            offences.push(Offence::new(&path, 1, "readme", "write the crate's README"));
        }
        if !includes_readme(file) {
            let fix = "include it: #![doc = include_str!(\"../README.md\")]";
            offences.push(Offence::new(&file.path, 1, "readme", fix));
        }
    }
}

/// Every published crate has the licences in its directory, so that its package has them.
pub(super) fn licences(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in tree
        .texts
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"))
    {
        let Some(name) = crate_of(&file.path) else {
            continue;
        };
        if file.text.lines().any(|line| line == "publish = false") {
            continue;
        }
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let path = format!("crates/{name}/{licence}");
            if !tree.paths.contains(&path) {
                let fix = format!("link to it: `ln -s ../../{licence} crates/{name}/`");
                offences.push(Offence::new(&path, 1, "licence", fix));
            }
        }
    }
}

fn includes_readme(file: &RustFile) -> bool {
    file.source
        .text()
        .contains("include_str!(\"../README.md\")")
}

/// A page opens with its one `# Title`.
pub(super) fn titles(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in tree.markdown() {
        let mut is_fenced = false;
        let mut titles = Vec::new();
        for (idx, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                is_fenced = !is_fenced;
            } else if !is_fenced && line.starts_with("# ") {
                titles.push(idx + 1);
            }
        }
        if titles.first() != Some(&1) {
            offences.push(Offence::new(
                &file.path,
                1,
                "title",
                "open the page with `# Title`",
            ));
        }
        for line in titles.iter().skip(1) {
            let fix = "one title a page: make this `## …`";
            offences.push(Offence::new(&file.path, *line, "title", fix));
        }
    }
}

/// A file under `src/` that no `mod` names is dead.
pub(super) fn dead_files(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        let Some((package, inner)) = file.path.split_once("/src/") else {
            continue;
        };
        let stem = inner.trim_end_matches(".rs");
        let name = stem
            .trim_end_matches("/mod")
            .rsplit('/')
            .next()
            .unwrap_or(stem);
        if matches!(inner, "lib.rs" | "main.rs") || inner.starts_with("bin/") {
            continue;
        }
        let (plain, block) = (format!("mod {name};"), format!("mod {name} {{"));
        let is_named = tree.rust.iter().any(|other| {
            other.path.starts_with(&format!("{package}/src/"))
                && other
                    .source
                    .lines
                    .iter()
                    .any(|line| line.code.contains(&plain) || line.code.contains(&block))
        });
        if !is_named {
            let fix = format!("no `mod {name};` reaches this file: name it or remove it");
            offences.push(Offence::new(&file.path, 1, "dead-file", fix));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_long_file_needs_the_whole_shape() {
        let long = format!("//! A thing.\n{}", "fn a() {}\n".repeat(70));
        let shaped = format!(
            "//! A thing.\n//!\n//! Always true: x.\n{}",
            "\n".repeat(70)
        );
        let path = "crates/engine/src/a.rs";
        check(
            super::modules,
            &[(path, &long)],
            &[(path, 1, "module-docs")],
        );
        check(super::modules, &[(path, &shaped)], &[]);
        check(
            super::modules,
            &[(path, "use x;\n")],
            &[(path, 1, "module-docs")],
        );
        check(
            super::modules,
            &[("crates/engine/src/a/tests.rs", "use x;\n")],
            &[],
        );
    }

    #[test]
    fn a_crate_without_its_readme_is_an_offence() {
        let lib = "crates/x/src/lib.rs";
        let expect = [("crates/x/README.md", 1, "readme"), (lib, 1, "readme")];
        check(super::readmes, &[(lib, "//! X.\n")], &expect);
        let good = "#![doc = include_str!(\"../README.md\")]\n";
        check(
            super::readmes,
            &[(lib, good), ("crates/x/README.md", "# x\n")],
            &[],
        );
    }

    #[test]
    fn a_published_crate_needs_the_licences() {
        let manifest = ("crates/x/Cargo.toml", "[package]\n");
        let expect = [
            ("crates/x/LICENSE-APACHE", 1, "licence"),
            ("crates/x/LICENSE-MIT", 1, "licence"),
        ];
        check(super::licences, &[manifest], &expect);
        let both = [
            manifest,
            ("crates/x/LICENSE-MIT", ""),
            ("crates/x/LICENSE-APACHE", ""),
        ];
        check(super::licences, &both, &[]);
        let private = ("crates/x/Cargo.toml", "[package]\npublish = false\n");
        check(super::licences, &[private], &[]);
    }

    #[test]
    fn titles_inside_code_do_not_count() {
        check(
            super::titles,
            &[("a.md", "# A\n```sh\n# not a title\n```\n")],
            &[],
        );
        let expect = [("a.md", 1, "title"), ("b.md", 3, "title")];
        check(
            super::titles,
            &[("a.md", "text\n"), ("b.md", "# A\n\n# B\n")],
            &expect,
        );
    }

    #[test]
    fn a_file_without_a_mod_is_dead() {
        let files = [
            ("crates/x/src/lib.rs", "mod a;\nmod b;\n"),
            ("crates/x/src/a.rs", ""),
            ("crates/x/src/b/mod.rs", "// mod c;\n"),
            ("crates/x/src/b/c.rs", ""),
        ];
        check(
            super::dead_files,
            &files,
            &[("crates/x/src/b/c.rs", 1, "dead-file")],
        );
    }
}
