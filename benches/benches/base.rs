//! Numbers as text both ways, globs, quoting and digests.
//!
//! Numbers are elements a second; bytes a second where size is the point.
//!
//! Always true: only owned results are allocated.
//! Not here: protocol framing — `resp.rs`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use russet_base::num::{
    F64Buf, I64Buf, LongDouble, format_f64, format_f64_17g, format_i64, parse_f64, parse_i64,
};
use russet_base::{glob, quote, xxh3};
use russet_benches::{decimals, fractions, integers, keys, noise, texts};

const COUNT: usize = 1000;

fn read_numbers(c: &mut Criterion) {
    let mut group = c.benchmark_group("base/read");
    group.throughput(Throughput::Elements(COUNT as u64));
    let whole: Vec<f64> = integers(COUNT).into_iter().map(|n| n as f64).collect();
    let whole = texts(&whole);
    group.bench_function("i64", |b| {
        b.iter(|| {
            whole
                .iter()
                .filter_map(|text| parse_i64(black_box(text)))
                .fold(0, i64::max)
        });
    });
    for (name, texts) in [
        ("f64_integers", whole.clone()),
        ("f64_decimals", texts(&decimals(COUNT))),
        ("f64_fractions", texts(&fractions(COUNT))),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                texts
                    .iter()
                    .filter_map(|t| parse_f64(black_box(t)))
                    .fold(0.0, f64::max)
            });
        });
    }
    group.finish();
}

fn print_numbers(c: &mut Criterion) {
    let mut group = c.benchmark_group("base/print");
    group.throughput(Throughput::Elements(COUNT as u64));
    let numbers = integers(COUNT);
    let mut buf = I64Buf::new();
    group.bench_function("i64", |b| {
        b.iter(|| {
            numbers
                .iter()
                .map(|&n| format_i64(black_box(n), &mut buf).len())
                .sum::<usize>()
        });
    });
    let mut buf = F64Buf::new();
    let whole: Vec<f64> = numbers.iter().map(|&n| n as f64).collect();
    for (name, numbers) in [
        ("f64_integers", whole),
        ("f64_decimals", decimals(COUNT)),
        ("f64_fractions", fractions(COUNT)),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                numbers
                    .iter()
                    .map(|&n| format_f64(black_box(n), &mut buf).len())
                    .sum::<usize>()
            });
        });
    }
    let numbers = fractions(COUNT);
    group.bench_function("f64_17g", |b| {
        b.iter(|| {
            numbers
                .iter()
                .map(|&n| format_f64_17g(black_box(n), &mut buf).len())
                .sum::<usize>()
        });
    });
    group.finish();
}

/// The arithmetic of one INCRBYFLOAT: read both, add, print.
fn increment(c: &mut Criterion) {
    let mut group = c.benchmark_group("base/increment");
    group.throughput(Throughput::Elements(COUNT as u64));
    let by = LongDouble::parse(b"0.1").expect("a number");
    let mut out = Vec::new();
    for (name, texts) in [
        ("decimals", texts(&decimals(COUNT))),
        ("fractions", texts(&fractions(COUNT))),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                for text in &texts {
                    out.clear();
                    if let Some(sum) = LongDouble::parse(text).and_then(|n| n.checked_add(by)) {
                        sum.push_text(&mut out);
                    }
                    black_box(&out);
                }
            });
        });
    }
    group.finish();
}

fn match_globs(c: &mut Criterion) {
    let mut group = c.benchmark_group("base/glob");
    group.throughput(Throughput::Elements(COUNT as u64));
    let keys = keys(COUNT);
    for (name, pattern) in [
        ("prefix", &b"key:0000000001*"[..]),
        ("inside", b"*99*"),
        ("classes", b"key:[0-9]*[^0-8]"),
        ("crafted", b"*0*0*0*0*0*0*0*0*x"),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                keys.iter()
                    .filter(|key| glob::matches(black_box(pattern), key))
                    .count()
            });
        });
    }
    group.finish();
}

fn bytes(c: &mut Criterion) {
    let mut group = c.benchmark_group("base/bytes");
    for size in [16, 64, 240, 4096, 1 << 20] {
        let input = noise(size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("xxh3_{size}"), |b| {
            b.iter(|| xxh3::xxh3_64(black_box(&input)))
        });
    }
    let input = noise(4096);
    let mut out = Vec::new();
    group.throughput(Throughput::Bytes(4096));
    group.bench_function("quote_4096", |b| {
        b.iter(|| {
            out.clear();
            quote::quote_into(black_box(&input), &mut out);
        });
    });
    group.finish();
}

criterion_group!(
    base,
    read_numbers,
    print_numbers,
    increment,
    match_globs,
    bytes
);
criterion_main!(base);
