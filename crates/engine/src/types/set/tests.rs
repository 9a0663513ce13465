use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use russet_base::Rng;
use russet_base::num::I64Buf;

use super::*;
use crate::key::{KeyHash, MemberHash};
use crate::value::{Encoding, Touch};
use crate::{Keyspace, Options};

const KEY: &[u8] = b"set";

fn text(member: Member<'_>) -> Vec<u8> {
    member.as_bytes(&mut I64Buf::new()).to_vec()
}

fn members(set: SetRef<'_>) -> BTreeSet<Vec<u8>> {
    let members: Vec<Vec<u8>> = set.iter().map(text).collect();
    let len = members.len();
    let members: BTreeSet<Vec<u8>> = members.into_iter().collect();
    assert_eq!((members.len(), set.len()), (len, len));
    members
}

fn encoding(keyspace: &mut Keyspace) -> Encoding {
    let mut db = keyspace.db(0);
    let set = db.read_set(KEY, Touch::No).unwrap();
    set.expect("the set exists").encoding()
}

fn add(keyspace: &mut Keyspace, words: impl IntoIterator<Item = impl AsRef<str>>) -> Encoding {
    let mut db = keyspace.db(0);
    let mut set = db.set_mut(KEY).unwrap();
    for word in words {
        set.add(word.as_ref().as_bytes());
    }
    encoding(keyspace)
}

fn numbers(range: std::ops::Range<i64>) -> impl Iterator<Item = String> {
    range.map(|n| n.to_string())
}

#[test]
fn the_encoding_follows_the_thresholds() {
    use Encoding::{Hashtable, Intset, Listpack};
    let long = "x".repeat(65);
    let fresh = || Keyspace::new(Options::default());
    let mut keyspace = fresh();
    assert_eq!(add(&mut keyspace, numbers(0..512)), Intset);
    assert_eq!(add(&mut keyspace, ["512"]), Hashtable);
    keyspace.db(0).set_mut(KEY).unwrap().remove(b"512");
    assert_eq!(encoding(&mut keyspace), Hashtable);

    let mut keyspace = fresh();
    assert_eq!(add(&mut keyspace, numbers(0..127)), Intset);
    assert_eq!(add(&mut keyspace, ["a"]), Listpack);
    assert_eq!(add(&mut keyspace, ["5", "a"]), Listpack);
    assert_eq!(add(&mut keyspace, ["b"]), Hashtable);

    let mut keyspace = fresh();
    add(&mut keyspace, numbers(0..128));
    assert_eq!(add(&mut keyspace, ["a"]), Hashtable);

    let mut keyspace = fresh();
    assert_eq!(add(&mut keyspace, ["a"]), Listpack);
    assert_eq!(add(&mut keyspace, [&long]), Hashtable);

    let mut keyspace = fresh();
    assert_eq!(add(&mut keyspace, ["1", &long]), Hashtable);

    let mut keyspace = fresh();
    keyspace.db(0).set_mut(KEY).unwrap().expect(129);
    assert_eq!(add(&mut keyspace, ["a"]), Listpack);
    keyspace.db(0).set_mut(KEY).unwrap().expect(129);
    assert_eq!(encoding(&mut keyspace), Hashtable);
}

#[test]
fn a_long_intset_stays_one_and_in_order() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_packing(crate::Packing {
        set_intset_entries_max: 5000,
        ..crate::Packing::default()
    });
    let shuffled = (0..5000).map(|n| (n * 2741 % 5000 - 2500).to_string());
    assert_eq!(add(&mut keyspace, shuffled), Encoding::Intset);
    let mut db = keyspace.db(0);
    let set = db.read_set(KEY, Touch::No).unwrap().unwrap();
    assert!(set.iter().eq((-2500..2500).map(Member::Int)));
    assert_eq!(add(&mut keyspace, ["2500"]), Encoding::Hashtable);
}

#[test]
fn a_snapshot_keeps_the_set_it_saw() {
    for words in [1, 5, 100, 2000] {
        let mut keyspace = Keyspace::new(Options::default());
        let word = |n: usize| {
            if n.is_multiple_of(2) {
                n.to_string()
            } else {
                format!("w{n}")
            }
        };
        add(&mut keyspace, (0..words).map(word));
        let before: BTreeSet<Vec<u8>> = (0..words).map(|n| word(n).into_bytes()).collect();
        let snapshot = keyspace.snapshot();
        assert!(keyspace.copy_key((0, KEY), (0, b"copy"), false));
        {
            let mut db = keyspace.db(0);
            let mut set = db.set_mut(KEY).unwrap();
            (0..words).filter(|n| n % 3 == 0).for_each(|n| {
                set.remove(word(n).as_bytes());
                set.add(format!("new {n}").as_bytes());
            });
        }
        let mut walk = snapshot.into_walk();
        let seen = members(walk.next().unwrap().value.set().unwrap());
        assert_eq!(seen, before, "{words}");
        let db = keyspace.db(0);
        let copy = members(db.peek_set(b"copy").unwrap().unwrap());
        assert_eq!(copy, before, "{words}");
    }
}

