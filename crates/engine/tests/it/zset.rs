//! Sorted sets against a sorted vector, packed and paged, with copies and snapshots looking on.

use proptest::prelude::*;
use russet_engine::{
    Encoding, Keyspace, Member, MemberBound, ObserverId, Options, Packing, ScoreBound, Scored,
    Snapshot, Span, Touch, ZsetRef,
};

type Model = Vec<(f64, Vec<u8>)>;

#[derive(Debug, Clone)]
enum Op {
    Put(Vec<u8>, f64),
    Remove(Vec<u8>),
    RemoveRanks(u16, u16),
    Scores(f64, f64, bool),
    Copy,
    Freeze,
}

fn member() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => "[a-f]{0,3}".prop_map(String::into_bytes),
        4 => (-300i64..300).prop_map(|n| n.to_string().into_bytes()),
        2 => prop::collection::vec(any::<u8>(), 0..80),
        1 => (200usize..3000).prop_map(|len| vec![b'x'; len]),
    ]
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (-20i32..20).prop_map(f64::from),
        2 => (-20i32..20).prop_map(|n| f64::from(n) / 8.0),
        1 => any::<f64>().prop_filter("a number", |score| !score.is_nan()),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0)],
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        20 => (member(), score()).prop_map(|(m, s)| Op::Put(m, s)),
        6 => member().prop_map(Op::Remove),
        1 => (any::<u16>(), 0u16..20).prop_map(|(from, count)| Op::RemoveRanks(from, count)),
        4 => (score(), score(), any::<bool>()).prop_map(|(a, b, x)| Op::Scores(a, b, x)),
        1 => Just(Op::Copy),
        1 => Just(Op::Freeze),
    ]
}

fn owned(scored: Scored<'_>) -> (f64, Vec<u8>) {
    (scored.score, scored.member.to_vec())
}

fn before(a: &(f64, Vec<u8>), score: f64, member: &[u8]) -> bool {
    a.0 < score || a.0 == score && a.1.as_slice() < member
}

fn put(model: &mut Model, member: &[u8], score: f64) {
    model.retain(|(_, m)| m != member);
    let at = model.partition_point(|pair| before(pair, score, member));
    model.insert(at, (score, member.to_vec()));
}

fn check(keyspace: &mut Keyspace, key: &[u8], model: &Model) {
    let mut db = keyspace.db(0);
    let zset = db.zset(key, Touch::No).expect("the key holds a sorted set");
    assert_eq!(zset.is_some(), !model.is_empty());
    let Some(zset) = zset else { return };
    assert_eq!(zset.len(), model.len());
    assert!(zset.iter().map(owned).eq(model.iter().cloned()));
    let all = Span::Ranks(0..usize::MAX);
    assert!(
        zset.walk_back(all)
            .map(owned)
            .eq(model.iter().rev().cloned())
    );
    for (rank, (score, member)) in model.iter().enumerate() {
        assert_eq!(zset.rank(member), Some((rank, *score)));
        assert_eq!(zset.get(rank).map(owned), Some((*score, member.clone())));
    }
    let mut seen = Vec::new();
    let mut cursor = 0;
    loop {
        cursor = zset.scan(cursor, 5, &mut |scored| seen.push(scored.member.to_vec()));
        if cursor == 0 {
            break;
        }
    }
    let mut members: Vec<_> = model.iter().map(|(_, member)| member.clone()).collect();
    members.sort();
    seen.sort();
    assert_eq!(seen, members);
}

fn check_scores(zset: ZsetRef<'_>, model: &Model, (a, b, excludes): (f64, f64, bool)) {
    let bound = |score| ScoreBound { score, excludes };
    let span = Span::Scores(bound(a), bound(b));
    let is_in = |score: f64| match excludes {
        true => score > a && score < b,
        false => score >= a && score <= b,
    };
    let expected: Model = model.iter().filter(|(s, _)| is_in(*s)).cloned().collect();
    assert_eq!(zset.ranks(&span).len(), expected.len());
    assert!(
        zset.walk(span.clone())
            .map(owned)
            .eq(expected.iter().cloned())
    );
    let back = zset.walk_back(span.clone()).map(owned);
    assert!(back.eq(expected.iter().rev().cloned()));
    for skipped in [1, 20, 1000] {
        let mut walk = zset.walk(span.clone());
        walk.skip_members(skipped);
        assert!(walk.map(owned).eq(expected.iter().skip(skipped).cloned()));
        let mut walk = zset.walk_back(span.clone());
        walk.skip_members(skipped);
        assert!(
            walk.map(owned)
                .eq(expected.iter().rev().skip(skipped).cloned())
        );
    }
}

fn check_frozen(frozen: Option<(Snapshot, Model)>) {
    let Some((snapshot, model)) = frozen else {
        return;
    };
    let mut walk = snapshot.into_walk();
    let mut found = None;
    while let Some(item) = walk.next() {
        if item.key == b"z" {
            found = Some(
                item.value
                    .zset()
                    .expect("the key holds a sorted set")
                    .iter()
                    .map(owned)
                    .collect::<Model>(),
            );
        }
    }
    assert_eq!(found.unwrap_or_default(), model);
}

