//! The load: a few threads, each with its share of the connections.
//!
//! A thread sends a batch on each of its connections, then reads the replies of each. While one
//! thread waits, another keeps the server busy.
//!
//! Not here: what is sent — `workload.rs`

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::processes;
use crate::server::{Client, Server};
use crate::versus::workload::{Batch, Chance, Workload, log_in};

const THREADS: usize = 2;

/// The result of one round.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// CPU of the server, without what connecting took, in nanoseconds.
    pub(crate) cpu_ns: u64,
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
    let mut shares = shares(server, workload, round)?;
    if let Some((_, listeners, _)) = shares.first_mut() {
        *listeners = workload.listeners.connect(server)?;
    }
    let before = processes::cpu_ns(server.id());
    let start = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || work(share, workload, |turn| turn < turns)))
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
        cpu_ns: processes::cpu_ns(server.id()).saturating_sub(before),
    })
}

/// The connections of a thread, those that hear all that it sends, and its chance.
type Share = (Vec<Client>, Vec<Client>, Chance);

fn shares(server: &Server, workload: &Workload, round: u64) -> Result<Vec<Share>, String> {
    let share = workload.connections.div_ceil(THREADS);
    let mut shares = Vec::new();
    for thread in 0..THREADS {
        let count = share.min(workload.connections.saturating_sub(thread * share));
        let mut clients = (0..count)
            .map(|_| server.connect())
            .collect::<Result<Vec<_>, _>>()?;
        log_in(workload, &mut clients)?;
        let chance = Chance::new(round * 1_000 + thread as u64 + 1);
        shares.push((clients, Vec::new(), chance));
    }
    Ok(shares)
}

/// Runs a workload while `body` runs, which is given the number of requests so far.
pub(crate) fn beside<T>(
    server: &Server,
    workload: &Workload,
    body: impl FnOnce(&AtomicU64) -> Result<T, String>,
) -> Result<T, String> {
    let (requests, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let shares = shares(server, workload, 0)?;
    thread::scope(|scope| {
        let threads: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let (requests, is_over) = (&requests, &is_over);
                let batches = share.0.len() * workload.pipeline;
                scope.spawn(move || {
                    work(share, workload, |turn| {
                        if turn > 0 {
                            requests.fetch_add(batches as u64, Ordering::Relaxed);
                        }
                        !is_over.load(Ordering::Relaxed)
                    })
                })
            })
            .collect();
        let result = body(&requests);
        is_over.store(true, Ordering::Relaxed);
        for thread in threads {
            thread
                .join()
                .unwrap_or_else(|_| Err("a load thread panicked".to_owned()))?;
        }
        result
    })
}

fn work(
    (mut clients, mut listeners, mut chance): Share,
    workload: &Workload,
    goes_on: impl Fn(u64) -> bool,
) -> Result<(), String> {
    let mut batch = Batch::new(workload.command, workload.pipeline);
    let mut turn = 0;
    while goes_on(turn) {
        turn += 1;
        for client in &mut clients {
            batch.shuffle(&mut chance, workload.keys);
            client.send(&batch.bytes)?;
        }
        for client in &mut clients {
            client.receive(workload.pipeline)?;
        }
        for listener in &mut listeners {
            listener.receive(clients.len() * workload.pipeline)?;
        }
    }
    Ok(())
}
