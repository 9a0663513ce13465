//! A snapshot does not move while the key space does.

use std::collections::BTreeMap;

use russet_base::Rng;
use russet_engine::{Keyspace, NewValue, Options, Snapshot, StringRef};

type Contents = BTreeMap<(usize, Vec<u8>), (Vec<u8>, Option<i64>)>;

fn contents(snapshot: Snapshot) -> Contents {
    let (mut contents, mut walk) = (Contents::new(), snapshot.into_walk());
    while let Some(item) = walk.next() {
        let bytes = match item.value.string().expect("all values are strings") {
            StringRef::Int(n) => n.to_string().into_bytes(),
            StringRef::Bytes(bytes) => bytes.to_vec(),
            StringRef::Shared(bytes) => bytes.to_vec(),
        };
        let key = (item.db, item.key.to_vec());
        let before = contents.insert(key, (bytes, item.value.deadline()));
        assert!(before.is_none(), "a walk shows a key once");
    }
    contents
}

/// One random change.
fn change(keyspace: &mut Keyspace, rng: &mut Rng, keys: u64) {
    let key = format!("key{}", rng.below(keys)).into_bytes();
    let db = rng.index(2);
    let len = [3, 16, 16, 60, 300, 3000][rng.index(6)];
    let value = vec![b'a' + rng.index(26) as u8; len];
    let deadline = (rng.below(4) == 0).then(|| 1 + rng.below(1 << 40) as i64);
    match rng.below(12) {
        0 | 1 => drop(keyspace.db(db).remove(&key)),
        2 => drop(keyspace.db(db).append(&key, b"tail")),
        3 => drop(keyspace.db(db).expire_at(&key, deadline)),
        4 => drop(keyspace.db(db).set_range(&key, 2, b"xyz")),
        5 => drop(
            keyspace
                .db(db)
                .rename(&key, format!("key{}", rng.below(keys)).as_bytes()),
        ),
        6 => drop(keyspace.copy_key((db, &key), (1 - db, &key), true)),
        7 => drop(keyspace.db(db).incr_by(&key, 3)),
        _ => keyspace
            .db(db)
            .entry(&key)
            .set(NewValue::Plain(&value), deadline),
    }
}

const KEYS: u64 = if cfg!(miri) { 40 } else { 5000 };

#[test]
fn a_walk_on_another_thread_sees_one_moment() {
    let mut rng = Rng::new(77);
    let mut keyspace = Keyspace::new(Options {
        databases: 2,
        seed: 1,
        ..Options::default()
    });
    for round in 0..if cfg!(miri) { 3 } else { 40 } {
        for _ in 0..KEYS {
            change(&mut keyspace, &mut rng, KEYS);
        }
        let expected = contents(keyspace.snapshot());
        let snapshot = keyspace.snapshot();
        let walker = std::thread::spawn(move || contents(snapshot));
        for step in 0..KEYS * 4 {
            change(&mut keyspace, &mut rng, KEYS);
            if step % 64 == 0 {
                keyspace.housekeep(32);
            }
        }
        if round % 8 == 5 {
            keyspace.flush_all();
            drop(keyspace.take_garbage());
        }
        assert!(walker.join().unwrap() == expected);
        while keyspace.housekeep(1000) {}
        assert_eq!((keyspace.limbo_len(), keyspace.live_snapshots()), (0, 0));
    }
}

#[test]
fn several_snapshots_live_side_by_side() {
    let mut rng = Rng::new(5);
    let mut keyspace = Keyspace::new(Options {
        databases: 2,
        seed: 1,
        ..Options::default()
    });
    let mut held: Vec<(Snapshot, Contents)> = Vec::new();
    for step in 0..if cfg!(miri) { 8 } else { 60 } {
        for _ in 0..KEYS / 4 {
            change(&mut keyspace, &mut rng, KEYS / 4);
        }
        let expected = contents(keyspace.snapshot());
        held.push((keyspace.snapshot(), expected));
        if step % 3 == 2 {
            let (snapshot, expected) = held.swap_remove(rng.index(held.len()));
            assert!(contents(snapshot) == expected);
        }
        keyspace.housekeep(500);
        if step == 20 {
            keyspace.swap(0, 1);
        }
    }
    for (snapshot, expected) in held {
        assert!(contents(snapshot) == expected);
    }
    while keyspace.housekeep(1000) {}
    assert_eq!(keyspace.limbo_len(), 0);
}

