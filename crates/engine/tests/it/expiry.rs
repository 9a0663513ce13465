//! Deadlines are exact, and their records stay bounded.

use russet_base::Rng;
use russet_engine::{Entry, ExpiryMode, FieldTtl, Keyspace, NewValue, Options, Touch};

const NOW: i64 = 1_700_000_000_000;

fn keyspace() -> Keyspace {
    let mut keyspace = Keyspace::new(Options {
        databases: 2,
        seed: 9,
        ..Options::default()
    });
    keyspace.freeze(NOW);
    keyspace
}

/// Calls until nothing is due at the frozen moment.
fn expire_all(keyspace: &mut Keyspace) -> usize {
    let mut removed = 0;
    loop {
        removed += keyspace.expire_due(100);
        match keyspace.next_expiry() {
            Some(at) if at <= keyspace.now() => {}
            _ => return removed,
        }
    }
}

#[test]
fn a_look_up_is_exact_to_the_millisecond() {
    let mut keyspace = keyspace();
    keyspace.record_events(true);
    for after in [1, 2, 63, 64, 1023, 1024, 100_000, 5_000_000_000] {
        keyspace.freeze(NOW);
        keyspace.db(0).set(b"k", b"v", Some(NOW + after));
        keyspace.freeze(NOW + after);
        assert!(keyspace.db(0).contains(b"k"));
        keyspace.freeze(NOW + after + 1);
        assert!(!keyspace.db(0).contains(b"k"));
    }
    assert_eq!(keyspace.take_events().len(), 8);
    assert_eq!(keyspace.stats().expired, 8);
}

#[test]
fn the_wheel_is_exact_to_the_millisecond_too() {
    let mut rng = Rng::new(3);
    let mut keyspace = keyspace();
    let mut deadlines: Vec<i64> = Vec::new();
    for n in 0..if cfg!(miri) { 60_u32 } else { 3000 } {
        let bits = rng.below(34);
        let at = NOW + 1 + rng.below(1 << bits) as i64;
        keyspace.db(0).set(&n.to_le_bytes(), b"v", Some(at));
        deadlines.push(at);
    }
    deadlines.sort_unstable();
    for chunk in deadlines.chunks(7) {
        let last = chunk[chunk.len() - 1];
        if last < keyspace.now() {
            continue;
        }
        keyspace.freeze(last);
        expire_all(&mut keyspace);
        let left = deadlines.iter().filter(|&&at| at >= last).count();
        assert_eq!(keyspace.db(0).len(), left);
        assert!(keyspace.next_expiry().is_some_and(|at| at <= last + 1));
        keyspace.freeze(last + 1);
        expire_all(&mut keyspace);
        let left = deadlines.iter().filter(|&&at| at > last).count();
        assert_eq!(keyspace.db(0).len(), left);
    }
    assert_eq!(keyspace.next_expiry(), None);
    assert_eq!(keyspace.stats().expired_by_wheel, deadlines.len() as u64);
}

#[test]
fn every_deadline_is_kept_as_it_is() {
    let mut keyspace = keyspace();
    let far = [
        9_223_372_036_854_770_000,
        i64::MAX,
        1 << 47,
        (1 << 47) - 1,
        1 << 50,
        NOW + 2,
    ];
    for at in far {
        keyspace.db(0).set(b"k", b"v", Some(at));
        assert_eq!(keyspace.db(0).ttl(b"k"), Some(Some(at - NOW)));
        assert!(keyspace.db(0).expire_at(b"k", Some(at - 1)));
        assert!(keyspace.db(0).expire_at(b"k", Some(at)));
        assert_eq!(keyspace.db(0).ttl(b"k"), Some(Some(at - NOW)));
    }
    for past in [i64::MIN, -1, 0, NOW - 2, NOW - 1] {
        keyspace.db(0).set(b"past", b"v", Some(past));
        assert_eq!(keyspace.db(0).len(), 2);
        assert!(!keyspace.db(0).contains(b"past"));
        keyspace.db(0).set(b"past", b"v", Some(past));
        assert_eq!(expire_all(&mut keyspace), 1);
    }
}

#[test]
fn extending_a_deadline_makes_no_records() {
    let mut keyspace = keyspace();
    let count = if cfg!(miri) { 20_u32 } else { 500 };
    for round in 0..20 {
        keyspace.freeze(NOW + round * 10_000);
        for n in 0..count {
            let at = keyspace.now() + 60_000;
            keyspace.db(0).set(&n.to_le_bytes(), b"session", Some(at));
        }
        assert_eq!(expire_all(&mut keyspace), 0);
        assert_eq!(keyspace.db(0).expiry_records(), count as usize);
    }
    keyspace.freeze(NOW + 19 * 10_000 + 60_001);
    assert_eq!(expire_all(&mut keyspace), count as usize);
}

