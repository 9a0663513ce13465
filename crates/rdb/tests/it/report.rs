//! Reports about files, beside what `redis-check-rdb` prints.

use proptest::prelude::*;
use russet_rdb::Kind;
use russet_rdb::file::{FileError, Report};

use crate::file::FILES;

const NOW_MS: i64 = 1_800_000_000_000;

fn report(bytes: &[u8], sizes: &[usize]) -> (String, Result<(), FileError>, Report) {
    let (mut out, mut report, mut rest) = (String::new(), Report::new(NOW_MS), bytes);
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(usize::MAX);
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        report.feed(piece, &mut out);
        rest = behind;
    }
    let end = report.finish(&mut out);
    (out, end, report)
}

fn golden(name: &str) -> &'static [u8] {
    let found = FILES.iter().find(|(other, ..)| *other == name);
    found.unwrap().2
}

/// Asserts that these are the first lines.
fn begins(out: &str, lines: &str) {
    let found: Vec<&str> = out.lines().take(lines.lines().count()).collect();
    assert_eq!(found.join("\n"), lines.trim_end());
}

#[test]
fn lines_are_those_of_redis_check_rdb() {
    let (out, end, _) = report(golden("redis-8.0.6"), &[]);
    assert_eq!(end, Ok(()));
    begins(
        &out,
        r"[offset 26] AUX FIELD redis-ver = '8.0.6'
[offset 40] AUX FIELD redis-bits = '64'
[offset 52] AUX FIELD ctime = '1796004591'
[offset 67] AUX FIELD used-mem = '1198376'
[offset 79] AUX FIELD aof-base = '0'
[offset 293] Selecting DB ID 0
[offset 6539] Selecting DB ID 3
[offset 6594] Selecting DB ID 9
[offset 6624] Checksum OK
[offset 6624] \o/ RDB looks OK! \o/
[info] 34 keys read
[info] 2 expires
[info] 0 already expired
[info] 2 subexpires
[info] 2 functions
[info] RDB version 12 of Redis, written by version 8.0.6
[info] db 0: 31 keys, 1 expires, 6241 bytes
",
    );
    let (out, ..) = report(golden("valkey-9.1.2-cluster"), &[]);
    begins(
        &out,
        r"[offset 27] AUX FIELD valkey-ver = '9.1.2'
[offset 41] AUX FIELD redis-bits = '64'
[offset 53] AUX FIELD ctime = '1796004599'
[offset 68] AUX FIELD used-mem = '2570680'
[offset 80] AUX FIELD aof-base = '0'
[offset 82] Selecting DB ID 0
[offset 107] AUX FIELD slot-info = '3300,1,1,0'
[offset 144] AUX FIELD slot-info = '15495,1,0,0'
[offset 158] Checksum OK
[offset 158] \o/ RDB looks OK! \o/
[info] 2 keys read
[info] 1 expires
",
    );
    let (out, ..) = report(golden("redis-7.0.15-plain"), &[]);
    let line = "[offset 16548] RDB file was saved with checksum disabled: no check performed.\n";
    assert!(out.contains(line), "{out}");
}

#[test]
fn errors_are_told_as_redis_check_rdb_tells_them() {
    let bytes = golden("redis-7.0.15");
    let (out, end, _) = report(&bytes[..3000], &[]);
    assert!(end.is_err());
    let error = r"[offset 294] Selecting DB ID 0
--- RDB ERROR DETECTED ---
[offset 3000] Unexpected EOF reading RDB file
[additional info] While doing: read-object-value
[additional info] Reading key 'set-table'
[additional info] Reading type 2 (set-hashtable)
[additional info] In database 0
[info] 17 keys read
[info] 1 expires
[info] 0 already expired
";
    assert!(out.contains(error), "{out}");

    let mut other = bytes.to_vec();
    other[5194] ^= 1;
    let (out, ..) = report(&other, &[]);
    let error = "--- RDB ERROR DETECTED ---\n[offset 5189] RDB CRC error\n[additional info] While \
                 doing: check-sum\n[additional info] the checksum does not match: ";
    assert!(out.contains(error), "{out}");

    for (bytes, lines) in [
        (
            &b"REDIX0010"[..],
            "[offset 0] Wrong signature trying to load DB from file",
        ),
        (
            b"REDIS0090",
            "[offset 0] Can't handle RDB format version 90",
        ),
        (
            b"",
            "[offset 0] Unexpected EOF reading RDB file\n[additional info] While doing: start",
        ),
        (
            b"REDIS0010\xc8\x01k",
            "[offset 9] Invalid object type: 200\n[additional info] While doing: read-type",
        ),
        (
            b"REDIS0001\xffx",
            "[offset 10] Bytes follow the end of the RDB file",
        ),
    ] {
        let (out, end, _) = report(bytes, &[]);
        assert!(end.is_err());
        let expect = format!("--- RDB ERROR DETECTED ---\n{lines}\n");
        assert!(out.contains(&expect), "{out}");
    }
}

