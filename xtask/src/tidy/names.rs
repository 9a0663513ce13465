//! Rules for names: words that say nothing about what a thing is.
//!
//! Only declarations are looked at; a foreign API may be called whatever it is called. Tests are
//! left alone: their names are sentences.

use crate::offence::Offence;
use crate::source;
use crate::tidy::is_test_file;
use crate::tree::Tree;

/// Banned as a part of a name: `key_manager`, `StringUtils`.
const PARTS: &[&str] = &[
    "manager", "helper", "helpers", "util", "utils", "common", "misc",
];
/// Banned as a whole name.
const ALONE: &[&str] = &["data", "process", "new2"];
/// Banned at the beginning of a name.
const FIRST: &[&str] = &["do_", "my_"];
/// Banned as a whole name of a file or directory.
const FILES: &[&str] = &["data", "types2", "stuff"];

const KEYWORDS: &[&str] = &[
    "fn",
    "struct",
    "enum",
    "union",
    "trait",
    "type",
    "mod",
    "const",
    "static",
    "macro_rules!",
];

/// Names that we declare carry a word of the domain.
pub(super) fn declared(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in tree.rust.iter().filter(|file| !is_test_file(&file.path)) {
        let lines = file.source.lines.iter().enumerate();
        for (idx, line) in lines.filter(|(_, line)| !line.is_test) {
            for keyword in KEYWORDS {
                for (_, name) in source::declared(&line.code, keyword) {
                    if let Some(word) = banned(&name) {
                        let fix = format!("`{name}`: `{word}` says nothing, name what it is");
                        offences.push(Offence::new(&file.path, idx + 1, "name", fix));
                    }
                }
            }
        }
    }
}

/// The same for files and directories.
pub(super) fn files(tree: &Tree, offences: &mut Vec<Offence>) {
    for path in &tree.paths {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.split('.').next().unwrap_or(name);
        if banned_part(stem).is_some() || FILES.contains(&stem) {
            let fix = format!("`{name}` says nothing, name what it holds");
            offences.push(Offence::new(path, 1, "name", fix));
        }
    }
}

fn banned(name: &str) -> Option<&'static str> {
    let whole = ALONE.iter().find(|word| **word == name);
    let first = FIRST.iter().find(|word| name.starts_with(**word));
    whole.or(first).copied().or_else(|| banned_part(name))
}

fn banned_part(name: &str) -> Option<&'static str> {
    let parts = parts(name);
    PARTS
        .iter()
        .find(|word| parts.iter().any(|part| part == *word))
        .copied()
}

/// The words of a name in any of the usual spellings, in lower case.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let is_break = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if is_break {
            parts.push(String::new());
        }
        if let (Some(last), true) = (parts.last_mut(), c.is_alphanumeric()) {
            last.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::{banned, parts};

    #[test]
    fn names_are_judged_word_by_word() {
        assert_eq!(parts("KeyManager_two-b"), ["key", "manager", "two", "b"]);
        for name in [
            "manager",
            "KeyManager",
            "key_utils",
            "data",
            "do_set",
            "process",
            "Misc",
        ] {
            assert!(banned(name).is_some(), "{name}");
        }
        for name in [
            "command",
            "uncommon",
            "data_len",
            "undo_log",
            "process_group",
            "dom",
        ] {
            assert!(banned(name).is_none(), "{name}");
        }
    }

    #[test]
    fn declarations_and_files_are_looked_at_and_calls_are_not() {
        let text = "fn do_it() {}\nlet x = my_crate::helper(y);\nstruct Common;\n";
        check(
            super::declared,
            &[("a.rs", text)],
            &[("a.rs", 1, "name"), ("a.rs", 3, "name")],
        );
        let files = [("src/util.rs", ""), ("src/utility.rs", "")];
        check(super::files, &files, &[("src/util.rs", 1, "name")]);
    }
}
