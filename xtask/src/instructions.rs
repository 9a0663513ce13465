//! `cargo xtask instructions`: user instructions per operation of the hot paths.
//!
//! A small release program runs one workload at two lengths under callgrind; the slope between
//! the two counts is the cost of one operation, free of start-up. Counts repeat to the last digit
//! even on a busy machine, so they gate what wall time cannot.
//!
//! Always true: the committed figures are in `benches/instructions.tsv`; more than 2 % above one
//! of them fails.
//! Not here: the workloads — `benches/examples/hot.rs`; a new one is one row there

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args::Args;
use crate::tool::{self, Outcome, cargo};
use crate::tree;

const FIGURES: &str = "benches/instructions.tsv";
const FIGURES_INTRO: &str =
    "# user instructions per operation, by `cargo xtask instructions --update`\n";
const TOLERANCE: f64 = 0.02;
/// A workload with a reader of the journal, and the most it may cost of the one without.
const JOURNALLED: &str = "-journalled";
const JOURNALLED_MAX: f64 = 1.35;
/// A workload of a user with ten rules, and the most it may cost of the one of the default user:
/// of the node alone, without the system calls around it.
const OF_USER: &str = "-of-user";
const OF_USER_MAX: f64 = 1.15;
/// A workload of a node that times its commands and keeps slow and large ones, and the most it may
/// cost of the one that observes nothing: of the node alone, without the system calls around it.
const OBSERVED: &str = "-observed";
const OBSERVED_MAX: f64 = 1.04;
/// Two lengths, multiples of every pipeline.
const SHORT: u64 = 1_600;
const LONG: u64 = 11_200;

/// `cargo xtask instructions`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let is_check = args.flag("--check");
    let is_update = args.flag("--update");
    let names = args.names();
    if tool::find("valgrind").is_none() {
        return Err("valgrind is not installed".to_owned());
    }
    let old = read_figures();
    let new = measure(names, &old)?;
    if is_update {
        let mut figures = if names.is_empty() {
            BTreeMap::new()
        } else {
            old
        };
        figures.extend(new);
        return write_figures(&figures);
    }
    if is_check { judge(&old, &new) } else { Ok(()) }
}

/// The step of `ci`.
pub(crate) fn step() -> Outcome {
    if tool::find("valgrind").is_none() {
        return Outcome::Skipped("valgrind is not installed".to_owned());
    }
    let old = read_figures();
    measure(&[], &old).and_then(|new| judge(&old, &new)).into()
}

fn measure(names: &[String], old: &BTreeMap<String, f64>) -> Result<BTreeMap<String, f64>, String> {
    let program = build()?;
    let listed = tool::output(Command::new(&program).arg("list"))?;
    let all: Vec<&str> = listed.lines().collect();
    if let Some(name) = names.iter().find(|name| !all.contains(&&***name)) {
        return Err(format!("no workload {name}: {}", all.join(", ")));
    }
    let mut figures = BTreeMap::new();
    println!(
        "{:<24} {:>12} {:>12} {:>7}",
        "workload", "committed", "measured", "ratio"
    );
    for name in all
        .into_iter()
        .filter(|name| names.is_empty() || names.iter().any(|n| n == name))
    {
        let (short, long) = (count(&program, name, SHORT)?, count(&program, name, LONG)?);
        let figure = (long - short) / (LONG - SHORT) as f64;
        match old.get(name) {
            Some(before) => {
                println!(
                    "{name:<24} {before:>12.1} {figure:>12.1} {:>7.3}",
                    figure / before
                );
            }
            None => println!("{name:<24} {:>12} {figure:>12.1} {:>7}", "-", "new"),
        }
        figures.insert(name.to_owned(), figure);
    }
    Ok(figures)
}

fn build() -> Result<PathBuf, String> {
    let words = [
        "build",
        "--release",
        "--quiet",
        "-p",
        "russet-benches",
        "--example",
        "hot",
    ];
    tool::run(cargo().args(words))?;
    Ok(tree::target_dir().join("release/examples/hot"))
}

