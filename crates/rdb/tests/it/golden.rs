//! Payloads that other servers wrote.

use russet_rdb::{Item, ObjectType, Shape, Writer, payload};

use crate::items;

const FILES: [(&str, u16, &str); 3] = [
    (
        "redis-7.0.15",
        10,
        include_str!("../golden/redis-7.0.15.txt"),
    ),
    ("redis-8.0.6", 12, include_str!("../golden/redis-8.0.6.txt")),
    (
        "valkey-9.1.2",
        80,
        include_str!("../golden/valkey-9.1.2.txt"),
    ),
];

/// Name and payload of every line.
pub(crate) fn payloads() -> Vec<(String, Vec<u8>)> {
    let lines = FILES
        .iter()
        .flat_map(|(file, _, text)| text.lines().map(move |line| (file, line)));
    let lines = lines.filter(|(_, line)| !line.starts_with('#'));
    lines
        .map(|(file, line)| {
            let (name, hex) = line.split_once(' ').unwrap();
            let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
            let bytes = hex.as_bytes().chunks(2).map(byte).collect();
            (format!("{file} {name}"), bytes)
        })
        .collect()
}

#[test]
fn every_payload_is_read_as_a_whole() {
    for (name, bytes) in payloads() {
        let payload = payload::open(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let version = FILES
            .iter()
            .find(|(file, ..)| name.starts_with(file))
            .unwrap()
            .1;
        assert_eq!(payload.version.0, version);
        let items = items(payload).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!items.is_empty(), "{name}");
    }
}

#[test]
fn what_is_written_again_says_the_same() {
    for (name, bytes) in payloads() {
        let opened = payload::open(&bytes).unwrap();
        let found = items(opened).unwrap();
        let object = ObjectType(opened.object[0]);
        let count = found.len();
        // Blocks of a stream are counted, and not what comes after them.
        let blocks = found
            .iter()
            .filter(|item| matches!(item, Item::Block(_)))
            .count();
        let is_stream = found.iter().any(|item| matches!(item, Item::Stream(_)));
        let least = deadlines(&found).min().unwrap_or_default();
        for compresses in [false, true] {
            let mut again = Vec::new();
            let mut writer = Writer::new(&mut again).compressing(compresses);
            let count = if is_stream { blocks } else { count };
            let Ok(()) = writer.begin_with_deadlines(object, count, least);
            for item in &found {
                let Ok(()) = writer.item(item);
            }
            payload::seal(&mut again, opened.version);
            assert_eq!(
                items(payload::open(&again).unwrap()).unwrap(),
                found,
                "{name}"
            );
        }
    }
}

fn deadlines(items: &[Item<'_>]) -> impl Iterator<Item = i64> {
    items.iter().flat_map(|item| match item {
        Item::Field {
            deadline: Some(at), ..
        } => vec![*at],
        Item::Packed(packed) if packed.shape == Shape::HashEx => packed
            .fields()
            .filter_map(|(_, _, deadline)| deadline)
            .collect(),
        _ => Vec::new(),
    })
}

#[test]
fn deadlines_of_fields_are_those_that_were_set() {
    let mut seen = 0;
    for (name, bytes) in payloads()
        .iter()
        .filter(|(name, _)| name.ends_with("deadlines"))
    {
        let items = items(payload::open(bytes).unwrap()).unwrap();
        let mut found: Vec<i64> = deadlines(&items).collect();
        found.sort_unstable();
        assert_eq!(found, [2_524_608_000_000, 2_524_608_000_123], "{name}");
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn a_payload_that_is_changed_or_cut_is_refused() {
    for (name, bytes) in payloads() {
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            assert!(payload::open(&other).is_err(), "{name}, byte {at}");
            let error = payload::open(&bytes[..at]).unwrap_err();
            assert!(
                at >= 10 || error == russet_rdb::Error::Cut,
                "{name}, cut at {at}"
            );
        }
    }
}

#[test]
fn an_unknown_type_keeps_its_number() {
    for code in [6, 7, 8, 28, 200] {
        let mut bytes = vec![code, 0];
        payload::seal(&mut bytes, russet_rdb::Version::REDIS_7_4);
        let opened = payload::open(&bytes).unwrap();
        let error = opened.reader().unwrap_err();
        assert_eq!(error, russet_rdb::Error::UnknownType(ObjectType(code)));
    }
}
