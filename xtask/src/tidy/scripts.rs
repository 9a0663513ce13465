//! The rule that binds rows and reply scripts: a command without a script is not finished.
//!
//! Not here: playing scripts — `crates/node/tests/it/scripts.rs`

use std::collections::BTreeSet;

use crate::offence::Offence;
use crate::tree::Tree;

const SCRIPTS: &str = "crates/node/tests/scripts/";

/// The first words of a row.
const ROWS: &[&str] = &[
    "Row::read(",
    "Row::write(",
    "Row::control(",
    "Row::container(",
];

/// Every row of every command is asked in some script, by its name as first or second word.
pub(super) fn rows(tree: &Tree, offences: &mut Vec<Offence>) {
    let asked = asked(tree);
    for file in tree.rust.iter().filter(|file| file.path.contains("/src/")) {
        if super::is_test_file(&file.path) || !file.path.starts_with("crates/") {
            continue;
        }
        for (line, name) in named(file.source.text()) {
            if !asked.contains(&name) {
                let fix = format!("`{name}` is in no script below {SCRIPTS}: write one");
                offences.push(Offence::new(&file.path, line, "script", fix));
            }
        }
    }
}

/// The first and second words of all requests of all scripts, in capitals.
fn asked(tree: &Tree) -> BTreeSet<String> {
    let scripts = tree
        .texts
        .iter()
        .filter(|file| file.path.starts_with(SCRIPTS));
    let requests = scripts
        .flat_map(|file| file.text.lines())
        .filter_map(|l| l.strip_prefix("> "));
    requests
        .flat_map(|request| request.split_whitespace().take(2))
        .map(str::to_ascii_uppercase)
        .collect()
}

/// The names of the rows in a text, each with its line.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for row in ROWS {
        for (at, _) in text.match_indices(row) {
            let line = text[..at].matches('\n').count() + 1;
            let begins = text[..at].rsplit('\n').next().unwrap_or_default();
            let rest = text[at + row.len()..].trim_start();
            let name = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next());
            if let (Some(name), false) = (name, begins.contains("//")) {
                found.push((line, name.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_row_that_no_script_asks_is_an_offence() {
        let rows = "Row::read(\"GET\", x)\nRow::control(\n    \"KILL\", x)\n// Row::read(\"X\")\n\
                    Row::write(\"SET\", x)\n";
        let files = [
            ("crates/command/src/family/string.rs", rows),
            (
                "crates/node/tests/scripts/a.resp",
                "# > SET\n> get k\n$-1\n> CLIENT KILL x\n",
            ),
        ];
        let path = "crates/command/src/family/string.rs";
        check(super::rows, &files, &[(path, 5, "script")]);
    }
}
