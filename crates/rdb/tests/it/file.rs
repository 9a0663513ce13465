//! Whole files: those that servers wrote, and ours.

use proptest::prelude::*;
use russet_rdb::file::{Dialect, Fault, FileReader, FileWriter, Next, Seal};
use russet_rdb::{Error, Input, Item, ObjectType, Shape, Version, Writer, fuzz};

/// Name, version and contents of every file.
macro_rules! files {
    ($($server:literal $version:literal: $($suffix:literal)*;)*) => {
        [$($((
            concat!($server, $suffix),
            $version,
            include_bytes!(concat!("../golden/", $server, $suffix, ".rdb")),
        ),)*)*]
    };
}

pub(crate) const FILES: [(&str, u16, &[u8]); 18] = files! {
    "redis-7.0.15" 10: "" "-plain" "-lru" "-lfu" "-empty" "-cluster";
    "redis-8.0.6" 12: "" "-plain" "-lru" "-lfu" "-empty" "-cluster";
    "valkey-9.1.2" 80: "" "-plain" "-lru" "-lfu" "-empty" "-cluster";
};

/// The parts of a file that is in order.
pub(crate) fn parts(bytes: &[u8]) -> Vec<Next<'static>> {
    let (parts, end) = fuzz::read_file_whole(bytes);
    end.unwrap();
    parts
}

fn is_value(next: &Next<'_>) -> bool {
    matches!(next, Next::Item(_) | Next::ValueEnd)
}

#[test]
fn what_servers_wrote_is_read_as_a_whole() {
    for (name, number, bytes) in FILES {
        let parts = parts(bytes);
        let dialect = match number {
            80 => Dialect::Valkey,
            _ => Dialect::Redis,
        };
        let version = Version(number);
        assert_eq!(parts[0], Next::Header { dialect, version });
        let seal = match name.ends_with("-plain") {
            true => Seal::Disabled,
            false => Seal::Verified,
        };
        assert_eq!(parts.last(), Some(&Next::End(seal)), "{name}");
        let keys = parts.iter().filter(|next| matches!(next, Next::Key { .. }));
        let expect = match name.rsplit_once('-') {
            Some((_, "empty")) => 0,
            Some((_, "lru" | "lfu")) => 3,
            Some((_, "cluster")) => 2,
            _ if number == 10 => 32,
            _ => 34,
        };
        assert_eq!(keys.count(), expect, "{name}");
    }
}

#[test]
fn compressed_and_plain_files_hold_the_same() {
    for server in FILES.chunks(6) {
        let told = |at: usize| {
            let mut lines: Vec<String> = parts(server[at].2)
                .split_inclusive(|next| *next == Next::ValueEnd)
                // Members of tables are in any order.
                .filter(|entry| entry.len() < 100)
                .map(|entry| {
                    let is_told = |next: &&Next<'_>| is_value(next) || is_key(next);
                    format!("{:?}", entry.iter().filter(is_told).collect::<Vec<_>>())
                })
                // Consumers are dated.
                .filter(|line| !line.contains("Consumer") && !line.contains("ObjectType(2)"))
                .collect();
            lines.sort();
            lines
        };
        for (compressed, plain) in told(0).iter().zip(told(1)) {
            assert_eq!(*compressed, plain, "{}", server[0].0);
        }
    }
}

fn is_key(next: &Next<'_>) -> bool {
    matches!(next, Next::Key { .. })
}

#[test]
fn a_file_is_the_same_at_every_split() {
    for (name, _, bytes) in FILES {
        let whole = fuzz::read_file_whole(bytes);
        let step = if bytes.len() > 1000 { 7 } else { 1 };
        for at in (1..bytes.len()).step_by(step) {
            let mut sizes = [at, bytes.len()].into_iter();
            let split = fuzz::read_file_split(bytes, &mut || sizes.next().unwrap());
            assert_eq!(split.1, whole.1, "{name}, split at {at}");
            assert!(split.0 == whole.0, "{name}, split at {at}");
        }
        let split = fuzz::read_file_split(bytes, &mut || 1);
        assert!(split == whole, "{name}, byte by byte");
    }
}

#[test]
fn what_is_written_again_says_the_same() {
    for (name, number, bytes) in FILES {
        let parts = parts(bytes);
        for compresses in [false, true] {
            let mut again = written(&parts, Version(number), compresses);
            let mut found = self::parts(&again);
            assert_eq!(found.pop(), Some(Next::End(Seal::Verified)));
            assert!(found == parts[..parts.len() - 1], "{name}");
            let at = again.len() / 2;
            again[at] ^= 0x20;
            assert!(fuzz::read_file_whole(&again).1.is_err(), "{name}");
        }
    }
}

