//! Elements as entries of a listpack, without the listpack around them.
//!
//! Always true: what is decoded here was encoded here, or checked when it was loaded.
//! Not here: what an entry looks like — crate `russet-pack`

use russet_pack::Buffer;
use russet_pack::listpack::{self, Entry};
pub(super) use russet_pack::listpack::{encode, entry_len};

use crate::value::StringRef;

/// Entries are whole: a list that holds anything else is broken.
const WHOLE: &str = "pages hold whole entries";

/// Writes an element over bytes that are as many as its entry has.
#[inline]
pub(super) fn write(element: &[u8], target: &mut [u8]) {
    encode(element, &mut Slot { target, at: 0 });
}

/// Bytes that are written over from the first to the last.
struct Slot<'a> {
    target: &'a mut [u8],
    at: usize,
}

impl Buffer for Slot<'_> {
    #[inline]
    fn push_bytes(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len();
        self.target[self.at..end].copy_from_slice(bytes);
        self.at = end;
    }
}

/// The first element of some entries, and the length of its entry.
///
/// # Panics
/// When the bytes are not entries.
#[inline]
pub(super) fn first(entries: &[u8]) -> (StringRef<'_>, usize) {
    match listpack::first_of(entries).expect(WHOLE) {
        (Entry::Str(bytes), len) => (StringRef::Bytes(bytes), len),
        (Entry::Int(n), len) => (StringRef::Int(n), len),
    }
}

/// Where the last of some entries begins.
///
/// # Panics
/// When the bytes are not entries.
#[inline]
pub(super) fn last_start(entries: &[u8]) -> usize {
    listpack::last_of(entries).expect(WHOLE)
}

/// Where the entry with that number begins: the end of the entries when there are as many.
///
/// # Panics
/// When the bytes are not entries, or fewer.
pub(super) fn start_of(entries: &[u8], count: usize, number: usize) -> usize {
    if number <= count / 2 {
        return (0..number).fold(0, |at, _| at + first(&entries[at..]).1);
    }
    (number..count).fold(entries.len(), |end, _| last_start(&entries[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_from_both_ends() {
        let long = vec![b'x'; 70_000];
        let elements: [&[u8]; 6] = [b"", b"7", b"-40000", b"word", &long, &long[..200]];
        let mut bytes = Vec::new();
        for element in elements {
            let at = bytes.len();
            encode(element, &mut bytes);
            let mut written = vec![0xaa; entry_len(element)];
            write(element, &mut written);
            assert_eq!(written, bytes[at..]);
            assert_eq!(last_start(&bytes), at);
        }
        let mut at = 0;
        for (number, element) in elements.into_iter().enumerate() {
            assert_eq!(start_of(&bytes, elements.len(), number), at);
            let (read, len) = first(&bytes[at..]);
            match read {
                StringRef::Int(n) => assert_eq!(n.to_string().as_bytes(), element),
                StringRef::Bytes(bytes) => assert_eq!(bytes, element),
                StringRef::Shared(_) => unreachable!(),
            }
            at += len;
        }
        assert_eq!(start_of(&bytes, elements.len(), elements.len()), at);
    }
}
