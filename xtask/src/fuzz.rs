//! `cargo xtask fuzz`: cargo-fuzz on one target, or a few seconds of each.
//!
//! Always true: the committed corpus is where a run starts.
//! Not here: the targets — `fuzz/fuzz_targets/`; what they check — the crates they fuzz

use std::fs;

use crate::args::Args;
use crate::tool::{self, Outcome, cargo};
use crate::tree;

const SMOKE_SECONDS: u32 = 10;

/// `cargo xtask fuzz TARGET | smoke`.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let seconds = args.option("--seconds")?;
    let seconds = seconds.map(|text| {
        text.parse::<u32>()
            .map_err(|_| format!("--seconds {text}?"))
    });
    let seconds = seconds.transpose()?;
    let names = args.names()?;
    if let Some(missing) = missing() {
        return Err(missing);
    }
    match names.as_slice() {
        [name] if name == "smoke" => smoke(seconds.unwrap_or(SMOKE_SECONDS)),
        [name] => one(name, seconds.unwrap_or(60)),
        _ => Err(format!(
            "name one target or `smoke`: {}",
            targets().join(", ")
        )),
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
    let has_nightly = tool::output(cargo().env_remove("CARGO").args(["+nightly", "--version"]))
        .or_else(|_| tool::output(std::process::Command::new("cargo").args(["+nightly", "-V"])));
    has_nightly
        .is_err()
        .then(|| "there is no nightly toolchain".to_owned())
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
        .filter_map(|target| one(target, seconds).err())
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n"))
    }
}

fn one(target: &str, seconds: u32) -> Result<(), String> {
    println!("fuzz {target} for {seconds} s");
    let mut command = std::process::Command::new("cargo");
    command
        .args(["+nightly", "fuzz", "run", target, "--"])
        .args([
            &format!("-max_total_time={seconds}"),
            "-rss_limit_mb=2048",
            "-timeout=10",
        ])
        .current_dir(tree::root())
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTC")
        .env_remove("RUSTUP_TOOLCHAIN");
    tool::run(&mut command)
}
