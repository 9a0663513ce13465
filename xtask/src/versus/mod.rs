//! `cargo xtask versus`: our server and its peers side by side, in one run.
//!
//! ```text
//!   CPU 0   one server at a time under load, the others idle
//!   CPU 1   the generator: threads that write a batch per connection, then read its replies
//!   rounds  A B C · A B C · A B C   so that a busy neighbour meets all of them
//! ```
//! Requests/s is bound by the generator; the figure to trust is server CPU per request, from the
//! scheduler's own account. Ratios are to the best peer: below 1 is better for CPU and memory,
//! above 1 for requests/s.
//!
//! Always true: medians over the rounds; every reply is counted and an error reply ends the run.
//! The main thread has CPU 0 for itself; threads beside it run where they may, and count.
//! Not here: benches without sockets — `bench.rs`, `instructions.rs`

mod cache;
mod churn;
mod files;
mod flood;
mod load;
mod memory;
mod queue;
mod tls;
mod workload;

use std::path::PathBuf;
use std::process::Command;

use crate::args::Args;
use crate::server::Server;
use crate::tool;
use workload::{Fill, WORKLOADS, Workload};

/// A server binary with the name it has in the table; the first is ours.
#[derive(Debug)]
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) binary: PathBuf,
}

/// The command line, parsed.
#[derive(Debug)]
struct Plan {
    contestants: Vec<Contestant>,
    chosen: Vec<String>,
    rounds: usize,
    scale: f64,
    /// Bars such as `get-p16<=0.65`: CPU, or memory, against the best peer.
    required: Vec<(String, f64)>,
}

/// `cargo xtask versus`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let mut contestants = vec![];
    let ours = args.option("--server");
    for peer in args.options("--peer") {
        let (name, path) = peer.split_once('=').ok_or("--peer is NAME=BIN")?;
        let binary = tool::server_binary(Some(path.to_owned()))?;
        contestants.push(Contestant {
            name: name.to_owned(),
            binary,
        });
    }
    let required = args.options("--require");
    let required = required
        .iter()
        .map(|text| bar(text))
        .collect::<Result<Vec<_>, _>>()?;
    let chosen = args.option("--workloads").unwrap_or_default();
    let mut chosen: Vec<String> = chosen
        .split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if chosen.is_empty() {
        chosen.extend(required.iter().map(|(name, _)| name.clone()));
    }
    let is_memory = args.flag("--memory");
    let is_files = args.flag("--files");
    let is_tls = args.flag("--tls");
    let is_flood = args.flag("--flood");
    let is_cache = args.flag("--cache");
    let is_churn = args.flag("--churn");
    let is_queue = args.flag("--queue");
    let rounds = args.number("--rounds", 3_usize)?.max(1);
    let scale = args.number("--scale", 1.0_f64)?;
    let keys = args.number("--keys", 1_000_000_u64)?;
    let ours = Contestant {
        name: "russet".to_owned(),
        binary: tool::server_binary(ours)?,
    };
    contestants.insert(0, ours);
    let plan = Plan {
        contestants,
        chosen,
        rounds,
        scale,
        required,
    };
    let ratios = match (is_memory, is_files) {
        (true, _) => memory::measure(&plan.contestants, &plan.chosen, keys)?,
        (_, true) => files::measure(&plan.contestants, &plan.chosen, (keys, rounds))?,
        _ if is_cache => cache::measure(&plan.contestants, &plan.chosen, scale)?,
        _ if is_churn => churn::measure(&plan.contestants, &plan.chosen, scale)?,
        _ if is_queue => queue::measure(&plan.contestants, (rounds, scale))?,
        _ if is_flood => flood::measure(&plan.contestants, rounds)?,
        _ if is_tls => tls::measure(&plan.contestants, &plan.chosen, (rounds, scale))?,
        _ => speed(&plan)?,
    };
    judge(&plan.required, &ratios)
}

fn bar(text: &str) -> Result<(String, f64), String> {
    let (name, limit) = text.split_once("<=").ok_or("--require is NAME<=RATIO")?;
    let limit = limit
        .parse()
        .map_err(|_| format!("--require {text}: not a number"))?;
    Ok((name.to_owned(), limit))
}

fn judge(required: &[(String, f64)], ratios: &[(String, f64)]) -> Result<(), String> {
    let short: Vec<String> = required
        .iter()
        .filter_map(
            |(name, limit)| match ratios.iter().find(|(other, _)| other == name) {
                Some((_, ratio)) if ratio <= limit => None,
                Some((_, ratio)) => Some(format!("{name} {ratio:.2} > {limit}")),
                None => Some(format!("{name} was not measured against a peer")),
            },
        )
        .collect();
    if short.is_empty() {
        Ok(())
    } else {
        Err(format!("short of the bar: {}", short.join("; ")))
    }
}

/// Median requests/s and CPU microseconds per request of one server.
#[derive(Debug, Clone, Copy)]
struct Figures {
    rate: f64,
    cpu_us: f64,
}

