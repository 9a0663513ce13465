//! The table against a sorted map, with checks of every count that it keeps.

use std::collections::BTreeMap;

use proptest::prelude::*;
use russet_base::Rng;

use super::{Record, Table};
use crate::hash;
use crate::value::Millis;

type Model = BTreeMap<Vec<u8>, (Vec<u8>, Option<Millis>)>;

fn table<const PAIRS: bool>() -> Table<PAIRS> {
    Table::new(&hash::keyed(7))
}

fn contents<const PAIRS: bool>(table: &Table<PAIRS>) -> Model {
    let pairs = table
        .iter()
        .map(|r| (r.field.to_vec(), (r.value.to_vec(), r.deadline)));
    pairs.collect()
}

fn check(table: &Table<true>, model: &Model) {
    assert_eq!(table.len(), model.len());
    assert_eq!(table.iter().count(), model.len());
    assert_eq!(&contents(table), model);
    let weighed: u64 = table.nodes.iter().map(|node| node.weighed_anew()).sum();
    let own = size_of::<Table<true>>() as u64 + 4 * table.index_len() as u64;
    assert_eq!(table.weight(), own + weighed);
    let due = model.values().filter_map(|&(_, deadline)| deadline).min();
    assert!(table.due().unwrap_or(Millis::MAX) <= due.unwrap_or(Millis::MAX));
    for (number, record) in table.iter().enumerate().step_by(7) {
        assert_eq!(table.nth(number), Some(record));
    }
    assert_eq!(table.nth(model.len()), None);
}

#[derive(Debug, Clone)]
enum Step {
    Put(u16, usize, Option<Millis>),
    Fill(u16, u16, usize),
    Remove(u16),
    Drain(u16, u16),
    Expire(Millis, usize),
    Clone,
}

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![6 => 0..40_usize, 2 => 100..1100_usize, 1 => 1000..3000_usize];
    let deadline = prop_oneof![3 => Just(None), 1 => (0..1000_i64).prop_map(Some)];
    prop_oneof![
        4 => (0..400_u16, len, deadline).prop_map(|(f, l, d)| Step::Put(f, l, d)),
        2 => (0..3000_u16, 1..900_u16, 0..60_usize).prop_map(|(f, n, l)| Step::Fill(f, n, l)),
        2 => (0..400_u16).prop_map(Step::Remove),
        2 => (0..3000_u16, 1..1500_u16).prop_map(|(f, n)| Step::Drain(f, n)),
        1 => (0..1000_i64, 1..50_usize).prop_map(|(now, budget)| Step::Expire(now, budget)),
        1 => Just(Step::Clone),
    ]
}

fn name(field: u16) -> Vec<u8> {
    format!("field:{field}").into_bytes()
}

fn put(table: &mut Table<true>, model: &mut Model, field: u16, value: usize, at: Option<Millis>) {
    let (field, value) = (name(field), vec![b'v'; value]);
    let record = Record {
        field: &field,
        value: &value,
        deadline: at,
    };
    let is_new = table.put(table.hash(&field), record);
    assert_eq!(is_new, model.insert(field, (value, at)).is_none());
}

fn remove(table: &mut Table<true>, model: &mut Model, field: u16) {
    let field = name(field);
    let hash = table.hash(&field);
    let found = table.find(hash, &field);
    assert_eq!(found.is_some(), model.remove(&field).is_some());
    if let Some(found) = found {
        table.remove(hash, found);
    }
}

