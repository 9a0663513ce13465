//! Damage to a file of a megabyte: every 512th prefix, and one bit of every byte.
//!
//! The bytes in front of the damage are not read again: a copy of the reader is kept every 4 KiB.

use russet_base::Rng;
use russet_rdb::file::{Fault, FileReader, Next};
use russet_rdb::{Error, Input, Version};

use crate::file::{FILES, parts, written};

/// The least size of the file, in bytes.
const SIZE: usize = 1 << 20;

/// The most bytes of a file without a key.
const EMPTY_SIZE_MAX: usize = 100;

/// The distance of the prefixes.
const STEP: usize = 512;

/// The distance of the copies of the reader, in bytes.
const COPIED_EVERY: usize = 4 << 10;

/// One damaged byte in this many is tried, unless all are asked for: every one is read to its end.
const ONE_IN: usize = 16_381;

/// A file of ours: what Redis has written, again and again.
fn large() -> Vec<u8> {
    let (_, number, bytes) = FILES[0];
    let one = parts(bytes);
    let is_repeated = |next: &&Next<'_>| {
        !matches!(
            next,
            Next::Header { .. } | Next::Aux { .. } | Next::Function(_)
        )
    };
    let version = Version(number);
    let again: Vec<_> = one.iter().filter(is_repeated).cloned().collect();
    let mut all = one;
    for _ in 0..SIZE.div_ceil(written(&again, version, true).len() - EMPTY_SIZE_MAX) {
        all.extend(again.iter().cloned());
    }
    written(&all, version, true)
}

/// A reader that has seen the file up to a place, and has read it up to an offset.
struct Copied {
    seen: usize,
    offset: usize,
    reader: FileReader,
}

fn copies(file: &[u8]) -> Vec<Copied> {
    let (mut reader, mut offset) = (FileReader::default(), 0);
    let mut copies = Vec::new();
    for seen in (0..file.len()).step_by(COPIED_EVERY) {
        let mut input = Input::partial(&file[offset..seen]);
        while reader.next(&mut input) != Ok(Next::More) {}
        offset = seen - input.rest().len();
        let reader = reader.clone();
        copies.push(Copied {
            seen,
            offset,
            reader,
        });
    }
    copies
}

/// Reads a file whose bytes in front of this place are as they were: the error.
fn fault(file: &[u8], copies: &[Copied], place: usize) -> Option<Fault> {
    let at = copies.partition_point(|copied| copied.seen <= place) - 1;
    let mut reader = copies[at].reader.clone();
    let mut input = Input::whole(&file[copies[at].offset..]);
    loop {
        match reader.next(&mut input) {
            Ok(Next::End(_)) if input.rest().is_empty() => return None,
            Ok(_) => {}
            Err(error) => return Some(error.fault),
        }
    }
}

#[test]
fn every_prefix_ends_too_early_and_a_share_of_wrong_bytes_is_found() {
    let file = large();
    let copies = copies(&file);
    assert!(file.len() >= SIZE);
    assert_eq!(fault(&file, &copies, file.len()), None);
    for size in (0..file.len()).step_by(STEP) {
        let fault = fault(&file[..size], &copies, size);
        assert_eq!(fault, Some(Fault::Bytes(Error::Cut)), "{size} bytes");
    }
    flip(file, &copies, ONE_IN);
}

#[test]
#[ignore = "it takes an hour"]
fn every_wrong_byte_is_found() {
    let file = large();
    let copies = copies(&file);
    flip(file, &copies, 1);
}

fn flip(mut file: Vec<u8>, copies: &[Copied], one_in: usize) {
    let mut rng = Rng::new(1);
    for at in (0..file.len()).step_by(one_in) {
        let bit = 1 << rng.below(8);
        file[at] ^= bit;
        assert!(fault(&file, copies, at).is_some(), "bit {bit} of byte {at}");
        file[at] ^= bit;
    }
}
