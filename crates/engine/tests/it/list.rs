//! Lists against a deque of byte strings, under every limit, with and without compression.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use proptest::prelude::*;
use russet_engine::{Encoding, End, Keyspace, ListPart, Options, Packing, StringRef, Touch};

#[derive(Debug, Clone)]
enum Op {
    Push(End, Vec<Vec<u8>>),
    Pop(End, usize),
    Insert(u16, Vec<u8>),
    Set(u16, Vec<u8>),
    Remove(u16, usize),
    RemoveEqual(End, Vec<u8>, usize),
    Trim(u16, u16),
    Rotate(End, End),
    Snapshot,
}

fn element() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[ab]{0,2}".prop_map(String::into_bytes),
        3 => any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        3 => (-5000i64..5000).prop_map(|n| n.to_string().into_bytes()),
        4 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (0usize..20_000).prop_map(|len| vec![b'x'; len]),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Front), Just(End::Back)]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (end(), prop::collection::vec(element(), 1..40)).prop_map(|(e, v)| Op::Push(e, v)),
        4 => (end(), 0usize..30).prop_map(|(e, n)| Op::Pop(e, n)),
        6 => (any::<u16>(), element()).prop_map(|(i, e)| Op::Insert(i, e)),
        4 => (any::<u16>(), element()).prop_map(|(i, e)| Op::Set(i, e)),
        3 => (any::<u16>(), 0usize..60).prop_map(|(i, n)| Op::Remove(i, n)),
        3 => (end(), element(), 0usize..5).prop_map(|(e, v, n)| Op::RemoveEqual(e, v, n)),
        1 => (any::<u16>(), any::<u16>()).prop_map(|(a, b)| Op::Trim(a, b)),
        2 => (end(), end()).prop_map(|(a, b)| Op::Rotate(a, b)),
        1 => Just(Op::Snapshot),
    ]
}

fn bytes(element: StringRef<'_>) -> Vec<u8> {
    match element {
        StringRef::Int(n) => n.to_string().into_bytes(),
        StringRef::Bytes(bytes) => bytes.to_vec(),
        StringRef::Shared(bytes) => bytes.to_vec(),
    }
}

type Model = VecDeque<Vec<u8>>;

fn apply(keyspace: &mut Keyspace, model: &mut Model, op: &Op) {
    let mut db = keyspace.db(0);
    let mut list = db.list_mut(b"list").expect("the key holds a list");
    let within = |index: u16| usize::from(index) % model.len().max(1);
    match op {
        Op::Push(end, elements) => {
            let len = list.push(*end, elements.iter().map(Vec::as_slice));
            for element in elements.clone() {
                match end {
                    End::Front => model.push_front(element),
                    End::Back => model.push_back(element),
                }
            }
            assert_eq!(len, model.len());
        }
        Op::Pop(end, count) => {
            let mut popped = Vec::new();
            let told = list.pop(*end, *count, |element| popped.push(bytes(element)));
            let expected: Vec<Vec<u8>> = (0..*count)
                .map_while(|_| match end {
                    End::Front => model.pop_front(),
                    End::Back => model.pop_back(),
                })
                .collect();
            assert_eq!((told, popped), (expected.len(), expected));
        }
        Op::Insert(index, element) => {
            let index = within(*index);
            list.insert(index, element);
            model.insert(index, element.clone());
        }
        Op::Set(index, element) => {
            let index = within(*index);
            assert_eq!(list.set(index, element), index < model.len());
            if let Some(place) = model.get_mut(index) {
                place.clone_from(element);
            }
        }
        Op::Remove(index, count) => {
            let index = within(*index);
            list.remove(index, *count);
            let to = (index + count).min(model.len());
            model.drain(index.min(to)..to);
        }
        Op::RemoveEqual(end, element, count) => {
            let removed = list.remove_equal(*end, element, *count);
            let mut expected = 0;
            while expected < *count {
                let found = match end {
                    End::Front => model.iter().position(|e| e == element),
                    End::Back => model.iter().rposition(|e| e == element),
                };
                let Some(at) = found else { break };
                model.remove(at);
                expected += 1;
            }
            assert_eq!(removed, expected);
        }
        Op::Trim(from, count) => {
            let from = within(*from);
            let count = within(*count).max(model.len() / 2);
            list.trim(from, count);
            model.truncate((from + count).min(model.len()));
            model.drain(..from.min(model.len()));
        }
        Op::Rotate(from, to) => {
            list.rotate(*from, *to);
            let element = match from {
                End::Front => model.pop_front(),
                End::Back => model.pop_back(),
            };
            if let Some(element) = element {
                match to {
                    End::Front => model.push_front(element),
                    End::Back => model.push_back(element),
                }
            }
        }
        Op::Snapshot => {}
    }
}

