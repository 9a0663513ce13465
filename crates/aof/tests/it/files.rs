//! Files that the tests read, and what they hold.
//!
//! Always true: every file here is what a server could have written.

use russet_aof::{Error, Expect, GroupWriter, Line, Next, Reader};
use russet_resp::encode_request;

/// The number of the files.
pub(crate) const SEQ: i64 = 7;

/// What was read of a file: units as bytes with their offsets, annotations, the error at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) parts: Vec<(u64, u64, Vec<Vec<u8>>)>,
    pub(crate) end: Result<(), Error>,
    pub(crate) whole: u64,
}

/// Reads a file whose bytes arrive in pieces of these sizes.
pub(crate) fn read(expect: Expect, file: &[u8], mut size: impl FnMut() -> usize) -> Outcome {
    let mut reader = Reader::new(expect);
    let (mut rest, mut parts) = (file, Vec::new());
    let end = loop {
        match reader.next() {
            Ok(Next::Unit(unit)) => {
                let commands = unit.commands().map(|args| args[0].to_vec()).collect();
                parts.push((unit.start(), unit.end(), commands));
            }
            Ok(Next::Annotation(note)) => {
                let end = note.start() + note.line().len() as u64;
                parts.push((note.start(), end, vec![note.line().to_vec()]));
            }
            Ok(Next::Preamble) => {
                parts.push((0, 0, vec![b"preamble".to_vec()]));
                reader.end_preamble();
            }
            Ok(Next::More) => {
                let (piece, behind) =
                    rest.split_at(size().clamp(1, rest.len().max(1)).min(rest.len()));
                reader.feed(piece);
                rest = behind;
                if rest.is_empty() {
                    reader.end();
                }
            }
            Ok(Next::End) => break Ok(()),
            Err(error) => {
                assert_eq!(reader.next().err(), Some(error), "an error stays");
                break Err(error);
            }
        }
    };
    Outcome {
        parts,
        end,
        whole: reader.whole(),
    }
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

/// A file with check lines of at least so many bytes.
pub(crate) fn checked(size: usize) -> Vec<u8> {
    let mut writer = GroupWriter::new(SEQ, 0);
    let mut file = Vec::new();
    for group in groups().iter().cycle() {
        file.extend_from_slice(group);
        writer.cover(group);
        file.extend_from_slice(writer.line().as_bytes());
        writer.set_synced(file.len() as u64 / 2);
        assert_eq!(writer.offset(), file.len() as u64);
        if file.len() >= size {
            break;
        }
    }
    file
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
