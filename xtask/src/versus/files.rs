//! Files: what it costs to write the data to a file under full load, and to load that file.
//!
//! ```text
//!   bgsave, aof-rewrite   3 s of writes ─► the command ─► writes go on until it has ended
//!   load, aof-load        a fresh server beside a copy of the files, until it answers
//! ```
//! The CPU of a save is all that the process and its children used, less what the writes of that
//! time use otherwise. `node` is the requests that a CPU second of the main thread serves during
//! the save, against before. `rss` is the growth of the resident memory, and what a child copied,
//! against the memory of the data. `ping` is the longest wait of a connection that asks once a
//! millisecond; the generator and the helpers share two CPUs with it. `turn` is the longest turn of
//! the loop by the clock of its thread, if the server was built with the feature `turns`.
//!
//! Always true: every server loads the files that the first one, ours, wrote.
//! Not here: appending — `workload.rs`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::load::beside;
use super::workload::{Fill, Listeners, Word, Workload};
use super::{Contestant, longest_turn_ms, median, run_on, start};
use crate::processes;
use crate::server::{Client, Server, encode, scratch_dir};
use crate::tool;

/// A kind of save.
struct Save {
    name: &'static str,
    loads: &'static str,
    command: &'static str,
    /// The field of INFO that is 1 while it runs, and that of its outcome.
    fields: (&'static str, &'static str),
    settings: &'static [&'static str],
}

const SAVES: [Save; 2] = [
    Save {
        name: "bgsave",
        loads: "load",
        command: "BGSAVE",
        fields: ("rdb_bgsave_in_progress:", "rdb_last_bgsave_status:ok"),
        settings: &[],
    },
    Save {
        name: "aof-rewrite",
        loads: "aof-load",
        command: "BGREWRITEAOF",
        fields: ("aof_rewrite_in_progress:", "aof_last_bgrewrite_status:ok"),
        settings: &["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"],
    },
];

/// The figures of a save or a load.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    time_s: f64,
    cpu_s: f64,
    node: f64,
    rss: f64,
    ping_ms: f64,
    turn_ms: f64,
}

/// Measures the chosen rows; returns our CPU against the best peer's.
pub(crate) fn measure(
    contestants: &[Contestant],
    chosen: &[String],
    (keys, rounds): (u64, usize),
) -> Result<Vec<(String, f64)>, String> {
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|other| other == name);
    run_on("0-1")?;
    println!(
        "{:<13}{:<10}{:>9}{:>9}{:>7}{:>8}{:>9}{:>9}",
        "row", "server", "time s", "CPU s", "node", "rss %", "ping ms", "turn ms"
    );
    let mut ratios = Vec::new();
    for save in &SAVES {
        if !is_chosen(save.name) && !is_chosen(save.loads) {
            continue;
        }
        let mut servers = Vec::new();
        for contestant in contestants {
            let server = start(contestant, save.settings)?;
            let data = fill(&server, keys)?;
            servers.push((server, data));
        }
        let mut samples = vec![Vec::new(); servers.len()];
        for _ in 0..rounds {
            for (samples, (server, data)) in samples.iter_mut().zip(&servers) {
                samples.push(measure_save(save, server, keys, *data)?);
            }
        }
        if is_chosen(save.name) {
            ratios.extend(print_rows(save.name, contestants, &samples));
        }
        if !is_chosen(save.loads) {
            continue;
        }
        let files = keep(save, servers)?;
        let mut samples = vec![Vec::new(); contestants.len()];
        for _ in 0..rounds {
            for (index, contestant) in contestants.iter().enumerate() {
                samples[index].push(measure_load(save, contestant, &files, keys)?);
            }
        }
        fs::remove_dir_all(files).map_err(|error| error.to_string())?;
        ratios.extend(print_rows(save.loads, contestants, &samples));
    }
    Ok(ratios)
}

