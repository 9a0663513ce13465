//! Payloads that are broken on purpose, with checksums that are right.
//!
//! `MUTATIONS=1000000 cargo test --release -p russet-node --test it payloads` tries as many.

#![expect(
    clippy::disallowed_methods,
    reason = "the number of tries is asked of the environment"
)]

use russet_base::rng::Rng;
use russet_node::fuzz::restore::{Restorer, mutate, version};
use russet_rdb::{Version, payload};

const FILES: [&str; 3] = [
    include_str!("../../../rdb/tests/golden/redis-7.0.15.txt"),
    include_str!("../../../rdb/tests/golden/redis-8.0.6.txt"),
    include_str!("../../../rdb/tests/golden/valkey-9.1.2.txt"),
];

/// Type code and value of every payload that servers wrote, with its version.
fn objects() -> Vec<(Vec<u8>, Version)> {
    let lines = FILES.iter().flat_map(|text| text.lines());
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (_, hex) = line.split_once(' ').expect("a name and a payload");
            let digit = |byte: u8| (byte as char).to_digit(16).expect("a digit") as u8;
            let pairs = hex.as_bytes().chunks(2);
            let bytes: Vec<u8> = pairs
                .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
                .collect();
            let opened = payload::open(&bytes).expect("a payload");
            (opened.object.to_vec(), opened.version)
        })
        .collect()
}

#[test]
fn what_other_servers_dumped_is_restored_and_used() {
    let mut restorer = Restorer::new();
    for (object, version) in objects() {
        assert!(
            restorer.restore(&object, version),
            "{}",
            object.escape_ascii()
        );
    }
}

#[test]
fn broken_payloads_are_refused_or_are_values() {
    let count = std::env::var("MUTATIONS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = std::env::var("MUTATION_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let objects = objects();
    let mut rng = Rng::new(seed.unwrap_or(7));
    let mut restorer = Restorer::new();
    for round in 0..count.unwrap_or(3000u64) {
        if round % 10_000 == 9999 {
            let counts = (restorer.taken, restorer.refused);
            restorer = Restorer::new();
            (restorer.taken, restorer.refused) = counts;
        }
        let (object, own) = &objects[rng.index(objects.len())];
        let (other, _) = &objects[rng.index(objects.len())];
        let mut object = object.clone();
        mutate(&mut object, other, &mut rng);
        let version = match rng.below(20) {
            0 => version(rng.u64() as u8),
            _ => *own,
        };
        restorer.restore(&object, version);
    }
    println!("{} taken, {} refused", restorer.taken, restorer.refused);
    assert!(restorer.taken > 0 && restorer.refused > 0);
}
