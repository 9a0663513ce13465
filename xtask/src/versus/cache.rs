//! A cache in front of a store: how many reads hit under eviction, and what they cost.
//!
//! ```text
//!   zipf    keys drawn by a Zipf distribution with exponent 0.99
//!   scan    the same, and every fourth batch reads keys that are never read again
//!   shift   the same as zipf, but other keys are popular after each eighth of the trace
//! ```
//! A batch of reads is sent, then one of writes for the keys that were missing. `hits` is the share
//! of reads that found their key in the second half of the trace. `at equal keys` is our share with
//! a limit that lets us keep as many keys as that peer. `over` is how far the memory in use was
//! above the limit at most.
//!
//! Always true: every server sees the same reads in the same order.
//! Not here: writes without reads — the row `evict-set-p16` of `workload.rs`

use super::{Contestant, run_on, start};
use crate::processes;
use crate::server::{Client, Server, encode};

/// The limit of memory, in bytes.
const LIMIT: u64 = 100 << 20;
/// How many keys there are.
const KEYS: usize = 2_000_000;
/// Reads of a batch.
const BATCH: usize = 64;

const TRACES: [&str; 3] = ["zipf", "scan", "shift"];
const POLICIES: [&str; 2] = ["lru", "lfu"];

/// The figures of one server.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    hits: f64,
    keys: f64,
    over: f64,
    cpu_us: f64,
}

/// Measures the chosen rows; returns our CPU against the best peer's.
pub(crate) fn measure(
    contestants: &[Contestant],
    chosen: &[String],
    scale: f64,
) -> Result<Vec<(String, f64)>, String> {
    run_on("1")?;
    println!(
        "{:<12}{:<10}{:>8}{:>15}{:>10}{:>8}{:>9}",
        "row", "server", "hits %", "at equal keys", "keys", "over %", "us/read"
    );
    let zipf = Zipf::new(KEYS);
    let reads = (4_000_000.0 * scale) as usize;
    let mut ratios = Vec::new();
    for policy in POLICIES {
        for trace in TRACES {
            let name = format!("{trace}-{policy}");
            if !chosen.is_empty() && !chosen.contains(&name) {
                continue;
            }
            let run = |contestant, limit| play(contestant, (policy, limit), trace, (&zipf, reads));
            let mut figures = Vec::new();
            for contestant in contestants {
                figures.push(run(contestant, LIMIT)?);
            }
            let ours = figures[0];
            for (contestant, theirs) in contestants.iter().zip(&figures) {
                let mut equal = ours.hits;
                if contestant.name != contestants[0].name {
                    let limit = LIMIT as f64 * theirs.keys / ours.keys;
                    equal = run(&contestants[0], limit as u64)?.hits;
                }
                println!(
                    "{name:<12}{:<10}{:>8.2}{:>15.2}{:>10}{:>8.2}{:>9.2}",
                    contestant.name, theirs.hits, equal, theirs.keys, theirs.over, theirs.cpu_us
                );
            }
            let best = figures[1..].iter().map(|peer| peer.cpu_us);
            let best = best.fold(f64::INFINITY, f64::min);
            if best.is_finite() {
                ratios.push((name, ours.cpu_us / best));
            }
        }
    }
    Ok(ratios)
}

/// Plays a trace to a server of its own.
fn play(
    contestant: &Contestant,
    (policy, limit): (&str, u64),
    trace: &str,
    (zipf, reads): (&Zipf, usize),
) -> Result<Figures, String> {
    let (limit_text, policy) = (limit.to_string(), format!("allkeys-{policy}"));
    let settings = ["--maxmemory", &limit_text, "--maxmemory-policy", &policy];
    let server = start(contestant, &settings)?;
    let mut client = server.connect()?;
    let mut rng = Rng(0x9E37_79B9_7F4A_7C15);
    let (mut hits, mut counted, mut most) = (0, 0, 0);
    let mut cpu_before = 0;
    let batches = reads / BATCH;
    for batch in 0..batches {
        if batch == batches / 2 {
            cpu_before = processes::cpu_ns(server.id());
        }
        let keys: Vec<usize> = (0..BATCH)
            .map(|n| key(trace, zipf, &mut rng, (batch, batches, n)))
            .collect();
        let missing = read(&mut client, &keys)?;
        write(&mut client, &missing)?;
        if batch >= batches / 2 {
            counted += BATCH;
            hits += BATCH - missing.len();
        }
        if batch % 1000 == 999 {
            most = most.max(info(&mut client, "used_memory:")?);
        }
    }
    let cpu_ns = processes::cpu_ns(server.id()).saturating_sub(cpu_before);
    Ok(Figures {
        hits: hits as f64 * 100.0 / counted.max(1) as f64,
        keys: keys_of(&server)?,
        over: (most as f64 / limit as f64 - 1.0) * 100.0,
        cpu_us: cpu_ns as f64 / 1e3 / counted.max(1) as f64,
    })
}

