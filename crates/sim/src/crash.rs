//! Crashes without a network: a node is crashed before every operation of its disk.
//!
//! The node is driven by calls, so a workload of 300 acts and all its restarts take a moment.
//! Jobs end at once here; how they mix with requests is what the scenario `persist` is for.
//!
//! Always true: equal seeds give equal runs.
//! Not here: the treatment of unsynced bytes by a crash — [`russet_io::CrashModel`]

mod course;
mod judge;
pub(crate) mod model;
pub(crate) mod promise;
pub(crate) mod server;
pub(crate) mod state;
pub(crate) mod workload;

use std::panic::{AssertUnwindSafe, catch_unwind};

use judge::Judge;
use promise::Policy;

/// Acts of a workload.
const ACTS: usize = 300;

/// Counts of restarts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Workloads that were begun.
    pub workloads: u64,
    /// Restarts after the first crash of a workload, each checked.
    pub first: u64,
    /// Restarts after a second one, each checked.
    pub second: u64,
    /// The number of recoveries, each with a second restart, after which to stop.
    limit: u64,
}

impl Tally {
    fn is_done(&self) -> bool {
        self.second >= self.limit
    }
}

/// Crashes workloads, one for each seed, until there were this many recoveries that were each
/// followed by a second restart. The counts so far are told after each workload; `false` ends it.
///
/// # Errors
/// Something was lost, or a start was refused: the command that repeats it, what, and after what.
pub fn run(
    first: u64,
    recoveries: u64,
    goes_on: &mut dyn FnMut(&Tally) -> bool,
) -> Result<Tally, String> {
    let mut tally = Tally {
        limit: recoveries,
        ..Tally::default()
    };
    let mut seed = first;
    while !tally.is_done() {
        tally.workloads += 1;
        let end = catch_unwind(AssertUnwindSafe(|| crash(seed, &mut tally)));
        let end = end.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err(text.unwrap_or_else(|| "it panicked".to_owned()))
        });
        end.map_err(|why| format!("cargo xtask sim --crashes {recoveries} --seed {seed}\n{why}"))?;
        if !goes_on(&tally) {
            break;
        }
        seed = seed.wrapping_add(1);
    }
    Ok(tally)
}

/// Crashes the workload of a seed.
fn crash(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let policy = Policy::ALL[seed as usize % Policy::ALL.len()];
    let mut judge = Judge::new(seed, policy, tally);
    match seed % 8 {
        0..4 => judge.run(ACTS),
        _ => judge.run_with_faults(ACTS),
    }
}