fn check(keyspace: &mut Keyspace, model: &Model) {
    let mut db = keyspace.db(0);
    let Some(list) = db.list(b"list", Touch::No).expect("the key holds a list") else {
        assert!(model.is_empty());
        return;
    };
    assert!(!model.is_empty());
    assert_eq!(list.len(), model.len());
    assert_eq!(list.to_vec(), model.iter().cloned().collect::<Vec<_>>());
    let mut backwards = Vec::new();
    let _: Option<()> = list.walk_back(model.len() - 1, |element| {
        backwards.push(bytes(element));
        ControlFlow::Continue(())
    });
    assert!(backwards.iter().eq(model.iter().rev()));
    for index in [0, model.len() / 3, model.len() / 2, model.len() - 1] {
        assert_eq!(list.get(index).as_ref(), model.get(index));
        let mut some = Vec::new();
        list.each(index, 3, |element| some.push(bytes(element)));
        assert!(some.iter().eq(model.iter().skip(index).take(3)));
        let before = list.walk_back(index, |element| ControlFlow::Break(bytes(element)));
        assert_eq!(before.as_ref(), model.get(index));
    }
    assert_eq!(list.get(model.len()), None);
    let mut counted = 0;
    list.parts(|part| {
        counted += match part {
            ListPart::Entries { count, .. } => count,
            ListPart::Element(_) => 1,
        };
    });
    assert_eq!(counted, model.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn a_list_is_a_deque_whatever_its_pages_are(
        ops in prop::collection::vec(op(), 1..60),
        list_size in prop_oneof![Just(-2i64), Just(-1), Just(1), Just(4), Just(64), Just(-5)],
        depth in prop_oneof![3 => Just(0usize), 1 => Just(1), 1 => Just(2)],
    ) {
        let mut keyspace = Keyspace::new(Options::default());
        let packing = Packing { list_size, list_compress_depth: depth, ..Packing::default() };
        keyspace.set_packing(packing);
        let mut model = Model::new();
        let mut frozen = None;
        for op in &ops {
            apply(&mut keyspace, &mut model, op);
            check(&mut keyspace, &model);
            if matches!(op, Op::Snapshot) {
                frozen = Some((keyspace.snapshot(), model.clone()));
            }
        }
        if let Some((snapshot, model)) = frozen {
            let found = snapshot.into_walk().next().map(|item| {
                item.value.list().unwrap().to_vec()
            });
            prop_assert_eq!(found.unwrap_or_default(), Vec::from(model));
        }
        let before = keyspace.weight();
        keyspace.db(0).remove(b"list");
        prop_assert!(keyspace.weight() <= before);
    }
}

/// Fills a list and says how it is encoded.
fn encoding(keyspace: &mut Keyspace) -> Option<Encoding> {
    let mut db = keyspace.db(0);
    db.read(b"list", Touch::No).map(|value| value.encoding())
}

#[test]
fn a_list_grows_into_pages_and_shrinks_back_at_half_the_limit() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_packing(Packing {
        list_size: 4,
        ..Packing::default()
    });
    for count in 1..=5 {
        keyspace
            .db(0)
            .list_mut(b"list")
            .unwrap()
            .push(End::Back, [&b"x"[..]]);
        let expected = match count {
            5 => Encoding::Quicklist,
            _ => Encoding::Listpack,
        };
        assert_eq!(encoding(&mut keyspace), Some(expected), "{count}");
    }
    for (left, expected) in [
        (4, Encoding::Quicklist),
        (3, Encoding::Quicklist),
        (2, Encoding::Listpack),
    ] {
        keyspace
            .db(0)
            .list_mut(b"list")
            .unwrap()
            .pop(End::Back, 1, |_| {});
        assert_eq!(encoding(&mut keyspace), Some(expected), "{left}");
    }
    keyspace
        .db(0)
        .list_mut(b"list")
        .unwrap()
        .pop(End::Back, 2, |_| {});
    assert_eq!(encoding(&mut keyspace), None);
}

