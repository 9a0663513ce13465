//! Floods: how a client fares while others flood the server, and what that costs in memory.
//!
//! ```text
//!   1,000 that did not log in ask 64 times each 5 ms      1 asks for 1 MiB and reads nothing
//!   200 send 1 byte a second of a value of 1 MB           10,000 connect and say nothing
//!   1 ─ GET once a millisecond ─► its waiting time is the figure
//! ```
//! `rss` is the growth of the resident memory, `turn` the longest turn of the loop by the clock of
//! its thread, which a server built with the feature `turns` writes to its log.
//!
//! Always true: all floods run at once, for ten seconds, from CPU 1; the server has CPU 0.
//! Not here: load that every server should bear — `load.rs`

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Contestant, longest_turn_ms, median, run_on, start};
use crate::processes;
use crate::server::{Client, Server, encode};
use crate::tool;

const SETTINGS: &[&str] = &["--maxclients", "15000"];
const TIME: Duration = Duration::from_secs(10);

/// A flood goes on until it is told that it is over.
type Flood = fn(&Server, &AtomicBool) -> Result<(), String>;

#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    half_ms: f64,
    p99_ms: f64,
    longest_ms: f64,
    rss_mib: f64,
    turn_ms: f64,
}

/// Floods every server; returns our 99th percentile against the best peer's.
pub(super) fn measure(
    contestants: &[Contestant],
    rounds: usize,
) -> Result<Vec<(String, f64)>, String> {
    let own = std::process::id().to_string();
    tool::output(Command::new("prlimit").args(["--nofile=20000", "--pid", &own]))?;
    run_on("1")?;
    println!(
        "{:<13}{:<10}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "row", "server", "p50 ms", "p99 ms", "max ms", "rss MiB", "turn ms"
    );
    let mut samples = vec![Vec::new(); contestants.len()];
    for _ in 0..rounds {
        for (samples, contestant) in samples.iter_mut().zip(contestants) {
            samples.push(flood(&start(contestant, SETTINGS)?)?);
        }
    }
    let mut p99s = Vec::new();
    for (contestant, samples) in contestants.iter().zip(&samples) {
        let of = |field: fn(&Figures) -> f64| median(samples.iter().map(field).collect());
        println!(
            "{:<13}{:<10}{:>9.2}{:>9.2}{:>9.2}{:>9.1}{:>9.2}",
            "flood",
            contestant.name,
            of(|f| f.half_ms),
            of(|f| f.p99_ms),
            of(|f| f.longest_ms),
            of(|f| f.rss_mib),
            of(|f| f.turn_ms),
        );
        p99s.push(of(|f| f.p99_ms));
    }
    let best = p99s.iter().skip(1).copied().fold(f64::INFINITY, f64::min);
    Ok(match p99s.first() {
        Some(ours) if best.is_finite() => vec![("flood".to_owned(), ours / best)],
        _ => vec![],
    })
}

fn flood(server: &Server) -> Result<Figures, String> {
    let mut client = server.connect()?;
    client.ask(&[b"CONFIG", b"SET", b"requirepass", b"pw"])?;
    let big = vec![b'x'; 1 << 20];
    client.ask(&[b"SET", b"big", &big])?;
    let rss_before = processes::resident_bytes(server.id());
    let mark = server.log().len();
    let is_over = AtomicBool::new(false);
    let floods: [Flood; 4] = [strangers, reader, writers, connects];
    let (mut waits, peak) = thread::scope(|scope| {
        let is_over = &is_over;
        let floods = floods.map(|flood| scope.spawn(move || flood(server, is_over)));
        thread::sleep(Duration::from_secs(1));
        let asked = ask(&mut client, server);
        is_over.store(true, Ordering::Relaxed);
        for flood in floods {
            flood
                .join()
                .unwrap_or_else(|_| Err("a flood panicked".to_owned()))?;
        }
        asked
    })?;
    waits.sort_by(f64::total_cmp);
    let at = |part: f64| {
        let place = (waits.len() as f64 * part) as usize;
        waits.get(place.min(waits.len() - 1)).copied()
    };
    Ok(Figures {
        half_ms: at(0.5).unwrap_or(0.0),
        p99_ms: at(0.99).unwrap_or(0.0),
        longest_ms: at(1.0).unwrap_or(0.0),
        rss_mib: peak.saturating_sub(rss_before) as f64 / f64::from(1 << 20),
        turn_ms: longest_turn_ms(server, mark),
    })
}

/// The waiting times of a client, in milliseconds, and the most resident bytes meanwhile.
fn ask(client: &mut Client, server: &Server) -> Result<(Vec<f64>, u64), String> {
    let (began, mut waits, mut peak) = (Instant::now(), Vec::new(), 0);
    while began.elapsed() < TIME {
        let asked = Instant::now();
        client.ask(&[b"GET", b"nothing"])?;
        waits.push(asked.elapsed().as_secs_f64() * 1e3);
        if waits.len() % 50 == 0 {
            peak = peak.max(processes::resident_bytes(server.id()));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok((waits, peak))
}

/// A connection of a flood. Servers may close it as they like.
fn connect(server: &Server, is_logged_in: bool) -> Result<TcpStream, String> {
    let text = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).map_err(text)?;
    if is_logged_in {
        let mut auth = Vec::new();
        encode(&[b"AUTH", b"pw"], &mut auth);
        stream.write_all(&auth).map_err(text)?;
        stream.read_exact(&mut [0; 5]).map_err(text)?;
    }
    stream.set_nonblocking(true).map_err(text)?;
    Ok(stream)
}

fn until_over(is_over: &AtomicBool, pause: Duration, mut step: impl FnMut()) {
    while !is_over.load(Ordering::Relaxed) {
        step();
        thread::sleep(pause);
    }
}

fn strangers(server: &Server, is_over: &AtomicBool) -> Result<(), String> {
    let clients: Result<Vec<_>, _> = (0..1_000).map(|_| connect(server, false)).collect();
    let (mut clients, requests) = (clients?, b"GET somekey\r\n".repeat(64));
    until_over(is_over, Duration::from_millis(5), || {
        for client in &mut clients {
            let _full_or_closed = client.write(&requests);
        }
    });
    Ok(())
}

fn reader(server: &Server, is_over: &AtomicBool) -> Result<(), String> {
    let (mut client, requests) = (connect(server, true)?, b"GET big\r\n".repeat(4));
    until_over(is_over, Duration::from_millis(10), || {
        let _full_or_closed = client.write(&requests);
    });
    Ok(())
}

fn writers(server: &Server, is_over: &AtomicBool) -> Result<(), String> {
    let clients: Result<Vec<_>, _> = (0..200).map(|_| connect(server, true)).collect();
    let (mut clients, begun) = (clients?, b"*3\r\n$3\r\nSET\r\n$3\r\nabc\r\n$1000000\r\n");
    for client in &mut clients {
        let _full_or_closed = client.write(begun);
    }
    until_over(is_over, Duration::from_secs(1), || {
        for client in &mut clients {
            let _full_or_closed = client.write(b"x");
        }
    });
    Ok(())
}

fn connects(server: &Server, is_over: &AtomicBool) -> Result<(), String> {
    let mut clients = Vec::new();
    while !is_over.load(Ordering::Relaxed) && clients.len() < 10_000 {
        // A server that refuses is asked again.
        match connect(server, false) {
            Ok(client) => clients.push(client),
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
    until_over(is_over, Duration::from_millis(100), || {});
    Ok(())
}
