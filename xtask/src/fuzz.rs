//! `cargo xtask fuzz`: cargo-fuzz on one target, or a few seconds of each.
//!
//! Always true: a run starts from the committed seeds and adds nothing to them.
//! Not here: the targets — `fuzz/fuzz_targets/`; what they check — the crates they fuzz

use std::fs;
use std::process::Command;

use crate::args::Args;
use crate::tool::{self, Outcome};
use crate::tree;

const SMOKE_SECONDS: u32 = 10;

/// `cargo xtask fuzz`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let seconds = args.option("--seconds");
    let seconds = seconds.map(|text| {
        text.parse::<u32>()
            .map_err(|_| format!("--seconds {text}?"))
    });
    let seconds = seconds.transpose()?;
    let names = args.names();
    if let Some(missing) = missing() {
        return Err(missing);
    }
    match names {
        [] => smoke(seconds.unwrap_or(SMOKE_SECONDS)),
        [name] if name == "smoke" => smoke(seconds.unwrap_or(SMOKE_SECONDS)),
        [name] => one(name, seconds),
        _ => Err(format!("name one target: {}", targets().join(", "))),
    }
}

/// The step of `ci`.
pub(crate) fn smoke_step() -> Outcome {
    match missing() {
        Some(text) => Outcome::Skipped(text),
        None => smoke(SMOKE_SECONDS).into(),
    }
}

fn missing() -> Option<String> {
    if targets().is_empty() {
        return Some("there are no fuzz targets".to_owned());
    }
    if tool::find("cargo-fuzz").is_none() {
        return Some("cargo-fuzz is not installed".to_owned());
    }
    let has_nightly = tool::output(nightly().arg("--version")).is_ok();
    (!has_nightly).then(|| "there is no nightly toolchain".to_owned())
}

fn targets() -> Vec<String> {
    let Ok(entries) = fs::read_dir(tree::root().join("fuzz/fuzz_targets")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn smoke(seconds: u32) -> Result<(), String> {
    let failed: Vec<String> = targets()
        .iter()
        .filter_map(|target| one(target, Some(seconds)).err())
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n"))
    }
}

/// Runs one target for some seconds, or until it is stopped.
fn one(target: &str, seconds: Option<u32>) -> Result<(), String> {
    println!("fuzz {target}");
    // What a run finds goes to the first directory; the committed seeds are only read.
    let found = tree::target_dir().join("fuzz-corpus").join(target);
    fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
    let mut command = nightly();
    command
        .args(["fuzz", "run", "--target-dir"])
        .arg(tree::target_dir().join("fuzz"));
    command.arg(target).arg(found);
    let seeds = tree::root().join("fuzz/corpus").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args(["--", "-rss_limit_mb=2048", "-timeout=10"]);
    if let Some(seconds) = seconds {
        command.arg(format!("-max_total_time={seconds}"));
    }
    if seconds.is_none() {
        return tool::run(&mut command);
    }
    // A short run is silent unless it finds something.
    match tool::output(&mut command) {
        Ok(_) => Ok(()),
        Err(text) => Err(findings(&text)),
    }
}

/// The useful part of a fuzzer's long report: the panic, and the input that repeats it.
fn findings(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::new();
    for (idx, line) in lines.iter().enumerate() {
        if line.contains("panicked at") {
            kept.extend(lines.iter().skip(idx).take(3).copied());
        }
        let marks = ["SUMMARY", "Test unit written", "error", "Base64:"];
        if marks.iter().any(|mark| line.contains(mark)) {
            kept.push(*line);
        }
    }
    if kept.is_empty() {
        text.to_owned()
    } else {
        kept.join("\n")
    }
}

/// The nightly cargo.
fn nightly() -> Command {
    let mut command = tool::plain_cargo();
    command.arg("+nightly");
    command
}

#[cfg(test)]
mod tests {
    use super::findings;

    #[test]
    fn a_report_is_cut_down_to_the_panic_and_its_input() {
        let report = "#1 NEW\nthread panicked at x.rs:1:\nreason\nstack\nframe\nBase64: AQ==\n";
        assert_eq!(
            findings(report),
            "thread panicked at x.rs:1:\nreason\nstack\nBase64: AQ=="
        );
        assert_eq!(findings("no such target"), "no such target");
    }
}