/// Writes the keys; returns the memory that they take, in bytes.
fn fill(server: &Server, keys: u64) -> Result<u64, String> {
    let before = processes::resident_bytes(server.id());
    let mut client = server.connect()?;
    const STEP: u64 = 1_000;
    for first in (0..keys).step_by(STEP as usize) {
        let end = keys.min(first + STEP);
        let mut batch = Vec::new();
        for key in first..end {
            // Digits that compress no better than most data.
            let value = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let value = format!("{value:016x}{:016x}", value.rotate_left(29) ^ key);
            let key = format!("key:{key:012}");
            encode(&[b"SET", key.as_bytes(), value.as_bytes()], &mut batch);
        }
        client.send(&batch)?;
        client.receive((end - first) as usize)?;
    }
    Ok(processes::resident_bytes(server.id()).saturating_sub(before))
}

/// Requests and CPU time of a server so far.
#[derive(Clone, Copy)]
struct Used {
    at: Instant,
    requests: u64,
    all_ns: u64,
    main_ns: u64,
}

impl Used {
    fn now(server: &Server, requests: &AtomicU64) -> Self {
        let id = server.id();
        Self {
            at: Instant::now(),
            requests: requests.load(Ordering::Relaxed),
            all_ns: processes::cpu_ns(id) + processes::children_cpu_ns(id),
            main_ns: processes::main_cpu_ns(id),
        }
    }

    /// Requests, nanoseconds of all threads, and of the main thread since then.
    fn since(self, before: Self) -> (f64, f64, f64) {
        (
            (self.requests - before.requests) as f64,
            self.all_ns.saturating_sub(before.all_ns) as f64,
            self.main_ns.saturating_sub(before.main_ns) as f64,
        )
    }
}

fn measure_save(save: &Save, server: &Server, keys: u64, data: u64) -> Result<Figures, String> {
    let writes = Workload {
        name: save.name,
        requests: 0,
        connections: 20,
        pipeline: 16,
        command: &[Word::Is("SET"), Word::Key("key:"), Word::Value(32)],
        keys,
        fill: Fill::Nothing,
        listeners: Listeners::Nobody,
        is_of_user: false,
        settings: save.settings,
    };
    beside(server, &writes, |requests| {
        let mut client = server.connect()?;
        thread::sleep(Duration::from_millis(500));
        let before = Used::now(server, requests);
        thread::sleep(Duration::from_secs(3));
        let began = Used::now(server, requests);
        let rss_before = processes::resident_bytes(server.id());
        let mark = server.log().len();
        let (rss, ping_ms) = pinging(server, || {
            client.ask(&[save.command.as_bytes()])?;
            let mut rss = rss_before;
            while is_running(&mut client, save)? {
                rss = rss.max(processes::resident_bytes(server.id()));
                thread::sleep(Duration::from_millis(20));
            }
            Ok(rss)
        })?;
        let ended = Used::now(server, requests);
        let (requests, all, main) = began.since(before);
        let (usual, usual_node) = (all / requests, requests / main);
        let (requests, all, main) = ended.since(began);
        let extra = rss - rss_before + copied(&mut client)?;
        Ok(Figures {
            time_s: (ended.at - began.at).as_secs_f64(),
            cpu_s: (all - requests * usual) / 1e9,
            node: requests / main / usual_node,
            rss: 100.0 * extra as f64 / data as f64,
            ping_ms,
            turn_ms: longest_turn_ms(server, mark),
        })
    })
}

/// Runs `body` while a connection asks once a millisecond; adds its longest wait, in milliseconds.
fn pinging<T>(
    server: &Server,
    body: impl FnOnce() -> Result<T, String>,
) -> Result<(T, f64), String> {
    let mut client = server.connect()?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let is_over = &is_over;
        let prober = scope.spawn(move || {
            let mut longest = Duration::ZERO;
            while !is_over.load(Ordering::Relaxed) {
                let start = Instant::now();
                client.ask(&[b"PING"])?;
                let took = start.elapsed();
                longest = longest.max(took);
                thread::sleep(Duration::from_millis(1).saturating_sub(took));
            }
            Ok::<_, String>(longest)
        });
        let result = body();
        is_over.store(true, Ordering::Relaxed);
        let longest = prober
            .join()
            .unwrap_or_else(|_| Err("the prober panicked".to_owned()))?;
        Ok((result?, longest.as_secs_f64() * 1e3))
    })
}

