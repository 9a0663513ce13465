//! Hashes against a naive model, and what their deadlines do to the key space.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::FieldTtl;
use crate::{Encoding, EventKind, Keyspace, Millis, Options, Packing, StringRef, Touch};

/// Fields with value and deadline.
type Model = BTreeMap<Vec<u8>, (Vec<u8>, Option<Millis>)>;

fn keyspace() -> Keyspace {
    let mut keyspace = Keyspace::new(Options {
        databases: 3,
        seed: 5,
        ..Options::default()
    });
    keyspace.record_events(true);
    keyspace.set_packing(Packing {
        hash_entries_max: 20,
        hash_value_max: 30,
        ..Packing::default()
    });
    keyspace.freeze(1000);
    keyspace
}

fn text(value: StringRef<'_>) -> Vec<u8> {
    match value {
        StringRef::Int(n) => n.to_string().into_bytes(),
        StringRef::Bytes(bytes) => bytes.to_vec(),
        StringRef::Shared(bytes) => bytes.to_vec(),
    }
}

fn contents(keyspace: &mut Keyspace, db: usize, key: &[u8]) -> Model {
    let mut found = Model::new();
    let mut db = keyspace.db(db);
    if let Some(hash) = db.hash_ref(key, Touch::No).unwrap() {
        hash.each(|f| {
            let old = found.insert(text(f.field), (text(f.value), f.deadline));
            assert!(old.is_none(), "a field is shown twice");
        });
    }
    found
}

#[derive(Debug, Clone)]
enum Step {
    Set(u8, u8, usize, FieldTtl),
    Fill(u8, u8, u8),
    Deadline(u8, u8, Option<Millis>),
    Remove(u8, u8),
    Wait(Millis),
    Sweep(usize),
    Copy(u8, u8),
    Rename(u8, u8),
    Move(u8),
    Overwrite(u8),
    Snapshot,
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..3_u8;
    let ttl = prop_oneof![
        Just(FieldTtl::Keep),
        Just(FieldTtl::Clear),
        (1..200_i64).prop_map(FieldTtl::At),
    ];
    let len = prop_oneof![5 => 0..20_usize, 1 => 20..60_usize, 1 => 1000..1300_usize];
    let deadline = prop::option::of(1..200_i64);
    prop_oneof![
        6 => (key(), 0..30_u8, len, ttl).prop_map(|(k, f, l, t)| Step::Set(k, f, l, t)),
        2 => (key(), 0..200_u8, 1..60_u8).prop_map(|(k, f, n)| Step::Fill(k, f, n)),
        4 => (key(), 0..30_u8, deadline).prop_map(|(k, f, d)| Step::Deadline(k, f, d)),
        3 => (key(), 0..30_u8).prop_map(|(k, f)| Step::Remove(k, f)),
        3 => (1..50_i64).prop_map(Step::Wait),
        2 => (1..30_usize).prop_map(Step::Sweep),
        1 => (key(), key()).prop_map(|(a, b)| Step::Copy(a, b)),
        1 => (key(), key()).prop_map(|(a, b)| Step::Rename(a, b)),
        1 => key().prop_map(Step::Move),
        1 => key().prop_map(Step::Overwrite),
        1 => Just(Step::Snapshot),
    ]
}

/// The model of two databases with three keys each.
#[derive(Debug, Default)]
struct World {
    keys: BTreeMap<(usize, u8), Model>,
}

impl World {
    fn hash(&mut self, db: usize, key: u8) -> &mut Model {
        self.keys.entry((db, key)).or_default()
    }

    fn expire(&mut self, now: Millis) {
        for hash in self.keys.values_mut() {
            hash.retain(|_, (_, deadline)| deadline.is_none_or(|at| at >= now));
        }
    }
}

fn name(key: u8) -> Vec<u8> {
    vec![b'k', key]
}

fn field(n: u8) -> Vec<u8> {
    match n % 2 {
        0 => n.to_string().into_bytes(),
        _ => format!("field:{n}").into_bytes(),
    }
}

