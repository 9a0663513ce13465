//! Settings beside those of real servers: names, defaults, accepted values, texts of refusals.
//!
//! ```text
//!  CONFIG GET *        names and defaults of both
//!  CONFIG SET, GET     a row of probes for each name, then the limits that the peer's errors name
//!  a file of one line  the same probes, for settings that are fixed at the start
//! ```
//! A file ends in a line that every server refuses, so that a start with it ends at once.
//!
//! Always true: a listed difference that is not found is an offence, too; no server listens on the
//! network.
//! Not here: differences that are meant — `settings/meant.rs`

mod dialogues;
mod meant;
mod peer;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::server::Server;
use crate::tool;
use meant::{HARMFUL, HIDDEN, MEANT};
use peer::Peer;

/// Values that every setting is tried with.
const PROBES: &[&str] = &[
    "",
    "abc",
    "yes",
    "Yes",
    "NO",
    "-1",
    "0",
    "00",
    "+1",
    "1",
    " 1",
    "1 ",
    "1.5",
    "7",
    "100",
    "1k",
    "1KB",
    "3mb",
    "1Gb",
    "1x",
    "10%",
    "101%",
    "-5%",
    "0x10",
    "'yes'",
    "\"1\"",
    "1 2",
    "1 2 3",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
];

/// Probes that a file is not tried with: each is a start of both servers.
const ONLY_AT_RUN_TIME: &[&str] = &[
    "00", "+1", "1.5", "7", "1Gb", "1x", "101%", "-5%", "0x10", "'yes'", "1 2 3",
];

/// The server of this machine.
pub(super) fn compare_installed(_: &Server) -> Result<(), String> {
    let ours = tool::server_binary(None)?;
    let theirs = tool::find("redis-server").ok_or("redis-server is not installed")?;
    compare(&ours, &theirs)
}

/// Compares all settings of two servers.
pub(super) fn compare(ours: &Path, theirs: &Path) -> Result<(), String> {
    let version = peer::version(theirs)?;
    let mut pair = Pair {
        ours: Peer::start(ours)?,
        theirs: Peer::start(theirs)?,
        binaries: [ours, theirs],
        found: BTreeSet::new(),
    };
    pair.compare()?;
    pair.compare_dialogues()?;
    let is_for = |peers: &str| peers.split(' ').any(|peer| version.starts_with(peer));
    let mut unused: Vec<String> = Vec::new();
    let mut left = pair.found;
    for row in MEANT.iter().filter(|row| is_for(row.peers)) {
        let before = left.len();
        left.retain(|line| !row.matches(line));
        // What one peer shows another may hide: a row for several need not be found by all.
        if left.len() == before && row.peers == version {
            unused.push(format!("not any more: {} {}", row.name, row.probe));
        }
    }
    let offences: Vec<String> = left
        .iter()
        .map(Line::to_string)
        .chain(unused)
        .map(|line| format!("  {line}"))
        .collect();
    match offences.is_empty() {
        true => Ok(()),
        false => Err(offences.join("\n")),
    }
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    name: String,
    /// The probe, or what else differs.
    probe: String,
    ours: String,
    theirs: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            name,
            probe,
            ours,
            theirs,
        } = self;
        match ours.contains('\n') || theirs.contains('\n') {
            true => write!(f, "{name} {probe}:\n{ours}\nnot\n{theirs}"),
            false => write!(f, "{name} {probe}: {ours}, not {theirs}"),
        }
    }
}

struct Pair<'p> {
    ours: Peer,
    theirs: Peer,
    binaries: [&'p Path; 2],
    found: BTreeSet<Line>,
}

