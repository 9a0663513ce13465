//! Memory: what keys cost, and that it comes back.

use bytes::Bytes;
use russet_engine::{Keyspace, NewValue, Options, StringRef, Touch};

fn keyspace() -> Keyspace {
    Keyspace::new(Options {
        databases: 4,
        seed: 1,
        ..Options::default()
    })
}

const COUNT: u32 = if cfg!(miri) { 300 } else { 100_000 };

fn bytes_per_key(value: &[u8], deadline: Option<i64>) -> f64 {
    let mut keyspace = keyspace();
    for n in 0..COUNT {
        keyspace
            .db(0)
            .set(format!("key:{n:012}").as_bytes(), value, deadline);
    }
    keyspace.db(0).weight() as f64 / f64::from(COUNT)
}

#[test]
fn keys_cost_what_was_promised() {
    if cfg!(miri) {
        return;
    }
    for (len, promised) in [(3, 39.0), (16, 47.0), (64, 96.0)] {
        let cost = bytes_per_key(&vec![b'x'; len], None);
        assert!(cost <= promised, "{cost} bytes for values of {len}");
    }
    let cost = bytes_per_key(&[b'x'; 16], Some(3_600_000));
    assert!(cost <= 60.5, "{cost} bytes with a deadline");
}

#[test]
fn an_empty_key_space_costs_nearly_nothing() {
    assert!(
        Keyspace::new(Options {
            databases: 16,
            seed: 0,
            ..Options::default()
        })
        .weight()
            < 4096
    );
}

#[test]
fn deleting_gives_everything_back() {
    let mut keyspace = keyspace();
    for n in 0..COUNT {
        let value = vec![b'x'; n as usize % 1500];
        keyspace
            .db(0)
            .set(&n.to_le_bytes(), &value, Some(10_000_000));
    }
    for n in 0..COUNT {
        assert!(keyspace.db(0).remove(&n.to_le_bytes()));
    }
    while keyspace.housekeep(1000) {}
    assert_eq!(keyspace.db(0).cell_bytes(), 0);
    // What is left are stale records, up to the slack, and the wheel's slots.
    assert!(keyspace.weight() < 80_000, "{}", keyspace.weight());
}

#[test]
fn chunks_that_became_half_empty_are_cleared() {
    if cfg!(miri) {
        return;
    }
    let mut keyspace = keyspace();
    let value = |n: u32| vec![b'a' + (n % 26) as u8; n as usize % 70];
    for n in 0..COUNT * 3 {
        let deadline = (n % 3 == 0).then_some(50_000_000);
        keyspace.db(0).set(&n.to_le_bytes(), &value(n), deadline);
    }
    for n in 0..COUNT * 3 {
        match n % 16 {
            0 => {}
            1 if n < 1000 => keyspace.db(0).set(&n.to_le_bytes(), &[b'L'; 3000], None),
            _ => drop(keyspace.db(0).remove(&n.to_le_bytes())),
        }
    }
    let before = keyspace.slack();
    let snapshot = keyspace.snapshot();
    keyspace.housekeep(1_000_000);
    assert_eq!(keyspace.slack(), before, "nothing moves under a snapshot");
    drop(snapshot);
    let mut rounds = 0;
    while keyspace.housekeep(50) {
        keyspace.db(0).set(b"one more", b"meanwhile", None);
        rounds += 1;
        if rounds % 500 == 0 {
            drop(keyspace.snapshot());
        }
    }
    let after = keyspace.slack();
    assert!(after * 4 < before, "{after} of {before}");
    for n in (0..COUNT * 3).filter(|n| n % 16 == 0 || n % 16 == 1 && *n < 1000) {
        let found = keyspace.db(0).get(&n.to_le_bytes()).unwrap();
        let expected = if n % 16 == 0 {
            value(n)
        } else {
            vec![b'L'; 3000]
        };
        assert_eq!(found.as_deref(), Some(&expected[..]));
    }
    keyspace.freeze(50_000_001);
    while keyspace.next_expiry().is_some_and(|at| at <= 50_000_001) {
        keyspace.expire_due(1000);
    }
    assert_eq!(keyspace.db(0).volatile_len(), 0);
}

#[test]
fn a_database_that_stays_empty_gives_all_its_memory_back() {
    let mut keyspace = keyspace();
    for _ in 0..3 {
        keyspace.db(0).set(b"lock", b"me", Some(1_000));
        keyspace.db(0).remove(b"lock");
        keyspace.housekeep(10);
        assert!(
            keyspace.slack() > 0,
            "what it will need again is kept for a while"
        );
    }
    for _ in 0..100 {
        keyspace.housekeep(10);
    }
    assert_eq!(keyspace.slack(), 0);
    assert!(keyspace.weight() < 1024);
}

#[test]
fn flushing_hands_everything_over_at_once() {
    let mut keyspace = keyspace();
    for n in 0..1000_u32 {
        keyspace.db(1).set(&n.to_le_bytes(), &[b'x'; 2000], None);
    }
    keyspace.flush_all();
    assert!(keyspace.db(1).is_empty() && keyspace.weight() < 4096);
    let garbage = keyspace
        .take_garbage()
        .expect("a thousand keys wait to be dropped");
    assert_eq!(garbage.objects, 1000);
    std::thread::spawn(move || drop(garbage)).join().unwrap();
    assert!(keyspace.take_garbage().is_none());
}