fn apply(keyspace: &mut Keyspace, world: &mut World, step: Step) {
    let now = keyspace.now();
    match step {
        Step::Set(key, n, len, ttl) => set(keyspace, world, (key, n), (len, ttl)),
        Step::Fill(key, first, count) => {
            for n in first..first.saturating_add(count) {
                set(keyspace, world, (key, n), (3, FieldTtl::Clear));
            }
        }
        Step::Deadline(key, n, deadline) => {
            let deadline = deadline.map(|after| now + after);
            let (name, field) = (name(key), field(n));
            let is_there = keyspace
                .db(0)
                .hash_mut(&name)
                .unwrap()
                .set_deadline(&field, deadline);
            let model = world.hash(0, key).get_mut(&field);
            assert_eq!(is_there, model.is_some());
            if let Some((_, at)) = model {
                *at = deadline;
            }
        }
        Step::Remove(key, n) => {
            let (name, field) = (name(key), field(n));
            let is_removed = keyspace.db(0).hash_mut(&name).unwrap().remove(&field);
            let was_there = world.hash(0, key).remove(&field).is_some();
            assert!(is_removed || !was_there);
        }
        Step::Wait(ms) => {
            keyspace.freeze(now + ms);
            world.expire(now + ms);
        }
        Step::Sweep(budget) => {
            keyspace.expire_due(budget);
        }
        Step::Copy(a, b) => {
            keyspace.copy_key((0, &name(a)), (0, &name(b)), true);
            if a != b && !world.hash(0, a).is_empty() {
                *world.hash(0, b) = world.hash(0, a).clone();
            }
        }
        Step::Rename(a, b) => {
            if a != b && !world.hash(0, a).is_empty() {
                assert!(keyspace.db(0).rename(&name(a), &name(b)));
                *world.hash(0, b) = std::mem::take(world.hash(0, a));
            }
        }
        Step::Move(key) => {
            if keyspace.db(1).is_empty() && keyspace.move_key(&name(key), 0, 1) {
                *world.hash(1, key) = std::mem::take(world.hash(0, key));
            }
        }
        Step::Overwrite(key) => {
            keyspace.db(0).set(&name(key), b"a string", None);
            keyspace.db(0).remove(&name(key));
            world.hash(0, key).clear();
        }
        Step::Snapshot => {}
    }
}

fn set(
    keyspace: &mut Keyspace,
    world: &mut World,
    (key, n): (u8, u8),
    (len, ttl): (usize, FieldTtl),
) {
    let now = keyspace.now();
    let (name, field) = (name(key), field(n));
    let value = match len {
        0..4 => len.to_string().into_bytes(),
        _ => vec![b'v'; len],
    };
    let ttl = match ttl {
        FieldTtl::At(after) => FieldTtl::At(now + after),
        other => other,
    };
    let mut db = keyspace.db(0);
    let is_new = db.hash_mut(&name).unwrap().set(&field, &value, ttl);
    let model = world.hash(0, key);
    let old = model.get(&field).and_then(|(_, deadline)| *deadline);
    let was_there = model.insert(field, (value, ttl.after(old))).is_some();
    assert_eq!(is_new, !was_there);
}

