//! The key space alone: look-ups, writes, growth, SCAN, snapshots and memory.
//!
//! Criterion times the operations. Figures that it cannot give are printed first: the worst insert
//! while growing, the pause of a snapshot, writes while a snapshot is walked, and resident bytes
//! per key. A plain `hashbrown` map of boxed keys and values stands beside it.
//!
//! `RUSSET_BENCH_KEYS` sets the number of keys: 200,000 unless it is set. The project's targets
//! are for 10,000,000 and, for look-ups, 4,000,000.

#![expect(
    clippy::print_stdout,
    reason = "pauses and memory are printed, as criterion has no place"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use russet_base::Rng;
use russet_engine::{Keyspace, Options, Touch};

type Plain = hashbrown::HashMap<Box<[u8]>, Box<[u8]>, ahash::RandomState>;

const NOW: i64 = 1_700_000_000_000;
const VALUE: [u8; 16] = [b'v'; 16];
/// Look-ups of one measured batch.
const BATCH: usize = 16;

fn key_count() -> u64 {
    let set = std::env::var("RUSSET_BENCH_KEYS").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(200_000)
}

/// Sixteen bytes, different for each number, without divisions that would be measured too.
fn key(n: u64) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    for (at, byte) in key[4..].iter_mut().rev().enumerate() {
        *byte = b'a' + (n >> (4 * at) & 15) as u8;
    }
    key
}

fn keyspace() -> Keyspace {
    let mut keyspace = Keyspace::new(Options {
        databases: 1,
        seed: 1,
        ..Options::default()
    });
    keyspace.freeze(NOW);
    keyspace
}

fn filled(count: u64) -> Keyspace {
    let mut keyspace = keyspace();
    for n in 0..count {
        keyspace.db(0).set(&key(n), &VALUE, None);
    }
    keyspace
}

fn plain(count: u64) -> Plain {
    let mut map = Plain::with_hasher(ahash::RandomState::with_seeds(1, 2, 3, 4));
    map.extend((0..count).map(|n| (key(n).into(), VALUE.into())));
    map
}

/// Bytes of this process that are resident.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

fn report_memory(count: u64) {
    println!("resident bytes per key, {count} keys of 16 bytes (not comparable between runs):");
    for (len, is_timed) in [(3, false), (16, false), (64, false), (16, true)] {
        let (mut keyspace, mut rng) = (keyspace(), Rng::new(1));
        let (before, value) = (resident(), vec![b'v'; len]);
        for n in 0..count {
            let deadline = is_timed.then(|| NOW + 1 + rng.below(3_600_000) as i64);
            keyspace.db(0).set(&key(n), &value, deadline);
        }
        let per_key = |bytes: u64| bytes as f64 / count as f64;
        println!(
            "  {len:2} byte values{}: {:.1} resident, {:.1} weighed",
            if is_timed { " with deadlines" } else { "" },
            per_key(resident().saturating_sub(before)),
            per_key(keyspace.weight()),
        );
    }
    let before = resident();
    let map = black_box(plain(count));
    println!(
        "  16 byte values, hashbrown: {:.1}",
        (resident() - before) as f64 / map.len() as f64
    );
}

/// The slowest calls, and the quantiles below.
fn report_latency(name: &str, mut spans: Vec<Duration>) {
    spans.sort_unstable();
    let at = |share: f64| spans[((spans.len() - 1) as f64 * share) as usize];
    println!(
        "  {name}: p50 {:?} p99 {:?} p99.9 {:?} p99.99 {:?} worst {:?}",
        at(0.5),
        at(0.99),
        at(0.999),
        at(0.9999),
        at(1.0)
    );
}

fn timed(mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    call();
    start.elapsed()
}

fn report_growth(count: u64) {
    println!("single inserts, growing from nothing to {count} keys:");
    let mut keyspace = keyspace();
    let mut db = keyspace.db(0);
    let spans = (0..count)
        .map(|n| timed(|| db.set(&key(n), &VALUE, None)))
        .collect();
    report_latency("russet", spans);
    let mut map = plain(0);
    let insert = |n| timed(|| drop(map.insert(key(n).into(), VALUE.into())));
    report_latency("hashbrown", (0..count).map(insert).collect());
}

fn overwrites(keyspace: &mut Keyspace, rng: &mut Rng, count: u64) -> Vec<Duration> {
    let mut db = keyspace.db(0);
    (0..200_000)
        .map(|_| {
            let key = key(rng.below(count));
            timed(|| db.set(&key, &VALUE, None))
        })
        .collect()
}

fn report_snapshot(count: u64) {
    println!("snapshot of {count} keys:");
    let (mut keyspace, mut rng) = (filled(count), Rng::new(3));
    report_latency(
        "overwrites before",
        overwrites(&mut keyspace, &mut rng, count),
    );
    let pauses = (0..10)
        .map(|_| timed(|| drop(keyspace.snapshot())))
        .collect();
    report_latency("pause", pauses);
    let mut walk = keyspace.snapshot().into_walk();
    let walker = std::thread::spawn(move || {
        let (start, mut bytes) = (Instant::now(), 0);
        while let Some(item) = walk.next() {
            bytes += item.key.len();
        }
        (start.elapsed(), bytes)
    });
    let during = overwrites(&mut keyspace, &mut rng, count);
    let limbo = keyspace.limbo_len();
    if let Ok((span, bytes)) = walker.join() {
        println!("  walk of {} keys: {span:?}", bytes / 16);
    }
    report_latency("overwrites meanwhile", during);
    let freeing = timed(|| while keyspace.housekeep(1000) {});
    println!("  {limbo} replaced cells and segments freed in {freeing:?}");
}

