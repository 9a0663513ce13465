//! Pages against a sorted vector, with clones that must not change.

use russet_base::Rng;

use super::*;
use crate::hash::keyed;

type Model = Vec<(f64, Vec<u8>)>;

fn place(model: &Model, score: f64, member: &[u8]) -> usize {
    model.partition_point(|(s, m)| *s < score || *s == score && m.as_slice() < member)
}

fn model_put(model: &mut Model, member: &[u8], score: f64) {
    model_remove(model, member);
    let at = place(model, score, member);
    model.insert(at, (score, member.to_vec()));
}

fn model_remove(model: &mut Model, member: &[u8]) -> bool {
    let at = model.iter().position(|(_, m)| m == member);
    at.map(|at| model.remove(at)).is_some()
}

fn remove(zset: &mut Zset, member: &[u8]) -> bool {
    let place = zset.locate(member);
    zset.remove_at(place, member);
    place.score().is_some()
}

fn contents(zset: &Zset) -> Model {
    let mut all = Vec::new();
    if zset.len == 0 {
        return all;
    }
    let mut walk = zset.walk_rank(0);
    while let Some(record) = walk.next() {
        all.push((record.score, record.member.to_vec()));
    }
    all
}

/// Everything that must hold, seen from outside and inside.
fn check(zset: &Zset, model: &Model) {
    assert_eq!(zset.len(), model.len());
    assert_eq!(contents(zset), *model);
    for (rank, (score, member)) in model.iter().enumerate() {
        assert_eq!(zset.rank(member), Some((rank, *score)));
        let probe = Probe::Record(*score, member);
        assert_eq!(zset.rank_of(&probe), rank);
    }
    let mut seen = Vec::new();
    let mut cursor = 0;
    loop {
        cursor = zset.scan(cursor, 7, &mut |record| seen.push(record.member.to_vec()));
        if cursor == 0 {
            break;
        }
    }
    let mut members: Vec<_> = model.iter().map(|(_, member)| member.clone()).collect();
    members.sort();
    seen.sort();
    assert_eq!(seen, members);
}

struct Shape {
    members: u64,
    member_len: fn(u64) -> usize,
    score: fn(&mut Rng) -> f64,
}

const SHAPES: &[Shape] = &[
    Shape {
        members: 3000,
        member_len: |_| 19,
        score: |rng| rng.below(1_000_000) as f64,
    },
    Shape {
        members: 1500,
        member_len: |number| number as usize % 40,
        score: |_| 0.0,
    },
    Shape {
        members: 700,
        member_len: |number| {
            if number % 5 == 0 {
                200 + number as usize * 3
            } else {
                9
            }
        },
        score: |rng| rng.below(10) as f64 / 4.0 - 1.0,
    },
    Shape {
        members: 2000,
        member_len: |_| 1,
        score: |rng| f64::from_bits(rng.u64() >> 2),
    },
];

fn member(number: u64, len: usize) -> Vec<u8> {
    let mut member = number.to_string().into_bytes();
    member.extend(std::iter::repeat_n(b'x', len));
    member
}

#[test]
fn pages_hold_what_a_sorted_vector_holds() {
    for (number, shape) in SHAPES.iter().enumerate() {
        let mut rng = Rng::new(number as u64);
        let mut zset = Zset::new(&keyed(5));
        let mut model = Model::new();
        let mut frozen: Option<(Zset, Model)> = None;
        let steps = if cfg!(miri) { 300 } else { 9000 };
        for step in 0..steps {
            // It grows first, then shrinks to nothing.
            let removes = rng.below(steps) < step;
            let number = rng.below(shape.members);
            let name = member(number, (shape.member_len)(number));
            match rng.below(20) {
                0 if removes && !model.is_empty() => {
                    let from = rng.index(model.len());
                    let to = (from + rng.index(60)).min(model.len());
                    let mut removed = Model::new();
                    zset.remove_ranks(from..to, |r| removed.push((r.score, r.member.to_vec())));
                    assert_eq!(removed, model.drain(from..to).collect::<Model>());
                }
                _ if removes => {
                    assert_eq!(remove(&mut zset, &name), model_remove(&mut model, &name));
                }
                _ => {
                    let score = (shape.score)(&mut rng);
                    zset.put(&name, score);
                    model_put(&mut model, &name, score);
                }
            }
            if step % 1000 == 0 {
                check(&zset, &model);
                if let Some((zset, model)) = frozen.take() {
                    check(&zset, &model);
                }
                frozen = Some((zset.clone(), model.clone()));
            }
        }
        check(&zset, &model);
        zset.remove_ranks(0..zset.len(), |_| ());
        check(&zset, &Model::new());
        zset.put(b"again", 1.0);
        check(&zset, &vec![(1.0, b"again".to_vec())]);
    }
}