fn check(keyspace: &mut Keyspace, world: &World) {
    for db in 0..2 {
        for key in 0..3 {
            let empty = Model::new();
            let model = world.keys.get(&(db, key)).unwrap_or(&empty);
            assert_eq!(&contents(keyspace, db, &name(key)), model);
        }
    }
    let due = world.keys.values().flat_map(|hash| hash.values());
    let due = due.filter_map(|(_, deadline)| *deadline).min();
    if let Some(due) = due {
        let next = keyspace.next_expiry().expect("a field has a deadline");
        assert!(next <= due + 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 256 }))]

    #[test]
    fn hashes_behave_as_maps_with_deadlines(steps in prop::collection::vec(step(), 1..80)) {
        let (mut keyspace, mut world) = (keyspace(), World::default());
        let mut frozen = Vec::new();
        for step in steps {
            if matches!(step, Step::Snapshot) {
                let seen = [0, 1, 2].map(|key| contents(&mut keyspace, 0, &name(key)));
                frozen.push((keyspace.now(), seen, keyspace.snapshot()));
            }
            apply(&mut keyspace, &mut world, step);
            check(&mut keyspace, &world);
        }
        for (now, seen, snapshot) in frozen {
            let mut walk = snapshot.into_walk();
            while let Some(item) = walk.next() {
                if item.db == 0 {
                    let mut found = Model::new();
                    item.value.hash().unwrap().each(|f| {
                        found.insert(text(f.field), (text(f.value), f.deadline));
                    });
                    found.retain(|_, (_, deadline)| deadline.is_none_or(|at| at >= now));
                    prop_assert_eq!(&found, &seen[usize::from(item.key[1])]);
                }
            }
        }
        keyspace.freeze(1_000_000);
        keyspace.housekeep(1_000_000);
        while keyspace.expire_due(7) > 0 {}
        world.expire(1_000_000);
        check(&mut keyspace, &world);
        prop_assert_eq!(keyspace.next_expiry(), None);
        for db in 0..2 {
            prop_assert_eq!(keyspace.db(db).volatile_hashes(), 0);
            let live = world.keys.iter().filter(|((d, _), hash)| *d == db && !hash.is_empty());
            prop_assert_eq!(keyspace.db(db).len(), live.count());
        }
    }
}

#[test]
fn a_hash_goes_with_its_last_field_on_time_and_says_so() {
    for entries in [0, 20] {
        let mut keyspace = keyspace();
        keyspace.set_packing(Packing {
            hash_entries_max: entries,
            ..Packing::default()
        });
        let mut db = keyspace.db(0);
        let mut hash = db.hash_mut(b"k").unwrap();
        hash.set(b"a", b"1", FieldTtl::At(2000));
        hash.set(b"b", b"2", FieldTtl::At(1500));
        assert_eq!(keyspace.next_expiry(), Some(1501));
        assert_eq!(keyspace.db(0).volatile_hashes(), 1);
        keyspace.freeze(1500);
        assert_eq!(keyspace.expire_due(10), 0);
        assert_eq!(contents(&mut keyspace, 0, b"k").len(), 2);
        keyspace.freeze(1501);
        assert_eq!(contents(&mut keyspace, 0, b"k").len(), 1);
        assert_eq!(keyspace.expire_due(10), 1);
        assert_eq!(keyspace.next_expiry(), Some(2001));
        keyspace.freeze(2001);
        assert!(keyspace.db(0).contains(b"k"));
        assert_eq!(keyspace.expire_due(10), 1);
        assert!(!keyspace.db(0).contains(b"k"));
        let kinds: Vec<_> = keyspace.take_events().into_iter().map(|e| e.kind).collect();
        let expired = |field: &[u8]| EventKind::FieldExpired(field.into());
        assert_eq!(kinds, [expired(b"b"), expired(b"a"), EventKind::Emptied]);
        assert_eq!(keyspace.stats().expired_fields, 2);
        assert_eq!(keyspace.next_expiry(), None);
    }
}

#[test]
fn the_encoding_follows_the_thresholds() {
    let mut keyspace = keyspace();
    let encoding = |keyspace: &mut Keyspace| {
        let mut db = keyspace.db(0);
        db.read(b"k", Touch::No).map(|value| value.encoding())
    };
    let set = |keyspace: &mut Keyspace, field: &[u8], value: &[u8], ttl| {
        keyspace
            .db(0)
            .hash_mut(b"k")
            .unwrap()
            .set(field, value, ttl)
    };
    for n in 0..20 {
        set(
            &mut keyspace,
            n.to_string().as_bytes(),
            b"v",
            FieldTtl::Clear,
        );
        assert_eq!(encoding(&mut keyspace), Some(Encoding::Listpack));
    }
    set(&mut keyspace, b"7", b"v", FieldTtl::At(5000));
    assert_eq!(encoding(&mut keyspace), Some(Encoding::ListpackEx));
    set(&mut keyspace, b"7", b"v", FieldTtl::Clear);
    assert_eq!(encoding(&mut keyspace), Some(Encoding::ListpackEx));
    assert_eq!(keyspace.db(0).volatile_hashes(), 0);
    set(&mut keyspace, b"20", b"v", FieldTtl::Clear);
    assert_eq!(encoding(&mut keyspace), Some(Encoding::Hashtable));
    keyspace.db(0).remove(b"k");
    set(&mut keyspace, b"f", &[b'v'; 31], FieldTtl::Clear);
    assert_eq!(encoding(&mut keyspace), Some(Encoding::Hashtable));
}

