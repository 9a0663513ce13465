//! Findings of a run: differences, counted by command, and printed as they are met.
//!
//! Always true: a difference that `known.rs` explains is counted and not printed.

use std::collections::BTreeMap;

use russet_resp::Value;

use crate::compare::{Difference, compare};
use crate::generate::Request;
use crate::known::explains;
use crate::words;

/// The number of differences that are printed for each command.
const TOLD: usize = 2;

/// Everything that was found so far.
pub(crate) struct Findings {
    pub(crate) version: String,
    /// How many differences of each command nothing explains.
    seen: BTreeMap<String, usize>,
    explained: usize,
    /// The number of commands whose differences are printed.
    shown: usize,
}

/// The verdict on two replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The same.
    Same,
    /// A known difference; the data is the same on both sides.
    Known,
    /// A difference that may leave different data on the two sides.
    Apart,
}

impl Findings {
    /// Nothing yet.
    pub(crate) fn new(version: String, shown: usize) -> Self {
        Self {
            version,
            seen: BTreeMap::new(),
            explained: 0,
            shown,
        }
    }

    /// Compares the replies to a command; commands before it explain a difference to a person.
    pub(crate) fn judge(
        &mut self,
        request: &Request,
        (our, their): (&Value, &Value),
        before: impl FnOnce() -> Vec<Request>,
    ) -> Verdict {
        let Some(difference) = compare(request, our, their, &self.version) else {
            let is_apart = request.name == "EXEC" && has_other_failures(our, their);
            return if is_apart {
                Verdict::Apart
            } else {
                Verdict::Same
            };
        };
        if !explains(request, our, their, &self.version) {
            let count = self.seen.entry(request.name.clone()).or_default();
            *count += 1;
            if *count <= TOLD && self.seen.len() <= self.shown {
                tell(request, (our, their), &difference, &before());
            }
            return Verdict::Apart;
        }
        self.explained += 1;
        // What only one side did leaves the two apart.
        if our.as_error().is_some() != their.as_error().is_some() {
            return Verdict::Apart;
        }
        Verdict::Known
    }

    /// Prints a summary of `sent` commands; returns the number of differences that nothing
    /// explains.
    pub(crate) fn close(&self, address: &str, sent: usize) -> usize {
        let unexplained: usize = self.seen.values().sum();
        for (name, count) in &self.seen {
            println!("{count:6} {name}");
        }
        println!(
            "{address} {}: {sent} commands, {unexplained} differences, {} more that are known",
            self.version, self.explained
        );
        unexplained
    }
}

/// Whether a command of a transaction failed on one side only.
fn has_other_failures(our: &Value, their: &Value) -> bool {
    let ours = our.as_elements().unwrap_or_default().iter();
    let mut both = ours.zip(their.as_elements().unwrap_or_default());
    both.any(|(our, their)| our.as_error().is_some() != their.as_error().is_some())
}

fn tell(
    request: &Request,
    (our, their): (&Value, &Value),
    difference: &Difference,
    before: &[Request],
) {
    println!("---- {}: {}", request.name, difference.0);
    for earlier in before {
        println!("     {}", earlier.shown());
    }
    println!("  => {}", request.shown());
    println!("     ours   {}", words::shown_value(our));
    println!("     theirs {}", words::shown_value(their));
}
