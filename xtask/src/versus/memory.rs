//! Memory per key: the same data into a fresh server of each kind, and the growth of its memory.
//!
//! Not here: speed — `load.rs`

use crate::processes;
use crate::server::{Client, Server, encode};
use crate::versus::Contestant;

/// One kind of data.
struct DataSet {
    name: &'static str,
    value_len: usize,
    expires: bool,
}

const SETS: &[DataSet] = &[
    DataSet {
        name: "string3",
        value_len: 3,
        expires: false,
    },
    DataSet {
        name: "string16",
        value_len: 16,
        expires: false,
    },
    DataSet {
        name: "string64",
        value_len: 64,
        expires: false,
    },
    DataSet {
        name: "string16ttl",
        value_len: 16,
        expires: true,
    },
];

/// Loads every chosen data set into every server; returns our RSS against the leanest peer's.
pub(crate) fn measure(
    contestants: &[Contestant],
    chosen: &[String],
    keys: u64,
) -> Result<Vec<(String, f64)>, String> {
    print!("{:<13}", "data set");
    for contestant in contestants {
        print!(
            "{:>18}{:>10}",
            format!("{} rss/key", contestant.name),
            "used/key"
        );
    }
    println!("{:>10}{:>10}", "rss/best", "used/best");
    let mut ratios = Vec::new();
    for set in SETS
        .iter()
        .filter(|set| chosen.is_empty() || chosen.iter().any(|n| n == set.name))
    {
        print!("{:<13}", set.name);
        let mut rows = Vec::new();
        for contestant in contestants {
            let server = Server::start(&contestant.binary, None)?;
            let (rss, used) = growth(&server, set, keys)?;
            print!("{rss:>18.1}{used:>10.1}");
            rows.push((rss, used));
        }
        let peers = rows.get(1..).unwrap_or_default();
        if peers.is_empty() {
            println!();
            continue;
        }
        let best_rss = peers.iter().map(|row| row.0).fold(f64::INFINITY, f64::min);
        let best_used = peers.iter().map(|row| row.1).fold(f64::INFINITY, f64::min);
        println!(
            "{:>10.2}{:>10.2}",
            rows[0].0 / best_rss,
            rows[0].1 / best_used
        );
        ratios.push((set.name.to_owned(), rows[0].0 / best_rss));
    }
    Ok(ratios)
}

fn growth(server: &Server, set: &DataSet, keys: u64) -> Result<(f64, f64), String> {
    let mut client = server.connect()?;
    let before = (processes::resident_bytes(server.id()), used(&mut client)?);
    const STEP: usize = 500;
    for start in (0..keys).step_by(STEP) {
        let end = keys.min(start + STEP as u64);
        let mut batch = Vec::new();
        for key in start..end {
            let name = format!("key:{key:012}");
            let value = format!("{:01$}", key % 1_000, set.value_len);
            let words = [b"SET", name.as_bytes(), value.as_bytes(), b"EX", b"86400"];
            encode(if set.expires { &words } else { &words[..3] }, &mut batch);
        }
        client.send(&batch)?;
        client.receive((end - start) as usize)?;
    }
    let after = (processes::resident_bytes(server.id()), used(&mut client)?);
    let per_key = |before: u64, after: u64| after.saturating_sub(before) as f64 / keys as f64;
    Ok((per_key(before.0, after.0), per_key(before.1, after.1)))
}

/// The memory that the server itself reports; zero when it reports none.
fn used(client: &mut Client) -> Result<u64, String> {
    let reply = client.ask(&[b"INFO", b"memory"])?;
    let text = String::from_utf8_lossy(&reply);
    let field = text
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    Ok(field
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0))
}