fn count(program: &Path, workload: &str, operations: u64) -> Result<f64, String> {
    let mut command = Command::new("valgrind");
    command
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--error-exitcode=9",
        ])
        .arg(program)
        .args([workload, &operations.to_string()]);
    let output = command
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = collected(&text).filter(|_| output.status.success());
    collected.ok_or_else(|| format!("{workload}: callgrind failed\n{text}"))
}

/// The total that callgrind prints when the program ends.
fn collected(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once("Collected : ")?;
    rest.split_whitespace().next()?.parse().ok()
}

fn judge(old: &BTreeMap<String, f64>, new: &BTreeMap<String, f64>) -> Result<(), String> {
    let mut worse = Vec::new();
    for (name, figure) in new {
        match old.get(name) {
            Some(before) if *figure > before * (1.0 + TOLERANCE) => {
                worse.push(format!("{name}: {before:.1} -> {figure:.1}"));
            }
            Some(before) if *figure < before * (1.0 - TOLERANCE) => {
                println!("{name}: better, keep it with `cargo xtask instructions --update`");
            }
            Some(_) => {}
            None => worse.push(format!("{name}: no committed figure, run with --update")),
        }
    }
    worse.extend(dear(new, JOURNALLED, JOURNALLED_MAX));
    worse.extend(dear(new, OF_USER, OF_USER_MAX));
    worse.extend(dear(new, OBSERVED, OBSERVED_MAX));
    if worse.is_empty() {
        Ok(())
    } else {
        Err(worse.join("\n"))
    }
}

/// The workloads with a word in their names that cost too much more than those without it.
fn dear(figures: &BTreeMap<String, f64>, word: &str, most: f64) -> Vec<String> {
    let pairs = figures.iter().filter_map(|(name, figure)| {
        let plain = figures.get(&name.replace(word, ""))?;
        name.contains(word).then_some((name, figure / plain))
    });
    let dear = pairs.filter(|(_, ratio)| *ratio > most);
    dear.map(|(name, ratio)| format!("{name}: {ratio:.2} of it without, at most {most}"))
        .collect()
}

fn read_figures() -> BTreeMap<String, f64> {
    parse_figures(&fs::read_to_string(tree::root().join(FIGURES)).unwrap_or_default())
}

fn parse_figures(text: &str) -> BTreeMap<String, f64> {
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let (name, figure) = line.split_once('\t')?;
        Some((name.to_owned(), figure.trim().parse().ok()?))
    })
    .collect()
}

fn write_figures(figures: &BTreeMap<String, f64>) -> Result<(), String> {
    let mut text = FIGURES_INTRO.to_owned();
    for (name, figure) in figures {
        text.push_str(&format!("{name}\t{figure:.1}\n"));
    }
    fs::write(tree::root().join(FIGURES), text).map_err(|error| format!("{FIGURES}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, JOURNALLED, JOURNALLED_MAX, collected, dear, judge, parse_figures};

    #[test]
    fn callgrind_totals_are_read() {
        let text = "==1== Events    : Ir\n==1== Collected : 123456\n==1==\n";
        assert_eq!(collected(text), Some(123_456.0));
        assert_eq!(collected("nothing"), None);
    }

    #[test]
    fn a_journal_that_costs_too_much_fails() {
        let figures = |recorded: f64| {
            let rows = [("set-p16", 100.0), ("set-journalled-p16", recorded)];
            rows.map(|(name, figure)| (name.to_owned(), figure)).into()
        };
        let dear = |recorded| dear(&figures(recorded), JOURNALLED, JOURNALLED_MAX);
        assert!(dear(135.0).is_empty());
        assert_eq!(dear(136.0).len(), 1);
    }

    #[test]
    fn worse_and_unknown_figures_fail_and_better_ones_do_not() {
        let old = parse_figures("# intro\na\t100.0\nb\t200.0\n");
        let judged = |name: &str, figure| judge(&old, &BTreeMap::from([(name.to_owned(), figure)]));
        assert!(judged("a", 101.9).is_ok());
        assert!(judged("a", 50.0).is_ok());
        assert!(judged("a", 102.1).is_err());
        assert!(judged("c", 1.0).is_err());
    }
}