fn expire(table: &mut Table<true>, model: &mut Model, now: Millis, budget: usize) {
    let mut shown = Vec::new();
    let removed = table.expire(now, budget, &mut |field| shown.push(field.to_vec()));
    assert_eq!(removed, shown.len());
    let is_due = |at: &Option<Millis>| at.is_some_and(|at| at < now);
    for field in shown {
        let (_, deadline) = model.remove(&field).expect("each is shown once");
        assert!(is_due(&deadline));
    }
    if removed < budget {
        assert!(model.values().all(|(_, deadline)| !is_due(deadline)));
        let exact = model.values().filter_map(|&(_, deadline)| deadline).min();
        assert!(table.due().is_none_or(|due| due >= now) && table.due() <= exact.or(table.due()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 96 }))]

    #[test]
    fn a_table_behaves_as_a_sorted_map(steps in prop::collection::vec(step(), 1..40)) {
        let (mut table, mut model) = (table::<true>(), Model::new());
        let mut frozen = Vec::new();
        for step in steps {
            match step {
                Step::Put(field, value, at) => put(&mut table, &mut model, field, value, at),
                Step::Fill(first, count, value) => {
                    for field in first..first + count {
                        put(&mut table, &mut model, field, value, None);
                    }
                }
                Step::Remove(field) => remove(&mut table, &mut model, field),
                Step::Drain(first, count) => {
                    for field in first..first + count {
                        remove(&mut table, &mut model, field);
                    }
                }
                Step::Expire(now, budget) => expire(&mut table, &mut model, now, budget),
                Step::Clone => frozen.push((table.clone(), model.clone())),
            }
            check(&table, &model);
        }
        for (table, model) in &frozen {
            check(table, model);
        }
    }

    #[test]
    fn a_scan_shows_what_stays_exactly_once(
        seed: u64, count in 1..40_usize, stay in 1..3000_u32, rounds in 1..20_u32,
    ) {
        let (mut table, mut rng) = (table::<false>(), Rng::new(seed));
        let member = |n: u32| n.to_be_bytes();
        for n in 0..stay {
            table.add(table.hash(&member(n)), Record::field(&member(n)));
        }
        let (mut seen, mut cursor) = (vec![0; stay as usize], 0);
        let mut others = 0;
        for round in 0.. {
            cursor = table.scan(cursor, count, &mut |record| {
                let n = u32::from_be_bytes(record.field.try_into().expect("four bytes"));
                if n < stay {
                    seen[n as usize] += 1;
                }
            });
            if cursor == 0 {
                break;
            }
            let grows = round / rounds % 2 == 0;
            for _ in 0..rng.index(200) {
                others = if grows { others + 1 } else { others.max(1) - 1 };
                let member = member(1_000_000 + others);
                let hash = table.hash(&member);
                match table.find(hash, &member) {
                    Some(found) if !grows => table.remove(hash, found),
                    None if grows => table.add(hash, Record::field(&member)),
                    _ => {}
                }
            }
        }
        prop_assert!(seen.iter().all(|&times| times == 1));
    }
}

#[test]
fn a_table_grows_to_many_nodes_and_shrinks_to_one() {
    let mut table = table::<true>();
    let count = if cfg!(miri) { 300 } else { 200_000_u32 };
    for n in 0..count {
        let field = format!("element:{n:012}");
        let record = Record {
            field: field.as_bytes(),
            value: b"value",
            deadline: None,
        };
        assert!(table.put(table.hash(field.as_bytes()), record));
    }
    assert!(table.nodes.len() > 8 || cfg!(miri));
    let clone = table.clone();
    for n in 0..count {
        let field = format!("element:{n:012}");
        let hash = table.hash(field.as_bytes());
        let found = table.find(hash, field.as_bytes()).expect("it was put");
        table.remove(hash, found);
    }
    assert_eq!((table.len(), table.nodes.len()), (0, 1));
    assert!(table.weight() < 1500 || cfg!(miri), "{}", table.weight());
    assert_eq!(clone.len(), count as usize);
    assert_eq!(clone.iter().count(), count as usize);
}

#[test]
fn memory_per_record_is_lean_at_any_size() {
    let mut table = table::<true>();
    let mut count = 0;
    for target in [10_000, 20_000, 28_000, 40_000, 56_000, 80_000] {
        while count < target && !cfg!(miri) {
            let (field, value) = (format!("field:{count:012}"), format!("value:{count:08}"));
            let record = Record {
                field: field.as_bytes(),
                value: value.as_bytes(),
                deadline: None,
            };
            table.add(table.hash(field.as_bytes()), record);
            count += 1;
        }
        let each = table.weight() as f64 / f64::from(count.max(1));
        println!("{each:.1} bytes a record at {target}");
        assert!(each < 42.0 || cfg!(miri), "{each} at {target}");
    }
}

#[test]
fn every_record_is_as_likely_to_be_drawn() {
    let (mut table, mut rng) = (table::<false>(), Rng::new(1));
    for n in 0..500_u32 {
        let member = n.to_be_bytes();
        table.add(table.hash(&member), Record::field(&member));
    }
    let mut counts = vec![0_u32; 500];
    for _ in 0..if cfg!(miri) { 100 } else { 100_000 } {
        let record = table
            .nth(rng.index(table.len()))
            .expect("there are records");
        counts[u32::from_be_bytes(record.field.try_into().expect("four bytes")) as usize] += 1;
    }
    if !cfg!(miri) {
        assert!(counts.iter().all(|count| (120..290).contains(count)));
    }
}
