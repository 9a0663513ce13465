//! Random commands, or tables of cases, to our node and to a running server, with every difference
//! of their replies:
//!
//! ```text
//!  differ HOST:PORT [--resp 2|3] [--only NAME,…] [--shown N] [--commands N] [--seed S]
//!  differ HOST:PORT [--resp 2|3] [--only NAME,…] [--shown N] --tables [--thin N]
//!
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
mod findings;
mod generate;
mod harmless;
mod known;
mod peer;
mod rows;
mod tables;
mod words;

use std::collections::VecDeque;
use std::process::ExitCode;

use findings::{Findings, Verdict};
use generate::{Generator, Request};
use peer::Sides;
use rows::Command;
use russet_base::Rng;
use russet_resp::Value;

/// The number of commands that are sent at once.
const BATCH: usize = 50;
/// The number of batches after which the values of all keys are compared.
const BATCHES_PER_CHECK: usize = 8;
/// One check in this many is followed by FLUSHALL.
const CHECKS_PER_FLUSH: u64 = 6;
/// The number of earlier commands on the same keys that are shown with a difference.
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

/// The command line, parsed.
struct Asked {
    address: String,
    commands: usize,
    seed: u64,
    is_resp3: bool,
    only: Vec<String>,
    shown: usize,
    /// Whether every case of the tables is asked, instead of random commands.
    has_tables: bool,
    /// One case of the tables in this many is sent.
    thin: usize,
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
    let thin = number(option("--thin")?, 1)?.max(1) as usize;
    let only = option("--only")?.unwrap_or_default();
    let only = only.split(',').filter(|name| !name.is_empty());
    let only = only.map(str::to_uppercase).collect();
    let has_tables = words.iter().any(|word| word == "--tables");
    words.retain(|word| word != "--tables");
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
        has_tables,
        thin,
    })
}

/// Runs to the end and gives the number of differences that nothing explains.
fn differ() -> Result<usize, String> {
    let asked = asked()?;
    let mut sides = Sides::connect(&asked.address)?;
    let version = sides.theirs.version()?;
    let commands = rows::commands(&sides.theirs.commands()?, &asked.only)?;
    let mut findings = Findings::new(version, asked.shown);
    let sent = if asked.has_tables {
        tables::run(
            &commands,
            (asked.is_resp3, asked.thin),
            &mut sides,
            &mut findings,
        )?
    } else {
        random(commands, &asked, &mut sides, &mut findings)?
    };
    Ok(findings.close(&asked.address, sent))
}

/// Random commands; gives how many there were.
fn random(
    commands: Vec<Command>,
    asked: &Asked,
    sides: &mut Sides,
    findings: &mut Findings,
) -> Result<usize, String> {
    let generator = Generator::new(commands, &findings.version);
    let mut rng = Rng::new(asked.seed);
    for request in generator.opening(asked.is_resp3) {
        sides.ask(std::slice::from_ref(&request))?;
    }
    let mut history = VecDeque::new();
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
        let replies = sides.ask(&requests)?;
        let mut is_apart = false;
        for (request, (our, their)) in requests.iter().zip(&replies) {
            history.push_back(request.clone());
            let verdict = findings.judge(request, (our, their), || {
                related(request, (our, their), &history)
            });
            is_apart = verdict == Verdict::Apart;
            if is_apart {
                break;
            }
        }
        while history.len() > 2_000 {
            history.pop_front();
        }
        if is_apart {
            sides.ask(&generator.reset())?;
        }
    }
    Ok(sent)
}

/// The last commands on the keys of one.
fn related(
    request: &Request,
    (our, their): (&Value, &Value),
    history: &VecDeque<Request>,
) -> Vec<Request> {
    let mut keys = request.keys();
    if request.name == "KEYS" {
        keys.extend(missing(our, their).chain(missing(their, our)));
    }
    let related = history.iter().rev().skip(1);
    let related = related.filter(|earlier| earlier.keys().iter().any(|key| keys.contains(key)));
    let mut related: Vec<Request> = related.take(HISTORY).cloned().collect();
    related.reverse();
    related
}

/// The texts of a reply that another has not.
fn missing<'v>(value: &'v Value, other: &'v Value) -> impl Iterator<Item = &'v [u8]> {
    let others = other.as_elements().unwrap_or_default();
    let items = value.as_elements().unwrap_or_default().iter();
    let items = items.filter(move |item| !others.contains(item));
    items.filter_map(|item| item.as_bytes().map(|bytes| &**bytes))
}