fn speed(plan: &Plan) -> Result<Vec<(String, f64)>, String> {
    let workloads = chosen(&plan.chosen)?;
    // Threads inherit it; the servers are pinned elsewhere when they start.
    run_on("1")?;
    print_head(&plan.contestants);
    let (mut servers, mut settings) = (Vec::new(), None);
    let mut filled = Vec::new();
    let mut ratios = Vec::new();
    for workload in workloads {
        if settings != Some(workload.settings) {
            settings = Some(workload.settings);
            filled.clear();
            servers.clear();
            for contestant in &plan.contestants {
                servers.push(start(contestant, workload.settings)?);
            }
        }
        if workload.fill != Fill::Nothing && !filled.contains(&workload.fill) {
            for server in &servers {
                workload.fill.load(&mut server.connect()?)?;
            }
            filled.push(workload.fill);
        }
        let figures = rounds(plan, workload, &servers)?;
        if let Some(ratio) = print_row(workload.name, &figures) {
            ratios.push((workload.name.to_owned(), ratio));
        }
    }
    Ok(ratios)
}

/// Keeps the generator, with all threads that it starts, to these CPUs.
fn run_on(cpus: &str) -> Result<(), String> {
    let own = std::process::id().to_string();
    tool::output(Command::new("taskset").args(["-a", "-p", "-c", cpus, &own])).map(drop)
}

/// A server whose main thread has a CPU of its own, while its others run where they may.
fn start(contestant: &Contestant, settings: &[&str]) -> Result<Server, String> {
    let server = Server::start_with(&contestant.binary, Some("0-1"), settings)?;
    let id = server.id().to_string();
    tool::output(Command::new("taskset").args(["-p", "-c", "0", &id]))?;
    Ok(server)
}

/// The longest turn that the log behind a place tells of, in milliseconds: 0 if it tells of none,
/// as of peers and usual builds.
fn longest_turn_ms(server: &Server, mark: usize) -> f64 {
    let log = server.log();
    let turns = log.get(mark..).unwrap_or_default().lines();
    let us = turns.filter_map(|line| {
        let (_, text) = line.split_once("A turn of the loop used ")?;
        text.strip_suffix(" us")?.parse::<f64>().ok()
    });
    us.fold(0.0, f64::max) / 1e3
}

fn chosen(names: &[String]) -> Result<Vec<&'static Workload>, String> {
    let find = |name: &String| {
        let found = WORKLOADS.iter().find(|workload| workload.name == name);
        found.ok_or_else(|| format!("no workload {name}"))
    };
    match names.is_empty() {
        true => Ok(WORKLOADS.iter().collect()),
        false => names.iter().map(find).collect(),
    }
}

fn rounds(plan: &Plan, workload: &Workload, servers: &[Server]) -> Result<Vec<Figures>, String> {
    let mut samples = vec![Vec::new(); servers.len()];
    for round in 0..plan.rounds {
        for (samples, server) in samples.iter_mut().zip(servers) {
            let run = load::run(server, workload, plan.scale, round as u64)?;
            let requests = run.requests as f64;
            samples.push(Figures {
                rate: requests / run.elapsed.as_secs_f64(),
                cpu_us: run.cpu_ns as f64 / 1e3 / requests,
            });
        }
    }
    Ok(samples.iter().map(|samples| median_of(samples)).collect())
}

/// The median of each figure.
fn median_of(samples: &[Figures]) -> Figures {
    Figures {
        rate: median(samples.iter().map(|s| s.rate).collect()),
        cpu_us: median(samples.iter().map(|s| s.cpu_us).collect()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn print_head(contestants: &[Contestant]) {
    print!("{:<17}", "workload");
    for contestant in contestants {
        print!("{:>14}{:>8}", format!("{} rps", contestant.name), "us/req");
    }
    println!("{:>10}{:>10}", "rps/best", "cpu/best");
}

/// Prints a row; returns our CPU against the best peer's.
fn print_row(name: &str, figures: &[Figures]) -> Option<f64> {
    print!("{name:<17}");
    for figure in figures {
        print!("{:>14.0}{:>8.2}", figure.rate, figure.cpu_us);
    }
    let ratios = figures
        .split_first()
        .filter(|(_, peers)| !peers.is_empty())
        .map(|(ours, peers)| {
            let best_rate = peers.iter().map(|peer| peer.rate).fold(0.0, f64::max);
            let best_cpu = peers
                .iter()
                .map(|peer| peer.cpu_us)
                .fold(f64::INFINITY, f64::min);
            (ours.rate / best_rate, ours.cpu_us / best_cpu)
        });
    match ratios {
        Some((rate, cpu)) => println!("{rate:>10.2}{cpu:>10.2}"),
        None => println!(),
    }
    ratios.map(|(_, cpu)| cpu)
}

#[cfg(test)]
mod tests {
    use super::{bar, chosen, judge, median};

    #[test]
    fn bars_hold_or_name_what_is_short() {
        let required = [bar("get-p16<=0.65").expect("it is a bar")];
        assert!(judge(&required, &[("get-p16".to_owned(), 0.6)]).is_ok());
        assert!(judge(&required, &[("get-p16".to_owned(), 0.7)]).is_err());
        assert!(judge(&required, &[]).is_err());
        assert!(bar("get-p16>=1").is_err());
    }

    #[test]
    fn medians_and_names_are_found() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(chosen(&["get-p16".to_owned()]).is_ok());
        assert!(chosen(&["nothing".to_owned()]).is_err());
    }
}
