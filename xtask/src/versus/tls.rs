//! TLS: requests over connections that stay, and connections that only shake hands.
//!
//! The generators are programs of others, redis-benchmark and `openssl s_time`, so that this tool
//! needs no TLS of its own. All servers have the same certificate, and ask clients for none.
//!
//! Always true: what connecting takes is in the figures; keep `--scale` at 1 for requests.
//! Not here: requests without TLS — `load.rs`

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::workload::Fill;
use super::{Contestant, Figures, longest_turn_ms, median, print_head, print_row};
use crate::certificates;
use crate::processes;
use crate::server::{Server, free_port, scratch_dir};
use crate::tool;

/// The load of a row.
#[derive(Debug, Clone, Copy)]
enum Load {
    /// GET, that many at scale 1, by 50 connections with this pipeline.
    Requests(f64, u32),
    /// New connections one after the other for some seconds.
    Handshakes(u32),
}

/// A row: its name, the certificate of the servers, and the load.
type Row = (&'static str, &'static str, Load);

const ROWS: &[Row] = &[
    ("tls-get-p1", "p256", Load::Requests(150_000.0, 1)),
    ("tls-get-p16", "p256", Load::Requests(1_500_000.0, 16)),
    ("tls-handshakes", "p256", Load::Handshakes(3)),
    ("tls-handshakes-rsa", "server", Load::Handshakes(3)),
];

/// A server that listens for TLS on a port.
struct Encrypted {
    server: Server,
    port: u16,
    /// The size of its log when it was ready.
    mark: usize,
}

/// Measures every chosen row; returns our CPU against the best peer's.
pub(super) fn measure(
    contestants: &[Contestant],
    chosen: &[String],
    (rounds, scale): (usize, f64),
) -> Result<Vec<(String, f64)>, String> {
    let dir = scratch_dir("certificates")?;
    let measured = certificates::make(&dir).and_then(|()| {
        print_head(contestants);
        let mut ratios = Vec::new();
        for (name, certificate, load) in ROWS {
            if !chosen.is_empty() && !chosen.iter().any(|other| other == name) {
                continue;
            }
            let servers = contestants
                .iter()
                .map(|contestant| start(contestant, &dir, certificate))
                .collect::<Result<Vec<_>, _>>()?;
            let mut samples = vec![Vec::new(); servers.len()];
            for _ in 0..rounds {
                for (samples, server) in samples.iter_mut().zip(&servers) {
                    samples.push(run(server, *load, scale, &dir)?);
                }
            }
            let figures: Vec<Figures> = samples.iter().map(|samples| middle(samples)).collect();
            let turns = servers
                .iter()
                .map(|one| longest_turn_ms(&one.server, one.mark));
            let turn_ms = turns.fold(0.0, f64::max);
            ratios.extend(print_row(name, &figures).map(|ratio| ((*name).to_owned(), ratio)));
            if turn_ms > 0.0 {
                println!("{:<17}{turn_ms:>14.2} ms was the longest turn", "");
            }
        }
        Ok(ratios)
    });
    let _removed = std::fs::remove_dir_all(&dir);
    measured
}

fn start(contestant: &Contestant, dir: &Path, certificate: &str) -> Result<Encrypted, String> {
    let port = free_port()?;
    let mut options = certificates::options(dir, certificate, port);
    options.extend(["--tls-auth-clients".to_owned(), "no".to_owned()]);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = super::start(contestant, &options)?;
    Fill::Small.load(&mut server.connect()?)?;
    let mark = server.log().len();
    Ok(Encrypted { server, port, mark })
}

fn middle(samples: &[Figures]) -> Figures {
    Figures {
        rate: median(samples.iter().map(|sample| sample.rate).collect()),
        cpu_us: median(samples.iter().map(|sample| sample.cpu_us).collect()),
    }
}

fn run(server: &Encrypted, load: Load, scale: f64, dir: &Path) -> Result<Figures, String> {
    let before = processes::cpu_ns(server.server.id());
    let start = Instant::now();
    let count = match load {
        Load::Requests(count, pipeline) => requests(server.port, count * scale, pipeline, dir)?,
        Load::Handshakes(seconds) => handshakes(server.port, seconds)?,
    };
    let elapsed = start.elapsed();
    let cpu_ns = processes::cpu_ns(server.server.id()) - before;
    Ok(Figures {
        rate: count / elapsed.as_secs_f64(),
        cpu_us: cpu_ns as f64 / 1e3 / count,
    })
}

fn requests(port: u16, count: f64, pipeline: u32, dir: &Path) -> Result<f64, String> {
    let count = count.max(1.0).round();
    let mut command = Command::new("taskset");
    command
        .args(["-c", "1", "redis-benchmark", "--tls", "--cacert"])
        .arg(dir.join("ca.crt"))
        .args(["-p", &port.to_string(), "-t", "get", "-c", "50", "-q"])
        .args(["-r", "1000000", "-P", &pipeline.to_string()])
        .args(["-n", &count.to_string()]);
    tool::output(&mut command).map(|_| count)
}

fn handshakes(port: u16, seconds: u32) -> Result<f64, String> {
    let mut command = Command::new("taskset");
    let address = format!("127.0.0.1:{port}");
    command
        .args(["-c", "1", "openssl", "s_time", "-new", "-connect", &address])
        .args(["-time", &seconds.to_string()]);
    let text = tool::output(&mut command)?;
    let line = text.lines().find(|line| line.contains("real seconds"));
    let count = line.and_then(|line| line.split(' ').next()?.parse().ok());
    count.ok_or_else(|| format!("openssl s_time says nothing of connections: {text}"))
}
