//! Scripts: compiling a text, running it, and each of the machine's usual works.
//!
//! Elements are operations of a script: iterations of its loop.
//!
//! Always true: no server and no data, so `redis.call` is only the way to the host and back.
//! Not here: scripts on a node — `node.rs`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use russet_benches::script::{Machine, WORKS};

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("script/load");
    let text = WORKS[0].1;
    group.throughput(Throughput::Bytes(text.len() as u64));
    let mut machine = Machine::default();
    group.bench_function("short", |b| {
        b.iter(|| machine.load(black_box(text.as_bytes())));
    });
    group.finish();
}

fn run(c: &mut Criterion) {
    let mut group = c.benchmark_group("script/run");
    for (name, text, operations) in WORKS {
        let mut machine = Machine::default();
        let script = machine.load(text.as_bytes());
        group.throughput(Throughput::Elements(*operations as u64));
        group.bench_function(*name, |b| b.iter(|| machine.run(black_box(&script))));
    }
    group.finish();
}

criterion_group!(script, load, run);
criterion_main!(script);
