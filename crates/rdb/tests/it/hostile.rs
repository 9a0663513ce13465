//! Bytes that nobody should have sent.

use proptest::prelude::*;
use russet_rdb::payload::Payload;
use russet_rdb::{Error, Limits, Next, ObjectType, Reader, Version};

use crate::golden;

/// Reads as far as it goes; there are never more items than bytes could tell.
fn read(object: &[u8], version: Version) {
    let Ok((mut reader, mut input)) = (Payload { object, version }).reader() else {
        return;
    };
    let mut count = 0;
    while let Ok(Next::Item(item)) = reader.next(&mut input) {
        drop(format!("{item:?}"));
        count += 1;
        assert!(count <= object.len() + 8, "more items than bytes");
    }
    assert_eq!(reader.next(&mut input), Ok(Next::End), "an end is an end");
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![
        Just(Version::REDIS_7_0),
        Just(Version::REDIS_7_4),
        Just(Version::REDIS_NEWEST),
        Just(Version::VALKEY_9),
    ]
}

proptest! {
    #[test]
    fn any_bytes_of_any_type_are_read_or_refused(
        code in 0u8..30,
        rest in prop::collection::vec(any::<u8>(), 0..200),
        version in version(),
    ) {
        let mut object = vec![code];
        object.extend(rest);
        read(&object, version);
    }

    #[test]
    fn changed_payloads_are_read_or_refused(
        pick in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<Option<prop::sample::Index>>(),
        version in version(),
    ) {
        let payloads = golden::payloads();
        let (_, bytes) = pick.get(&payloads);
        let mut object = bytes[..bytes.len() - 10].to_vec();
        for (at, byte) in changes {
            let at = at.index(object.len());
            object[at] = byte;
        }
        if let Some(cut) = cut {
            object.truncate(cut.index(object.len()));
        }
        read(&object, version);
    }
}

#[test]
fn a_declared_size_reserves_nothing() {
    // A list of 2^63 elements, a string of 2^60 bytes, one that unpacks to 2^40.
    let long = [0x81, 0x80, 0, 0, 0, 0, 0, 0, 0];
    for code in [1, 2, 3, 4, 5, 14, 18, 15, 21, 24, 26] {
        read(&[&[code][..], &long, &long].concat(), Version::REDIS_NEWEST);
    }
    read(&[&[0][..], &long].concat(), Version::REDIS_NEWEST);
    let unpacked = [0xc3, 2, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0, b'a'];
    read(&[&[0][..], &unpacked].concat(), Version::REDIS_NEWEST);
}

#[test]
fn five_bytes_of_rubbish_end_too_early() {
    assert_eq!(russet_rdb::payload::open(b"12345"), Err(Error::Cut));
}

#[test]
fn what_must_come_whole_is_refused_beyond_the_limit_before_it_has_come() {
    let limits = Limits {
        item_max: 1000,
        ..Limits::default()
    };
    let declared = b"\x01\x80\x00\x00\x03\xe9";
    for (object, at) in [
        (ObjectType::HASH, 0),
        (ObjectType::ZSET_2, 0),
        (ObjectType::ZSET_LISTPACK, 1),
        (ObjectType::LIST_QUICKLIST, 0),
    ] {
        let mut reader = Reader::new(object, Version::REDIS_7_0)
            .unwrap()
            .with_limits(limits);
        let mut input = russet_rdb::Input::partial(&declared[at..]);
        let error = Error::TooLong { len: 1001 };
        assert_eq!(reader.next(&mut input), Err(error), "{object:?}");
    }
}