fn info(client: &mut Client) -> Result<String, String> {
    let reply = client.ask(&[b"INFO", b"persistence"])?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

/// Whether the save still runs; an error if it failed.
fn is_running(client: &mut Client, save: &Save) -> Result<bool, String> {
    let text = info(client)?;
    let (runs, is_ok) = save.fields;
    let is_running = text
        .lines()
        .any(|line| line.strip_prefix(runs) == Some("1"));
    match is_running || text.contains(is_ok) {
        true => Ok(is_running),
        false => Err(format!("{} failed", save.command)),
    }
}

/// The memory that a child copied, in bytes: the larger figure of the two kinds of save.
fn copied(client: &mut Client) -> Result<u64, String> {
    let text = info(client)?;
    let fields = ["rdb_last_cow_size:", "aof_last_cow_size:"];
    let sizes = text.lines().filter_map(|line| {
        let number = fields.iter().find_map(|field| line.strip_prefix(field))?;
        number.trim().parse().ok()
    });
    Ok(sizes.max().unwrap_or(0))
}

/// Ends the servers and keeps what the first one wrote.
fn keep(save: &Save, servers: Vec<(Server, u64)>) -> Result<PathBuf, String> {
    let dir = scratch_dir(save.name)?;
    if let Some((ours, _)) = servers.first() {
        copy(ours.dir(), &dir)?;
    }
    Ok(dir)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from.join(".")).arg(to);
    tool::output(&mut copy).map(drop)
}

fn measure_load(
    save: &Save,
    contestant: &Contestant,
    files: &Path,
    keys: u64,
) -> Result<Figures, String> {
    let dir = scratch_dir(save.loads)?;
    copy(files, &dir)?;
    let path = dir.to_string_lossy().into_owned();
    let mut settings = save.settings.to_vec();
    settings.extend(["--dir", &path]);
    let began = Instant::now();
    let server = Server::start_with(&contestant.binary, Some("0-1"), &settings)?;
    let time_s = began.elapsed().as_secs_f64();
    let cpu_s = processes::cpu_ns(server.id()) as f64 / 1e9;
    let size = server.connect()?.ask(&[b"DBSIZE"])?;
    drop(server);
    fs::remove_dir_all(&dir).map_err(|error| error.to_string())?;
    if size != format!(":{keys}\r\n").as_bytes() {
        let size = String::from_utf8_lossy(&size).into_owned();
        return Err(format!("{} loaded {size}", contestant.name));
    }
    Ok(Figures {
        time_s,
        cpu_s,
        ..Figures::default()
    })
}

/// Prints a row for each server; returns our CPU against the best peer's.
fn print_rows(
    name: &str,
    contestants: &[Contestant],
    samples: &[Vec<Figures>],
) -> Option<(String, f64)> {
    let mut medians = Vec::new();
    for (contestant, samples) in contestants.iter().zip(samples) {
        let of = |field: fn(&Figures) -> f64| median(samples.iter().map(field).collect());
        let figures = Figures {
            time_s: of(|f| f.time_s),
            cpu_s: of(|f| f.cpu_s),
            node: of(|f| f.node),
            rss: of(|f| f.rss),
            ping_ms: of(|f| f.ping_ms),
            turn_ms: of(|f| f.turn_ms),
        };
        let Figures {
            time_s,
            cpu_s,
            node,
            rss,
            ping_ms,
            turn_ms,
        } = figures;
        println!(
            "{name:<13}{:<10}{time_s:>9.2}{cpu_s:>9.2}{node:>7.2}{rss:>8.1}{ping_ms:>9.1}{turn_ms:>9.2}",
            contestant.name
        );
        medians.push(figures);
    }
    let (ours, peers) = medians.split_first()?;
    let best = |field: fn(&Figures) -> f64| peers.iter().map(field).fold(f64::INFINITY, f64::min);
    if peers.is_empty() {
        return None;
    }
    let (time, cpu) = (
        ours.time_s / best(|f| f.time_s),
        ours.cpu_s / best(|f| f.cpu_s),
    );
    println!("{name:<13}{:<10}{time:>9.2}{cpu:>9.2}", "of best");
    Some((name.to_owned(), cpu))
}
