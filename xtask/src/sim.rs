//! `cargo xtask sim`: seeds of the simulated loop.
//!
//! ```text
//!  sim                      a thousand seeds
//!  sim --seed N             this one
//!  sim --minutes M --seed N from this one on, for so long
//!  sim --seed N --lines L --bytes B   with more of its trace, if it fails
//!  sim --twice              each seed twice: equal runs have equal digests
//!  sim --crashes N          a node is crashed at every operation of its disk, N times and twice
//!  sim --crashes N --seed S from this seed on
//!  sim --sweep N            files are damaged at every Nth place
//! ```
//! Always true: the first line of a failure is the command that repeats it.
//! Not here: what is played — `crates/sim/src/scenario.rs`; how to read a failure —
//! `docs/simulation.md`

use crate::args::Args;
use crate::tool::{self, Outcome, cargo};

/// Seconds of seeds in a run of `ci`.
const STEP_SECONDS: &str = "60";

/// Seconds of crashes in a run of `ci`.
const CRASH_SECONDS: &str = "30";

/// `cargo xtask sim`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let mut words = Vec::new();
    if let Some(recoveries) = args.option("--crashes") {
        words.extend(["crash", "--recoveries", &recoveries].map(str::to_owned));
        words.extend(
            args.option("--seed")
                .into_iter()
                .flat_map(|seed| ["--seed".to_owned(), seed]),
        );
        return play(&words);
    }
    if let Some(one_in) = args.option("--sweep") {
        return play(&["sweep", "--one-in", &one_in].map(str::to_owned));
    }
    for name in [
        "--seed",
        "--seeds",
        "--minutes",
        "--only",
        "--lines",
        "--bytes",
    ] {
        if let Some(value) = args.option(name) {
            words.extend([name.to_owned(), value]);
        }
    }
    words.extend(args.flag("--twice").then(|| "--twice".to_owned()));
    play(&words)
}

/// The step of `ci`.
pub(crate) fn step() -> Outcome {
    let seeds = play(&["--seconds", STEP_SECONDS, "--twice"].map(str::to_owned));
    let crashes = ["crash", "--seconds", CRASH_SECONDS].map(str::to_owned);
    seeds.and_then(|()| play(&crashes)).into()
}

fn play(words: &[String]) -> Result<(), String> {
    let mut command = cargo();
    // The profile of tests: every assertion is on, and a panic can be caught.
    command.args([
        "run",
        "--quiet",
        "--profile",
        "test",
        "-p",
        "russet-sim",
        "--",
    ]);
    tool::run(command.args(words))
}
