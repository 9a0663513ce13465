//! Tests of the suite that may fail, each with the kind of its reason.
//!
//! A row is {file, test, kind}; `*` in a test's name stands for any text. A failure that no row
//! names is an error, and so is a row whose test does not fail any more.
//!
//! Always true: every row has one of [`KINDS`]; rows are in order, none stands twice.
//! Not here: the rows — `exceptions.tsv`

use std::collections::BTreeMap;

use super::marks::Mark;
use super::{Row, matches};

/// The suite that the rows are about. In another one a row that matches nothing is no error.
const SUITE: &str = "7.0.15";

const ROWS: &str = include_str!("exceptions.tsv");

/// Reasons for a failure: see the head of the rows' file.
const KINDS: &[&str] = &["later", "child", "older", "allocator", "cipher"];

/// One test that may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Exception<'a> {
    file: &'a str,
    test: &'a str,
    kind: &'a str,
}

/// Checks the results of a run against the rows: a line for each complaint.
pub(super) fn judge(suite: &str, rows: &BTreeMap<String, Row>, is_lax: bool) -> Vec<String> {
    complaints(&read(ROWS), suite == SUITE, is_lax, rows)
}

/// Reads rows; an invalid line is left out, which a test of the file notices.
fn read(text: &str) -> Vec<Exception<'_>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| {
        let (file, rest) = line.split_once('\t')?;
        let (test, kind) = rest.split_once('\t')?;
        KINDS
            .contains(&kind)
            .then_some(Exception { file, test, kind })
    });
    rows.collect()
}

/// `is_lax`: encodings were not checked, so tests about older ones may pass.
fn complaints(
    listed: &[Exception<'_>],
    is_exact: bool,
    is_lax: bool,
    rows: &BTreeMap<String, Row>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (file, row) in rows {
        let failures = failures(row);
        let of_file = listed.iter().filter(|row| row.file == file);
        for name in &failures {
            if !of_file.clone().any(|row| matches(row.test, name)) {
                found.push(format!("{file}: fails and is not listed: {name}"));
            }
        }
        for listed in of_file {
            let is_met = failures.iter().any(|name| matches(listed.test, name));
            let may_pass = !is_exact || (is_lax && listed.kind == "older");
            if !is_met && !may_pass && has_ended_well(row, listed.test) {
                let (kind, name) = (listed.kind, listed.test);
                found.push(format!(
                    "{file}: listed as `{kind}` and does not fail: {name}"
                ));
            }
        }
    }
    found
}

/// Whether a test that did not fail has passed. A pattern has no test of its own: it has.
fn has_ended_well(row: &Row, test: &str) -> bool {
    let mut passed = row.marks.tests.iter().filter(|(mark, _)| *mark == Mark::Ok);
    test.contains('*') || passed.any(|(_, name)| name == test)
}

/// The names of what failed in a file. Tests that never ran count unless an exception ended it.
fn failures(row: &Row) -> Vec<String> {
    let failed = row
        .marks
        .tests
        .iter()
        .filter(|(mark, _)| *mark == Mark::Err);
    let mut names: Vec<String> = failed.map(|(_, name)| name.clone()).collect();
    if names.is_empty() {
        names.extend(row.marks.flags.iter().map(ToString::to_string));
    }
    if !names.iter().any(|name| name.starts_with("exception: ")) {
        names.extend(row.missing.iter().cloned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::marks;
    use super::{BTreeMap, Exception, ROWS, Row, complaints, read};

    #[test]
    fn every_row_of_the_file_is_read_and_stands_in_order() {
        let rows = read(ROWS);
        let lines = ROWS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows.len(), lines, "a row has three cells and a known kind");
        assert!(
            rows.is_sorted_by(|a, b| a < b),
            "rows are in order, each once"
        );
    }

    #[test]
    fn a_failure_must_be_listed_and_a_listed_test_must_fail() {
        let row = |file, test, kind| Exception { file, test, kind };
        let listed = [
            row("unit/x", "A", "older"),
            row("unit/x", "exception: *", "later"),
            row("unit/y", "Z", "later"),
        ];
        let results = |log: &str| {
            let marks = marks::parse(log);
            let missing = vec!["M".to_owned()];
            let row = Row {
                marks,
                missing,
                seconds: 0.0,
            };
            BTreeMap::from([("unit/x".to_owned(), row)])
        };
        let count = |log: &str, is_exact, is_lax| {
            complaints(&listed, is_exact, is_lax, &results(log)).len()
        };
        let good = "[err]: A in tests/unit/x.tcl\n[exception]: boom 1\nThe End\n";
        assert_eq!(count(good, true, false), 0);
        let passes = "[ok]: A (1 ms)\n[exception]: boom 1\nThe End\n";
        assert_eq!(count(passes, true, false), 1);
        assert_eq!(count(passes, true, true), 0);
        assert_eq!(count(passes, false, false), 0);
        // B fails, M never ran, no exception; A neither failed nor passed.
        assert_eq!(count("[err]: B\nThe End\n", true, false), 3);
    }
}
