//! Packed collections: walking, searching, making; compression and checksums.
//!
//! Entries are elements a second; bytes a second where size is the point.
//!
//! Always true: nothing that only reads allocates.
//! Not here: whole values — `node.rs`

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use russet_benches::{integers, keys, noise};
use russet_pack::intset::{self, Intset};
use russet_pack::listpack::{Builder, Entry, Listpack};
use russet_pack::{crc64, lzf};

const COUNT: usize = 128;

/// A listpack of keys and one of integers.
fn lists() -> [(&'static str, Vec<u8>); 2] {
    let mut texts = Builder::new();
    keys(COUNT).iter().for_each(|key| texts.push(key));
    let mut numbers = Builder::new();
    integers(COUNT)
        .into_iter()
        .for_each(|n| numbers.push_int(n));
    [("texts", texts.finish()), ("integers", numbers.finish())]
}

fn walk(c: &mut Criterion) {
    let mut group = c.benchmark_group("pack/walk");
    group.throughput(Throughput::Elements(COUNT as u64));
    let weight = |entry: Entry<'_>| match entry {
        Entry::Int(n) => n as usize,
        Entry::Str(text) => text.len(),
    };
    for (name, bytes) in lists() {
        group.bench_function(BenchmarkId::new("forward", name), |b| {
            b.iter(|| {
                let list = Listpack::new(black_box(&bytes));
                list.iter().map(weight).fold(0, usize::wrapping_add)
            });
        });
        group.bench_function(BenchmarkId::new("back", name), |b| {
            b.iter(|| {
                let list = Listpack::new(black_box(&bytes));
                list.iter().rev().map(weight).fold(0, usize::wrapping_add)
            });
        });
        group.bench_function(BenchmarkId::new("validate", name), |b| {
            b.iter(|| Listpack::validate(black_box(&bytes)).is_ok());
        });
    }
    group.finish();
}

/// The last of all entries, and of every other one, as a field of a hash is.
fn find(c: &mut Criterion) {
    let mut group = c.benchmark_group("pack/find");
    for (name, bytes) in lists() {
        let list = Listpack::new(&bytes);
        let last = list
            .iter()
            .next_back()
            .map(|entry| entry.to_vec())
            .unwrap_or_default();
        let field = list
            .iter()
            .nth(COUNT - 2)
            .map(|entry| entry.to_vec())
            .unwrap_or_default();
        group.throughput(Throughput::Elements(COUNT as u64));
        group.bench_function(BenchmarkId::new("member", name), |b| {
            b.iter(|| list.find(black_box(&last), 0));
        });
        group.throughput(Throughput::Elements(COUNT as u64 / 2));
        group.bench_function(BenchmarkId::new("field", name), |b| {
            b.iter(|| list.find(black_box(&field), 1));
        });
        group.throughput(Throughput::Elements(COUNT as u64 / 2));
        group.bench_function(BenchmarkId::new("seek", name), |b| {
            b.iter(|| list.seek(black_box(COUNT as i64 / 2)));
        });
    }
    let mut sorted = integers(512);
    sorted.sort_unstable();
    sorted.dedup();
    let bytes = intset::from_sorted(&sorted);
    group.throughput(Throughput::Elements(sorted.len() as u64));
    group.bench_function("intset", |b| {
        let set = Intset::new(&bytes);
        b.iter(|| {
            sorted
                .iter()
                .filter(|&&n| set.contains(black_box(n)))
                .count()
        });
    });
    group.finish();
}

fn make(c: &mut Criterion) {
    let mut group = c.benchmark_group("pack/make");
    group.throughput(Throughput::Elements(COUNT as u64));
    let keys = keys(COUNT);
    let numbers: Vec<String> = integers(COUNT).iter().map(i64::to_string).collect();
    group.bench_function("texts", |b| {
        b.iter(|| {
            let mut builder = Builder::with_capacity(4096);
            keys.iter().for_each(|key| builder.push(black_box(key)));
            builder.finish()
        });
    });
    group.bench_function("integers", |b| {
        b.iter(|| {
            let mut builder = Builder::with_capacity(4096);
            numbers
                .iter()
                .for_each(|n| builder.push(black_box(n.as_bytes())));
            builder.finish()
        });
    });
    group.finish();
}

fn bytes(c: &mut Criterion) {
    let mut group = c.benchmark_group("pack/bytes");
    let size = 64 << 10;
    let plain = noise(size);
    let text = keys(size / 16).concat();
    group.throughput(Throughput::Bytes(size as u64));
    group.bench_function("crc64", |b| b.iter(|| crc64::checksum(black_box(&plain))));
    let mut out = Vec::with_capacity(2 * size);
    for (name, input) in [("noise", &plain), ("keys", &text)] {
        group.bench_function(BenchmarkId::new("compress", name), |b| {
            b.iter(|| {
                out.clear();
                lzf::compress(black_box(input), size, &mut out)
            });
        });
    }
    let mut packed = Vec::new();
    lzf::compress(&text, size, &mut packed);
    group.bench_function("decompress/keys", |b| {
        b.iter(|| {
            out.clear();
            lzf::decompress(black_box(&packed), size, &mut out).is_ok()
        });
    });
    group.finish();
}

criterion_group!(pack, walk, find, make, bytes);
criterion_main!(pack);