#[test]
fn records_in_order_fill_their_leaves() {
    for descending in [false, true] {
        let mut zset = Zset::new(&keyed(1));
        let count = if cfg!(miri) { 200 } else { 20_000 };
        for number in 0..count {
            let score = if descending { count - number } else { number };
            zset.put(&member(number, 10), score as f64);
        }
        let weight = zset.weight() as f64 / count as f64;
        assert!(cfg!(miri) || weight < 36.0, "{weight} bytes a member");
    }
}

#[test]
fn members_in_any_order_cost_little_more_than_their_bytes() {
    let mut zset = Zset::new(&keyed(1));
    let count = if cfg!(miri) { 200 } else { 60_000 };
    for number in 0..count {
        let score = number * 7919 % count;
        zset.put(format!("member:{number:012}").as_bytes(), score as f64);
        if number % 10_000 == 9_999 {
            let weight = zset.weight() as f64 / (number + 1) as f64;
            assert!(weight < 42.0, "{weight} bytes a member at {number}");
        }
    }
}

#[test]
fn a_scan_shows_members_once_while_scores_change() {
    let mut rng = Rng::new(3);
    let mut zset = Zset::new(&keyed(9));
    let count = if cfg!(miri) { 100 } else { 4000 };
    for number in 0..count {
        zset.put(&member(number, 5), rng.f64());
    }
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let mut cursor = 0;
    let mut strangers = 0;
    loop {
        cursor = zset.scan(cursor, 10, &mut |record| seen.push(record.member.to_vec()));
        if cursor == 0 {
            break;
        }
        for _ in 0..30 {
            zset.put(&member(rng.below(count), 5), rng.f64());
            zset.put(&member(count + strangers, 7), rng.f64());
            strangers += 1;
            if strangers % 3 == 0 {
                remove(&mut zset, &member(count + rng.below(strangers), 7));
            }
        }
    }
    let mut first: Vec<_> = seen.into_iter().filter(|m| m.ends_with(b"xxxxx")).collect();
    first.retain(|member| !member.ends_with(b"xxxxxxx"));
    first.sort();
    let mut all: Vec<_> = (0..count).map(|number| member(number, 5)).collect();
    all.sort();
    assert_eq!(first, all);
}

#[test]
fn hints_may_be_about_anything() {
    let mut zset = Zset::new(&keyed(11));
    for number in 0..2000 {
        for hash in [0, u64::MAX, number << 52, zset.locate(b"7").hash] {
            let mut ahead = zset.ahead(hash);
            while ahead.step() {}
        }
        zset.put(number.to_string().as_bytes(), (number % 100) as f64);
    }
    assert_eq!(zset.score(b"1234"), Some(34.0));
}

#[test]
fn members_are_popped_in_order_until_none_is_left() {
    let mut rng = Rng::new(6);
    let mut zset = Zset::new(&keyed(12));
    let mut model = Model::new();
    let count = if cfg!(miri) { 150 } else { 1500 };
    for number in 0..count {
        let (name, score) = (member(number, 12), rng.below(count) as f64);
        zset.put(&name, score);
        model_put(&mut model, &name, score);
    }
    let frozen = (zset.clone(), model.clone());
    while !model.is_empty() {
        if rng.below(5) == 0 {
            let number = rng.below(count);
            let (name, score) = (member(number, 12), rng.below(count / 4) as f64);
            if model_remove(&mut model, &name) {
                zset.put(&name, score);
                model_put(&mut model, &name, score);
            }
        }
        let (score, name) = model.remove(0);
        let mut popped = Vec::new();
        zset.remove_ranks(0..1, |record| {
            popped.push((record.score, record.member.to_vec()));
        });
        assert_eq!(popped, [(score, name.clone())]);
        assert_eq!(zset.score(&name), None);
        if model.len().is_multiple_of(64) {
            check(&zset, &model);
        }
    }
    assert!(zset.tree.is_empty());
    check(&frozen.0, &frozen.1);
}
