//! Scenarios: plays in a world, each with the promises that must hold.
//!
//! Each scenario is a row of [`SCENARIOS`]. It takes a seed and panics when a promise is broken.
//!
//! Always true: a scenario draws all its chance from its seed.

mod backup;
mod blocking;
mod crowd;
mod fence;
mod migrate;
mod persist;
mod rewrite;
mod scripts;
mod server;
mod small;

use std::panic::{AssertUnwindSafe, catch_unwind};

use russet_base::Rng;

use crate::play::Play;
use crate::record::Record;

/// A scenario.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its course and its promises.
    pub does: &'static str,
    /// Plays it.
    pub play: fn(&mut Play),
}

/// All scenarios, alphabetical.
#[rustfmt::skip]
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "backup", does: "backups of a node that crashes: a sealed one holds all up to its seal", play: backup::backup },
    Scenario { name: "blocking", does: "elements that clients wait for: each heard once, in order, none lost", play: blocking::blocking },
    Scenario { name: "crowd", does: "clients with random requests: replies in number, memory within limits", play: crowd::crowd },
    Scenario { name: "dialer", does: "a service that dials peers, services and nobody: one answer a line", play: small::dialer },
    Scenario { name: "echo", does: "lines come back in order, whole or cut off by an end", play: small::echo },
    Scenario { name: "errands", does: "jobs of all kinds end once each, in any order", play: small::errands },
    Scenario { name: "fence", does: "replies that wait for the journal do not leave before it", play: fence::fence },
    Scenario { name: "ledger", does: "an answered line is on the disk", play: small::ledger },
    Scenario { name: "migrate", does: "MIGRATE between two nodes: each key on one or both, whole", play: migrate::migrate },
    Scenario { name: "persist", does: "a node that crashes, starts and crashes again: nothing acknowledged is lost", play: persist::persist },
    Scenario { name: "rewrite", does: "CONFIG REWRITE on a disk that fails: the file is whole", play: rewrite::rewrite },
    Scenario { name: "scripts", does: "reply scripts: replies equal, or a prefix up to a reset", play: scripts::scripts },
];

/// The end of one seed: a digest, or why it failed.
pub type Verdict = Result<u64, String>;

/// Plays a seed: its own scenario, or the one named.
pub fn play(seed: u64, name: Option<&str>, record: Record) -> Verdict {
    let mut rng = Rng::new(seed);
    let drawn = rng.index(SCENARIOS.len());
    let named = SCENARIOS
        .iter()
        .find(|scenario| Some(scenario.name) == name);
    let scenario = named.unwrap_or(&SCENARIOS[drawn]);
    record.note(format_args!("scenario {}", scenario.name));
    let mut play = Play {
        rng,
        record: record.clone(),
    };
    let end = catch_unwind(AssertUnwindSafe(|| (scenario.play)(&mut play)));
    match end {
        Ok(()) => Ok(record.digest()),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
            let why = text.unwrap_or_else(|| "it panicked".to_owned());
            Err(format!("{}: {why}", scenario.name))
        }
    }
}
