//! Queues: what a job of BullMQ costs a server, from being added to being completed.
//!
//! The program `e2e/node/cycle.mjs` does everything with scripts of EVALSHA: a row tells the jobs a
//! second, which the program bounds, and the server's CPU time of each.
//!
//! Always true: every server sees the same program and the same number of jobs.
//! Not here: whether the jobs were done right — `e2e/`

use std::process::Command;
use std::time::Instant;

use super::{Contestant, Figures, median_of, print_head, print_row, run_on, start};
use crate::server::Server;
use crate::{e2e, processes, tool};

/// Jobs of a round.
const JOBS: f64 = 10_000.0;

/// Measures all servers; returns our CPU against the best peer's.
pub(crate) fn measure(
    contestants: &[Contestant],
    (rounds, scale): (usize, f64),
) -> Result<Vec<(String, f64)>, String> {
    e2e::fetch_packages()?;
    run_on("1")?;
    print_head(contestants);
    let servers = contestants
        .iter()
        .map(|contestant| start(contestant, &[]))
        .collect::<Result<Vec<_>, _>>()?;
    let jobs = (JOBS * scale).max(1.0) as u64;
    let mut samples = vec![Vec::new(); servers.len()];
    for _ in 0..rounds {
        for (samples, server) in samples.iter_mut().zip(&servers) {
            samples.push(round(server, jobs)?);
        }
    }
    let name = "bullmq";
    let figures: Vec<Figures> = samples.iter().map(|samples| median_of(samples)).collect();
    let ratio = print_row(name, &figures);
    Ok(ratio
        .map(|ratio| (name.to_owned(), ratio))
        .into_iter()
        .collect())
}

fn round(server: &Server, jobs: u64) -> Result<Figures, String> {
    let mut program = Command::new("node");
    program.current_dir(e2e::node_dir()).arg("cycle.mjs");
    program.args([server.port.to_string(), jobs.to_string()]);
    let (before, start) = (processes::cpu_ns(server.id()), Instant::now());
    tool::output(&mut program)?;
    let spent = processes::cpu_ns(server.id()).saturating_sub(before);
    Ok(Figures {
        rate: jobs as f64 / start.elapsed().as_secs_f64(),
        cpu_us: spent as f64 / 1e3 / jobs as f64,
    })
}
