//! Plays seeds: `russet-sim [--seed N] [--seeds N] [--minutes M] [--only NAME] [--twice]`, or
//! crashes a node at every operation of its disk: `russet-sim crash [--seed N] [--recoveries N]
//! [--seconds N]`. `russet-sim sweep [--one-in N] [--only NAME]` damages files at every place.
//!
//! A failure shows the last things that happened, `--lines N` with `--bytes N` of each text.
//!
//! Always true: the first line of a failure is the command that repeats it.
//! Not here: what is played — `scenario.rs`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a tool: it reads its command line, watches the time and talks to its user"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use russet_sim::Record;
use russet_sim::crash::Tally;
use russet_sim::scenario::{SCENARIOS, play};

/// Seeds of a run that asks for nothing else.
const SEEDS: u64 = 1_000;

/// Recoveries of a run that asks for nothing else.
const RECOVERIES: u64 = 10_000;

/// Seeds between two lines that tell how far the crashes have come.
const TOLD_EVERY: u64 = 10;

/// Lines of a trace, unless more or fewer are asked for.
const LINES: usize = 200;

/// Bytes of each text in a trace, likewise.
const BYTES: usize = 100;

/// The wishes of the command line.
struct Asked {
    first: u64,
    seeds: Option<u64>,
    until: Option<Instant>,
    only: Option<String>,
    is_twice: bool,
    /// Lines of the trace of a failure.
    lines: usize,
    /// Bytes of each text in it.
    bytes: usize,
}

fn main() -> ExitCode {
    // A panic is reported below, behind the seed that repeats it, unless it ends the process.
    if cfg!(panic = "unwind") {
        std::panic::set_hook(Box::new(|_| {}));
    }
    match std::env::args().nth(1).as_deref() {
        Some("crash") => return crash(),
        Some("sweep") => return sweep(),
        _ => {}
    }
    let asked = match asked() {
        Ok(asked) => asked,
        Err(why) => {
            println!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let start = Instant::now();
    let mut seed = asked.first;
    loop {
        let played = seed - asked.first;
        let is_late = asked.until.is_some_and(|until| Instant::now() >= until);
        if is_late || asked.seeds.is_some_and(|seeds| played >= seeds) {
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{played} seeds from {} on, {seconds:.1} s: no complaint",
                asked.first
            );
            return ExitCode::SUCCESS;
        }
        if let Err(why) = judge(seed, &asked) {
            tell(seed, &asked, &why);
            return ExitCode::FAILURE;
        }
        seed += 1;
    }
}

/// Crashes a node as often as asked for, or for as long.
fn crash() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(2).collect();
    let (mut seed, mut recoveries, mut seconds) = (0, None, None);
    for pair in words.chunks(2) {
        match (&*pair[0], pair.get(1).and_then(|value| value.parse().ok())) {
            ("--seed", Some(number)) => seed = number,
            ("--recoveries", Some(number)) => recoveries = Some(number),
            ("--seconds", Some(number)) => seconds = Some(number),
            (word, _) => {
                println!("{word}: not known, or without a number");
                return ExitCode::FAILURE;
            }
        }
    }
    let recoveries = recoveries.unwrap_or(match seconds {
        Some(_) => u64::MAX,
        None => RECOVERIES,
    });
    let start = Instant::now();
    let until = seconds.map(|seconds| start + Duration::from_secs(seconds));
    let counts = |tally: &Tally| {
        let seconds = start.elapsed().as_secs_f64();
        format!(
            "{} recoveries, {} of them with a second restart, of {} seeds from {seed} on, \
             {seconds:.1} s",
            tally.first, tally.second, tally.workloads
        )
    };
    let ended = russet_sim::crash::run(seed, recoveries, &mut |tally| {
        if tally.workloads % TOLD_EVERY == 0 {
            println!("{}", counts(tally));
        }
        until.is_none_or(|until| Instant::now() < until)
    });
    match ended {
        Ok(tally) => {
            println!("{}: nothing lost", counts(&tally));
            ExitCode::SUCCESS
        }
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Sweeps over files, or over a share of each.
fn sweep() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(2).collect();
    let (mut one_in, mut only) = (1, "");
    for pair in words.chunks(2) {
        match pair {
            [word, number] if word == "--one-in" => one_in = number.parse().unwrap_or(1).max(1),
            [word, name] if word == "--only" => only = name,
            _ => {
                println!("{}: not known", words.join(" "));
                return ExitCode::FAILURE;
            }
        }
    }
    let start = Instant::now();
    let swept = russet_sim::sweep::run((one_in, only), &mut |line| {
        println!("{line}, {:.1} s", start.elapsed().as_secs_f64());
    });
    match swept {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Plays a seed, twice if asked for.
fn judge(seed: u64, asked: &Asked) -> Result<(), String> {
    let only = asked.only.as_deref();
    let digest = play(seed, only, Record::default())?;
    if asked.is_twice && play(seed, only, Record::default())? != digest {
        return Err("two runs of this seed differ".to_owned());
    }
    Ok(())
}

/// Tells a failure, with the end of its trace.
fn tell(seed: u64, asked: &Asked, why: &str) {
    let only = asked.only.as_ref();
    let only = only.map_or(String::new(), |name| format!(" --only {name}"));
    let twice = if asked.is_twice { " --twice" } else { "" };
    println!("cargo xtask sim --seed {seed}{only}{twice}");
    println!("{why}");
    let record = Record::with_trace(asked.lines, asked.bytes);
    let _ = play(seed, asked.only.as_deref(), record.clone());
    println!("\nthe last things that happened:");
    for line in record.trace() {
        println!("  {line}");
    }
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked {
        first: 0,
        seeds: None,
        until: None,
        only: None,
        is_twice: false,
        lines: LINES,
        bytes: BYTES,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--twice" {
            asked.is_twice = true;
            continue;
        }
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        let number = || {
            value
                .parse()
                .map_err(|_| format!("{word}: not a number: {value}"))
        };
        match &*word {
            "--seed" => {
                asked.first = number()?;
                asked.seeds = asked.seeds.or(Some(1));
            }
            "--seeds" => asked.seeds = Some(number()?),
            "--bytes" => asked.bytes = number()? as usize,
            "--lines" => asked.lines = number()? as usize,
            "--seconds" => asked.until = Some(Instant::now() + Duration::from_secs(number()?)),
            "--minutes" => asked.until = Some(Instant::now() + Duration::from_secs(60 * number()?)),
            "--only" if SCENARIOS.iter().any(|scenario| scenario.name == value) => {
                asked.only = Some(value);
            }
            _ => return Err(format!("{word} {value}: not known")),
        }
    }
    if asked.seeds.is_none() && asked.until.is_none() {
        asked.seeds = Some(SEEDS);
    }
    Ok(asked)
}
