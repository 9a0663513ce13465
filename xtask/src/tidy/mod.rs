//! House style that no lint knows: every rule of `docs/STYLE.md` that a program can see.
//!
//! Each rule is one function from the whole tree to its offences; [`RULES`] lists them. A rule
//! that cannot be kept for a good reason is changed here, in the open, not worked around.
//!
//! Always true: rules only read; all of them run even when the first one fails.
//! Not here: dependency edges — `layers.rs`; what rustc and clippy see — `Cargo.toml`

mod docs;
mod english;
mod fences;
mod links;
mod names;
mod scripts;
mod shape;
mod text;
mod unsafety;

pub(crate) use unsafety::is_allowed as is_unsafe_allowed;

use crate::args::Args;
use crate::offence::{Offence, report};
use crate::tree::Tree;

type Rule = fn(&Tree, &mut Vec<Offence>);

const RULES: &[Rule] = &[
    text::lines,
    text::unfinished,
    docs::modules,
    docs::readmes,
    docs::licences,
    docs::titles,
    docs::dead_files,
    english::plain,
    shape::files,
    shape::functions,
    names::declared,
    names::files,
    fences::std_below_the_reactor,
    fences::lint_exceptions,
    unsafety::allow_list,
    unsafety::forbidden_crates,
    links::relative,
    scripts::rows,
];

/// `cargo xtask tidy [--english]`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let is_english = args.flag("--english");
    let tree = Tree::read()?;
    report(match is_english {
        true => english::all(&tree),
        false => offences(&tree),
    })
}

fn offences(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for rule in RULES {
        rule(tree, &mut offences);
    }
    offences
}

/// The name of a path's crate directory: `crates/engine/src/db.rs` is of `engine`.
fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// Whether a file holds nothing but tests.
fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Offence, Rule, Tree};

    /// The rules and lines that a rule finds in a tree of given files.
    pub(crate) fn check(rule: Rule, files: &[(&str, &str)], expect: &[(&str, usize, &str)]) {
        let mut offences: Vec<Offence> = Vec::new();
        rule(&Tree::of(files), &mut offences);
        offences.sort();
        let found: Vec<_> = offences
            .iter()
            .map(|o| (&*o.path, o.line, o.rule))
            .collect();
        assert_eq!(found, expect, "{offences:#?}");
    }

    #[test]
    fn the_checkout_is_tidy() {
        let tree = Tree::read().expect("the checkout is readable");
        let offences = super::offences(&tree);
        let list: Vec<String> = offences.iter().map(ToString::to_string).collect();
        assert!(
            list.is_empty(),
            "{} offences\n{}",
            list.len(),
            list.join("\n")
        );
    }
}