impl Pair<'_> {
    fn compare(&mut self) -> Result<(), String> {
        let theirs = self.theirs.settings()?;
        let ours = self.ours.settings()?;
        let mut names: Vec<String> = Vec::new();
        for (name, default) in &theirs {
            let Some(here) = ours.get(name) else {
                self.note(name, "name", "unknown", "known");
                continue;
            };
            self.note(name, "default", here, default);
            names.push(name.clone());
        }
        names.extend(HIDDEN.iter().map(|name| (*name).to_owned()));
        for name in names {
            if self.theirs.value(&name)?.is_empty() && HIDDEN.contains(&name.as_str()) {
                continue;
            }
            self.probe(&name)?;
        }
        Ok(())
    }

    /// Several settings at once, and files that are written again.
    fn compare_dialogues(&mut self) -> Result<(), String> {
        let [ours, theirs] = self.binaries;
        let (mut one, mut other) = (Peer::start(ours)?, Peer::start(theirs)?);
        for (words, ours, theirs) in dialogues::differences(&mut one, &mut other)? {
            self.note(&words, "dialogue", &ours, &theirs);
        }
        for (name, ours, theirs) in dialogues::rewrites(ours, theirs)? {
            self.note(&name, "rewritten", &ours, &theirs);
        }
        Ok(())
    }

    /// Tries a setting with all values.
    fn probe(&mut self, name: &str) -> Result<(), String> {
        let mut probes: BTreeMap<String, ()> = BTreeMap::new();
        let mut queue: Vec<String> = PROBES.iter().map(|probe| (*probe).to_owned()).collect();
        let is_harmful = HARMFUL.contains(&name);
        let is_fixed = self.is_fixed(name)?;
        if is_fixed {
            queue.retain(|probe| !ONLY_AT_RUN_TIME.contains(&probe.as_str()));
        }
        while let Some(probe) = queue.pop() {
            if probes.insert(probe.clone(), ()).is_some() {
                continue;
            }
            // A harmful value is one that would be taken.
            if is_harmful && !matches!(probe.as_str(), "abc" | "-1" | "18446744073709551616") {
                continue;
            }
            let theirs = if is_fixed {
                let ours = peer::start_with(self.binaries[0], name, &probe)?;
                let theirs = peer::start_with(self.binaries[1], name, &probe)?;
                self.note(name, &format!("file {probe:?}"), &ours, &theirs);
                theirs
            } else {
                let ours = self.ours.set(name, &probe)?;
                let theirs = self.theirs.set(name, &probe)?;
                self.note(name, &format!("{probe:?}"), &ours, &theirs);
                theirs
            };
            queue.extend(limits(&theirs));
        }
        Ok(())
    }

    /// Whether the peer refuses every change.
    fn is_fixed(&mut self, name: &str) -> Result<bool, String> {
        let theirs = self.theirs.set(name, "abc")?;
        let ours = self.ours.set(name, "abc")?;
        let is_fixed = |reply: &str| reply.contains("immutable") || reply.contains("protected");
        if is_fixed(&ours) != is_fixed(&theirs) {
            self.note(name, "changes", &ours, &theirs);
        }
        Ok(is_fixed(&theirs) || is_fixed(&ours))
    }

    fn note(&mut self, name: &str, probe: &str, ours: &str, theirs: &str) {
        if !is_alike(ours, theirs) {
            self.found.insert(Line {
                name: name.to_owned(),
                probe: probe.to_owned(),
                ours: ours.to_owned(),
                theirs: theirs.to_owned(),
            });
        }
    }
}

/// Whether two answers say the same; of the names that a choice lists, ours may be more.
fn is_alike(ours: &str, theirs: &str) -> bool {
    let choice = "one of the following: ";
    match (ours.split_once(choice), theirs.split_once(choice)) {
        (Some((head, ours)), Some((other, theirs))) => {
            let ours: BTreeSet<&str> = ours.split(", ").collect();
            head == other && theirs.split(", ").all(|name| ours.contains(name))
        }
        _ => ours == theirs,
    }
}

/// More values to try: the limits that an error names with their neighbours, and names it lists.
fn limits(reply: &str) -> Vec<String> {
    if let Some((_, names)) = reply.split_once("one of the following: ") {
        let names = names.split(", ").map(str::trim);
        return names
            .flat_map(|name| [name.to_owned(), name.to_uppercase()])
            .collect();
    }
    let Some((_, range)) = reply.split_once("must be between ") else {
        return Vec::new();
    };
    let Some((min, max)) = range.split_once(" and ") else {
        return Vec::new();
    };
    let max = max.split(' ').next().unwrap_or_default();
    let numbers = [min.parse::<i128>(), max.parse::<i128>()];
    let numbers = numbers.into_iter().flatten();
    numbers
        .flat_map(|n| [n - 1, n, n + 1].map(|n| n.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::limits;

    #[test]
    fn the_limits_in_an_error_are_tried_with_their_neighbours() {
        let error = "ERR x - argument must be between 1 and 10 inclusive";
        assert_eq!(limits(error), ["0", "1", "2", "9", "10", "11"]);
        let error = "argument(s) must be one of the following: a, b";
        assert_eq!(limits(error), ["a", "A", "b", "B"]);
        assert!(limits("OK").is_empty());
    }
}