const WALKED: u32 = if cfg!(miri) { 60 } else { 1000 };

#[test]
fn what_the_walker_left_behind_is_not_preserved() {
    let mut keyspace = Keyspace::new(Options {
        databases: 1,
        seed: 1,
        ..Options::default()
    });
    for n in 0..WALKED {
        keyspace.db(0).set(&n.to_le_bytes(), b"value", None);
    }
    let mut walk = keyspace.snapshot().into_walk();
    while walk.next().is_some() {}
    for n in 0..WALKED {
        keyspace.db(0).set(&n.to_le_bytes(), b"other", None);
    }
    assert_eq!(keyspace.limbo_len(), 0);
    assert_eq!(keyspace.live_snapshots(), 1);
    drop(walk);
    keyspace.freeze(1);
    assert_eq!(keyspace.live_snapshots(), 0);
}

#[test]
fn a_snapshot_outlives_the_key_space() {
    let mut keyspace = Keyspace::new(Options {
        databases: 1,
        seed: 1,
        ..Options::default()
    });
    keyspace.db(0).set(b"small", b"s", None);
    keyspace.db(0).set(b"large", &[b'l'; 5000], None);
    let (first, second) = (keyspace.snapshot(), keyspace.snapshot());
    keyspace.flush_all();
    keyspace.db(0).set(b"later", &[b'l'; 5000], None);
    drop(keyspace);
    for snapshot in [first, second] {
        let contents = contents(snapshot);
        assert_eq!(contents.len(), 2);
        assert_eq!(contents[&(0, b"large".to_vec())].0.len(), 5000);
    }
}

#[test]
fn a_snapshot_counts_its_keys() {
    let mut keyspace = Keyspace::new(Options {
        databases: 5,
        seed: 1,
        ..Options::default()
    });
    keyspace.db(3).set(b"a", b"1", None);
    keyspace.db(3).set(b"b", b"1", Some(100));
    keyspace.db(1).set(b"c", b"1", None);
    let snapshot = keyspace.snapshot();
    assert_eq!(
        snapshot.databases().collect::<Vec<_>>(),
        [(1, 1, 0), (3, 2, 1)]
    );
}

#[test]
fn what_was_replaced_is_freed_once_all_walkers_are_behind_it() {
    let mut rng = Rng::new(5);
    let mut keyspace = Keyspace::new(Options::default());
    let keys = if cfg!(miri) { 300 } else { 30_000 };
    for n in 0..keys {
        keyspace.db(0).set(&u64::to_le_bytes(n), b"before", None);
    }
    let (slow, fast) = (keyspace.snapshot(), keyspace.snapshot());
    let mut walk = fast.into_walk();
    let mut left = usize::MAX;
    for quarter in 1..=4 {
        for _ in 0..keys / 4 {
            let item = walk.next().expect("a quarter of all keys is left");
            let value = item.value.string().expect("all values are strings");
            assert!(matches!(value, StringRef::Bytes(b"before")));
            // Cells of all sizes are given back and taken again.
            let key = rng.below(keys).to_le_bytes();
            let value = vec![b'x'; rng.below(100) as usize];
            keyspace.db(0).set(&key, &value, None);
        }
        keyspace.housekeep(usize::MAX);
        assert!(
            keyspace.limbo_len() as u64 >= keys / 5,
            "the slow one needs all"
        );
        if quarter == 4 {
            left = keyspace.limbo_len();
        }
    }
    assert!(contents(slow).values().all(|(value, _)| value == b"before"));
    drop(walk);
    keyspace.housekeep(usize::MAX);
    assert!(keyspace.limbo_len() == 0 && left > 0);

    let mut walk = keyspace.snapshot().into_walk();
    for n in 0..keys {
        keyspace.db(0).set(&u64::to_le_bytes(n), &[b'y'; 150], None);
    }
    let all = keyspace.limbo_len();
    for _ in 0..keys / 2 {
        walk.next();
    }
    keyspace.housekeep(usize::MAX);
    let half = keyspace.limbo_len();
    assert!(
        cfg!(miri) || (all / 3..all * 2 / 3).contains(&half),
        "{half} of {all}"
    );
}
