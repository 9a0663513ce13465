//! Random commands to our node and to a running server, with every difference of their replies:
//! `differ HOST:PORT [--commands N] [--seed S] [--resp 2|3] [--only NAME,…] [--shown N]`.
//!
//! ```text
//!  rows ─► syntax trees ─► commands over a few keys ─┬─► our node, in process ─┐
//!                                                    └─► the server ───────────┴─► compared
//! ```
//! Commands come from the tables, options and all, so a new row takes part by itself. Every so
//! often the values of all keys are compared as well. The server's data is flushed.
//!
//! Always true: the same seed gives the same commands; it fails if and only if there is a
//! difference that `known.rs` does not explain.
//! Not here: chosen cases with chosen replies — the reply scripts; starting a server — `cargo xtask
//! differ`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool: it talks to its user and to servers"
)]

mod compare;
mod generate;
mod known;
mod peer;
mod words;

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;

use compare::{Difference, compare};
use generate::{Generator, Request};
use peer::{Ours, Theirs};
use russet_base::Rng;
use russet_resp::Value;

/// How many commands are sent at once.
const BATCH: usize = 50;
/// After so many batches the values of all keys are compared.
const BATCHES_PER_CHECK: usize = 8;
/// One check in so many is followed by FLUSHALL.
const CHECKS_PER_FLUSH: u64 = 6;
/// So many earlier commands on the same keys are shown with a difference.
const HISTORY: usize = 12;

fn main() -> ExitCode {
    match differ() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("differ: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Asked {
    address: String,
    commands: usize,
    seed: u64,
    is_resp3: bool,
    only: Vec<String>,
    shown: usize,
}

fn asked() -> Result<Asked, String> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut option = |name: &str| -> Result<Option<String>, String> {
        let Some(at) = words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        if at + 1 == words.len() {
            return Err(format!("{name} wants a value"));
        }
        words.remove(at);
        Ok(Some(words.remove(at)))
    };
    let number = |text: Option<String>, default: u64| match text {
        Some(text) => text.parse().map_err(|_| format!("{text}: not a number")),
        None => Ok(default),
    };
    let commands = number(option("--commands")?, 100_000)? as usize;
    let seed = number(option("--seed")?, 1)?;
    let is_resp3 = number(option("--resp")?, 2)? == 3;
    let shown = number(option("--shown")?, 40)? as usize;
    let only = option("--only")?.unwrap_or_default();
    let only = only.split(',').filter(|name| !name.is_empty());
    let only = only.map(str::to_uppercase).collect();
    let [address] = words.as_slice() else {
        return Err("differ HOST:PORT [option value]…".to_owned());
    };
    Ok(Asked {
        address: address.clone(),
        commands,
        seed,
        is_resp3,
        only,
        shown,
    })
}

/// What was seen so far.
struct Findings {
    version: String,
    /// How many differences of each command nothing explains.
    seen: BTreeMap<String, usize>,
    explained: usize,
    history: VecDeque<Request>,
    /// So many commands are told of.
    shown: usize,
}

impl Findings {
    /// Compares the replies to some commands, up to the first after which the sides are apart; says
    /// whether they are.
    fn compare(&mut self, requests: &[Request], ours: &[Value], theirs: &[Value]) -> bool {
        for (request, (our, their)) in requests.iter().zip(ours.iter().zip(theirs)) {
            self.history.push_back(request.clone());
            let Some(difference) = compare(request, our, their, &self.version) else {
                if request.name == "EXEC" && has_other_failures(our, their) {
                    return true;
                }
                continue;
            };
            if !known::explains(request, our, their, &self.version) {
                let count = self.seen.entry(request.name.clone()).or_default();
                *count += 1;
                if *count <= 2 && self.seen.len() <= self.shown {
                    tell(request, our, their, &difference, &self.history);
                }
                return true;
            }
            self.explained += 1;
            // What only one side did leaves the two apart.
            if our.as_error().is_some() != their.as_error().is_some() {
                return true;
            }
        }
        while self.history.len() > 2_000 {
            self.history.pop_front();
        }
        false
    }
}

/// Runs to the end and gives the number of differences that nothing explains.
fn differ() -> Result<usize, String> {
    let asked = asked()?;
    let mut theirs = Theirs::connect(&asked.address)?;
    let mut ours = Ours::new();
    let version = theirs.version()?;
    let known_commands = theirs.commands()?;
    let mut generator = Generator::new(&version, &known_commands, &asked.only)?;
    let mut rng = Rng::new(asked.seed);
    for request in generator.opening(asked.is_resp3) {
        ours.ask(std::slice::from_ref(&request))?;
        theirs.ask(std::slice::from_ref(&request))?;
    }
    let mut findings = Findings {
        version,
        seen: BTreeMap::new(),
        explained: 0,
        history: VecDeque::new(),
        shown: asked.shown,
    };
    let (mut sent, mut batches) = (0, 0);
    while sent < asked.commands {
        batches += 1;
        let is_check = batches % (BATCHES_PER_CHECK + 1) == 0;
        let requests = if is_check {
            generator.check(rng.u64().is_multiple_of(CHECKS_PER_FLUSH))
        } else {
            (0..BATCH).flat_map(|_| generator.next(&mut rng)).collect()
        };
        sent += requests.len();
        let replies = (ours.ask(&requests)?, theirs.ask(&requests)?);
        if findings.compare(&requests, &replies.0, &replies.1) {
            let again = generator.reset();
            ours.ask(&again)?;
            theirs.ask(&again)?;
        }
    }
    let unexplained: usize = findings.seen.values().sum();
    for (name, count) in &findings.seen {
        println!("{count:6} {name}");
    }
    println!(
        "{} {}: {sent} commands, {unexplained} differences, {} more that are known",
        asked.address, findings.version, findings.explained
    );
    Ok(unexplained)
}

/// Whether a command of a transaction failed on one side only.
fn has_other_failures(our: &Value, their: &Value) -> bool {
    let ours = our.as_elements().unwrap_or_default().iter();
    let mut both = ours.zip(their.as_elements().unwrap_or_default());
    both.any(|(our, their)| our.as_error().is_some() != their.as_error().is_some())
}

fn tell(
    request: &Request,
    our: &Value,
    their: &Value,
    difference: &Difference,
    history: &VecDeque<Request>,
) {
    println!("---- {}: {}", request.name, difference.0);
    let mut keys = request.keys();
    if request.name == "KEYS" {
        keys.extend(missing(our, their).chain(missing(their, our)));
    }
    let related = history.iter().rev().skip(1);
    let related = related.filter(|earlier| earlier.keys().iter().any(|key| keys.contains(key)));
    let mut related: Vec<&Request> = related.take(HISTORY).collect();
    related.reverse();
    for earlier in related {
        println!("     {}", earlier.shown());
    }
    println!("  => {}", request.shown());
    println!("     ours   {}", words::shown_value(our));
    println!("     theirs {}", words::shown_value(their));
}

/// The texts of a reply that another has not.
fn missing<'v>(value: &'v Value, other: &'v Value) -> impl Iterator<Item = &'v [u8]> {
    let others = other.as_elements().unwrap_or_default();
    let items = value.as_elements().unwrap_or_default().iter();
    let items = items.filter(move |item| !others.contains(item));
    items.filter_map(|item| item.as_bytes().map(|bytes| &**bytes))
}
