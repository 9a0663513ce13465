//! Damage to a file of a megabyte: every 512th prefix, and one bit of every byte.
//!
//! A reader depends on nothing in front of the group that it reads, so each is given the file from
//! the damaged group on.

use russet_aof::{Error, Expect, Next, Reader};
use russet_base::Rng;

use crate::files::{SEQ, checked_groups};

const CHECKED: Expect = Expect::Checked { seq: SEQ };

/// The size of the file, in bytes.
const SIZE: usize = 1 << 20;

/// The distance of the prefixes.
const STEP: usize = 512;

/// The bytes that are fed at a time.
const PIECE_SIZE: usize = 4 << 10;

/// Reads a file from an offset on, to the first part or the end: the error, if there is one.
fn first(file: &[u8], start: usize) -> Result<(), Error> {
    let mut reader = Reader::at(CHECKED, start as u64);
    let mut pieces = file[start..].chunks(PIECE_SIZE);
    loop {
        match reader.next()? {
            Next::More => match pieces.next() {
                Some(piece) => reader.feed(piece),
                None => reader.end(),
            },
            _ => return Ok(()),
        }
    }
}

#[test]
fn every_prefix_ends_inside_its_last_group_and_every_wrong_byte_is_found() {
    let mut rng = Rng::new(1);
    let groups = checked_groups(SIZE);
    let mut file = groups.concat();
    let mut start = 0;
    for group in groups {
        let end = start + group.len();
        for size in (start..end).filter(|size| size % STEP == 0) {
            let is_cut = matches!(first(&file[..size], start), Err(Error::Truncated { .. }));
            assert!(is_cut || size == start, "{size} bytes");
        }
        for at in start..end {
            let bit = 1 << rng.below(8);
            file[at] ^= bit;
            assert!(first(&file, start).is_err(), "bit {bit} of byte {at}");
            file[at] ^= bit;
        }
        assert_eq!(first(&file, start), Ok(()));
        start = end;
    }
    assert_eq!(start, file.len());
}