#[test]
fn a_packed_hash_is_in_the_order_of_its_deadlines() {
    let mut keyspace = keyspace();
    let mut db = keyspace.db(0);
    let mut hash = db.hash_mut(b"k").unwrap();
    for (field, ttl) in [
        (b"a", FieldTtl::Clear),
        (b"b", FieldTtl::At(3000)),
        (b"c", FieldTtl::At(2000)),
        (b"d", FieldTtl::At(3000)),
        (b"e", FieldTtl::Clear),
    ] {
        hash.set(field, b"", ttl);
    }
    hash.set_deadline(b"a", Some(2500));
    let mut order = Vec::new();
    hash.view().unwrap().each(|f| order.extend(text(f.field)));
    assert_eq!(order, b"cadbe");
    hash.set(b"c", b"x", FieldTtl::Keep);
    hash.set(b"b", b"x", FieldTtl::Clear);
    order.clear();
    hash.view().unwrap().each(|f| order.extend(text(f.field)));
    assert_eq!(order, b"cadeb");
}

#[test]
fn several_fields_are_set_as_one_by_one() {
    for pairs in [
        &[
            (&b"a"[..], &b"1"[..]),
            (b"b", b"2"),
            (b"a", b"three"),
            (b"10", b"x"),
            (b"10", b"y"),
        ][..],
        &[(b"a", &[b'v'; 31]), (b"b", b"")],
        &[(b"a", b"1")],
    ] {
        let (mut once, mut single) = (keyspace(), keyspace());
        let (mut db, mut other) = (once.db(0), single.db(0));
        for _ in 0..2 {
            let mut hash = other.hash_mut(b"k").unwrap();
            let new = pairs
                .iter()
                .filter(|(f, v)| hash.set(f, v, FieldTtl::Clear))
                .count();
            let mut hash = db.hash_mut(b"k").unwrap();
            assert_eq!(hash.set_all(pairs.iter().copied(), FieldTtl::Clear), new);
        }
        assert_eq!(contents(&mut once, 0, b"k"), contents(&mut single, 0, b"k"));
    }
}

#[test]
fn drawn_fields_are_distinct_and_all_come_up() {
    for entries in [0, 500] {
        let mut keyspace = keyspace();
        keyspace.set_packing(Packing {
            hash_entries_max: entries,
            ..Packing::default()
        });
        for n in 0..100_u8 {
            let mut db = keyspace.db(0);
            db.hash_mut(b"k").unwrap().set(&[n], b"", FieldTtl::Clear);
        }
        let mut rng = russet_base::Rng::new(1);
        let mut db = keyspace.db(0);
        let hash = db.hash_ref(b"k", Touch::No).unwrap().unwrap();
        let mut counts = [0; 100];
        for (count, rounds) in [(5, 400), (50, 40), (100, 4), (1000, 4)] {
            for _ in 0..if cfg!(miri) { 1 } else { rounds } {
                let mut drawn = Vec::new();
                hash.draw(&mut rng, count, |f| {
                    drawn.push(text(f.field)[0]);
                });
                drawn.sort_unstable();
                drawn.dedup();
                assert_eq!(drawn.len(), count.min(100));
                drawn.iter().for_each(|&n| counts[usize::from(n)] += 1);
            }
        }
        assert!(
            cfg!(miri) || counts.iter().all(|&n| (25..80).contains(&n)),
            "{counts:?}"
        );
    }
}