#[test]
fn stale_records_are_bounded_by_housekeeping() {
    let mut keyspace = keyspace();
    let rounds = if cfg!(miri) { 3 } else { 300 };
    for round in 0..rounds {
        for n in 0..100_u32 {
            // Shortening makes a record each time; so do deleting and setting again.
            let at = NOW + 90_000_000 - round * 1000;
            match n % 2 {
                0 => drop(keyspace.db(0).remove(&n.to_le_bytes())),
                _ => drop(keyspace.db(0).expire_at(&n.to_le_bytes(), Some(at))),
            }
            keyspace.db(0).set(&n.to_le_bytes(), b"v", Some(at));
        }
        while keyspace.housekeep(50) {}
        assert!(keyspace.db(0).expiry_records() <= 2 * 100 + 1024 + 100);
    }
    assert_eq!(keyspace.db(0).volatile_len(), 100);
    keyspace.freeze(NOW + 90_000_001);
    assert_eq!(expire_all(&mut keyspace), 100);
}

#[test]
fn records_of_one_deadline_are_not_looked_for_without_end() {
    let mut keyspace = keyspace();
    let (rounds, keys) = if cfg!(miri) { (30, 50) } else { (300, 100_u32) };
    let at = NOW + 90_000_000;
    // Cells that are used again with the deadline that they had leave records like their own.
    for _ in 0..rounds {
        for n in 0..keys {
            keyspace.db(0).remove(&n.to_le_bytes());
            keyspace.db(0).set(&n.to_le_bytes(), b"v", Some(at));
        }
        let turns = (0..10_000).take_while(|_| keyspace.housekeep(50)).count();
        assert!(turns < 10_000, "housekeeping comes to an end");
    }
    keyspace.freeze(at + 1);
    assert_eq!(expire_all(&mut keyspace), keys as usize);
}

#[test]
fn records_of_one_key_that_is_set_again_are_dropped() {
    let mut keyspace = keyspace();
    for _ in 0..if cfg!(miri) { 3_000 } else { 30_000 } {
        keyspace.db(0).remove(b"k");
        keyspace.db(0).set(b"k", b"v", Some(NOW + 90_000_000));
        keyspace.housekeep(50);
    }
    assert!(keyspace.db(0).expiry_records() < 3_000);
}

#[test]
fn a_cell_that_is_used_again_does_not_expire_by_an_old_record() {
    let mut keyspace = keyspace();
    let count = if cfg!(miri) { 20 } else { 200 };
    for n in 0..count as u32 {
        keyspace
            .db(0)
            .set(&n.to_le_bytes(), b"v", Some(NOW + 5_000));
        keyspace.db(0).remove(&n.to_le_bytes());
        keyspace
            .db(0)
            .set(&n.to_le_bytes(), b"v", Some(NOW + 50_000));
    }
    keyspace.freeze(NOW + 6_000);
    assert_eq!(expire_all(&mut keyspace), 0);
    assert_eq!(keyspace.db(0).len(), count);
    keyspace.freeze(NOW + 50_001);
    assert_eq!(expire_all(&mut keyspace), count);
}

#[test]
fn many_keys_of_one_moment_expire_in_slices() {
    let mut keyspace = keyspace();
    let count = if cfg!(miri) { 200 } else { 20_000 };
    for n in 0..count {
        // Far enough to lie on the middle level, so that the slot has to cascade first.
        keyspace
            .db(0)
            .set(format!("{n}").as_bytes(), b"v", Some(NOW + 100_000_000));
    }
    keyspace.freeze(NOW + 100_000_001);
    let (mut calls, mut removed) = (0, 0);
    while keyspace
        .next_expiry()
        .is_some_and(|at| at <= keyspace.now())
    {
        let n = keyspace.expire_due(50);
        assert!(n <= 50);
        removed += n;
        calls += 1;
    }
    assert_eq!(removed, count);
    assert!(calls >= count / 50 && calls < count / 10 + 20, "{calls}");
}

#[test]
fn deadlines_survive_values_that_move() {
    let mut keyspace = keyspace();
    for len in [1, 30, 100, 255, 256, 900, 2000, 100, 1] {
        let value = vec![b'x'; len];
        match keyspace.db(0).entry(b"k") {
            Entry::Occupied(mut entry) => entry.set(NewValue::Plain(&value)),
            Entry::Vacant(entry) => entry.insert(NewValue::Plain(&value), Some(NOW + 3_000)),
        }
        let read = keyspace
            .db(0)
            .read(b"k", Touch::No)
            .and_then(|value| value.deadline());
        assert_eq!(read, Some(NOW + 3_000));
    }
    assert_eq!(keyspace.db(0).average_ttl(), 3_000);
    keyspace.freeze(NOW + 3_001);
    assert_eq!(expire_all(&mut keyspace), 1);
}

#[test]
fn events_are_recorded_only_on_demand() {
    let mut keyspace = keyspace();
    for is_recorded in [false, true] {
        keyspace.record_events(is_recorded);
        keyspace.freeze(NOW);
        keyspace.db(0).set(b"k", b"v", Some(NOW + 1));
        keyspace.db(0).set(b"l", b"v", Some(NOW + 1));
        keyspace.freeze(NOW + 2);
        assert!(!keyspace.db(0).contains(b"k"));
        expire_all(&mut keyspace);
        assert_eq!(keyspace.take_events().len(), 2 * usize::from(is_recorded));
    }
    assert_eq!(keyspace.stats().expired, 4);
}

