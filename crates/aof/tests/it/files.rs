//! Files that the tests read, and what they hold.
//!
//! Always true: every file here is what a server could have written.

use russet_aof::fuzz::{self, Outcome};
use russet_aof::{Expect, GroupWriter, Line};
use russet_resp::encode_request;

/// The number of the files.
pub(crate) const SEQ: i64 = 7;

/// Reads a file whose bytes arrive in pieces of these sizes.
pub(crate) fn read(expect: Expect, file: &[u8], mut size: impl FnMut() -> usize) -> Outcome {
    fuzz::read(expect, file, &mut size)
}

/// Reads a file whose bytes are all there.
pub(crate) fn read_whole(expect: Expect, file: &[u8]) -> Outcome {
    read(expect, file, || usize::MAX)
}

/// A request.
pub(crate) fn request(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(words, &mut bytes);
    bytes
}

/// Groups of units of every shape.
pub(crate) fn groups() -> Vec<Vec<u8>> {
    let set = |key: &[u8], value: &[u8]| request(&[b"SET", key, value]);
    let multi = [
        request(&[b"MULTI"]),
        set(b"a", b"1"),
        request(&[b"select", b"3"]),
        set(b"b", b"#U:7;0;0;0;0000000000000000\r\n"),
        request(&[b"exec"]),
    ];
    vec![
        [request(&[b"SELECT", b"0"]), set(b"k", b"v")].concat(),
        [Line::timestamp(1_628_217_470).as_bytes(), &set(b"t", b"")].concat(),
        multi.concat(),
        [
            multi.concat(),
            set(&[0, 13, 10, 255], &[b'x'; 300]),
            multi.concat(),
        ]
        .concat(),
        [request(&[b"MULTI"]), request(&[b"EXEC"])].concat(),
        request(&[b"FLUSHALL"]),
    ]
}

/// A file with check lines of at least that size.
pub(crate) fn checked(size: usize) -> Vec<u8> {
    checked_groups(size).concat()
}

/// Its groups, each with its check line.
pub(crate) fn checked_groups(size: usize) -> Vec<Vec<u8>> {
    let mut writer = GroupWriter::new(SEQ, 0);
    let mut written = Vec::new();
    for group in groups().iter().cycle() {
        writer.cover(group);
        written.push([writer.line().as_bytes(), group].concat());
        writer.set_synced(writer.offset() / 2);
        if writer.offset() >= size as u64 {
            break;
        }
    }
    written
}

/// The same file without check lines.
pub(crate) fn plain(size: usize) -> Vec<u8> {
    let mut file = Vec::new();
    for group in groups().iter().cycle() {
        file.extend_from_slice(group);
        if file.len() >= size {
            break;
        }
    }
    file
}