#[test]
fn a_scan_shows_each_member_that_stays_exactly_once() {
    let mut keyspace = Keyspace::new(Options::default());
    let stays = |n: i64| [format!("stays {n}"), (n * 1_000_003).to_string()];
    add(&mut keyspace, (-1000..1000).flat_map(stays));
    let mut seen = Vec::new();
    let (mut cursor, mut round) = (0, 0);
    loop {
        let mut db = keyspace.db(0);
        let set = db.read_set(KEY, Touch::No).unwrap().unwrap();
        let mut shown = 0;
        cursor = set.scan(cursor, 10, &mut |member| {
            shown += 1;
            seen.push(text(member));
        });
        assert!(shown <= 13, "{shown} members at once");
        assert!(cursor < 1 << 53, "{cursor} is not exact as a double");
        if cursor == 0 {
            break;
        }
        let mut set = db.set_mut(KEY).unwrap();
        for n in 0..20 {
            set.add(format!("comes {round} {n}").as_bytes());
            set.add((round * 100 + n).to_string().as_bytes());
            set.remove(format!("comes {} {n}", round - 3).as_bytes());
        }
        round += 1;
    }
    let all: BTreeSet<&Vec<u8>> = seen.iter().collect();
    let stayed = (-1000..1000).flat_map(stays).collect::<Vec<_>>();
    for member in &stayed {
        let times = seen
            .iter()
            .filter(|seen| *seen == member.as_bytes())
            .count();
        assert!(times == 1, "{member} was shown {times} times");
    }
    assert_eq!(all.len(), seen.len(), "none was shown twice");
}

#[test]
fn hints_about_members_may_be_about_anything() {
    let mut keyspace = Keyspace::new(Options::default());
    let (key, member) = (KeyHash::new(1), MemberHash::new(2));
    keyspace.prefetch_members([(0, key, member), (99, key, member)].into_iter());
    for words in [3, 100, 5000] {
        add(&mut keyspace, (0..words).map(|n| format!("w{n}")));
        let hash = keyspace.db(0).hash(KEY);
        let members = (0..200u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        keyspace.prefetch_members(members.map(|member| (0, hash, MemberHash::new(member))));
    }
    assert_eq!(add(&mut keyspace, ["w1"]), Encoding::Hashtable);
}

#[test]
fn random_members_are_all_as_likely() {
    for words in [10usize, 100, 3000] {
        let mut keyspace = Keyspace::new(Options::default());
        add(
            &mut keyspace,
            (0..words).map(|n| {
                if n.is_multiple_of(2) {
                    n.to_string()
                } else {
                    format!("w{n}")
                }
            }),
        );
        let mut db = keyspace.db(0);
        let set = db.read_set(KEY, Touch::No).unwrap().unwrap();
        let (mut rng, mut tenths) = (Rng::new(3), [0u32; 10]);
        for _ in 0..20_000 {
            let member = text(set.random(&mut rng).unwrap());
            let number = String::from_utf8(member).unwrap();
            let number: usize = number.trim_start_matches('w').parse().unwrap();
            tenths[number * 10 / words] += 1;
        }
        assert!(
            tenths.iter().all(|hits| (1750..2250).contains(hits)),
            "{words} {tenths:?}"
        );
    }
}

/// Words of which some are integers, some long, and few enough to meet again.
fn word() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (-300i64..300).prop_map(|n| n.to_string().into_bytes()),
        1 => any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        4 => (0u32..300).prop_map(|n| format!("word {n}").into_bytes()),
        1 => (0usize..3).prop_map(|n| vec![b'l'; 60 + n * 700]),
        1 => vec(any::<u8>(), 0..4),
    ]
}

proptest! {
    #[test]
    fn members_are_kept_like_in_a_tree(
        few in any::<bool>(),
        steps in vec((0u8..3, word()), 0..600),
    ) {
        let mut keyspace = Keyspace::new(Options::default());
        let mut model = BTreeSet::new();
        let steps = steps.into_iter().take(if few { 60 } else { 600 });
        for (step, word) in steps {
            let mut db = keyspace.db(0);
            let mut set = db.set_mut(KEY).unwrap();
            match step {
                0 => prop_assert_eq!(set.remove(&word), model.remove(&word)),
                _ => prop_assert_eq!(set.add(&word), model.insert(word)),
            }
            prop_assert_eq!(set.len(), model.len());
        }
        let mut db = keyspace.db(0);
        let set = db.read_set(KEY, Touch::No).unwrap();
        prop_assert_eq!(set.is_none(), model.is_empty());
        if let Some(set) = set {
            for word in &model {
                prop_assert!(set.contains(word));
            }
            prop_assert!(!set.contains(b"never added"));
            prop_assert_eq!(members(set), model);
        }
    }
}
