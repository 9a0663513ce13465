//! Any split of a file reads as the whole, and every prefix ends at a whole unit.
//!
//! Always true: these hold for files with check lines and for files without.

use proptest::prelude::*;
use russet_aof::{Error, Expect, Missing};

use crate::files::{self, SEQ, checked, plain, read, read_whole};

const CHECKED: Expect = Expect::Checked { seq: SEQ };

#[test]
fn all_units_of_a_file_are_read() {
    let of_checked = read_whole(CHECKED, &checked(4096));
    assert_eq!(of_checked.end, Ok(()));
    assert_eq!(of_checked.whole, checked(4096).len() as u64);
    for expect in [Expect::Plain, Expect::Unknown] {
        let of_plain = read_whole(expect, &plain(4096));
        assert_eq!(of_plain.end, Ok(()));
        assert_eq!(of_plain.whole, plain(4096).len() as u64);
    }
    let unknown = read_whole(Expect::Unknown, &checked(4096));
    assert_eq!(unknown, of_checked);
    let is_line = |part: &&(u64, u64, Vec<Vec<u8>>)| {
        part.2.first().is_some_and(|text| text.starts_with(b"#U:"))
    };
    let skipped = read_whole(Expect::Plain, &checked(4096));
    assert_eq!(skipped.end, Ok(()));
    assert_eq!(
        skipped.parts.iter().filter(|part| !is_line(part)).count(),
        of_checked.parts.len()
    );
}

#[test]
fn every_prefix_ends_at_a_whole_unit() {
    let cases = [
        (CHECKED, checked(4096)),
        (Expect::Plain, plain(4096)),
        (Expect::Unknown, checked(4096)),
    ];
    for (expect, file) in cases {
        let all = read_whole(expect, &file);
        for len in 0..file.len() {
            let cut = read_whole(expect, &file[..len]);
            let is_whole = cut.whole == len as u64;
            match cut.end {
                Ok(()) => assert!(is_whole, "{len}"),
                Err(Error::Truncated { at, .. }) => assert!(at == len as u64 && !is_whole, "{len}"),
                Err(other) => panic!("{len}: {other}"),
            }
            assert!(all.parts.starts_with(&cut.parts), "{len}");
            let again = read_whole(expect, &file[..cut.whole as usize]);
            assert_eq!((again.end, again.whole), (Ok(()), cut.whole), "{len}");
            // A transaction gives its annotations before its EXEC is known; there are none here.
            assert_eq!(again.parts, cut.parts, "{len}");
        }
    }
}

#[test]
fn what_is_missing_at_the_end_is_told() {
    let multi = files::request(&[b"MULTI"]);
    let set = files::request(&[b"SET", b"k", b"v"]);
    let missing = |expect, file: &[u8]| match read_whole(expect, file).end {
        Err(Error::Truncated { missing, .. }) => missing,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(Expect::Plain, &set[..20]), Missing::Bytes);
    assert_eq!(missing(Expect::Plain, b"#TS:1"), Missing::Bytes);
    assert_eq!(
        missing(Expect::Plain, &[&multi[..], &set].concat()),
        Missing::Exec
    );
    let file = checked(100);
    assert_eq!(missing(CHECKED, &file[..file.len() - 1]), Missing::Group);
    assert_eq!(missing(CHECKED, &file[..5]), Missing::Bytes);
}

#[test]
fn what_is_no_file_is_refused() {
    let exec = files::request(&[b"EXEC"]);
    let multi = files::request(&[b"MULTI"]);
    let long = [b"#".repeat(1100), b"\n".to_vec()].concat();
    for (file, at) in [
        (&b"PING\r\n"[..], 0),
        (b"*0\r\n", 0),
        (b"*-1\r\n", 0),
        (b"*0\r\n*$5\r\n", 0),
        (b"\r\n", 0),
        (&long, 0),
    ] {
        for piece in [1, usize::MAX] {
            let end = read(Expect::Plain, file, || piece).end;
            assert_eq!(end, Err(Error::Format { at }), "{file:?}");
        }
    }
    for (file, at) in [(exec, 0), (multi.repeat(2), multi.len() as u64)] {
        assert_eq!(
            read_whole(Expect::Plain, &file).end,
            Err(Error::Order { at })
        );
    }
    let broken: [&[u8]; 4] = [
        b"*x\r\n",
        b"*1\r\n:1\r\n",
        b"*1\r\n$1\r\nabc",
        b"*1\r\n$99999999999999999999\r\n",
    ];
    for file in broken {
        let end = read_whole(Expect::Plain, file).end;
        assert!(matches!(end, Err(Error::Command { at: 0, .. })), "{end:?}");
    }
}

#[test]
fn a_dump_in_front_is_handed_on() {
    for magic in [&b"REDIS0011"[..], b"VALKEY080"] {
        let set = files::request(&[b"SET", b"k", b"v"]);
        let mut reader = russet_aof::Reader::new(Expect::Plain);
        for byte in &magic[..4] {
            reader.feed(&[*byte]);
            assert!(matches!(reader.next(), Ok(russet_aof::Next::More)));
        }
        reader.feed(&magic[4..]);
        assert!(matches!(reader.next(), Ok(russet_aof::Next::Preamble)));
        reader.read_preamble(6);
        reader.feed(b"dump");
        assert_eq!(reader.preamble(), [&magic[6..], b"dump"].concat());
        reader.read_preamble(7);
        reader.end_preamble();
        reader.feed(&set);
        reader.end();
        match reader.next() {
            Ok(russet_aof::Next::Unit(unit)) => {
                assert_eq!((unit.start(), unit.bytes()), (13, &set[..]))
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(reader.next(), Ok(russet_aof::Next::End)));
    }
    assert_eq!(
        read_whole(Expect::Plain, b"REDI").end,
        Err(Error::Format { at: 0 })
    );
    assert_eq!(
        read_whole(CHECKED, b"REDIS0011").end,
        Err(Error::Format { at: 0 })
    );
}

#[test]
fn memory_does_not_grow_with_declared_lengths() {
    let mut reader = russet_aof::Reader::new(Expect::Plain);
    reader.feed(b"*2000000000\r\n$3\r\nSET\r\n$4294967000\r\nx");
    assert!(matches!(reader.next(), Ok(russet_aof::Next::More)));
    assert!(reader.memory() < 4096, "{}", reader.memory());
}

proptest! {
    #[test]
    fn any_split_reads_as_the_whole(
        sizes in prop::collection::vec(1_usize..200, 1..20),
        cut in 0_usize..4200,
        flip in prop::option::of((0_usize..4000, 0_u8..8)),
    ) {
        let files = [
            (CHECKED, checked(4096)),
            (Expect::Plain, plain(4096)),
            (Expect::Unknown, checked(4096)),
        ];
        for (expect, mut file) in files {
            file.truncate(cut);
            if let Some((at, bit)) = flip && let Some(byte) = file.get_mut(at) {
                *byte ^= 1 << bit;
            }
            let mut sizes = sizes.iter().copied().cycle();
            let split = read(expect, &file, || sizes.next().unwrap_or(1));
            prop_assert_eq!(split, read_whole(expect, &file));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(file in prop::collection::vec(any::<u8>(), 0..300)) {
        for expect in [CHECKED, Expect::Plain, Expect::Unknown] {
            let whole = read_whole(expect, &file);
            prop_assert_eq!(read(expect, &file, || 1), whole);
        }
    }
}
