//! Rules for size: how long a file and a function may grow.

use std::collections::BTreeMap;

use crate::offence::Offence;
use crate::tidy::is_test_file;
use crate::tree::Tree;

const FILE_SOFT: usize = 600;
const FILE_HARD: usize = 1_000;
const FUNCTION_MAX: usize = 70;

/// Functions that were longer when the limit came, each with the length it may not exceed.
const LONG_FUNCTIONS: &str = "xtask/long-functions.txt";

/// Past 600 lines a file says why in its docs, past 1,000 it is split. Pure tests are exempt.
pub(super) fn files(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        let lines = &file.source.lines;
        let len = lines.iter().filter(|line| !line.is_test).count();
        if is_test_file(&file.path) || len <= FILE_SOFT {
            continue;
        }
        if len > FILE_HARD {
            let fix = format!("{len} lines: split it below {FILE_HARD}");
            offences.push(Offence::new(&file.path, len, "file-length", fix));
        } else if !file
            .source
            .module_docs()
            .iter()
            .any(|line| line.contains("Long because"))
        {
            let fix = format!("{len} lines: split it, or say `Long because …` in its docs");
            offences.push(Offence::new(&file.path, len, "file-length", fix));
        }
    }
}

/// A function has at most 70 lines. The list of older ones only shrinks.
pub(super) fn functions(tree: &Tree, offences: &mut Vec<Offence>) {
    let mut allowed = allowed(tree.text(LONG_FUNCTIONS).unwrap_or_default());
    for file in tree.rust.iter().filter(|file| !is_test_file(&file.path)) {
        for function in file.source.functions().into_iter().filter(|f| !f.is_test) {
            let key = format!("{}::{}", file.path, function.name);
            let limit = allowed.get(&key).map_or(FUNCTION_MAX, |(_, len)| *len);
            if function.len > limit {
                let fix = format!("`{}` has {} lines: split it", function.name, function.len);
                offences.push(Offence::new(
                    &file.path,
                    function.line,
                    "function-length",
                    fix,
                ));
            } else if limit > FUNCTION_MAX {
                let (line, _) = allowed.remove(&key).unwrap_or_default();
                if function.len < limit {
                    let fix = format!("`{key}` has {} lines now: lower or drop it", function.len);
                    offences.push(Offence::new(LONG_FUNCTIONS, line, "ratchet", fix));
                }
                continue;
            }
            allowed.remove(&key);
        }
    }
    for (key, (line, _)) in allowed {
        offences.push(Offence::new(
            LONG_FUNCTIONS,
            line,
            "ratchet",
            format!("drop `{key}`"),
        ));
    }
}

/// Lines of the form `path::function = length`; anything else is a comment.
fn allowed(text: &str) -> BTreeMap<String, (usize, usize)> {
    let rows = text.lines().enumerate().filter_map(|(idx, line)| {
        let (key, len) = line.split_once('=')?;
        Some((key.trim().to_owned(), (idx + 1, len.trim().parse().ok()?)))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::LONG_FUNCTIONS;

    fn function(len: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    x();\n".repeat(len - 2))
    }

    #[test]
    fn a_long_file_must_say_why_and_a_huge_one_must_go() {
        let (long, huge) = ("\n".repeat(700), "\n".repeat(1_001));
        let expect = [("a.rs", 700, "file-length"), ("b.rs", 1_001, "file-length")];
        check(super::files, &[("a.rs", &long), ("b.rs", &huge)], &expect);
        let excused = format!("//! Long because tables.\n{long}");
        check(
            super::files,
            &[("a.rs", &excused), ("x/tests.rs", &huge)],
            &[],
        );
    }

    #[test]
    fn the_list_of_long_functions_only_shrinks() {
        check(super::functions, &[("a.rs", &function(70))], &[]);
        check(
            super::functions,
            &[("a.rs", &function(71))],
            &[("a.rs", 1, "function-length")],
        );
        let listed = |len: usize| {
            check(
                super::functions,
                &[
                    ("a.rs", &function(len)),
                    (LONG_FUNCTIONS, "a.rs::long = 80\n"),
                ],
                &[(LONG_FUNCTIONS, 1, "ratchet")],
            );
        };
        listed(75);
        listed(60);
        let files = [
            ("a.rs", &*function(80)),
            (LONG_FUNCTIONS, "a.rs::long = 80\n"),
        ];
        check(super::functions, &files, &[]);
        check(
            super::functions,
            &[(LONG_FUNCTIONS, "gone.rs::x = 90\n")],
            &[(LONG_FUNCTIONS, 1, "ratchet")],
        );
    }
}
