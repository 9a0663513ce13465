//! Checks of what users of the published crates get: packages, licences, versions, the API.
//!
//! Always true: a check whose tool is not installed is SKIPPED, with the name of the tool.
//! Not here: the order of the checks — `ci.rs`

use std::process::Command;

use crate::manifest;
use crate::tool::{self, Outcome, cargo};
use crate::tree;

/// Files that every package carries.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The names of the published crates.
fn names() -> Result<Vec<String>, String> {
    let all = manifest::all(&tree::root())?;
    let published = all.into_iter().filter(|package| package.is_published);
    Ok(published.map(|package| package.name).collect())
}

/// A command on all published crates.
fn on_all(words: &[&str]) -> Result<Command, String> {
    let mut command = cargo();
    command.args(words);
    for name in names()? {
        command.args(["-p", &name]);
    }
    Ok(command)
}

/// Every published crate packs: its manifest is complete, its files are inside its directory, and
/// the licences are among them.
pub(crate) fn package() -> Outcome {
    let packed = || {
        for name in names()? {
            let words = [
                "package",
                "--list",
                "--allow-dirty",
                "--offline",
                "-p",
                &name,
            ];
            let list = tool::output(cargo().args(words))?;
            if let Some(file) = LICENCES
                .iter()
                .find(|file| !list.lines().any(|l| l == **file))
            {
                return Err(format!("{name}: {file} is not in the package: link to it"));
            }
        }
        let words = [
            "package",
            "--allow-dirty",
            "--no-verify",
            "--offline",
            "--quiet",
        ];
        tool::run(&mut on_all(&words)?)
    };
    packed().into()
}

/// The declared `rust-version` compiles everything.
pub(crate) fn msrv() -> Outcome {
    let version = match manifest::rust_version(&tree::root()) {
        Ok(version) => version,
        Err(error) => return Outcome::Failed(error),
    };
    let ours = tool::output(Command::new("rustc").arg("--version")).unwrap_or_default();
    if ours.starts_with(&format!("rustc {version}.")) {
        println!("the compiler of this run is {version}");
        return Outcome::Passed;
    }
    let toolchain = format!("+{version}");
    if tool::output(tool::plain_cargo().args([&*toolchain, "--version"])).is_err() {
        return Outcome::Skipped(format!("there is no toolchain {version}"));
    }
    let dir = tree::target_dir().join("msrv");
    let mut command = tool::plain_cargo();
    command.args([
        &*toolchain,
        "check",
        "--workspace",
        "--all-targets",
        "--quiet",
    ]);
    tool::run(command.env("CARGO_TARGET_DIR", dir)).into()
}

/// The published crates compile with the oldest versions of their dependencies that they allow.
pub(crate) fn minimal_versions() -> Outcome {
    if tool::find("cargo-minimal-versions").is_none() || tool::find("cargo-hack").is_none() {
        return Outcome::Skipped(
            "cargo-minimal-versions and cargo-hack are not installed".to_owned(),
        );
    }
    let words = ["minimal-versions", "check", "--direct", "--ignore-private"];
    tool::run(tool::plain_cargo().args(words)).into()
}

/// The public API fits the version, compared with the newest tag.
pub(crate) fn api() -> Outcome {
    if tool::find("cargo-semver-checks").is_none() {
        return Outcome::Skipped("cargo-semver-checks is not installed".to_owned());
    }
    let mut newest = Command::new("git");
    newest
        .args(["describe", "--tags", "--abbrev=0"])
        .current_dir(tree::root());
    let Ok(tag) = tool::output(&mut newest) else {
        return Outcome::Skipped("there is no tag to compare with".to_owned());
    };
    let words = ["semver-checks", "--baseline-rev", tag.trim()];
    on_all(&words)
        .and_then(|mut command| tool::run(&mut command))
        .into()
}
