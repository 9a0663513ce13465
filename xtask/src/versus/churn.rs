//! Churn: memory after keys of many sizes came and went, and keys that expire while others come.
//!
//! ```text
//!   defrag   fill up to 2 M keys ─► delete 9 of 10 at random ─► ten times; then reads at once,
//!            and again once all is quiet; beside a fresh server with the keys that are left
//!   ttl      1.5 M keys with 1 to 60 s to live, 50,000 writes/s for a minute
//! ```
//! `rss` is the resident memory against that of the fresh server, `node` the reads that a CPU
//! second of the main thread serves right behind the last deletions, against those once all is
//! quiet.
//! `stale` is the largest share of keys that have expired and are still there, `cpu s` is all CPU
//! time of the server. `turn` is the longest turn of the loop by the clock of its thread, if the
//! server was built with the feature `turns`.
//!
//! Servers are asked for active defragmentation; builds without it refuse, and a line says so.
//!
//! Always true: every server sees the same requests in the same order.
//! Not here: memory of one kind of key — `memory.rs`

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::cache::Rng;
use super::{Contestant, longest_turn_ms, run_on, start};
use crate::processes;
use crate::server::{Client, Server, encode};

/// Requests that are sent together.
const BATCH: usize = 500;
/// Rounds of filling and deleting.
const ROUNDS: usize = 10;
/// How long a quiet server may take to give memory back.
const QUIET: Duration = Duration::from_secs(5);

/// The figures of one server.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    ratio: f64,
    /// Only of the row that compares reads.
    node: Option<f64>,
    cpu_s: f64,
    turn_ms: f64,
}

/// A row: its name, and how a server is measured.
type Row = (
    &'static str,
    fn(&Contestant, f64) -> Result<Figures, String>,
);

const ROWS: [Row; 2] = [("defrag", defrag), ("ttl", ttl)];

/// Measures the chosen rows; returns our CPU against the best peer's.
pub(crate) fn measure(
    contestants: &[Contestant],
    chosen: &[String],
    scale: f64,
) -> Result<Vec<(String, f64)>, String> {
    run_on("1")?;
    println!(
        "{:<8}{:<10}{:>13}{:>7}{:>9}{:>9}",
        "row", "server", "rss, stale %", "node", "CPU s", "turn ms"
    );
    let mut ratios = Vec::new();
    for (name, play) in ROWS {
        if !chosen.is_empty() && !chosen.iter().any(|other| other == name) {
            continue;
        }
        let mut cpu = Vec::new();
        for contestant in contestants {
            let figures = play(contestant, scale)?;
            let node = figures.node.map_or("-".into(), |node| format!("{node:.2}"));
            println!(
                "{name:<8}{:<10}{:>13.2}{:>7}{:>9.2}{:>9.2}",
                contestant.name, figures.ratio, node, figures.cpu_s, figures.turn_ms
            );
            cpu.push(figures.cpu_s);
        }
        let best = cpu[1..].iter().copied().fold(f64::INFINITY, f64::min);
        if best.is_finite() {
            ratios.push((name.to_owned(), cpu[0] / best));
        }
    }
    Ok(ratios)
}

/// Fills and deletes.
fn defrag(contestant: &Contestant, scale: f64) -> Result<Figures, String> {
    let count = (2_000_000.0 * scale) as usize;
    let server = start(contestant, &[])?;
    let mut client = server.connect()?;
    let asked = server
        .connect()?
        .ask(&[b"CONFIG", b"SET", b"activedefrag", b"yes"]);
    if asked.is_err() {
        println!("{}: activedefrag was refused", contestant.name);
    }
    let mark = server.log().len();
    let mut rng = Rng(7);
    let (mut keys, mut next) = (Vec::new(), 0_u64);
    for _ in 0..ROUNDS {
        let fresh: Vec<u64> = (next..).take(count - keys.len()).collect();
        next += fresh.len() as u64;
        write(&mut client, &fresh)?;
        keys.extend(fresh);
        let (kept, gone) = keys
            .into_iter()
            .partition(|_| rng.next().is_multiple_of(10));
        keys = kept;
        delete(&mut client, &gone)?;
    }
    let at_once = reads_per_second(&server, &mut client, &keys)?;
    thread::sleep(QUIET);
    let quiet = reads_per_second(&server, &mut client, &keys)?;
    let figures = Figures {
        ratio: processes::resident_bytes(server.id()) as f64,
        node: Some(at_once / quiet),
        cpu_s: processes::cpu_ns(server.id()) as f64 / 1e9,
        turn_ms: longest_turn_ms(&server, mark),
    };
    drop((client, server));
    let fresh = start(contestant, &[])?;
    write(&mut fresh.connect()?, &keys)?;
    thread::sleep(Duration::from_secs(1));
    let resident = processes::resident_bytes(fresh.id()) as f64;
    Ok(Figures {
        ratio: figures.ratio / resident,
        ..figures
    })
}

