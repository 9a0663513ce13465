//! Listpacks against a vector of texts.

use proptest::prelude::*;
use russet_pack::listpack::{self, Builder, Listpack};

#[derive(Debug, Clone)]
enum Edit {
    Append(Vec<u8>),
    Insert(usize, Vec<u8>),
    Replace(usize, Vec<u8>),
    Remove(usize, usize),
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        (-300i64..300).prop_map(|n| n.to_string().into_bytes()),
        (0u32..63).prop_map(|bits| (1i64 << bits).to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..20),
        (0usize..300).prop_map(|len| vec![b'x'; len]),
        prop_oneof![Just(4095usize), Just(4096), Just(16_380), Just(16_384)]
            .prop_map(|len| vec![b'y'; len]),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        value().prop_map(Edit::Append),
        (any::<usize>(), value()).prop_map(|(at, value)| Edit::Insert(at, value)),
        (any::<usize>(), value()).prop_map(|(at, value)| Edit::Replace(at, value)),
        (any::<usize>(), 1usize..4).prop_map(|(at, count)| Edit::Remove(at, count)),
    ]
}

fn run(bytes: &mut Vec<u8>, model: &mut Vec<Vec<u8>>, edit: Edit) {
    let list = Listpack::new(bytes);
    let mut entry = Vec::new();
    match edit {
        Edit::Append(value) => {
            listpack::append(bytes, &value);
            model.push(value);
        }
        Edit::Insert(at, value) => {
            let idx = at % (model.len() + 1);
            let at = list.seek(idx as i64).unwrap_or_else(|| list.end());
            listpack::encode(&value, &mut entry);
            assert_eq!(entry.len(), listpack::entry_len(&value));
            listpack::splice(bytes, (at, 0), &entry, (0, 1));
            model.insert(idx, value);
        }
        Edit::Replace(at, value) if !model.is_empty() => {
            let idx = at % model.len();
            let at = list.seek(idx as i64 - model.len() as i64).unwrap();
            listpack::encode(&value, &mut entry);
            let span = list.span(at).unwrap();
            listpack::splice(bytes, (at, span), &entry, (1, 1));
            model[idx] = value;
        }
        Edit::Remove(at, count) if !model.is_empty() => {
            let idx = at % model.len();
            let count = count.min(model.len() - idx);
            let at = list.seek(idx as i64).unwrap();
            let span = list.skip(at, count) - at;
            listpack::splice(bytes, (at, span), &[], (count, 0));
            model.drain(idx..idx + count);
        }
        Edit::Replace(..) | Edit::Remove(..) => {}
    }
}

proptest! {
    #[test]
    fn edits_do_what_they_do_to_a_vector(edits in prop::collection::vec(edit(), 0..40)) {
        let (mut bytes, mut model) = (listpack::new(), Vec::new());
        for edit in edits {
            run(&mut bytes, &mut model, edit);
            let list = Listpack::validate(&bytes).unwrap();
            prop_assert_eq!(list.len(), model.len());
            let values: Vec<Vec<u8>> = list.iter().map(|entry| entry.to_vec()).collect();
            prop_assert_eq!(&values, &model);
            let mut back: Vec<Vec<u8>> = list.iter().rev().map(|entry| entry.to_vec()).collect();
            back.reverse();
            prop_assert_eq!(&back, &model);
            prop_assert!(list.is_canonical());
        }
    }

    #[test]
    fn a_search_finds_the_first_of_every_few(
        values in prop::collection::vec(value(), 1..20),
        pick in any::<prop::sample::Index>(),
        skip in 0usize..3,
    ) {
        let mut builder = Builder::new();
        values.iter().for_each(|value| builder.push(value));
        prop_assert_eq!(builder.count(), values.len());
        let bytes = builder.finish();
        let list = Listpack::new(&bytes);
        let wanted = pick.get(&values);
        let idx = (0..values.len()).step_by(skip + 1).find(|&idx| values[idx] == *wanted);
        prop_assert_eq!(list.find(wanted, skip), idx.and_then(|idx| list.seek(idx as i64)));
    }

    #[test]
    fn bytes_of_a_stranger_never_panic_and_never_loop(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        is_framed in any::<bool>(),
        needle in value(),
    ) {
        if is_framed && bytes.len() > 7 {
            let header = listpack::header(bytes.len(), listpack::COUNT_UNKNOWN);
            bytes[..6].copy_from_slice(&header);
            *bytes.last_mut().unwrap() = listpack::END;
        }
        let list = Listpack::new(&bytes);
        let forward = list.iter().count();
        let back = list.iter().rev().count();
        let _ = (list.len(), list.first(), list.last(), list.is_canonical());
        let _ = (list.find(&needle, 0), list.find(&needle, 1), list.seek(3), list.seek(-3));
        for at in 0..bytes.len() + 2 {
            let _ = (list.next(at), list.prev(at), list.get(at), list.span(at), list.skip(at, 3));
        }
        if Listpack::validate(&bytes).is_ok() {
            prop_assert_eq!(forward, back);
        }
    }
}
