//! `cargo xtask ci`: every check that needs no network, cheapest first.
//!
//! Steps run to the end even when one fails, so that one run tells everything; the closing table
//! has a row per step: passed, FAILED, or SKIPPED with what is missing.
//!
//! Always true: with `CI=true` a skipped step is a failure, except for those that need a tool from
//! the network or another compiler: deny, api, msrv, minimal and fuzz.
//! Not here: what to install beforehand — `.ci/run`

use std::time::Instant;

use crate::args::Args;
use crate::tool::{self, Outcome, cargo};
use crate::{codegen, differ, e2e, fuzz, instructions, layers, published, sim, tidy};

/// A step of the run.
struct Step {
    name: &'static str,
    /// Whether its absence is tolerated where `CI=true`.
    is_optional: bool,
    run: fn() -> Outcome,
}

const fn step(name: &'static str, run: fn() -> Outcome) -> Step {
    Step {
        name,
        is_optional: false,
        run,
    }
}

/// A step whose tool comes from the network, or is a compiler that not every machine has.
const fn optional(name: &'static str, run: fn() -> Outcome) -> Step {
    Step {
        name,
        is_optional: true,
        run,
    }
}

const STEPS: &[Step] = &[
    step("fmt", || {
        tool::run(cargo().args(["fmt", "--all", "--check"])).into()
    }),
    step("tidy", || tidy::run(none()).into()),
    step("layers", || layers::run(none()).into()),
    step("codegen", || codegen::check().into()),
    step("clippy", clippy),
    step("doc", doc),
    step("test", || {
        tool::run(cargo().args(["test", "--workspace"])).into()
    }),
    step("package", published::package),
    optional("deny", deny),
    optional("api", published::api),
    optional("msrv", published::msrv),
    optional("minimal", published::minimal_versions),
    step("e2e", e2e::step),
    step("sim", sim::step),
    step("differ", differ::step),
    step("instructions", instructions::step),
    optional("fuzz", fuzz::smoke_step),
];

/// `cargo xtask ci [--no-tests] [STEP…]`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let has_tests = !args.flag("--no-tests");
    let is_asked = |step: &&Step| match args.names() {
        [] => has_tests || step.name != "test",
        names => names.iter().any(|name| name == step.name),
    };
    if let Some(name) = args
        .names()
        .iter()
        .find(|name| STEPS.iter().all(|s| s.name != **name))
    {
        let all: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(format!("no step {name}: {}", all.join(", ")));
    }
    let mut rows = Vec::new();
    for step in STEPS.iter().filter(is_asked) {
        println!("== {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        if let Outcome::Failed(text) | Outcome::Skipped(text) = &outcome {
            println!("{text}");
        }
        rows.push((step, outcome, start.elapsed().as_secs_f64()));
    }
    println!();
    let mut failed = Vec::new();
    for (step, outcome, seconds) in &rows {
        let word = match outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed(_) => "FAILED".to_owned(),
            Outcome::Skipped(text) => format!("SKIPPED: {text}"),
        };
        println!("{:<13} {seconds:>7.1} s  {word}", step.name);
        if is_failure(outcome, step.is_optional, tool::is_ci()) {
            failed.push(step.name);
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}

fn is_failure(outcome: &Outcome, is_optional: bool, is_ci: bool) -> bool {
    match outcome {
        Outcome::Passed => false,
        Outcome::Failed(_) => true,
        Outcome::Skipped(_) => is_ci && !is_optional,
    }
}

fn none() -> Args {
    Args::default()
}

fn clippy() -> Outcome {
    let words = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    let checked = tool::run(cargo().args(words)).and_then(|()| {
        // What is behind a feature must not be missed without it.
        let words = ["check", "-p", "russet-server", "--no-default-features"];
        tool::run(cargo().args(words).args(["--all-targets", "--quiet"]))
    });
    checked.into()
}

fn doc() -> Outcome {
    let words = ["doc", "--workspace", "--no-deps", "--quiet"];
    tool::run(cargo().args(words).env("RUSTDOCFLAGS", "-D warnings")).into()
}

fn deny() -> Outcome {
    if tool::find("cargo-deny").is_none() {
        return Outcome::Skipped("cargo-deny is not installed".to_owned());
    }
    let mut command = cargo();
    command.args(["deny", "--offline", "check", "--hide-inclusion-graph"]);
    command.args(["-A", "unused-wrapper", "bans", "licenses", "sources"]);
    match tool::output(&mut command) {
        Ok(_) => Outcome::Passed,
        Err(text) if text.contains("failed to download") => {
            Outcome::Skipped("crates of other platforms are not fetched: `cargo fetch`".to_owned())
        }
        Err(text) => Outcome::Failed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, is_failure};

    #[test]
    fn a_skipped_step_fails_only_where_everything_must_be_there() {
        let skipped = Outcome::Skipped(String::new());
        assert!(!is_failure(&skipped, false, false));
        assert!(is_failure(&skipped, false, true));
        assert!(!is_failure(&skipped, true, true));
        assert!(is_failure(&Outcome::Failed(String::new()), true, false));
        assert!(!is_failure(&Outcome::Passed, false, true));
    }
}