/// Reads of random keys that a CPU second of the main thread serves.
fn reads_per_second(server: &Server, client: &mut Client, keys: &[u64]) -> Result<f64, String> {
    let (mut rng, mut reads) = (Rng(11), 0);
    let before = processes::main_cpu_ns(server.id());
    for _ in 0..400 {
        let mut batch = Vec::new();
        for _ in 0..BATCH {
            let key = keys[(rng.next() % keys.len() as u64) as usize];
            encode(&[b"TYPE", name(key).as_bytes()], &mut batch);
        }
        client.send(&batch)?;
        client.receive(BATCH)?;
        reads += BATCH;
    }
    let ns = processes::main_cpu_ns(server.id()) - before;
    Ok(reads as f64 * 1e9 / ns.max(1) as f64)
}

/// Writes keys of many sizes, each always the same: seven of ten are strings.
fn write(client: &mut Client, keys: &[u64]) -> Result<(), String> {
    let value = vec![b'x'; 4096];
    for keys in keys.chunks(BATCH) {
        let mut batch = Vec::new();
        for &key in keys {
            let mut rng = Rng(key);
            let (kind, name) = (rng.next() % 10, name(key));
            // As many of 16 to 32 bytes as of 2 to 4 KiB.
            let len = (16_u64 << (rng.next() % 8)) as usize;
            let len = len + rng.next() as usize % len;
            let parts: Vec<String> = (0..20).map(|n| format!("{n}:{}", len + n)).collect();
            let parts = parts.iter().map(String::as_bytes);
            let collection = |verb: &'static [u8]| {
                let words = [verb, name.as_bytes()].into_iter();
                words.chain(parts).collect::<Vec<&[u8]>>()
            };
            let words = match kind {
                7 => collection(b"HSET"),
                8 => collection(b"RPUSH"),
                9 => collection(b"SADD"),
                _ => vec![b"SET", name.as_bytes(), &value[..len]],
            };
            encode(&words, &mut batch);
        }
        client.send(&batch)?;
        client.receive(keys.len())?;
    }
    Ok(())
}

fn delete(client: &mut Client, keys: &[u64]) -> Result<(), String> {
    for keys in keys.chunks(BATCH) {
        let mut batch = Vec::new();
        for &key in keys {
            encode(&[b"DEL", name(key).as_bytes()], &mut batch);
        }
        client.send(&batch)?;
        client.receive(keys.len())?;
    }
    Ok(())
}

fn name(key: u64) -> String {
    format!("key:{key:012}")
}

/// Writes keys that expire, at a steady rate.
fn ttl(contestant: &Contestant, scale: f64) -> Result<Figures, String> {
    const PER_SECOND: f64 = 50_000.0;
    /// Looks at the number of keys, ten a second.
    const LOOKS: u32 = 600;
    let count = (1_500_000.0 * scale) as u64;
    let per_look = (PER_SECOND * scale / 10.0) as u64;
    let server = start(contestant, &[])?;
    let mut client = server.connect()?;
    let (mut rng, mut next) = (Rng(3), 0);
    // How many keys expire in each millisecond to come.
    let mut due: BTreeMap<u64, u64> = BTreeMap::new();
    let mut set = |client: &mut Client, due: &mut BTreeMap<u64, u64>, keys: u64| {
        let mut batch = Vec::new();
        for _ in 0..keys {
            let at_ms = now_ms() + 1000 + rng.next() % 59_000;
            *due.entry(at_ms).or_default() += 1;
            let (key, at) = (name(next), at_ms.to_string());
            let words: [&[u8]; 5] = [b"SET", key.as_bytes(), &[b'x'; 16], b"PXAT", at.as_bytes()];
            encode(&words, &mut batch);
            next += 1;
        }
        client.send(&batch)?;
        client.receive(keys as usize)
    };
    for _ in 0..count.div_ceil(BATCH as u64) {
        set(&mut client, &mut due, BATCH as u64)?;
    }
    let (mark, begun) = (server.log().len(), Instant::now());
    let mut figures = Figures::default();
    for look in 1..=LOOKS {
        set(&mut client, &mut due, per_look)?;
        let end = begun + Duration::from_millis(100) * look;
        thread::sleep(end.saturating_duration_since(Instant::now()));
        due = due.split_off(&now_ms());
        let alive = due.values().sum::<u64>() as f64;
        let there = keys_of(&mut client)?;
        figures.ratio = figures.ratio.max((there - alive) / alive * 100.0);
    }
    figures.cpu_s = processes::cpu_ns(server.id()) as f64 / 1e9;
    figures.turn_ms = longest_turn_ms(&server, mark);
    Ok(figures)
}

/// The keys of the first database, with those that have expired and are still there.
fn keys_of(client: &mut Client) -> Result<f64, String> {
    let reply = client.ask(&[b"INFO", b"keyspace"])?;
    let text = String::from_utf8_lossy(&reply);
    let (_, rest) = text.split_once("db0:keys=").ok_or("no keys are left")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| text.into_owned())
}

/// The wall clock, in milliseconds.
fn now_ms() -> u64 {
    let since = SystemTime::UNIX_EPOCH.elapsed();
    since.map_or(0, |since| since.as_millis() as u64)
}
