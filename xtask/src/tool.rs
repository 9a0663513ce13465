//! Programs that chores run: finding them, running them, and what it means when one is absent.
//!
//! Always true: a missing tool is printed as SKIPPED; where `CI=true` is set it is a failure.
//! Not here: servers that run in the background — `server.rs`

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::tree;

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    /// Not run, because of a missing tool.
    Skipped(String),
}

impl From<Result<(), String>> for Outcome {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(text) => Self::Failed(text),
        }
    }
}

/// Whether a missing tool is a failure here.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// The first program of this name on the PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        let path = tree::root().join(name);
        return path.is_file().then_some(path);
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(tree::root());
    command
}

/// A cargo that takes `+toolchain`, whatever toolchain runs us.
pub(crate) fn plain_cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(tree::root());
    for name in ["CARGO", "CARGO_TARGET_DIR", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command with its output shown; an error that says what failed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let line = describe(command);
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{line}: {status}")),
        Err(error) => Err(format!("{line}: {error}")),
    }
}

/// Runs a command and returns what it printed; an error carries its complaint.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let line = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{line}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{line}: {}\n{}{}", output.status, text, complaint))
}

fn describe(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

/// A program of the package in `tools/`, ready for its arguments.
pub(crate) fn our_tool(name: &str) -> Command {
    let mut command = cargo();
    command.args(["run", "--quiet", "-p", "russet-tools", "--bin", name, "--"]);
    command
}

/// Builds a release binary of the workspace and returns its path.
pub(crate) fn release_binary(package: &str, name: &str) -> Result<PathBuf, String> {
    run(cargo().args([
        "build",
        "--release",
        "--quiet",
        "-p",
        package,
        "--bin",
        name,
    ]))?;
    Ok(tree::target_dir().join("release").join(name))
}

/// The server to judge: the one asked for, or our own freshly built one.
pub(crate) fn server_binary(asked: Option<String>) -> Result<PathBuf, String> {
    match asked {
        None => release_binary("russet-server", "russet-server"),
        Some(name) => {
            let here = PathBuf::from(&name);
            let path = if here.is_file() {
                Some(here)
            } else {
                find(&name)
            };
            let path = path.ok_or_else(|| format!("{name}: no such program"))?;
            // Links stay: a program may choose what it is by the name it is called by.
            std::path::absolute(path).map_err(|error| format!("{name}: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{find, output};
    use std::process::Command;

    #[test]
    fn programs_are_found_on_the_path_and_their_failures_told() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program-anywhere").is_none());
        assert_eq!(
            output(Command::new("sh").args(["-c", "echo x"])),
            Ok("x\n".to_owned())
        );
        let error = output(Command::new("sh").args(["-c", "echo y >&2; exit 3"]));
        assert!(error.is_err_and(|text| text.contains('y') && text.contains('3')));
    }
}
