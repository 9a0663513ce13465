//! Damage to checked files is found, whatever it is.
//!
//! Always true: nothing of a damaged group is given out.

use russet_aof::{Error, Expect, GroupWriter};

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
        [group, writer.line().as_bytes()].concat()
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
fn units_without_a_check_line_are_not_given_out() {
    let set = files::request(&[b"SET", b"k", b"v"]);
    let file = [pieces().concat(), set].concat();
    let read = read_whole(CHECKED, &file);
    assert!(matches!(read.end, Err(Error::Truncated { .. })));
    assert_eq!(read.whole, pieces().concat().len() as u64);
    // Check lines that follow do not cover them.
    let mut writer = GroupWriter::new(SEQ, file.len() as u64);
    let later = [&file, writer.line().as_bytes()].concat();
    assert!(matches!(
        read_whole(CHECKED, &later).end,
        Err(Error::Misplaced { .. })
    ));
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