/// Found by fuzzing: a far deadline alone left the wheel's memory behind a flush.
#[test]
fn a_flush_gives_the_memory_of_the_wheel_back() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.freeze(1_000_000);
    keyspace.db(0).set(b"k", b"v", Some(90_000_000));
    assert!(keyspace.db(0).remove(b"k"));
    while keyspace.housekeep(100) {}
    keyspace.flush_all();
    drop(keyspace.take_garbage());
    assert!(keyspace.weight() < 4096, "{}", keyspace.weight());
}

#[test]
fn expired_keys_that_are_kept_are_absent_and_go_when_they_are_written() {
    let mut keyspace = keyspace();
    keyspace.freeze(NOW);
    for key in [b"k", b"l"] {
        keyspace.db(0).set(key, b"v", Some(NOW + 1));
        keyspace.db(1).set(key, b"v", None);
    }
    keyspace.freeze(NOW + 2);
    keyspace.set_expiry_mode(ExpiryMode::KeepForReads);
    assert_eq!((keyspace.expire_due(10), keyspace.next_expiry()), (0, None));
    assert!(!keyspace.db(0).contains(b"k"));
    assert!(keyspace.db(0).read(b"k", Touch::Yes).is_none());
    assert!(keyspace.db(0).has_expired(b"k"));
    assert_eq!(keyspace.db(0).len(), 2);
    assert!(keyspace.move_key(b"k", 1, 0));
    keyspace.db(0).set(b"l", b"w", None);
    assert_eq!(keyspace.db(0).len(), 2);
    assert_eq!(keyspace.stats().expired, 2);
    assert!(!keyspace.db(0).has_expired(b"l"));
}

#[test]
fn deadlines_that_are_ignored_matter_again_afterwards() {
    let mut keyspace = keyspace();
    keyspace.db(0).set(b"k", b"1", Some(NOW + 1));
    keyspace.db(0).set(b"l", b"1", Some(NOW + 1));
    let mut db = keyspace.db(0);
    let mut hash = db.hash_mut(b"h").unwrap();
    hash.set(b"due", b"1", FieldTtl::At(NOW + 1));
    hash.set(b"other", b"1", FieldTtl::Clear);
    keyspace.freeze(NOW + 1_000);
    keyspace.set_expiry_mode(ExpiryMode::Ignore);
    keyspace.freeze(NOW + 2_000);
    assert_eq!((keyspace.expire_due(10), keyspace.next_expiry()), (0, None));
    let mut db = keyspace.db(0);
    assert!(db.contains(b"k") && !db.has_expired(b"k") && db.peek(b"k").is_some());
    assert_eq!(db.incr_by(b"k", 1), Ok(2));
    let deadline = db.read(b"k", Touch::Yes).and_then(|value| value.deadline());
    assert_eq!(deadline, Some(NOW + 1), "a change keeps the deadline");
    let (mut shown, mut scanned) = (0, 0);
    db.for_each(&mut |_| shown += 1);
    assert_eq!(db.scan(0, 100, &mut |_| scanned += 1), 0);
    assert_eq!((shown, scanned), (3, 3));
    let mut hash = db.hash_mut(b"h").unwrap();
    assert_eq!(hash.expire(), 0);
    assert!(
        !hash.set(b"due", b"2", FieldTtl::Keep),
        "the field is there"
    );
    let hash = db.hash_ref(b"h", Touch::Yes).unwrap().unwrap();
    assert_eq!(hash.deadline(b"due"), Some(Some(NOW + 1)));
    keyspace.set_expiry_mode(ExpiryMode::Remove);
    assert_eq!(expire_all(&mut keyspace), 3);
    assert_eq!(keyspace.db(0).len(), 1);
}

#[test]
fn a_tick_with_many_deadlines_is_looked_at_piece_by_piece() {
    let mut keyspace = Keyspace::new(Options::default());
    let start = 1_700_000_000_000 / 1024 * 1024;
    keyspace.freeze(start);
    let count = if cfg!(miri) { 100 } else { 50_000 };
    for n in 0..count {
        let deadline = start + 2048 + 1023 * i64::from(n) / i64::from(count);
        let key = format!("key:{n}");
        keyspace.db(0).set(key.as_bytes(), b"v", Some(deadline));
    }
    // The tick begins: no key is due, and the calls share the work of ordering them.
    keyspace.freeze(start + 2048);
    let mut calls = 0;
    while keyspace.next_expiry().is_some_and(|at| at <= start + 2048) {
        assert_eq!(keyspace.expire_due(256), 0);
        calls += 1;
    }
    assert!(cfg!(miri) || calls > 30, "{calls}");
    for passed in 1..=1024 {
        keyspace.freeze(start + 2048 + passed);
        while keyspace.expire_due(256) == 256 {}
    }
    assert_eq!(keyspace.stats().expired, u64::try_from(count).unwrap());
}
