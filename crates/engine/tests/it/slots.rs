//! Slots of a cluster are ranges of one table, whatever else it holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use russet_base::slot::{SLOT_COUNT, slot_of};
use russet_engine::{Keyspace, ObserverId, Options};

fn keyspace() -> Keyspace {
    Keyspace::new(Options {
        databases: 1,
        seed: 8,
        slots: true,
    })
}

/// Keys of one slot, all alike, and keys of many.
fn fill(keyspace: &mut Keyspace, together: u32, apart: u32) {
    for n in 0..together {
        keyspace
            .db(0)
            .set(format!("{{t}}{n}").as_bytes(), b"v", None);
    }
    for n in 0..apart {
        keyspace.db(0).set(format!("k{n}").as_bytes(), b"v", None);
    }
}

fn keys_of(keyspace: &mut Keyspace, slot: u16, count: usize) -> Vec<Vec<u8>> {
    let (mut keys, mut cursor) = (Vec::new(), 0);
    loop {
        let show = &mut |found: russet_engine::ScannedKey<'_>| keys.push(found.key.to_vec());
        cursor = keyspace.db(0).scan_slot(slot, cursor, count, show);
        if cursor == 0 {
            return keys;
        }
    }
}

#[test]
fn each_slot_shows_and_counts_its_own_keys() {
    let mut keyspace = keyspace();
    let (together, apart) = if cfg!(miri) {
        (50, 50)
    } else {
        (20_000, 20_000)
    };
    fill(&mut keyspace, together, apart);
    let mut expected: BTreeMap<u16, BTreeSet<Vec<u8>>> = BTreeMap::new();
    keyspace.db(0).for_each(&mut |found| {
        let slot = expected.entry(slot_of(found.key)).or_default();
        slot.insert(found.key.to_vec());
    });
    for slot in 0..SLOT_COUNT {
        let keys = keys_of(&mut keyspace, slot, 10);
        let distinct: BTreeSet<_> = keys.iter().cloned().collect();
        assert_eq!(distinct.len(), keys.len(), "none is shown twice");
        assert_eq!(keyspace.db(0).slot_len(slot), keys.len());
        assert_eq!(distinct, expected.remove(&slot).unwrap_or_default());
    }
    assert_eq!(keyspace.db(0).hash(b"{t}1").slot(), slot_of(b"t"));
    // A cursor that belongs to another slot ends the scan.
    assert_eq!(
        keyspace
            .db(0)
            .scan_slot(3, 1 << 47, 10, &mut |_| panic!("nothing")),
        0
    );
}

#[test]
fn a_slot_is_flushed_and_the_others_stay() {
    let mut keyspace = keyspace();
    let (together, apart) = if cfg!(miri) {
        (100, 30)
    } else {
        (30_000, 3_000)
    };
    fill(&mut keyspace, together, apart);
    let slot = slot_of(b"t");
    let (seen, len) = (keyspace.db(0).slot_len(slot), keyspace.db(0).len());
    let snapshot = keyspace.snapshot();
    keyspace.observe(0, b"{t}7", ObserverId(1));
    assert_eq!(keyspace.db(0).flush_slot(slot), seen);
    assert_eq!(keyspace.take_changes().len(), 1);
    assert_eq!(
        (keyspace.db(0).len(), keyspace.db(0).slot_len(slot)),
        (len - seen, 0)
    );
    assert!(keys_of(&mut keyspace, slot, 10).is_empty());
    let (mut walk, mut shown) = (snapshot.into_walk(), 0);
    while walk.next().is_some() {
        shown += 1;
    }
    assert_eq!(shown, len, "a snapshot keeps what was flushed");
    drop(walk);
    while keyspace.housekeep(1000) {}
    assert_eq!(keyspace.db(0).flush_slot(slot), 0);
}

#[test]
fn a_scan_of_everything_is_exact_with_one_slot_filled() {
    let mut keyspace = keyspace();
    let count = if cfg!(miri) { 60 } else { 10_000_u32 };
    fill(&mut keyspace, count, 10);
    let (mut seen, mut cursor, mut n) = (HashMap::<Vec<u8>, u32>::new(), 0, 0);
    loop {
        cursor = keyspace.db(0).scan(cursor, 10, &mut |found| {
            *seen.entry(found.key.to_vec()).or_default() += 1;
        });
        // Others come and go meanwhile, and make segments split and merge.
        for _ in 0..20 {
            keyspace
                .db(0)
                .set(format!("{{t}}x{n}").as_bytes(), b"v", None);
            n += 1;
        }
        if cursor == 0 {
            break;
        }
    }
    for n in 0..count {
        assert_eq!(seen.get(format!("{{t}}{n}").as_bytes()), Some(&1));
    }
}

/// Pearson's statistic of some counts that should be alike, per degree of freedom.
fn chi_squared(counts: &HashMap<Vec<u8>, u32>, keys: usize) -> f64 {
    let draws: u32 = counts.values().sum();
    let expected = f64::from(draws) / keys as f64;
    let missing = (keys - counts.len()) as f64 * expected;
    let seen = counts
        .values()
        .map(|&n| (f64::from(n) - expected).powi(2) / expected);
    (seen.sum::<f64>() + missing) / (keys - 1) as f64
}

#[test]
fn random_keys_and_samples_are_uniform_however_slots_are_filled() {
    if cfg!(miri) {
        return;
    }
    for (together, apart) in [(1_500, 0), (1_200, 300), (100, 300), (3, 0), (0, 1_500)] {
        let mut keyspace = keyspace();
        fill(&mut keyspace, together, apart);
        let keys = keyspace.db(0).len();
        let (mut drawn, mut sampled) = (HashMap::new(), HashMap::new());
        for _ in 0..keys * 30 {
            let mut db = keyspace.db(0);
            let key = db.random_key().expect("there are keys").to_vec();
            *drawn.entry(key).or_default() += 1;
        }
        // Keys may come in groups of a bucket: a sample of one group at a time is spread wider.
        for _ in 0..keys * 3 {
            let shown = keyspace.db(0).sample(10, &mut |found| {
                *sampled.entry(found.key.to_vec()).or_default() += 1;
            });
            assert!(shown >= 1);
        }
        let spread = 4.0 * (2.0 / (keys - 1) as f64).sqrt();
        let (drawn, sampled) = (chi_squared(&drawn, keys), chi_squared(&sampled, keys));
        assert!(
            (drawn - 1.0).abs() < spread,
            "{drawn} for {together} and {apart}"
        );
        assert!(
            sampled < 1.0 + 2.0 * spread + 0.3,
            "{sampled} for {together} and {apart}"
        );
    }
}

#[test]
fn keys_of_one_slot_take_little_more_memory() {
    if cfg!(miri) {
        return;
    }
    let per_key = |slots: bool, tag: &str| {
        let mut keyspace = Keyspace::new(Options {
            databases: 1,
            seed: 3,
            slots,
        });
        let count = 200_000;
        for n in 0..count {
            let key = format!("{tag}{n:010}");
            keyspace
                .db(0)
                .set(key.as_bytes(), b"0123456789abcdef", None);
        }
        keyspace.weight() as f64 / f64::from(count)
    };
    let (off, spread, one) = (
        per_key(false, "key:"),
        per_key(true, "key:"),
        per_key(true, "{t}:"),
    );
    assert!(spread < off * 1.04, "{spread} against {off}");
    assert!(one < off * 1.04, "{one} against {off}");
}
