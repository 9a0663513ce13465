use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use russet_base::rng::Rng as Chance;
use russet_engine::{Keyspace, Options};

use super::prefixes::overlap;
use super::table::Holders;
use super::*;
use crate::waiters::DbKey;

fn conn(index: u32) -> ConnId {
    ConnId {
        index,
        generation: 1,
    }
}

fn key(name: u8) -> DbKey {
    (0, Box::from([b'k', name]))
}

proptest! {
    #[test]
    fn the_table_holds_what_a_plain_map_holds(
        steps in prop::collection::vec((0..4_u8, 0..6_u8, 0..4_u32), 0..60),
    ) {
        let mut keyspace = Keyspace::new(Options::default());
        let mut table = Table::new(&mut Chance::new(2));
        let mut chance = Chance::new(1);
        let mut model: BTreeMap<u8, BTreeSet<u32>> = BTreeMap::new();
        for (step, name, client) in steps {
            match step {
                0 => {
                    table.insert(&mut keyspace, key(name), conn(client));
                    model.entry(name).or_default().insert(client);
                }
                1 => {
                    let taken = table.take(&mut keyspace, &key(name));
                    let taken = taken.map(|holders| indexes(&holders));
                    prop_assert_eq!(taken, model.remove(&name));
                }
                2 => {
                    table.clear(&mut keyspace);
                    model.clear();
                }
                _ => {
                    let taken = table.take_beyond(&mut keyspace, 3, &mut chance);
                    prop_assert_eq!(taken.is_some(), model.len() > 3);
                    if let Some((key, holders)) = taken {
                        let expected = model.remove(&key.1[1]);
                        prop_assert_eq!(Some(indexes(&holders)), expected);
                    }
                }
            }
            let items: usize = model.values().map(BTreeSet::len).sum();
            prop_assert_eq!((table.keys(), table.items()), (model.len(), items));
            // What is in the table is observed, and nothing else.
            prop_assert_eq!(changes(&mut keyspace), model.keys().copied().collect::<Vec<u8>>());
        }
    }
}

/// The observed keys: those whose changes are reported.
fn changes(keyspace: &mut Keyspace) -> Vec<u8> {
    for name in 0..6 {
        keyspace.db(0).set(&key(name).1, b"v", None);
    }
    let changes = keyspace.take_changes();
    changes.iter().map(|change| change.key[1]).collect()
}

#[test]
fn a_turn_forgets_few_keys_more_than_were_added() {
    let mut keyspace = Keyspace::new(Options::default());
    let mut table = Table::new(&mut Chance::new(2));
    for number in 0..1000_u32 {
        let key = (0, Box::from(number.to_le_bytes()));
        table.insert(&mut keyspace, key, conn(1));
    }
    assert_eq!(table.excess(990, 5), 10);
    assert_eq!(table.excess(10, 5), 5);
    table.insert(&mut keyspace, (0, Box::from(*b"k")), conn(1));
    assert_eq!(table.excess(10, 5), 6);
    // Many are dropped elsewhere, few here.
    assert!(table.clear(&mut keyspace).is_some());
    assert_eq!((table.keys(), table.items(), table.excess(0, 5)), (0, 0, 0));
    keyspace.db(0).set(b"k", b"v", None);
    assert!(!keyspace.has_changes());
    table.insert(&mut keyspace, (0, Box::from(*b"k")), conn(1));
    assert!(table.clear(&mut keyspace).is_none());
}

fn indexes(holders: &Holders) -> BTreeSet<u32> {
    holders.iter().map(|conn| conn.index).collect()
}

#[test]
fn prefixes_gather_the_keys_that_begin_with_them() {
    let mut prefixes = Prefixes::default();
    prefixes.insert(b"a", conn(1));
    prefixes.insert(b"ab", conn(2));
    prefixes.insert(b"", conn(3));
    prefixes.change(&(0, b"abc"[..].into()), Some(conn(1)));
    prefixes.change(&(0, b"b"[..].into()), None);
    prefixes.change(&(0, b"abc"[..].into()), Some(conn(2)));
    let changed = prefixes.take_changed();
    let told: Vec<_> = changed
        .iter()
        .map(|changed| (changed.clients[0].index, changed.keys.len()))
        .collect();
    assert_eq!(told, [(3, 2), (1, 1), (2, 1)]);
    assert_eq!(changed[1].keys[0].1, None);
    prefixes.change(&(0, b"abc"[..].into()), Some(conn(2)));
    prefixes.change(&(0, b"abc"[..].into()), Some(conn(2)));
    assert_eq!(prefixes.take_changed()[1].keys[0].1, Some(conn(2)));
    assert!(prefixes.take_changed().is_empty());
    prefixes.remove(conn(3));
    prefixes.remove(conn(2));
    prefixes.change(&(0, b"abc"[..].into()), None);
    assert_eq!(prefixes.take_changed().len(), 1);
    prefixes.remove(conn(1));
    assert!(prefixes.is_empty());
}

#[test]
fn prefixes_overlap_when_one_begins_with_the_other() {
    for (one, other, do_they) in [
        ("a", "ab", true),
        ("ab", "a", true),
        ("", "x", true),
        ("a", "a", true),
        ("ab", "ac", false),
    ] {
        assert_eq!(overlap(one.as_bytes(), other.as_bytes()), do_they);
    }
}

#[test]
fn a_caching_reaches_the_next_command_or_the_transaction_that_is_next() {
    let mut tracking = Tracking::new(&mut Chance::new(1));
    let tracker = Tracker {
        mode: Mode::OptIn,
        ..Tracker::default()
    };
    tracking.set(conn(1), tracker);
    let mut said = |names: &[&str]| {
        tracking.get_mut(conn(1)).expect("it is there").caching = Caching::Next;
        let remembers: Vec<bool> = names
            .iter()
            .map(|name| tracking.step(conn(1), name))
            .collect();
        remembers
    };
    assert_eq!(said(&["client", "get", "get"]), [true, true, false]);
    assert_eq!(
        said(&["client", "multi", "get", "get", "exec", "get"]),
        [true, true, true, true, true, false]
    );
    assert!(!tracking.step(conn(2), "get"));
}