#[test]
fn large_values_are_shared_and_become_garbage() {
    let mut keyspace = keyspace();
    let value = Bytes::from(vec![7; 100_000]);
    keyspace
        .db(0)
        .entry(b"k")
        .set(NewValue::Shared(value.clone()), None);
    let mut db = keyspace.db(0);
    let read = db.read(b"k", Touch::Yes).expect("it was set");
    match read.string() {
        Ok(StringRef::Shared(bytes)) => assert_eq!(bytes.as_ptr(), value.as_ptr()),
        other => panic!("{other:?}"),
    }
    assert!(keyspace.weight() > 100_000);
    assert!(keyspace.copy_key((0, b"k"), (1, b"copy"), false));
    assert_eq!(keyspace.db(0).append(b"k", b"!"), Ok(100_001));
    assert_eq!(
        keyspace.db(1).get(b"copy").unwrap().map(|b| b.len()),
        Some(100_000)
    );
    keyspace.db(0).remove(b"k");
    assert_eq!(
        keyspace.take_garbage().map(|garbage| garbage.objects),
        Some(1)
    );
    assert_eq!(value[99_999], 7);
}

#[test]
fn appending_is_not_quadratic() {
    let mut keyspace = keyspace();
    let rounds = if cfg!(miri) { 300 } else { 200_000 };
    for round in 1..=rounds {
        assert_eq!(keyspace.db(0).append(b"log", b"0123456789"), Ok(round * 10));
    }
    let weight = keyspace.db(0).key_weight(b"log").expect("it is there");
    assert!(weight <= rounds as u64 * 10 * 5 / 4 + 1000, "{weight}");
}

#[test]
fn extreme_keys_and_values_round_trip() {
    let mut keyspace = keyspace();
    let lens = [
        0, 1, 7, 8, 44, 45, 253, 254, 255, 256, 750, 1006, 1007, 1024, 70_000,
    ];
    let lens = if cfg!(miri) {
        &[0, 254, 255, 1007][..]
    } else {
        &lens[..]
    };
    for &key_len in lens {
        for &value_len in lens {
            let (key, value) = (vec![b'k'; key_len], vec![b'v'; value_len]);
            let mut db = keyspace.db(0);
            db.set(&key, &value, None);
            assert_eq!(db.get(&key).unwrap().as_deref(), Some(&value[..]));
            assert!(db.expire_at(&key, Some(5_000)));
            assert_eq!(db.get(&key).unwrap().as_deref(), Some(&value[..]));
            assert_eq!(db.append(&key, b"+"), Ok(value_len + 1));
            assert!(db.expire_at(&key, None));
            assert_eq!(db.get(&key).unwrap().map(|b| b.len()), Some(value_len + 1));
        }
        assert!(keyspace.db(0).remove(&vec![b'k'; key_len]));
    }
    assert_eq!(keyspace.db(0).cell_bytes(), 0);
}

#[test]
fn text_is_never_taken_for_a_number() {
    let mut keyspace = keyspace();
    let long = "9".repeat(45);
    for (value, encoding) in [
        (NewValue::Plain(b"12"), "int"),
        (NewValue::Text(b"12"), "embstr"),
        (NewValue::Text(b""), "embstr"),
        (NewValue::Text(long.as_bytes()), "raw"),
        (NewValue::Raw(b"12"), "raw"),
    ] {
        keyspace.db(0).entry(b"k").set(value, None);
        let mut db = keyspace.db(0);
        let read = db.read(b"k", Touch::No).expect("it was set");
        assert_eq!(read.encoding().name(), encoding);
    }
}

#[test]
fn what_is_reserved_less_the_slack_follows_every_key() {
    let mut keyspace = keyspace();
    keyspace.db(0).set(b"first", b"v", None);
    let mut slack = keyspace.slack();
    assert!(slack > 0);
    for key in [b"a", b"b", b"c"] {
        keyspace.db(0).set(key, &[7; 100], None);
        assert!(keyspace.slack() < slack);
        slack = keyspace.slack();
    }
    keyspace.db(0).remove(b"a");
    assert!(keyspace.slack() > slack);
}

#[test]
fn memory_of_values_of_many_sizes_comes_back_and_what_is_left_is_unchanged() {
    let mut keyspace = keyspace();
    let count = COUNT / 2;
    let text = |n: u32| vec![n as u8; (16 << (n % 9)) + n as usize % 37];
    let mut kept = Vec::new();
    for round in 0..3 {
        let names = round * count..(round + 1) * count;
        for n in names.clone() {
            keyspace.db(0).set(&n.to_le_bytes(), &text(n), None);
        }
        for n in names {
            match n.wrapping_mul(2_654_435_769) >> 20 & 7 {
                0 => kept.push(n),
                _ => drop(keyspace.db(0).remove(&n.to_le_bytes())),
            }
            if n % 500 == 0 {
                keyspace.housekeep(100);
            }
        }
    }
    let mut rounds = 0;
    while keyspace.housekeep(1000) {
        rounds += 1;
        assert!(rounds < 100_000, "it ends");
    }
    for &n in &kept {
        let found = keyspace.db(0).get(&n.to_le_bytes()).unwrap();
        assert_eq!(found.as_deref(), Some(&text(n)[..]));
    }
    assert_eq!(keyspace.db(0).len(), kept.len());
    if !cfg!(miri) {
        // Some pages of each size are not full.
        let (used, slack) = (keyspace.weight(), keyspace.slack());
        assert!(slack < used / 2, "{slack} of {used}");
        assert!(keyspace.stats().moved > 0);
    }
}
