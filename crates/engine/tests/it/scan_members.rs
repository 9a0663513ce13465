//! Scans over members and fields show what is there throughout exactly once, whatever is added and
//! removed meanwhile, and by cursors that a double holds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use russet_engine::{FieldTtl, Keyspace, Options, Packing, Touch};

const KEY: &[u8] = b"k";

/// A collection whose members are scanned.
#[derive(Debug, Clone, Copy)]
enum Scanned {
    Set,
    Hash,
    Zset,
}

impl Scanned {
    fn add(self, keyspace: &mut Keyspace, member: &[u8]) {
        let mut db = keyspace.db(0);
        match self {
            Self::Set => {
                db.set_mut(KEY).expect("the type fits").add(member);
            }
            Self::Hash => {
                let mut hash = db.hash_mut(KEY).expect("the type fits");
                hash.set(member, b"value", FieldTtl::Clear);
            }
            Self::Zset => {
                let mut zset = db.zset_mut(KEY).expect("the type fits");
                zset.put(member, |score| Some(score.unwrap_or(0.0) + 1.0));
            }
        }
    }

    fn remove(self, keyspace: &mut Keyspace, member: &[u8]) {
        let mut db = keyspace.db(0);
        match self {
            Self::Set => {
                db.set_mut(KEY).expect("the type fits").remove(member);
            }
            Self::Hash => {
                db.hash_mut(KEY).expect("the type fits").remove(member);
            }
            Self::Zset => {
                db.zset_mut(KEY).expect("the type fits").remove(member);
            }
        }
    }

    /// One step of a scan; an absent key has none.
    fn scan(self, keyspace: &mut Keyspace, cursor: u64, seen: &mut Vec<Vec<u8>>) -> u64 {
        let mut db = keyspace.db(0);
        let mut show = |member: Vec<u8>| seen.push(member);
        let next = match self {
            Self::Set => db
                .read_set(KEY, Touch::No)
                .expect("the type fits")
                .map(|set| set.scan(cursor, 10, &mut |member| show(member.to_vec()))),
            Self::Hash => db
                .hash_ref(KEY, Touch::No)
                .expect("the type fits")
                .map(|hash| {
                    hash.scan(cursor, 10, |field| match field.field {
                        russet_engine::StringRef::Bytes(bytes) => show(bytes.to_vec()),
                        other => panic!("{other:?}"),
                    })
                }),
            Self::Zset => db
                .zset(KEY, Touch::No)
                .expect("the type fits")
                .map(|zset| zset.scan(cursor, 10, &mut |scored| show(scored.member.to_vec()))),
        };
        next.unwrap_or(0)
    }
}

/// Integers of all widths, many of them neighbours, and other members.
fn member() -> impl Strategy<Value = Vec<u8>> {
    let near = |base: i64, step: i64| base.wrapping_add(step).to_string().into_bytes();
    prop_oneof![
        (0_u32..63, -30_i64..30).prop_map(move |(bits, step)| near(1 << bits, step)),
        (0_u32..63, -30_i64..30).prop_map(move |(bits, step)| near(i64::MIN >> bits, step)),
        (-500_i64..500).prop_map(move |step| near(0, step)),
        (0_u32..500).prop_map(|n| format!("member:{n}").into_bytes()),
    ]
}

fn never_packed() -> Keyspace {
    let mut keyspace = Keyspace::new(Options {
        databases: 1,
        seed: 3,
        ..Options::default()
    });
    keyspace.set_packing(Packing {
        hash_entries_max: 0,
        set_intset_entries_max: 0,
        set_entries_max: 0,
        zset_entries_max: 0,
        ..keyspace.packing()
    });
    keyspace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 48 }))]
    #[test]
    fn a_scan_shows_members_that_stay_exactly_once(
        stay in btree_set(member(), 0..1000),
        churn in vec((vec(member(), 0..40), vec(member(), 0..40)), 1..40),
        scanned in prop_oneof![Just(Scanned::Set), Just(Scanned::Hash), Just(Scanned::Zset)],
    ) {
        let mut keyspace = never_packed();
        for member in &stay {
            scanned.add(&mut keyspace, member);
        }
        let (mut seen, mut cursor) = (Vec::new(), 0);
        for (added, removed) in churn.iter().cycle() {
            cursor = scanned.scan(&mut keyspace, cursor, &mut seen);
            prop_assert!(cursor < 1 << 53, "{cursor} is not exact as a double");
            if cursor == 0 {
                break;
            }
            for member in added.iter().filter(|member| !stay.contains(*member)) {
                scanned.add(&mut keyspace, member);
            }
            for member in removed.iter().filter(|member| !stay.contains(*member)) {
                scanned.remove(&mut keyspace, member);
            }
        }
        let mut times: BTreeMap<&[u8], usize> = BTreeMap::new();
        for member in &seen {
            *times.entry(member).or_default() += 1;
        }
        let wrong: BTreeSet<_> = stay
            .iter()
            .filter(|member| times.get(member.as_slice()) != Some(&1))
            .collect();
        prop_assert!(wrong.is_empty(), "{wrong:?}");
    }
}