fn bench_look_ups(c: &mut Criterion, count: u64) {
    let (mut keyspace, map) = (filled(count), plain(count));
    let mut db = keyspace.db(0);
    let mut group = c.benchmark_group("engine");
    for (name, shift) in [("hit", 0), ("miss", count)] {
        let mut rng = Rng::new(2);
        group.throughput(Throughput::Elements(1));
        group.bench_function(name, |b| {
            b.iter(|| {
                db.read(&key(shift + rng.below(count)), Touch::Yes)
                    .is_some()
            });
        });
        group.bench_function(format!("{name}, hashbrown"), |b| {
            b.iter(|| map.get(&key(shift + rng.below(count))[..]).is_some());
        });
        group.throughput(Throughput::Elements(BATCH as u64));
        group.bench_function(format!("{name}, prefetched in batches of 16"), |b| {
            b.iter(|| {
                let keys: [_; BATCH] = std::array::from_fn(|_| key(shift + rng.below(count)));
                let hints = keys.map(|key| db.prefetch(&key));
                hints.iter().for_each(|&hint| db.prefetch_bucket(hint));
                hints.iter().for_each(|&hint| db.prefetch_entry(hint));
                let found = keys.iter().zip(hints);
                found
                    .filter(|(key, hint)| db.read((*hint, key), Touch::Yes).is_some())
                    .count()
            });
        });
    }
    group.finish();
}

fn bench_writes(c: &mut Criterion, count: u64) {
    let mut keyspace = filled(count);
    let mut db = keyspace.db(0);
    let mut rng = Rng::new(2);
    let mut group = c.benchmark_group("engine");
    group.throughput(Throughput::Elements(1));
    group.bench_function("overwrite", |b| {
        b.iter(|| db.set(&key(rng.below(count)), &VALUE, None));
    });
    group.bench_function("overwrite with another size", |b| {
        let mut n = 0;
        b.iter(|| {
            n += 1;
            db.set(&key(rng.below(count)), &VALUE[..n % 3 * 8], None);
        });
    });
    group.bench_function("overwrite with a deadline", |b| {
        let mut at = NOW;
        b.iter(|| {
            at += 1;
            db.set(&key(rng.below(count)), &VALUE, Some(at + 3_600_000));
        });
    });
    group.bench_function("increment", |b| {
        b.iter(|| db.incr_by(b"counter", 1));
    });
    group.bench_function("delete and insert", |b| {
        b.iter(|| {
            let key = key(rng.below(count));
            db.remove(&key);
            db.set(&key, &VALUE, None);
        });
    });
    group.finish();
}

fn bench_growth(c: &mut Criterion) {
    const COUNT: u64 = 20_000;
    let mut group = c.benchmark_group("engine");
    group.throughput(Throughput::Elements(COUNT));
    group.sample_size(10);
    group.bench_function("insert from nothing", |b| b.iter(|| filled(COUNT)));
    group.bench_function("insert from nothing, hashbrown", |b| {
        b.iter(|| plain(COUNT))
    });
    group.bench_function("delete to nothing", |b| {
        b.iter_batched(
            || filled(COUNT),
            |mut keyspace| {
                for n in 0..COUNT {
                    keyspace.db(0).remove(&key(n));
                }
                keyspace
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn bench_walks(c: &mut Criterion, count: u64) {
    let mut keyspace = filled(count);
    let mut group = c.benchmark_group("engine");
    group.bench_function("SCAN step of 10", |b| {
        let mut cursor = 0;
        b.iter(|| {
            cursor = keyspace
                .db(0)
                .scan(cursor, 10, &mut |key| _ = black_box(key))
        });
    });
    group.bench_function("random key", |b| {
        b.iter(|| black_box(keyspace.db(0).random_key().is_some()));
    });
    group.bench_function("snapshot taken and dropped", |b| {
        b.iter(|| keyspace.snapshot())
    });
    group.finish();
}

fn main() {
    let count = key_count();
    // `cargo test --benches` only asks whether it runs.
    let is_measured = std::env::args().any(|arg| arg == "--bench");
    if is_measured {
        // First, while the heap is fresh: clearing up what another report freed takes the general
        // allocator tens of milliseconds, which would be told of one insert here.
        report_growth(count);
        report_memory(count);
        report_snapshot(count);
    }
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args();
    let count = if is_measured { count } else { 1000 };
    bench_look_ups(&mut criterion, count);
    bench_writes(&mut criterion, count);
    bench_growth(&mut criterion);
    bench_walks(&mut criterion, count);
    criterion.final_summary();
}
