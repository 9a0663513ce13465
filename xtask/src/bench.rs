//! `cargo xtask bench`: the criterion suites, and a before/after table against another revision.
//!
//! `--against REV` checks the revision out beside us, runs its suites in a build directory of
//! their own, then ours, and compares the medians. Wall times on a shared machine lie: read
//! ratios, repeat, and ask `instructions` when it matters.
//!
//! Not here: the suites — `benches/`; servers compared over sockets — `versus/`

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::args::Args;
use crate::tool::{self, cargo};
use crate::tree;

/// `cargo xtask bench`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let against = args.option("--against");
    let mut words: Vec<String> = args
        .names()
        .iter()
        .flat_map(|suite| ["--bench".to_owned(), suite.clone()])
        .collect();
    words.push("--".to_owned());
    words.extend_from_slice(args.rest());
    let home = tree::target_dir();
    let Some(revision) = against else {
        return suites(&tree::root(), &home.join("criterion"), None, &words);
    };
    let dir = home.join("bench-before");
    let checkout = dir.join("checkout");
    // A run that was broken off may have left its checkout.
    let _nothing_left = remove(&checkout);
    let before = before(&revision, &checkout, &dir, &words);
    // The checkout goes whether or not its suites ran.
    let removed = remove(&checkout);
    before?;
    removed?;
    suites(&tree::root(), &home.join("criterion"), None, &words)?;
    let (old, new) = (
        medians(&dir.join("criterion")),
        medians(&home.join("criterion")),
    );
    print!("{}", table(&old, &new));
    Ok(())
}

fn before(revision: &str, checkout: &Path, dir: &Path, words: &[String]) -> Result<(), String> {
    fs::create_dir_all(dir).map_err(|error| error.to_string())?;
    let text = checkout.to_string_lossy().into_owned();
    let mut add = Command::new("git");
    add.args(["worktree", "add", "--detach", &text, revision])
        .current_dir(tree::root());
    tool::output(&mut add)?;
    suites(
        checkout,
        &dir.join("criterion"),
        Some(&dir.join("target")),
        words,
    )
}

fn remove(checkout: &Path) -> Result<(), String> {
    let mut command = Command::new("git");
    command
        .args(["worktree", "remove", "--force"])
        .arg(checkout);
    tool::output(command.current_dir(tree::root())).map(drop)
}

fn suites(
    root: &Path,
    results: &Path,
    target: Option<&Path>,
    words: &[String],
) -> Result<(), String> {
    let mut command = cargo();
    command.args(["bench", "-p", "russet-benches"]).args(words);
    command.current_dir(root).env("CRITERION_HOME", results);
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    tool::run(&mut command)
}

/// Medians in nanoseconds by benchmark, from criterion's result directories.
fn medians(home: &Path) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    collect(home, "", &mut found);
    found
}

fn collect(dir: &Path, name: &str, found: &mut BTreeMap<String, f64>) {
    let estimates = dir.join("new/estimates.json");
    if let Some(median) = fs::read_to_string(estimates)
        .ok()
        .and_then(|text| median(&text))
    {
        found.insert(name.to_owned(), median);
    }
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().is_dir())
    {
        let Ok(part) = entry.file_name().into_string() else {
            continue;
        };
        if !matches!(&*part, "new" | "base" | "change" | "report") {
            let name = if name.is_empty() {
                part
            } else {
                format!("{name}/{part}")
            };
            collect(&entry.path(), &name, found);
        }
    }
}

fn median(estimates: &str) -> Option<f64> {
    let estimates: Value = serde_json::from_str(estimates).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

fn table(old: &BTreeMap<String, f64>, new: &BTreeMap<String, f64>) -> String {
    let mut text = format!(
        "{:<48} {:>12} {:>12} {:>7}\n",
        "median", "before", "after", "ratio"
    );
    for (name, after) in new {
        let row = match old.get(name) {
            Some(before) => {
                format!(
                    "{:>12} {:>12} {:>7.3}",
                    nanos(*before),
                    nanos(*after),
                    after / before
                )
            }
            None => format!("{:>12} {:>12} {:>7}", "-", nanos(*after), "new"),
        };
        text.push_str(&format!("{name:<48} {row}\n"));
    }
    text
}

fn nanos(value: f64) -> String {
    match value {
        v if v < 1e3 => format!("{v:.1} ns"),
        v if v < 1e6 => format!("{:.2} µs", v / 1e3),
        v => format!("{:.2} ms", v / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, median, nanos, table};

    #[test]
    fn estimates_are_read_and_compared() {
        let text = r#"{"mean":{"point_estimate":9.0},"median":{"point_estimate":12.5}}"#;
        assert_eq!(median(text), Some(12.5));
        let old = BTreeMap::from([("a".to_owned(), 10.0)]);
        let new = BTreeMap::from([("a".to_owned(), 5.0), ("b".to_owned(), 2e3)]);
        let table = table(&old, &new);
        assert!(table.contains("10.0 ns") && table.contains("0.500") && table.contains("new"));
        assert_eq!(nanos(2e6), "2.00 ms");
    }
}
