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
mod server;
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

/// Crashes workloads until there were this many recoveries that were each followed by a second
/// restart.
///
/// # Errors
/// Something was lost, or a start was refused: what, and after what.
pub fn run(seed: u64, recoveries: u64) -> Result<Tally, String> {
    run_from(0, seed, recoveries)
}

/// The same, from the workload of this number on.
///
/// # Errors
/// As above.
pub fn run_from(first: u64, seed: u64, recoveries: u64) -> Result<Tally, String> {
    let mut tally = Tally {
        limit: recoveries,
        ..Tally::default()
    };
    let mut number = first;
    while !tally.is_done() {
        let policy = Policy::ALL[number as usize % Policy::ALL.len()];
        let has_faults = number % 8 >= 4;
        let seed_of = seed.wrapping_add(number);
        tally.workloads += 1;
        let end = catch_unwind(AssertUnwindSafe(|| {
            let mut judge = Judge::new(seed_of, policy, &mut tally);
            match has_faults {
                true => judge.run_with_faults(ACTS),
                false => judge.run(ACTS),
            }
        }));
        let end = end.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err(text.unwrap_or_else(|| "it panicked".to_owned()))
        });
        end.map_err(|why| format!("workload {number} of seed {seed}: {why}"))?;
        number += 1;
    }
    Ok(tally)
}