#[test]
fn keys_are_counted_by_database_and_kind() {
    let (out, _, report) = report(golden("valkey-9.1.2"), &[]);
    let tally = report.tally();
    assert_eq!((tally.keys(), tally.deadlines()), (34, 2));
    assert_eq!((tally.functions, tally.hashes_with_deadlines), (2, 2));
    assert_eq!(tally.server.as_deref(), Some("9.1.2"));
    let db = tally.databases[&0];
    let counted = |kind| (db.kind(kind).keys, db.kind(kind).elements);
    assert_eq!(counted(Kind::List), (3, 7 + 10 + 3));
    assert_eq!(counted(Kind::Zset), (2, 5 + 5));
    assert_eq!(counted(Kind::Stream), (3, 2 + 5));
    assert_eq!(counted(Kind::Hash), (5, 3 + 140 + 1 + 3 + 140));
    assert_eq!(tally.databases[&3].total().keys, 2);
    let elements = [
        Kind::String,
        Kind::List,
        Kind::Set,
        Kind::Zset,
        Kind::Hash,
        Kind::Stream,
    ]
    .map(|kind| db.kind(kind).elements);
    assert_eq!(db.total().elements, elements.iter().sum::<u64>());
    let largest = &tally.largest[0];
    assert_eq!(largest.name, b"hash-table-deadlines");
    assert_eq!(
        (largest.db, largest.kind, largest.elements),
        (0, Kind::Hash, 140)
    );
    assert_eq!(tally.largest.len(), 10);
    assert!(tally.largest.is_sorted_by(|a, b| a.size >= b.size));
    assert!(
        out.contains("[info] db 0, list: 3 keys, 20 elements, "),
        "{out}"
    );
    assert!(
        out.contains("[info] largest: hash 'hash-table-deadlines' of db 0: "),
        "{out}"
    );
}

#[test]
fn a_key_for_each_of_many_databases_is_counted() {
    let mut bytes = b"REDIS0003".to_vec();
    for db in 0..5000u16 {
        let [high, low] = db.to_be_bytes();
        bytes.extend_from_slice(&[0xfe, 0x40 | high, low, 0, 1, b'k', 1, b'v']);
    }
    bytes.push(0xff);
    let (_, end, report) = report(&bytes, &[]);
    assert_eq!(end, Ok(()));
    assert_eq!(report.tally().keys(), 5000);
    assert_eq!(report.tally().databases.len(), 1024);
}