#[test]
fn elements_that_are_larger_than_a_page_stand_alone() {
    let mut keyspace = Keyspace::new(Options::default());
    let large = vec![b'l'; 1 << 20];
    let mut db = keyspace.db(0);
    let mut list = db.list_mut(b"list").unwrap();
    list.push(End::Back, [&b"a"[..], &large, b"b"]);
    assert_eq!(list.view().unwrap().get(1).unwrap(), large);
    list.set(0, &large);
    list.set(1, b"small");
    list.insert(1, &large);
    let lens: Vec<usize> = list.view().unwrap().to_vec().iter().map(Vec::len).collect();
    assert_eq!(lens, [1 << 20, 1 << 20, 5, 1]);
    assert_eq!(list.remove_equal(End::Back, &large, 5), 2);
    assert_eq!(list.view().unwrap().to_vec(), [&b"small"[..], b"b"]);
}

#[test]
fn many_small_elements_cost_little_more_than_their_bytes() {
    for end in [End::Front, End::Back] {
        let mut keyspace = Keyspace::new(Options::default());
        let before = keyspace.weight();
        let count = 200_000u64;
        for n in 0..count {
            let element = format!("element:{n:012}");
            let mut db = keyspace.db(0);
            db.list_mut(b"list")
                .unwrap()
                .push(end, [element.as_bytes()]);
        }
        let each = (keyspace.weight() - before) as f64 / count as f64;
        assert!(each < 22.4, "{each} bytes an element");
    }
}

#[test]
fn thousands_of_pages_are_edited_anywhere() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_packing(Packing {
        list_size: 2,
        ..Packing::default()
    });
    let mut model = Model::new();
    let mut rng = russet_base::Rng::new(5);
    for n in 0..600u32 {
        let element = n.to_string().into_bytes();
        let end = match n % 3 {
            0 => End::Front,
            _ => End::Back,
        };
        apply(&mut keyspace, &mut model, &Op::Push(end, vec![element]));
    }
    let frozen = (keyspace.snapshot(), model.clone());
    for n in 0..1500u32 {
        let at = rng.below(model.len() as u64) as u16;
        let element = n.to_string().into_bytes();
        let op = match n % 7 {
            0..3 => Op::Insert(at, element),
            3 => Op::Set(at, element),
            4 => Op::Remove(at, rng.below(4) as usize),
            5 => Op::RemoveEqual(End::Back, model[usize::from(at)].clone(), 1),
            _ => Op::Push(End::Front, vec![element]),
        };
        apply(&mut keyspace, &mut model, &op);
        if n % 50 == 0 {
            check(&mut keyspace, &model);
        }
    }
    check(&mut keyspace, &model);
    apply(&mut keyspace, &mut model, &Op::Remove(100, 500));
    check(&mut keyspace, &model);
    apply(&mut keyspace, &mut model, &Op::Trim(10, 300));
    check(&mut keyspace, &model);
    apply(&mut keyspace, &mut model, &Op::Pop(End::Back, 10_000));
    check(&mut keyspace, &model);
    let mut walk = frozen.0.into_walk();
    let seen = walk.next().map(|item| item.value.list().unwrap().to_vec());
    assert_eq!(seen, Some(Vec::from(frozen.1)));
}

#[test]
fn pages_far_from_both_ends_are_compressed() {
    let weight = |list_compress_depth: usize| {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.set_packing(Packing {
            list_compress_depth,
            ..Packing::default()
        });
        let mut model = Model::new();
        for n in 0..200 {
            let elements = (0..20).map(|m| format!("much alike {n} {m}").into_bytes());
            let op = Op::Push(End::Back, elements.collect());
            apply(&mut keyspace, &mut model, &op);
        }
        let weight = keyspace.weight();
        check(&mut keyspace, &model);
        apply(&mut keyspace, &mut model, &Op::Set(2000, b"set".to_vec()));
        apply(&mut keyspace, &mut model, &Op::Pop(End::Front, 1500));
        check(&mut keyspace, &model);
        weight
    };
    let (open, deep, shallow) = (weight(0), weight(4), weight(1));
    assert!(shallow < open / 2, "{shallow} of {open} bytes");
    assert!(shallow < deep && deep < open, "{shallow} {deep} {open}");
}
