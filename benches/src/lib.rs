//! Shared fixtures of the benchmark suites: the same keys, numbers and orders in every suite.
//!
//! All of them come from one seed, so two runs measure the same work and so do two suites.
//!
//! Always true: equal arguments give equal fixtures.
//! Not here: anything measured — `benches/*.rs`

pub mod script;

use russet_base::{Rng, num};

/// `count` keys of 16 bytes, `key:000000000001` and on, in random order.
#[must_use]
pub fn keys(count: usize) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = (1..=count)
        .map(|n| format!("key:{n:012}").into_bytes())
        .collect();
    Rng::new(SEED).shuffle(&mut keys);
    keys
}

/// `count` whole numbers of 1 to 13 digits, as counters are.
#[must_use]
pub fn integers(count: usize) -> Vec<i64> {
    let mut rng = Rng::new(SEED);
    (0..count)
        .map(|_| {
            let digits = 1 + rng.below(13) as u32;
            rng.below(10u64.pow(digits)).cast_signed()
        })
        .collect()
}

/// `count` numbers with two decimals, as prices and simple scores are.
#[must_use]
pub fn decimals(count: usize) -> Vec<f64> {
    let mut rng = Rng::new(SEED);
    (0..count)
        .map(|_| rng.below(10_000_000) as f64 / 100.0)
        .collect()
}

/// `count` numbers between 0 and 1 that need all their digits.
#[must_use]
pub fn fractions(count: usize) -> Vec<f64> {
    let mut rng = Rng::new(SEED);
    (0..count).map(|_| rng.f64()).collect()
}

/// The numbers as a client would send them.
#[must_use]
pub fn texts(numbers: &[f64]) -> Vec<Vec<u8>> {
    let mut buf = num::F64Buf::new();
    numbers
        .iter()
        .map(|&n| num::format_f64(n, &mut buf).as_bytes().to_vec())
        .collect()
}

/// `size` bytes that do not compress.
#[must_use]
pub fn noise(size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    Rng::new(SEED).fill(&mut bytes);
    bytes
}

const SEED: u64 = 0x5eed;