proptest! {
    #[test]
    fn a_report_is_the_same_in_any_pieces(
        pick in 0..FILES.len(),
        sizes in prop::collection::vec(1usize..300, 1..20),
        change in any::<Option<(prop::sample::Index, u8)>>(),
    ) {
        let mut bytes = FILES[pick].2.to_vec();
        if let Some((at, byte)) = change {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (whole, split) = (report(&bytes, &[]), report(&bytes, &sizes));
        prop_assert_eq!(whole.1, split.1);
        prop_assert_eq!(whole.0, split.0);
    }
}

/// The report about a file without a checksum, all of whose bytes are right.
fn tallied(bytes: &[u8]) -> (String, Report) {
    let (out, end, report) = report(bytes, &[]);
    assert_eq!(end, Ok(()));
    (out, report)
}

#[test]
fn keys_with_empty_values_are_counted_apart() {
    let (out, report) = tallied(b"REDIS0004\x01\x01l\x00\x02\x01s\x00\x00\x01a\x01x\xff");
    let tally = report.tally();
    assert_eq!((tally.empty, tally.keys()), (2, 1));
    assert!(out.contains("[info] 2 keys with empty values, skipped\n"));
    assert!(!out.contains("db 0, list:"), "{out}");
    let (out, _) = tallied(b"REDIS0004\x00\x01a\x01x\xff");
    assert!(!out.contains("empty"), "{out}");
}

#[test]
fn an_element_that_comes_in_pieces_is_one_element() {
    let long = [&b"\x80\x00\x01\x11\x70"[..], &[b'x'; 70_000]].concat();
    let bytes = [b"REDIS0004\x01\x01l\x03\x01a", &long[..], b"\x01b\xff"].concat();
    let (_, end, report) = report(&bytes, &[1_000]);
    assert_eq!(end, Ok(()));
    let total = report.tally().databases[&0].total();
    assert_eq!((total.keys, total.elements), (1, 3));
}

#[test]
fn keys_are_expired_whose_deadline_has_passed() {
    let mut bytes = b"REDIS0004".to_vec();
    for at in [NOW_MS - 2, NOW_MS - 1, NOW_MS, NOW_MS + 1] {
        bytes.push(0xfc);
        bytes.extend_from_slice(&at.to_le_bytes());
        bytes.extend_from_slice(b"\x00\x01k\x01v");
    }
    bytes.push(0xff);
    let (out, report) = tallied(&bytes);
    assert_eq!((report.tally().deadlines(), report.tally().expired), (4, 2));
    assert!(out.contains("[info] 2 already expired\n"), "{out}");
}

#[test]
fn hashes_have_deadlines_if_one_of_their_fields_has() {
    for (at, count) in [("0", 0), ("1800000000000", 1)] {
        let mut list = russet_pack::listpack::new();
        for element in ["f", "v", at] {
            russet_pack::listpack::append(&mut list, element.as_bytes());
        }
        let list = crate::old::string(&list);
        let bytes = [
            b"REDIS0012\x19\x01h\0\0\0\0\0\0\0\0",
            &list[..],
            b"\xff",
            &[0; 8],
        ]
        .concat();
        assert_eq!(tallied(&bytes).1.tally().hashes_with_deadlines, count);
    }
}

#[test]
fn data_of_modules_and_imports_of_slots_have_lines() {
    // The identifier of `ReJSON-RL`, version 3, and no parts.
    let id = [17, 30, 9, 18, 14, 13, 62, 17, 11];
    let id = id.iter().fold(0u64, |id, letter| id << 6 | letter) << 10 | 3;
    let id = id.to_be_bytes();
    let bytes = [b"REDIS0004\xf7\x81", &id[..], b"\x02\x01\x00\xff"].concat();
    begins(&tallied(&bytes).0, "[offset 21] MODULE AUX for: ReJSON-RL");
    let bytes = b"VALKEY080\xf3\x03job\x01\x05\x06\xff\0\0\0\0\0\0\0\0";
    let (out, _) = tallied(bytes);
    assert!(
        out.contains("] Import of slots, unfinished: skipped\n"),
        "{out}"
    );
}

#[test]
fn commands_behind_a_dump_are_left_alone() {
    let dump = b"REDIS0009\xfe\x02\x00\x05fruit\x05apple\xff\0\0\0\0\0\0\0\0";
    let file = [&dump[..], b"*1\r\n$4\r\nPING\r\n"].concat();
    for piece in 1..=file.len() {
        let mut lines = String::new();
        let mut report = Report::new(0).with_commands_behind();
        file.chunks(piece)
            .for_each(|bytes| report.feed(bytes, &mut lines));
        assert_eq!(report.size(), Some(dump.len() as u64));
        assert!(report.finish(&mut lines).is_ok(), "{piece}: {lines}");
        assert_eq!(lines.matches("RDB looks OK").count(), 1);
    }
    let mut cut = Report::new(0).with_commands_behind();
    cut.feed(&dump[..20], &mut String::new());
    assert_eq!(cut.size(), None);
    assert!(cut.finish(&mut String::new()).is_err());
}