/// Writes parts as they were read.
pub(crate) fn written(parts: &[Next<'_>], version: Version, compresses: bool) -> Vec<u8> {
    let Ok(file) = FileWriter::begin(Vec::new(), version);
    let mut file = file.compressing(compresses);
    let mut parts = parts.iter();
    while let Some(next) = parts.next() {
        let Ok(()) = match next {
            Next::Aux { name, value } => file.aux(name, value),
            Next::SelectDb(db) => file.select_db(*db),
            Next::ResizeDb { keys, deadlines } => file.resize_db(*keys, *deadlines),
            Next::Slot {
                slot,
                keys,
                deadlines,
            } => file.slot(*slot, *keys, *deadlines),
            Next::Function(source) => file.function(source),
            Next::Key { object, key, .. } => {
                let items = parts.by_ref().take_while(|next| **next != Next::ValueEnd);
                let items = items.map(|next| match next {
                    Next::Item(item) => item,
                    other => panic!("{other:?}"),
                });
                let mut writer = Writer::new(file.value(key)).compressing(compresses);
                write_value(*object, items.collect(), &mut writer);
                Ok(())
            }
            Next::Header { .. } | Next::End(_) => Ok(()),
            other => panic!("{other:?}"),
        };
    }
    let Ok(bytes) = file.finish();
    bytes
}

fn write_value<S>(object: ObjectType, items: Vec<&Item<'_>>, writer: &mut Writer<S>)
where
    S: russet_rdb::Sink<Error: std::fmt::Debug>,
{
    let blocks = items.iter().filter(|item| matches!(item, Item::Block(_)));
    let is_stream = items.iter().any(|item| matches!(item, Item::Stream(_)));
    let count = if is_stream {
        blocks.count()
    } else {
        items.len()
    };
    let least = items.iter().flat_map(|item| deadlines(item)).min();
    writer
        .begin_with_deadlines(object, count, least.unwrap_or_default())
        .unwrap();
    for item in items {
        writer.item(item).unwrap();
    }
}

fn deadlines(item: &Item<'_>) -> Vec<i64> {
    match item {
        Item::Field {
            deadline: Some(at), ..
        } => vec![*at],
        Item::Packed(packed) if packed.shape == Shape::HashEx => {
            packed.fields().filter_map(|(_, _, at)| at).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_prefix_of_a_file_ends_too_early() {
    for (name, _, bytes) in FILES {
        let step = if bytes.len() > 1000 { 7 } else { 1 };
        for len in (0..bytes.len()).step_by(step) {
            let (_, end) = fuzz::read_file_whole(&bytes[..len]);
            let error = end.expect_err("a prefix");
            assert_eq!(error.fault, Fault::Bytes(Error::Cut), "{name}, {len}");
            assert_eq!(error.offset, len as u64, "{name}, {len}");
        }
    }
}

#[test]
fn every_flipped_bit_of_a_file_of_ours_is_found() {
    for (name, number, bytes) in FILES {
        let mut ours = written(&parts(bytes), Version(number), true);
        assert!(is_in_order(&ours), "{name}");
        // Every bit of small files, one of every byte of the others.
        let step = if ours.len() < 1000 { 1 } else { 9 };
        for at in (0..ours.len() * 8).step_by(step) {
            ours[at / 8] ^= 1 << (at % 8);
            assert!(!is_in_order(&ours), "{name}, bit {at}");
            ours[at / 8] ^= 1 << (at % 8);
        }
    }
}

fn is_in_order(bytes: &[u8]) -> bool {
    let (mut reader, mut input) = (FileReader::default(), Input::whole(bytes));
    loop {
        match reader.next(&mut input) {
            Ok(Next::End(_)) if input.rest().is_empty() => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[test]
fn bytes_behind_a_file_are_refused() {
    for (name, _, bytes) in FILES {
        let more = [bytes, b"*1\r\n"].concat();
        let (parts, end) = fuzz::read_file_whole(&more);
        assert!(matches!(parts.last(), Some(Next::End(_))), "{name}");
        let error = end.expect_err("more");
        assert_eq!(error.fault, Fault::Bytes(Error::Trailing), "{name}");
        assert_eq!(error.offset, bytes.len() as u64, "{name}");
    }
}

#[test]
fn the_end_of_a_file_is_final_once_nothing_may_follow() {
    let mut reader = FileReader::default();
    let mut input = Input::partial(FILES[0].2);
    while !matches!(reader.next(&mut input), Ok(Next::End(_))) {}
    assert_eq!(reader.next(&mut Input::partial(b"")), Ok(Next::More));
    let end = reader.next(&mut Input::whole(b""));
    assert!(matches!(end, Ok(Next::End(_))), "{end:?}");
}

/// Bytes that are often a part of a file.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let opcodes = prop_oneof![4 => 240u8..=255, 1 => 0u8..34];
    (opcodes, prop::collection::vec(0u8..5, 0..12)).prop_map(|(opcode, rest)| {
        let mut bytes = vec![opcode];
        bytes.extend(rest);
        bytes
    })
}

proptest! {
    #[test]
    fn any_split_reads_as_the_whole(
        pick in 0..FILES.len(),
        sizes in prop::collection::vec(prop_oneof![Just(1usize), 1usize..4, 1usize..300], 1..40),
        change in any::<Option<(prop::sample::Index, u8)>>(),
    ) {
        let mut bytes = FILES[pick].2.to_vec();
        if let Some((at, byte)) = change {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let whole = fuzz::read_file_whole(&bytes);
        let mut sizes = sizes.into_iter().cycle();
        let split = fuzz::read_file_split(&bytes, &mut || sizes.next().unwrap());
        prop_assert_eq!(&whole.1, &split.1);
        prop_assert!(whole.0 == split.0);
    }

    #[test]
    fn any_bytes_behind_a_header_are_the_same_in_any_pieces(
        header in prop::sample::select(vec![&b"REDIS0004"[..], b"REDIS0012", b"VALKEY080"]),
        parts in prop::collection::vec(part(), 0..12),
        cut in any::<u8>(),
    ) {
        fuzz::file(&[&[cut], header, &parts.concat()].concat());
    }
}
