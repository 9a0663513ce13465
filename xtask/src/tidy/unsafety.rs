//! Rules for `unsafe`: which files may have it, and what such a file owes its reader.
//!
//! Always true: a file on the list states its duties as a numbered list in its `//!` docs.
//! Not here: `// SAFETY:` on every block — clippy; the listing of them — `codegen.rs`

use crate::offence::Offence;
use crate::source::has_word;
use crate::tidy::{crate_of, is_test_file};
use crate::tree::Tree;

/// Files, or directories ending in `/`, that may contain `unsafe`.
const ALLOWED: &[&str] = &[
    "crates/engine/src/arena/",
    "crates/engine/src/heap.rs",
    "crates/engine/src/part.rs",
    "crates/engine/src/prefetch.rs",
    "crates/reactor/src/map.rs",
    "crates/server/src/alloc/",
    "crates/server/src/fault.rs",
    "crates/server/src/limits.rs",
    "crates/server/src/os.rs",
];

/// Crates whose root forbids `unsafe` for all of their code.
const FORBIDDEN: &[&str] = &[
    "aof",
    "base",
    "cluster",
    "command",
    "io",
    "node",
    "pack",
    "rdb",
    "replication",
    "resp",
    "sentinel",
];

/// Whether a path may contain `unsafe`.
pub(crate) fn is_allowed(path: &str) -> bool {
    ALLOWED
        .iter()
        .any(|entry| path == *entry || (entry.ends_with('/') && path.starts_with(entry)))
}

/// `unsafe` stands only in the files of the list, and they state their duties.
pub(super) fn allow_list(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        let mut lines = file.source.lines.iter().enumerate();
        let Some((idx, _)) = lines.find(|(_, line)| has_word(&line.code, "unsafe")) else {
            continue;
        };
        if !is_allowed(&file.path) {
            let fix = "write it safely, or move it into a file of the unsafe allow-list";
            offences.push(Offence::new(&file.path, idx + 1, "unsafe", fix));
            continue;
        }
        let has_duties = file
            .source
            .module_docs()
            .iter()
            .any(|line| line.starts_with("1."));
        if !has_duties && !is_test_file(&file.path) {
            let fix = "state the duties that the file takes on as a numbered list in its docs";
            offences.push(Offence::new(&file.path, 1, "unsafe-duties", fix));
        }
    }
}

/// Crates that need no `unsafe` forbid it.
pub(super) fn forbidden_crates(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        let is_root = file.path.ends_with("/src/lib.rs");
        let must = crate_of(&file.path).is_some_and(|name| FORBIDDEN.contains(&name));
        if is_root && must && !file.source.code().contains("#![forbid(unsafe_code)]") {
            let fix = "add #![forbid(unsafe_code)]";
            offences.push(Offence::new(&file.path, 1, "unsafe", fix));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn unsafe_outside_the_list_or_without_duties_is_an_offence() {
        let code = "//! X.\nfn a() { unsafe { b() } }\n";
        let stray = "crates/engine/src/db.rs";
        let listed = "crates/engine/src/arena/slab.rs";
        check(super::allow_list, &[(stray, code)], &[(stray, 2, "unsafe")]);
        check(
            super::allow_list,
            &[(listed, code)],
            &[(listed, 1, "unsafe-duties")],
        );
        let good = "//! X.\n//!\n//! 1. Handles are live.\nfn a() { unsafe { b() } }\n";
        check(super::allow_list, &[(listed, good)], &[]);
    }

    #[test]
    fn safe_crates_forbid_it() {
        let files = [
            ("crates/resp/src/lib.rs", ""),
            ("crates/engine/src/lib.rs", ""),
        ];
        check(
            super::forbidden_crates,
            &files,
            &[("crates/resp/src/lib.rs", 1, "unsafe")],
        );
    }
}