fn run(ops: &[Op], entries_max: usize) {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_packing(Packing {
        zset_entries_max: entries_max,
        ..Packing::default()
    });
    let (mut model, mut copied) = (Model::new(), Model::new());
    let mut frozen = None;
    for op in ops {
        let mut db = keyspace.db(0);
        let mut zset = db.zset_mut(b"z").expect("the key holds a sorted set");
        match op {
            Op::Put(member, score) => {
                zset.put(member, |_| Some(*score));
                put(&mut model, member, *score);
            }
            Op::Remove(member) => {
                let there = model.iter().position(|(_, m)| m == member);
                let score = there.map(|at| model.remove(at).0);
                assert_eq!(zset.remove(member), score);
            }
            Op::RemoveRanks(from, count) => {
                let from = usize::from(*from) % (model.len() + 1);
                let to = (from + usize::from(*count)).min(model.len());
                let mut gone = Model::new();
                zset.remove_ranks(from..to, |scored| gone.push(owned(scored)));
                assert_eq!(gone, model.drain(from..to).collect::<Model>());
            }
            Op::Scores(a, b, excludes) => {
                if let Some(zset) = zset.view() {
                    check_scores(zset, &model, (*a, *b, *excludes));
                }
            }
            Op::Copy => {
                check(&mut keyspace, b"copy", &copied);
                keyspace.db(0).remove(b"copy");
                keyspace.copy_key((0, b"z"), (0, b"copy"), true);
                copied.clone_from(&model);
            }
            Op::Freeze => {
                check_frozen(frozen.take());
                frozen = Some((keyspace.snapshot(), model.clone()));
            }
        }
    }
    check(&mut keyspace, b"z", &model);
    check(&mut keyspace, b"copy", &copied);
    check_frozen(frozen);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 48 }))]

    #[test]
    fn a_packed_sorted_set_is_a_sorted_vector(ops in prop::collection::vec(op(), 1..120)) {
        run(&ops, 1_000);
    }

    #[test]
    fn a_paged_sorted_set_is_a_sorted_vector(ops in prop::collection::vec(op(), 1..400)) {
        run(&ops, 0);
    }

    #[test]
    fn a_sorted_set_is_the_same_when_it_stops_being_packed(
        ops in prop::collection::vec(op(), 1..200),
    ) {
        run(&ops, 16);
    }
}

#[test]
fn members_of_equal_scores_are_found_by_member() {
    for entries_max in [0, 1000] {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.set_packing(Packing {
            zset_entries_max: entries_max,
            ..Packing::default()
        });
        let mut db = keyspace.db(0);
        let mut zset = db.zset_mut(b"words").unwrap();
        let word = |n: usize| format!("w{n:03}").into_bytes();
        (0..500).for_each(|n| zset.put(&word(n * 7 % 500), |_| Some(0.0)));
        let zset = db.zset(b"words", Touch::No).unwrap().unwrap();
        let (low, high) = (word(100), word(200));
        use MemberBound::{At, Beyond, Highest, Lowest};
        let cases = [
            (At(&low), At(&high), 100..201),
            (Beyond(&low), Beyond(&high), 101..200),
            (Lowest, At(&low), 0..101),
            (Beyond(&high), Highest, 201..500),
            (Lowest, Highest, 0..500),
            (At(&high), At(&low), 200..200),
            (Highest, Lowest, 500..500),
            (At(b"w1005"), At(b"w1015"), 101..102),
        ];
        for (min, max, expected) in cases {
            let span = Span::Members(min, max);
            assert_eq!(zset.ranks(&span), expected, "{span:?}");
            let walked: Vec<_> = zset.walk(span.clone()).map(owned).collect();
            let words: Vec<_> = expected.clone().map(|n| (0.0, word(n))).collect();
            assert_eq!(walked, words, "{span:?}");
            let walked: Vec<_> = zset.walk_back(span.clone()).map(owned).collect();
            assert!(walked.iter().eq(words.iter().rev()), "{span:?}");
        }
    }
}

#[test]
fn encodings_follow_the_thresholds() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_packing(Packing {
        zset_entries_max: 2,
        zset_value_max: 4,
        ..Packing::default()
    });
    let encoding = |keyspace: &mut Keyspace| {
        let mut db = keyspace.db(0);
        db.read(b"z", Touch::No).unwrap().encoding()
    };
    let put = |keyspace: &mut Keyspace, member: &[u8]| {
        let mut db = keyspace.db(0);
        db.zset_mut(b"z").unwrap().put(member, |_| Some(1.0));
    };
    put(&mut keyspace, b"a");
    put(&mut keyspace, b"b");
    assert_eq!(encoding(&mut keyspace), Encoding::Listpack);
    put(&mut keyspace, b"c");
    assert_eq!(encoding(&mut keyspace), Encoding::Skiplist);
    keyspace.db(0).remove(b"z");
    put(&mut keyspace, b"abcde");
    assert_eq!(encoding(&mut keyspace), Encoding::Skiplist);
    let mut db = keyspace.db(0);
    let mut result = db.new_zset();
    result.put(Member::Int(7), |_| Some(0.5));
    assert_eq!(db.store_zset(b"z", result), 1);
    assert_eq!(encoding(&mut keyspace), Encoding::Listpack);
    let nothing = keyspace.db(0).new_zset();
    assert_eq!(keyspace.db(0).store_zset(b"z", nothing), 0);
    assert!(!keyspace.db(0).contains(b"z"));
}

#[test]
fn a_change_of_nothing_is_none_to_those_who_observe() {
    for entries_max in [0, 100] {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.set_packing(Packing {
            zset_entries_max: entries_max,
            ..Packing::default()
        });
        let mut db = keyspace.db(0);
        db.zset_mut(b"z").unwrap().put(b"a", |_| Some(1.0));
        keyspace.observe(0, b"z", ObserverId(1));
        let mut db = keyspace.db(0);
        let mut zset = db.zset_mut(b"z").unwrap();
        zset.put(b"a", |_| None);
        assert_eq!(zset.remove(b"absent"), None);
        assert_eq!(zset.remove_ranks(1..5, |_| ()), 0);
        assert!(!keyspace.has_changes());
        keyspace.db(0).zset_mut(b"z").unwrap().remove(b"a");
        assert!(keyspace.has_changes());
    }
}
