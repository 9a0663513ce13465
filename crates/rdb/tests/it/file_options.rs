//! Options of file readers and writers: limits, checksums, facts about a file, offsets of errors.

use russet_rdb::file::{
    Fault, FileError, FileFacts, FileReader, FileWriter, Key, Next, Reading, Seal,
};
use russet_rdb::payload::Checksum;
use russet_rdb::{Error, Input, Item, Limits, ObjectType, Text, Version, Writer, fuzz};

/// The end of a file, or the error in front of it.
fn end(mut reader: FileReader, bytes: &[u8]) -> Result<Seal, FileError> {
    let mut input = Input::whole(bytes);
    loop {
        if let Next::End(seal) = reader.next(&mut input)? {
            return Ok(seal);
        }
    }
}

#[test]
fn a_key_beyond_the_limit_is_refused() {
    let limits = Limits {
        item_max: 5,
        ..Limits::default()
    };
    let file = |key: &[u8]| [b"REDIS0003\x00", key, b"\x01v\xff"].concat();
    let limited = || FileReader::default().with_limits(limits);
    assert_eq!(end(limited(), &file(b"\x05fruit")), Ok(Seal::Absent));
    let error = end(limited(), &file(b"\x06fruits")).unwrap_err();
    assert_eq!(error.fault, Fault::Bytes(Error::TooLong { len: 6 }));
    assert_eq!(
        end(FileReader::default(), &file(b"\x06fruits")),
        Ok(Seal::Absent)
    );
}

#[test]
fn a_wrong_checksum_may_be_ignored() {
    let bytes = b"REDIS0009\x00\x01k\x01v\xff12345678";
    let error = end(FileReader::default(), bytes).unwrap_err();
    assert!(matches!(error.fault, Fault::Checksum { .. }));
    let ignoring = FileReader::default().with_checksum(Checksum::Ignored);
    assert_eq!(end(ignoring, bytes), Ok(Seal::Ignored));
}

#[test]
fn short_strings_are_read_at_once_with_what_is_told_of_their_keys() {
    let bytes = b"REDIS0009\xfe\x02\
        \xfc\x07\x00\x00\x00\x00\x00\x00\x00\x00\x01a\x01x\
        \xf8\x05\x00\x01b\x01y\
        \xf9\x09\x00\x01c\xc0\x07\
        \x00\x01d\x01z\
        \x01\x01l\x01\x01e";
    let mut reader = FileReader::default();
    let mut input = Input::partial(bytes);
    while !matches!(reader.next(&mut input), Ok(Next::SelectDb(2))) {}
    let mut found = Vec::new();
    while let Some(short) = reader.short_string(&mut input) {
        let extras = (short.deadline, short.idle_s, short.frequency);
        found.push((short.db, short.name, short.value.into_vec(), extras));
    }
    let expect = [
        (2, &b"a"[..], b"x".to_vec(), (Some(7), None, None)),
        (2, b"b", b"y".to_vec(), (None, Some(5), None)),
        (2, b"c", b"7".to_vec(), (None, None, Some(9))),
        (2, b"d", b"z".to_vec(), (None, None, None)),
    ];
    assert_eq!(found, expect);
    // The list is read step by step.
    assert!(matches!(reader.next(&mut input), Ok(Next::Key { .. })));
}

#[test]
fn a_file_that_ends_too_early_tells_what_was_being_read() {
    for (bytes, reading) in [
        (&b"\xfc"[..], Reading::Deadline),
        (b"\xfd\x01", Reading::Deadline),
        (b"\xf8", Reading::Deadline),
        (b"\xf9", Reading::Deadline),
        (b"\xf4\x01", Reading::Length),
        (b"\xfb\x01", Reading::Length),
        (b"\xfe", Reading::Length),
        (b"\xfa\x03abc", Reading::Aux),
        (b"\xf7\x01", Reading::ModuleAux),
        (b"\xf5\x05abc", Reading::Function),
        (b"\x00\x05abc", Reading::Key),
        (b"\x00\x01a", Reading::Value),
        (b"", Reading::Type),
    ] {
        let bytes = [b"REDIS0010", bytes].concat();
        let error = fuzz::read_file_whole(&bytes).1.unwrap_err();
        assert_eq!(error.fault, Fault::Bytes(Error::Cut), "{bytes:?}");
        assert_eq!(error.reading, reading, "{bytes:?}");
    }
}

#[test]
fn an_error_inside_a_collection_is_at_the_element() {
    // Header, key and count are 13 bytes; the first element is two more.
    let bytes = b"REDIS0003\x01\x01l\x02\x01a\xc4";
    let error = fuzz::read_file_whole(bytes).1.unwrap_err();
    assert_eq!((error.offset, error.reading), (15, Reading::Value));
}

#[test]
fn a_writer_counts_the_bytes_that_its_sink_has_and_those_it_holds() {
    for len in [100, 64 << 10, 200_000] {
        let Ok(mut file) = FileWriter::begin(Vec::new(), Version::REDIS_7_0);
        assert!(!file.is_empty());
        let key = Key::from(&b"key"[..]);
        let mut writer = Writer::new(file.value(&key));
        writer.begin(ObjectType::STRING, 1).unwrap();
        let text = vec![b'x'; len];
        writer.item(&Item::Text(Text::from(&text[..]))).unwrap();
        let counted = file.len();
        let Ok(bytes) = file.finish();
        // The end and the checksum follow.
        assert_eq!(counted + 9, bytes.len() as u64);
        assert_eq!(end(FileReader::default(), &bytes), Ok(Seal::Verified));
    }
}

#[test]
fn the_facts_of_a_server_are_read_back() {
    let Ok(mut file) = FileWriter::begin(Vec::new(), Version::REDIS_7_0);
    let Ok(()) = file.facts(&FileFacts {
        server_version: "7.4.0",
        written_at: 1_700_000_000,
        memory: u64::MAX,
        is_aof_base: true,
    });
    let Ok(bytes) = file.finish();
    let parts = fuzz::read_file_whole(&bytes).0;
    let facts = parts.iter().filter_map(|next| match next {
        Next::Aux { name, value } => Some((&name[..], &value[..])),
        _ => None,
    });
    let expect = [
        (&b"redis-ver"[..], &b"7.4.0"[..]),
        (b"redis-bits", b"64"),
        (b"ctime", b"1700000000"),
        (b"used-mem", b"9223372036854775807"),
        (b"aof-base", b"1"),
    ];
    assert_eq!(facts.collect::<Vec<_>>(), expect);
}

#[test]
fn nothing_follows_a_file_of_a_version_without_a_checksum() {
    // A wrong bit in the version must not take the checksum away.
    let sealed = b"REDIS0011\x00\x01k\x01v\xff12345678";
    let mut flipped = *sealed;
    flipped[7] ^= 1;
    let error = end(FileReader::default(), &flipped).unwrap_err();
    assert_eq!(error.fault, Fault::Bytes(Error::Trailing));
    let whole = b"REDIS0001\x00\x01k\x01v\xff";
    assert_eq!(end(FileReader::default(), whole), Ok(Seal::Absent));
}
