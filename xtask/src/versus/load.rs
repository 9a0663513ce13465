//! The load: a few threads, each with its share of the connections.
//!
//! A thread sends a batch on each of its connections, then reads the replies of each. While one
//! thread waits, another keeps the server busy.
//!
//! Not here: what is sent — `workload.rs`

use std::thread;
use std::time::{Duration, Instant};

use crate::server::{Client, Server};
use crate::versus::workload::{Batch, Chance, Workload};

const THREADS: usize = 2;

/// The result of one round.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
}

/// Runs one round of a workload.
pub(crate) fn run(
    server: &Server,
    workload: &Workload,
    scale: f64,
    round: u64,
) -> Result<Run, String> {
    let pipeline = workload.pipeline as u64;
    let wanted = (workload.requests as f64 * scale) as u64;
    let turns = (wanted / (pipeline * workload.connections as u64)).max(1);
    let share = workload.connections.div_ceil(THREADS);
    let mut shares = Vec::new();
    for thread in 0..THREADS {
        let count = share.min(workload.connections.saturating_sub(thread * share));
        let clients = (0..count)
            .map(|_| server.connect())
            .collect::<Result<Vec<_>, _>>()?;
        shares.push((clients, Chance::new(round * 1_000 + thread as u64 + 1)));
    }
    let start = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = shares
            .into_iter()
            .map(|(clients, chance)| scope.spawn(move || work(clients, chance, workload, turns)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a load thread panicked".to_owned()))
        })
    })?;
    let requests = turns * pipeline * workload.connections as u64;
    Ok(Run {
        requests,
        elapsed: start.elapsed(),
    })
}

fn work(
    mut clients: Vec<Client>,
    mut chance: Chance,
    workload: &Workload,
    turns: u64,
) -> Result<(), String> {
    let mut batch = Batch::new(workload.command, workload.pipeline);
    for _ in 0..turns {
        for client in &mut clients {
            batch.shuffle(&mut chance, workload.keys);
            client.send(&batch.bytes)?;
        }
        for client in &mut clients {
            client.receive(workload.pipeline)?;
        }
    }
    Ok(())
}
