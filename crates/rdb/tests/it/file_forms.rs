//! Forms of files that no server of today writes, and files that are refused.

use russet_rdb::file::{Fault, FileError, FileWriter, Key, Next, Reading, Seal, WriteError};
use russet_rdb::payload::Payload;
use russet_rdb::{Error, Item, ObjectType, Part, Shape, Text, Version, Writer, fuzz};

use crate::old::{string, ziplist};

/// A file of that version, with a checksum if it has one.
fn file(version: u16, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("REDIS{version:04}").into_bytes();
    bytes.extend(parts.concat());
    bytes.push(0xff);
    if version >= 5 { sealed(bytes) } else { bytes }
}

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = russet_pack::crc64::checksum(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

fn text(text: &Text<'_>) -> String {
    String::from_utf8(text.clone().into_vec()).unwrap()
}

/// The parts of a file in a few words, which are the same at every split.
fn told(bytes: &[u8]) -> Vec<String> {
    let whole = fuzz::read_file_whole(bytes);
    for at in 1..bytes.len() {
        let mut sizes = [at, bytes.len()].into_iter();
        let split = fuzz::read_file_split(bytes, &mut || sizes.next().unwrap());
        assert_eq!(split, whole, "split at {at}");
    }
    whole.1.unwrap();
    let told = whole.0.iter().filter_map(|next| match next {
        Next::Header { .. } | Next::ValueEnd => None,
        Next::Key { db, key, .. } => {
            let extras = (key.deadline, key.idle_s, key.frequency);
            Some(format!("{db} {} {extras:?}", key.name.escape_ascii()))
        }
        Next::Item(Item::Text(value)) => Some(text(value)),
        Next::Item(Item::Scored { member, score }) => Some(format!("{}={score}", text(member))),
        Next::Item(Item::Field { name, value, .. }) => {
            Some(format!("{}={}", text(name), text(value)))
        }
        Next::Item(Item::Packed(packed)) if packed.shape == Shape::Intset => {
            Some(format!("{:?}", packed.integers().collect::<Vec<_>>()))
        }
        Next::Item(Item::Packed(packed)) => {
            let entries = packed.entries().map(|entry| entry.to_vec());
            let entries = entries.map(|entry| String::from_utf8(entry).unwrap());
            Some(format!("({})", entries.collect::<Vec<_>>().join(" ")))
        }
        Next::Item(Item::Stream(facts)) => Some(format!("stream of {}", facts.len)),
        Next::Item(Item::Block(block)) => Some(format!("block of {}", block.len())),
        other => Some(format!("{other:?}")),
    });
    told.collect()
}

const NONE: &str = "(None, None, None)";

#[test]
fn a_file_of_version_1() {
    let bytes = file(
        1,
        &[
            b"\x00\x01a\xc0\x07",
            b"\xfe\x02\xfd\x00\x5e\xd0\xb2\x00\x01s\x05hello",
            b"\x01\x01l\x02\x01a\x01b",
            b"\x02\x01t\x01\x01m",
            b"\x03\x01z\x02\x01m\x031.5\x01n\xfe",
            b"\x04\x01h\x01\x01f\x01v",
            b"\x09\x01p\x0a\x01\x01f\x03\x01foo.\xff",
            b"\x00\x04long\xc3\x09\x40\x64\x01aa\xe0\x57\x01\x01aa",
        ],
    );
    let expect = [
        &format!("0 a {NONE}"),
        "7",
        "SelectDb(2)",
        "2 s (Some(-1294967296000), None, None)",
        "hello",
        &format!("2 l {NONE}"),
        "a",
        "b",
        &format!("2 t {NONE}"),
        "m",
        &format!("2 z {NONE}"),
        "m=1.5",
        "n=inf",
        &format!("2 h {NONE}"),
        "f=v",
        &format!("2 p {NONE}"),
        "(f foo)",
        &format!("2 long {NONE}"),
        &"a".repeat(100),
        "End(Absent)",
    ];
    assert_eq!(told(&bytes), expect);
}

#[test]
fn files_of_versions_2_to_9() {
    let pairs = string(&ziplist(&[b"\x01a", b"\xf2", b"\x01b", b"\xc0\xe8\x03"]));
    let intset = string(b"\x02\0\0\0\x02\0\0\0\xff\xff\x05\0");
    let quicklist = [b"\x02", &pairs[..], &pairs].concat();
    let packed = "(a 1 b 1000)";
    let cases: [(u16, u8, &[u8], &str); 7] = [
        (2, 10, &pairs, packed),
        (3, 12, &pairs, packed),
        (4, 13, &pairs, packed),
        (5, 11, &intset, "[-1, 5]"),
        (7, 14, &quicklist, "(a 1 b 1000) (a 1 b 1000)"),
        (8, 5, b"\x01\x01m\0\0\0\0\0\0\xf8\x3f", "m=1.5"),
        (9, 15, b"\0\0\x05\x01\0", "stream of 0"),
    ];
    for (version, code, value, expect) in cases {
        let key = [&[code][..], b"\x01k"].concat();
        let deadline = b"\xfc\x15\xcd\x5b\x07\0\0\0\0";
        let found = told(&file(version, &[deadline, &key, value]));
        assert_eq!(found[0], "0 k (Some(123456789), None, None)", "{version}");
        assert_eq!(found[1..found.len() - 1].join(" "), expect, "{version}");
        let seal = if version < 5 {
            Seal::Absent
        } else {
            Seal::Verified
        };
        assert_eq!(found.last(), Some(&format!("End({seal:?})")), "{version}");
    }
}

/// Deadlines of fields, in each form in which servers wrote them.
#[test]
fn hashes_with_deadlines_of_fields() {
    let at = 1_700_000_000_000u64;
    let (least, none) = (at.to_le_bytes(), u64::MAX.to_le_bytes());
    // Before Redis 7.4.0: the deadline as a length, in front of each field.
    let early = [
        &b"\x16\x01h\x02"[..],
        &long(at),
        b"\x01f\x01v\x00\x01g\x01w",
    ]
    .concat();
    // Since then: the least one, and the distance from it.
    let late = [
        &b"\x18\x01h"[..],
        &least,
        b"\x02\x03\x01f\x01v\x00\x01g\x01w",
    ]
    .concat();
    // Valkey 9: behind each field, or -1.
    let valkey = [
        &b"\x16\x01h\x02\x01f\x01v"[..],
        &least,
        b"\x01g\x01w",
        &none,
    ]
    .concat();
    let in_valkey = sealed([&b"VALKEY080"[..], &valkey, b"\xff"].concat());
    for (bytes, expect) in [
        (file(12, &[&early]), at),
        (file(12, &[&late]), at + 2),
        (in_valkey, at),
    ] {
        let (parts, end) = fuzz::read_file_whole(&bytes);
        assert_eq!(end, Ok(()));
        let found = parts.iter().filter_map(|next| match next {
            Next::Item(Item::Field { name, deadline, .. }) => Some((text(name), *deadline)),
            _ => None,
        });
        let deadline = Some(i64::try_from(expect).unwrap());
        let expect = [("f".to_owned(), deadline), ("g".to_owned(), None)];
        assert_eq!(found.collect::<Vec<_>>(), expect);
    }
    // The same in a listpack, without the least one and with it.
    let mut list = russet_pack::listpack::new();
    for element in [&b"f"[..], b"v", at.to_string().as_bytes(), b"g", b"w", b"0"] {
        russet_pack::listpack::append(&mut list, element);
    }
    let early = [&b"\x17\x01h"[..], &string(&list)].concat();
    let late = [&b"\x19\x01h"[..], &least, &string(&list)].concat();
    for value in [early, late] {
        let found = told(&file(12, &[&value]));
        assert_eq!(found[1], format!("(f v {at} g w 0)"));
    }
}

#[test]
fn deadlines_of_fields_are_times_since_1970() {
    let number = Error::Number;
    for (at, expect) in [(-1, Ok(None)), (0, Ok(Some(0))), (-2, Err(number))] {
        let object = [b"\x16\x01\x01f\x01v", &i64::to_le_bytes(at)[..]].concat();
        let found = crate::items(Payload {
            object: &object,
            version: Version::VALKEY_9,
        });
        let found = found.map(|items| match &items[..] {
            [Item::Field { deadline, .. }] => *deadline,
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expect, "{at}");
    }
    let part = Part::Listpack(Shape::HashEx);
    for (at, is_right) in [("0", true), ("-1", false), ("soon", false)] {
        let mut list = russet_pack::listpack::new();
        for element in ["f", "v", at] {
            russet_pack::listpack::append(&mut list, element.as_bytes());
        }
        let object = [&b"\x17"[..], &string(&list)].concat();
        let found = crate::items(Payload {
            object: &object,
            version: Version::REDIS_7_4,
        });
        let expect = is_right.then_some(1).ok_or(Error::Elements { part });
        assert_eq!(found.map(|items| items.len()), expect, "{at}");
    }
}

#[test]
fn a_stream_with_groups_as_redis_5_wrote_it() {
    let block = b"\x3f\0\0\0\x18\0\x02\x01\x01\x01\x02\x01\x81a\x02\x81b\x02\0\x01\x02\x01\0\x01\0\x01\0\x01\
                  \x82v0\x03\x05\x01\x03\x01\x01\x01\0\x01\x01\x01\x82v1\x03\x05\x01\x02\x01\x02\x01\0\x01\
                  \x02\x01\x82v2\x03\x05\x01\xff";
    let id = |ms: u64| [ms.to_be_bytes(), 1u64.to_be_bytes()].concat();
    let seen = 1_600_000_000_000u64.to_le_bytes();
    let value = [
        &b"\x0f\x01s\x01"[..],
        &string(&id(1)),
        &string(block),
        b"\x02\x03\x01",
        b"\x01\x02g1\x03\x01\x01",
        &id(3),
        &seen,
        b"\x07",
        b"\x01\x05alice",
        &seen,
        b"\x01",
        &id(3),
    ];
    let found = told(&file(9, &[&value.concat()]));
    assert_eq!(found[1..3], ["block of 2", "stream of 2"]);
    let told = found[3..].join(" ");
    let seen = 1_600_000_000_000u64;
    for part in [
        "last_id: StreamId { ms: 3, seq: 1 }, entries_read: None, pending: 1",
        &format!("delivered_at: {seen}, deliveries: 7"),
        "Consumers(1)",
        &format!("seen_at: {seen}, active_at: Some({seen}), pending: 1"),
        "Owned(StreamId { ms: 3, seq: 1 })",
        "End(Verified)",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn facts_sizes_and_accesses_are_told() {
    let bytes = file(
        9,
        &[
            b"\xfa\x09redis-ver\x055.0.7\xfa\x05ctime\xc2\x00\x00\x00\x01",
            b"\xfe\x00\xfb\x02\x01\xf4\x0c\x02\x00",
            b"\xf8\x81\0\0\0\x01\0\0\0\0\x00\x01a\x01x",
            b"\xf9\xc8\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x00\x01b\x01y",
            b"\x00\x01c\x01z",
        ],
    );
    let found = told(&bytes);
    let is_aux = |at: usize| found[at].starts_with("Aux");
    assert!(is_aux(0) && is_aux(1) && found[1].contains("49, 54, 55, 55, 55, 50, 49, 54"));
    let expect = [
        "SelectDb(0)",
        "ResizeDb { keys: 2, deadlines: 1 }",
        "Slot { slot: 12, keys: 2, deadlines: 0 }",
        "0 a (None, Some(4294967296), None)",
        "x",
        "0 b (None, None, Some(200))",
        "y",
        "0 c (None, None, None)",
        "z",
        "End(Verified)",
    ];
    assert_eq!(found[2..], expect);
}

/// The identifier of the type `ReJSON-RL`, version 3.
const JSON: u64 = {
    let letters = [17, 30, 9, 18, 14, 13, 62, 17, 11];
    let (mut id, mut at) = (0u64, 0);
    while at < letters.len() {
        id = id << 6 | letters[at];
        at += 1;
    }
    id << 10 | 3
};

fn long(number: u64) -> Vec<u8> {
    [&[0x81][..], &number.to_be_bytes()].concat()
}

#[test]
fn data_of_modules_and_imports_of_slots_are_skipped() {
    let json = long(JSON);
    let aux = [
        b"\xf7",
        &json[..],
        b"\x02\x01\x05\x03abc\x02\x07\x01\x07\x03ffff\x04dddddddd\x00",
    ];
    let bytes = file(9, &[&aux.concat(), b"\x00\x01a\x01x"]);
    let found = told(&bytes);
    assert_eq!(found[0], "ModuleAux(\"ReJSON-RL\")");
    assert_eq!(found[1..3], ["0 a (None, None, None)", "x"]);

    let bytes = b"VALKEY080\xf3\x03job\x02\x00\x05\x40\x64\x40\xc8\x00\x01a\x01x\xff".to_vec();
    let bytes = sealed(bytes);
    assert_eq!(
        told(&bytes)[..3],
        ["SlotImport", "0 a (None, None, None)", "x"]
    );
}

#[test]
fn keys_whose_values_are_empty_are_told_and_passed() {
    let empty = string(&ziplist(&[]));
    let ziplists = [b"\x0d\x01h", &empty[..], b"\x0e\x01q\x01", &empty].concat();
    let bytes = file(
        10,
        &[
            b"\x01\x01l\x00\x02\x01s\x00",
            &ziplists,
            b"\x12\x01q\x00\x00\x01a\x01x",
        ],
    );
    let found = told(&bytes);
    assert_eq!(found.iter().filter(|line| *line == "EmptyValue").count(), 5);
    assert_eq!(
        found[found.len() - 3..],
        ["0 a (None, None, None)", "x", "End(Verified)"]
    );
}

fn refused(bytes: &[u8]) -> FileError {
    let whole = fuzz::read_file_whole(bytes);
    let split = fuzz::read_file_split(bytes, &mut || 1);
    assert_eq!(split, whole);
    whole.1.unwrap_err()
}

#[test]
fn what_is_not_here_is_refused_by_name_key_and_offset() {
    let module = [b"\x07\x03key", &long(JSON)[..]].concat();
    let cases: [(u16, &[u8], &str); 9] = [
        (
            12,
            &module,
            "offset 9, key \"key\" of database 0: a value of the module type 'ReJSON-RL', \
             which is not loaded",
        ),
        (
            9,
            b"\x06\x03key\x00",
            "offset 9, key \"key\" of database 0: a value of type 6 (the value of a module), \
             which is not supported",
        ),
        (
            15,
            b"\xfe\x07\x1c\x01\xff\x00",
            "offset 11, key \"\\xff\" of database 7: a value of type 28 (an array of Redis), \
             which is not supported",
        ),
        (
            16,
            b"\x1e\x01h",
            "offset 9, key \"h\" of database 0: a value of type 30 (a hash with a template of \
             Redis), which is not supported",
        ),
        (
            16,
            b"\x21\x01r",
            "offset 9, key \"r\" of database 0: a value of type 33 (a rate limiter of Redis), \
             which is not supported",
        ),
        (
            12,
            b"\xc8\xff",
            "offset 9: a value of type 200 (unknown), which is not supported",
        ),
        (
            10,
            b"\xf6\x01a",
            "offset 9: a library of functions in the format of a release candidate of Redis 7.0",
        ),
        (
            13,
            b"\xf3\x01",
            "offset 9: metadata of modules in front of a key, which are not supported",
        ),
        (
            10,
            b"\x04\x03key\x01\xc4",
            "offset 14, key \"key\" of database 0: an invalid length or string encoding",
        ),
    ];
    for (version, part, expect) in cases {
        let bytes = file(version, &[part]);
        assert_eq!(refused(&bytes).to_string(), expect);
    }
    let cut = refused(b"REDIS0010\x00\x03key\x05ab");
    let expect = "offset 17, key \"key\" of database 0: the bytes end too early";
    assert_eq!(
        (cut.to_string().as_str(), cut.reading),
        (expect, Reading::Value)
    );
    let path_hash = refused(b"VALKEY081\x17\x01k\x00\xff");
    let expect = "offset 9, key \"k\" of database 0: a value of type 23 (a path hash of Valkey), \
                  which is not supported";
    assert_eq!(path_hash.to_string(), expect);
    assert_eq!(refused(b"VALKEY081\xf2\x00").fault, Fault::Commands);
}

#[test]
fn headers_that_are_none_are_refused() {
    for bytes in [
        &b"REDIX0011"[..],
        b"R\0",
        b"REDIS00x1",
        b"REDIS-001",
        b"VALKEY0a0",
        b"hello",
    ] {
        let error = refused(bytes);
        assert_eq!((error.offset, error.fault), (0, Fault::Magic), "{bytes:?}");
        assert_eq!(error.reading, Reading::Header);
    }
    for (bytes, version) in [
        (b"REDIS0000", 0),
        (b"REDIS0017", 17),
        (b"REDIS0080", 80),
        (b"REDIS9999", 9999),
        (b"VALKEY011", 11),
        (b"VALKEY079", 79),
        (b"VALKEY082", 82),
    ] {
        let error = refused(bytes);
        assert_eq!(error.fault, Fault::Version(Version(version)), "{bytes:?}");
    }
}

#[test]
fn a_long_key_is_cut_in_a_message() {
    let key = [b"\x06\x42\x00", &[b'k'; 512][..]].concat();
    let message = refused(&file(9, &[&key])).to_string();
    assert!(
        message.contains(&format!("key \"{}…\"", "k".repeat(128))),
        "{message}"
    );
    // A key that is too long to be named is not waited for.
    let error = refused(b"REDIS0009\x06\x81\x00\x00\x00\x00\xff\xff\xff\xff");
    assert_eq!(error.key, None);
}

#[test]
fn a_wrong_checksum_is_told_with_both() {
    let mut bytes = file(11, &[b"\x00\x01a\x01x"]);
    let at = bytes.len() - 8;
    let computed = u64::from_le_bytes(bytes[at..].try_into().unwrap());
    bytes[at] ^= 1;
    let error = refused(&bytes);
    let stored = computed ^ 1;
    assert_eq!(error.fault, Fault::Checksum { stored, computed });
    assert_eq!(
        (error.offset, error.reading),
        (at as u64, Reading::Checksum)
    );
}

#[test]
fn a_type_that_the_version_lacks_is_not_written() {
    for (version, object, is_written) in [
        (Version::REDIS_7_0, ObjectType::SET_LISTPACK, false),
        (Version::REDIS_7_2, ObjectType::SET_LISTPACK, true),
        (Version::REDIS_7_2, ObjectType::HASH_METADATA, false),
        (Version::REDIS_7_4, ObjectType::HASH_METADATA, true),
        (Version::REDIS_7_4, ObjectType::HASH_METADATA_EARLY, false),
        (Version::VALKEY_9, ObjectType::HASH_METADATA_EARLY, true),
        (Version::VALKEY_9, ObjectType::HASH_METADATA, false),
        (Version::VALKEY_9, ObjectType::SET_LISTPACK, true),
    ] {
        let Ok(mut file) = FileWriter::begin(Vec::new(), version);
        let before = file.len();
        let key = Key {
            deadline: Some(1),
            ..Key::from(&b"k"[..])
        };
        let begun = Writer::new(file.value(&key)).begin(object, 1);
        let expect = match is_written {
            true => Ok(()),
            false => Err(WriteError::Unfit(object, version)),
        };
        assert_eq!(begun, expect, "{version:?} {object:?}");
        assert_eq!(file.len() == before, !is_written);
    }
}

#[test]
fn a_file_whose_version_was_raised_is_in_order_with_its_new_header() {
    let (begun, newest) = (Version::REDIS_7_0, Version::REDIS_7_4);
    for objects in [
        &[][..],
        &[ObjectType::STRING],
        &[ObjectType::STRING, ObjectType::SET_LISTPACK],
    ] {
        let Ok(file) = FileWriter::begin(Vec::new(), begun);
        let mut file = file.raising_to(newest);
        for &object in objects {
            let mut list = russet_pack::listpack::new();
            russet_pack::listpack::append(&mut list, b"member");
            let key = [object.0];
            let key = Key::from(&key[..]);
            let mut writer = Writer::new(file.value(&key));
            writer.begin(object, 1).unwrap();
            match object {
                ObjectType::STRING => writer.item(&Item::Text(Text::Int(1))).unwrap(),
                _ => writer.packed(&list).unwrap(),
            }
        }
        let Ok((mut bytes, header)) = file.finish_raised(begun);
        bytes[..header.len()].copy_from_slice(&header);
        let found = told(&bytes);
        assert_eq!(found.last().map(String::as_str), Some("End(Verified)"));
        for object in objects {
            let key = format!("0 {} {NONE}", [object.0].escape_ascii());
            assert!(found.contains(&key), "{found:?}");
        }
        let is_raised = objects.contains(&ObjectType::SET_LISTPACK);
        let expect: &[u8; 9] = if is_raised {
            b"REDIS0011"
        } else {
            b"REDIS0010"
        };
        assert_eq!(&header, expect);
    }
}
