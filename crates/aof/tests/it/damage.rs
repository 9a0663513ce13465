//! Damage to checked files is found, whatever it is.
//!
//! Always true: nothing of a damaged group is given out.

use russet_aof::{Error, Expect, GroupWriter, Next, Reader};

use crate::files::{self, SEQ, checked, read_whole};

const CHECKED: Expect = Expect::Checked { seq: SEQ };

#[test]
fn every_flipped_bit_is_found() {
    let file = checked(4096);
    let all = read_whole(CHECKED, &file);
    for bit in 0..file.len() * 8 {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = read_whole(CHECKED, &flipped);
        assert!(read.end.is_err(), "bit {bit}");
        assert!(all.parts.starts_with(&read.parts), "bit {bit}");
        assert!(read.whole <= (bit / 8) as u64, "bit {bit}");
    }
}

/// The groups of a file, each with its check line.
fn pieces() -> Vec<Vec<u8>> {
    let mut writer = GroupWriter::new(SEQ, 0);
    let with_line = |group: &Vec<u8>| {
        writer.cover(group);
        [writer.line().as_bytes(), group].concat()
    };
    // Equal groups, so that only their places tell them apart.
    let set = files::request(&[b"INCR", b"k"]);
    vec![set; 5].iter().map(with_line).collect()
}

#[test]
fn groups_that_are_missing_repeated_or_moved_are_found() {
    let whole = pieces();
    assert_eq!(read_whole(CHECKED, &whole.concat()).end, Ok(()));
    for at in 0..whole.len() {
        let mut repeated = whole.clone();
        repeated.insert(at, whole[at].clone());
        let at_line = |error| matches!(error, Err(Error::Misplaced { .. }));
        assert!(at_line(read_whole(CHECKED, &repeated.concat()).end));
        if at + 1 < whole.len() {
            let mut missing = whole.clone();
            missing.remove(at);
            assert!(at_line(read_whole(CHECKED, &missing.concat()).end));
            let mut moved = whole.clone();
            moved.swap(at, at + 1);
            assert!(at_line(read_whole(CHECKED, &moved.concat()).end));
        }
    }
}

#[test]
fn a_file_in_the_place_of_another_is_found() {
    let read = read_whole(Expect::Checked { seq: SEQ + 1 }, &pieces().concat());
    assert!(matches!(read.end, Err(Error::Misplaced { .. })));
    assert_eq!(read.parts, []);
}

#[test]
fn units_that_another_server_appends_are_read_and_counted() {
    let select = files::request(&[b"SELECT", b"0"]);
    let set = files::request(&[b"SET", b"k", b"v"]);
    let time = b"#TS:1700000000\r\n".to_vec();
    let appended = [time, select, set.clone()].concat();
    let file = [pieces().concat(), appended.clone()].concat();
    let read = |file: &[u8]| {
        let mut reader = Reader::new(CHECKED);
        reader.feed(file);
        reader.end();
        let end = loop {
            match reader.next() {
                Ok(Next::End) => break None,
                Ok(_) => {}
                Err(error) => break Some(error),
            }
        };
        (reader.unchecked(), reader.whole(), end)
    };
    assert_eq!(read(&file), (2, file.len() as u64, None));
    // A server that knows check lines goes on behind them.
    let mut writer = GroupWriter::new(SEQ, file.len() as u64);
    writer.cover(&set);
    let more = [&file, writer.line().as_bytes(), &set].concat();
    assert_eq!(read(&more), (2, more.len() as u64, None));
    // What was appended to a torn group is not: nobody knows where it begins.
    let torn = [&pieces().concat()[..200], &appended].concat();
    let (unchecked, whole, end) = read(&torn);
    assert!(unchecked == 0 && whole <= 200 && end.is_some());
}

#[test]
fn strange_annotations_are_refused_in_checked_files() {
    for line in [
        &b"#\r\n"[..],
        b"#TS:x\r\n",
        b"#TS:1\n",
        b"#U:1;2\r\n",
        b"#V:7;0;0;0;0\r\n",
    ] {
        assert_eq!(
            read_whole(CHECKED, line).end,
            Err(Error::CheckLine { at: 0 })
        );
        assert_eq!(read_whole(Expect::Plain, line).end, Ok(()));
    }
}
