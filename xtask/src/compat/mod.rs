//! `cargo xtask compat`: the official Tcl suite of a checkout against our binary.
//!
//! ```text
//!  suite/tests ─copy─► work dir of a worker ─► tclsh test_helper.tcl --single FILE ─► log ─► marks
//!                      src/redis-server ─► our binary        own group, ports, time limit
//! ```
//! Each file runs alone, so a crash or a hang costs only that file. A row per file is printed, and
//! `results.tsv` in the output directory has a row per test. `exceptions.tsv` beside this file
//! lists the tests that may fail, each with its reason.
//!
//! Always true: the suite's checkout is only read; the last line is `N passed, N failed`; it fails
//! if a test fails that is not listed, or a listed one does not.
//! Not here: the suite itself, which is no part of this repository — `docs/testing.md`

mod exceptions;
mod marks;
mod work;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::args::Args;
use crate::tool;
use crate::tree;
use marks::{Flag, Mark, Marks};
use work::Work;

/// The command line, parsed.
#[derive(Debug)]
struct Plan {
    suite: PathBuf,
    server: PathBuf,
    tclsh: PathBuf,
    out: PathBuf,
    jobs: usize,
    limit: Duration,
    base_port: u16,
    is_verbose: bool,
    keeps_work: bool,
    /// Whether clients and servers speak TLS.
    speaks_tls: bool,
    /// Whether tests may be stored in any encoding.
    ignores_encoding: bool,
    files: Vec<String>,
    /// Tests of each file that a reference passes; those that never report count as failed.
    baseline: BTreeMap<String, Vec<String>>,
}

/// `cargo xtask compat`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let plan = plan(args)?;
    fs::create_dir_all(plan.out.join("logs")).map_err(|error| error.to_string())?;
    let start = Instant::now();
    println!(
        "{:<40} {:>5} {:>5} {:>5} {:>5} {:>7}  flags",
        "file", "ok", "err", "skip", "miss", "sec"
    );
    let rows = run_all(&plan)?;
    write_results(&plan.out.join("results.tsv"), &rows).map_err(|error| error.to_string())?;
    let passed: usize = rows.values().map(|row| row.marks.count(Mark::Ok)).sum();
    let failed: usize = rows.values().map(Row::failures).sum();
    let aborted = rows
        .values()
        .filter(|row| !row.marks.flags.is_empty())
        .count();
    let seconds = start.elapsed().as_secs();
    println!(
        "files: {}, aborted or timed out: {aborted}, wall: {seconds} s",
        rows.len()
    );
    let version = suite_version(&plan.suite);
    let complaints = exceptions::judge(&version, &rows, plan.ignores_encoding);
    for complaint in &complaints {
        println!("{complaint}");
    }
    println!("{passed} passed, {failed} failed");
    match complaints.len() {
        0 => Ok(()),
        count => Err(format!("{count} not as exceptions.tsv says")),
    }
}

/// The version of Redis that a checkout of the suite belongs to; empty where it does not say.
fn suite_version(suite: &Path) -> String {
    let text = fs::read_to_string(suite.join("src/version.h")).unwrap_or_default();
    let quoted = text.split('"').nth(1).unwrap_or_default();
    quoted.to_owned()
}

fn plan(args: Args) -> Result<Plan, String> {
    let suite = args
        .option("--suite")
        .ok_or("--suite DIR is needed: a checkout of the suite")?;
    let suite = Path::new(&suite)
        .canonicalize()
        .map_err(|error| format!("{suite}: {error}"))?;
    let tclsh = ["tclsh8.6", "tclsh8.7", "tclsh"]
        .iter()
        .find_map(|name| tool::find(name));
    let out = args.option("--out");
    let baseline = match args.option("--baseline") {
        Some(path) => {
            marks::baseline(&fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?)
        }
        None => BTreeMap::new(),
    };
    let server = args.option("--server");
    let skipped = args.options("--skip");
    let mut plan = Plan {
        suite,
        tclsh: tclsh.ok_or("tclsh is not installed")?,
        out: out.map_or_else(|| tree::target_dir().join("compat"), PathBuf::from),
        jobs: args.number("-j", 1_usize)?.clamp(1, 8),
        limit: Duration::from_secs(args.number("--timeout", 600)?),
        base_port: args.number("--baseport", 11_000)?,
        is_verbose: args.flag("-v"),
        keeps_work: args.flag("--keep"),
        speaks_tls: args.flag("--tls"),
        ignores_encoding: args.flag("--ignore-encoding"),
        server: PathBuf::new(),
        files: Vec::new(),
        baseline,
    };
    let patterns = args.names();
    plan.server = tool::server_binary(server)?;
    plan.files = chosen(&plan, patterns, &skipped)?;
    Ok(plan)
}

