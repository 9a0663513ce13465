//! Random keys are uniform, and found in any table.

use std::collections::HashMap;

use russet_engine::{Keyspace, Options};

fn filled(count: u32) -> Keyspace {
    let mut keyspace = Keyspace::new(Options {
        databases: 1,
        seed: 5,
        ..Options::default()
    });
    for n in 0..count {
        keyspace.db(0).set(format!("k{n}").as_bytes(), b"v", None);
    }
    keyspace
}

/// Pearson's statistic of `draws` random keys over all keys, per degree of freedom.
fn chi_squared(keyspace: &mut Keyspace, draws: u32) -> f64 {
    let mut counts: HashMap<Vec<u8>, u32> = HashMap::new();
    let mut db = keyspace.db(0);
    for _ in 0..draws {
        let key = db.random_key().expect("the table has keys").to_vec();
        *counts.entry(key).or_default() += 1;
    }
    let expected = f64::from(draws) / db.len() as f64;
    let missing = (db.len() - counts.len()) as f64 * expected;
    let seen: f64 = counts
        .values()
        .map(|&n| (f64::from(n) - expected).powi(2) / expected)
        .sum();
    (seen + missing) / (db.len() - 1) as f64
}

#[test]
fn every_key_has_the_same_chance() {
    if cfg!(miri) {
        return;
    }
    for count in [2, 13, 150, 1000, 2500, 9000] {
        let mut keyspace = filled(count);
        let statistic = chi_squared(&mut keyspace, count * 60);
        // Three standard deviations of the statistic.
        let spread = 3.5 * (2.0 / f64::from(count - 1)).sqrt();
        assert!(
            (statistic - 1.0).abs() < spread,
            "{statistic} for {count} keys"
        );
    }
}

#[test]
fn after_mass_deletion_keys_are_found_and_still_uniform() {
    let count = if cfg!(miri) { 400 } else { 100_000 };
    let mut keyspace = filled(count);
    for n in 0..count {
        if n % 100 != 0 {
            assert!(keyspace.db(0).remove(format!("k{n}").as_bytes()));
        }
    }
    let left = keyspace.db(0).len() as u32;
    let statistic = chi_squared(&mut keyspace, left * 60);
    assert!(
        (statistic - 1.0).abs() < if cfg!(miri) { 4.0 } else { 0.2 },
        "{statistic}"
    );
    for n in 0..count - 1 {
        keyspace.db(0).remove(format!("k{n}").as_bytes());
    }
    keyspace.db(0).set(b"last", b"v", None);
    keyspace.db(0).remove(format!("k{}", count - 1).as_bytes());
    assert_eq!(keyspace.db(0).random_key(), Some(&b"last"[..]));
    keyspace.db(0).remove(b"last");
    assert_eq!(keyspace.db(0).random_key(), None);
}

#[test]
fn samples_for_eviction_are_uniform_too() {
    let count = if cfg!(miri) { 100 } else { 3000 };
    let mut keyspace = filled(count);
    let mut counts: HashMap<Vec<u8>, u32> = HashMap::new();
    let mut seen = 0;
    for _ in 0..if cfg!(miri) { 10 } else { 20_000 } {
        let shown = keyspace.db(0).sample(16, &mut |key| {
            assert_eq!((key.deadline, key.access.idle_s), (None, 0));
            *counts.entry(key.key.to_vec()).or_default() += 1;
        });
        assert!((1..16 + 12).contains(&shown));
        seen += shown;
    }
    // Keys come in groups, so the spread is wider than that of single draws.
    let expected = seen as f64 / f64::from(count);
    let is_near = |&n: &u32| (f64::from(n) - expected).abs() < expected.sqrt() * 8.0;
    assert!(cfg!(miri) || counts.len() == count as usize && counts.values().all(is_near));
    let mut empty = Keyspace::new(Options::default());
    assert_eq!(
        empty.db(0).sample(5, &mut |_| panic!("there is nothing")),
        0
    );
    empty.db(0).set(b"only", b"v", None);
    assert!(
        empty
            .db(0)
            .sample(5, &mut |key| assert_eq!(key.key, b"only"))
            >= 1
    );
}