/// The key of a read.
fn key(
    trace: &str,
    zipf: &Zipf,
    rng: &mut Rng,
    (batch, batches, n): (usize, usize, usize),
) -> usize {
    let rank = zipf.draw(rng);
    match trace {
        "scan" if batch % 4 == 3 => KEYS + batch * BATCH + n,
        "shift" => scattered(rank) + batch * 8 / batches * (KEYS / 8),
        _ => scattered(rank),
    }
}

/// Keys that are about as popular do not stand together.
fn scattered(rank: usize) -> usize {
    // A number without a common factor with the number of keys.
    rank * 766_243 % KEYS
}

/// Reads keys; returns those that were missing.
fn read(client: &mut Client, keys: &[usize]) -> Result<Vec<usize>, String> {
    let mut batch = Vec::new();
    for key in keys {
        encode(&[b"GET", name(*key).as_bytes()], &mut batch);
    }
    client.send(&batch)?;
    let replies = client.replies(keys.len())?;
    let mut rest = &replies[..];
    let mut missing = Vec::new();
    for key in keys {
        let end = rest.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or("a reply without its end")? + 1;
        let head = std::str::from_utf8(&rest[1..end - 2]).map_err(|error| error.to_string())?;
        let len: i64 = head.parse().map_err(|_| format!("a reply {head}"))?;
        match usize::try_from(len) {
            Ok(len) => rest = rest.get(end + len + 2..).ok_or("a reply was cut")?,
            Err(_) => {
                missing.push(*key);
                rest = &rest[end..];
            }
        }
    }
    Ok(missing)
}

/// Writes a value for each key, of a length that is always the same for that key.
fn write(client: &mut Client, keys: &[usize]) -> Result<(), String> {
    if keys.is_empty() {
        return Ok(());
    }
    let (mut batch, value) = (Vec::new(), [b'x'; 256]);
    for &key in keys {
        let len = 64 + key * 31 % 192;
        encode(&[b"SET", name(key).as_bytes(), &value[..len]], &mut batch);
    }
    client.send(&batch)?;
    client.receive(keys.len())
}

fn name(key: usize) -> String {
    format!("key:{key:012}")
}

/// A number of INFO.
fn info(client: &mut Client, field: &str) -> Result<u64, String> {
    let reply = client.ask(&[b"INFO", b"everything"])?;
    let text = String::from_utf8_lossy(&reply);
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(field));
    let value = value.ok_or_else(|| format!("INFO has no {field}"))?;
    value.trim().parse().map_err(|_| format!("{field}{value}"))
}

fn keys_of(server: &Server) -> Result<f64, String> {
    let reply = server.connect()?.ask(&[b"DBSIZE"])?;
    let text = String::from_utf8_lossy(&reply);
    text.trim_start_matches(':')
        .trim()
        .parse()
        .map_err(|_| format!("DBSIZE: {text}"))
}

/// Chance.
#[derive(Debug)]
pub(super) struct Rng(pub(super) u64);

impl Rng {
    /// 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Ranks by a Zipf distribution.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(count: usize) -> Self {
        let mut sum = 0.0;
        let sums = (1..=count).map(|rank| {
            sum += (rank as f64).powf(-0.99);
            sum
        });
        Self(sums.collect())
    }

    fn draw(&self, rng: &mut Rng) -> usize {
        let unit = (rng.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let at = unit * self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|&sum| sum < at)
    }
}