/// The files that the patterns name, in the suite's own order.
fn chosen(plan: &Plan, patterns: &[String], skipped: &[String]) -> Result<Vec<String>, String> {
    let mut list = std::process::Command::new(&plan.tclsh);
    list.args(["tests/test_helper.tcl", "--list-tests"])
        .current_dir(&plan.suite);
    let text = tool::output(&mut list)?;
    let all: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    for pattern in patterns {
        if !all.iter().any(|file| matches(short(pattern), file)) {
            return Err(format!("no such test file: {pattern}"));
        }
    }
    let is_chosen = |file: &&str| {
        let is_named = patterns.is_empty() || patterns.iter().any(|p| matches(short(p), file));
        is_named && !skipped.iter().any(|pattern| matches(short(pattern), file))
    };
    Ok(all
        .into_iter()
        .filter(is_chosen)
        .map(str::to_owned)
        .collect())
}

fn short(pattern: &str) -> &str {
    pattern
        .trim_start_matches("tests/")
        .trim_end_matches(".tcl")
}

/// Whether a name fits a pattern whose `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))
        }),
    }
}

/// How one file ended.
#[derive(Debug)]
struct Row {
    marks: Marks,
    missing: Vec<String>,
    seconds: f64,
}

impl Row {
    /// A file that broke off without saying where counts as one failure.
    fn failures(&self) -> usize {
        let failed = self.marks.count(Mark::Err) + self.missing.len();
        if failed == 0 {
            usize::from(!self.marks.flags.is_empty())
        } else {
            failed
        }
    }
}

fn run_all(plan: &Plan) -> Result<BTreeMap<String, Row>, String> {
    let queue = Mutex::new(plan.files.iter().rev().collect::<Vec<_>>());
    let rows = Mutex::new(BTreeMap::new());
    let jobs = plan.jobs.min(plan.files.len()).max(1);
    std::thread::scope(|scope| {
        let (queue, rows) = (&queue, &rows);
        let workers: Vec<_> = (0..jobs)
            .map(|worker| scope.spawn(move || drain(plan, worker, queue, rows)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err("a worker panicked".to_owned()))
        })
    })?;
    Ok(rows.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn drain(
    plan: &Plan,
    worker: usize,
    queue: &Mutex<Vec<&String>>,
    rows: &Mutex<BTreeMap<String, Row>>,
) -> Result<(), String> {
    let work = Work::new(&plan.suite, &plan.server, plan.keeps_work)?;
    if plan.speaks_tls {
        work.make_certificates()?;
    }
    let port = plan.base_port + u16::try_from(worker).unwrap_or(0) * 4_200;
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(file) = next else { return Ok(()) };
        let row = run_one(plan, &work, file, port)?;
        let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
        print_row(file, &row, plan.is_verbose);
        rows.insert(file.clone(), row);
    }
}

fn run_one(plan: &Plan, work: &Work, file: &str, port: u16) -> Result<Row, String> {
    let log = plan
        .out
        .join("logs")
        .join(format!("{}.log", file.replace('/', "_")));
    let start = Instant::now();
    let has_ended = work.run(plan, file, port, &log)?;
    let seconds = start.elapsed().as_secs_f64();
    let text =
        String::from_utf8_lossy(&fs::read(&log).map_err(|error| error.to_string())?).into_owned();
    let mut marks = marks::parse(&text);
    if !has_ended {
        marks.flags = vec![Flag::TimedOut];
    }
    let missing = marks.missing(plan.baseline.get(file).map_or(&[], Vec::as_slice));
    Ok(Row {
        marks,
        missing,
        seconds,
    })
}

fn print_row(file: &str, row: &Row, is_verbose: bool) {
    let flags: Vec<String> = row.marks.flags.iter().map(ToString::to_string).collect();
    println!(
        "{file:<40} {:>5} {:>5} {:>5} {:>5} {:>7.1}  {}",
        row.marks.count(Mark::Ok),
        row.marks.count(Mark::Err),
        row.marks.count(Mark::Skip),
        row.missing.len(),
        row.seconds,
        flags.join(","),
    );
    if is_verbose {
        for (_, name) in row
            .marks
            .tests
            .iter()
            .filter(|(mark, _)| *mark == Mark::Err)
        {
            println!("      ERR  {name}");
        }
        for name in &row.missing {
            println!("      MISS {name}");
        }
    }
}

fn write_results(path: &Path, rows: &BTreeMap<String, Row>) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(fs::File::create(path)?);
    for (file, row) in rows {
        for (mark, name) in &row.marks.tests {
            writeln!(out, "{file}\t{mark}\t{}", name.replace('\t', " "))?;
        }
        for name in &row.missing {
            writeln!(out, "{file}\tmissing\t{name}")?;
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::{matches, short};

    #[test]
    fn patterns_match_whole_names() {
        assert!(matches("unit/type/*", "unit/type/string"));
        assert!(matches("*type*ing", "unit/type/string"));
        assert!(matches(short("tests/unit/expire.tcl"), "unit/expire"));
        assert!(!matches("unit/type", "unit/type/string"));
        assert!(!matches("unit/*/x", "unit/x"));
    }
}
