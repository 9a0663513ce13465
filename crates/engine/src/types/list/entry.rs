//! Elements as entries of a listpack.
//!
//! ```text
//!  0nnnnnnn                    0 … 127         11110000 len32        longer string, its bytes behind it
//!  10llllll                    short string    1111 0001 … 0100      integer of 16, 24, 32, 64 bits
//!  110nnnnn nnnnnnnn           13-bit integer
//!  1110llll llllllll           string          …then the length of all that, to be read backwards
//! ```
//! Always true: what is decoded here was encoded here, or checked when it was loaded.
//! Not here: whole listpacks, and whether bytes are one — crate `russet-pack`

use russet_base::num::parse_i64;

use crate::value::StringRef;

/// The longest decimal form of an integer.
const DIGITS_MAX: usize = 20;

/// An element, encoded: what stands before and behind its bytes.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    head: [u8; 9],
    head_len: u8,
    back_len: u8,
    back: [u8; 5],
    body: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Encodes an element: as an integer if it is one in canonical form.
    #[inline]
    pub(super) fn new(element: &'a [u8]) -> Self {
        let integer = match element.len() {
            1..=DIGITS_MAX if element[0] <= b'9' => parse_i64(element),
            _ => None,
        };
        match integer {
            Some(n) => Self::integer(n),
            None => Self::string(element),
        }
    }

    #[inline]
    fn string(body: &'a [u8]) -> Self {
        let mut head = [0; 9];
        let len = body.len();
        let head_len = match len {
            0..64 => {
                head[0] = 0x80 | len as u8;
                1
            }
            64..4096 => {
                head[0] = 0xe0 | (len >> 8) as u8;
                head[1] = len as u8;
                2
            }
            _ => {
                head[0] = 0xf0;
                head[1..5].copy_from_slice(&(len as u32).to_le_bytes());
                5
            }
        };
        Self::framed(head, head_len, body)
    }

    fn integer(n: i64) -> Self {
        let mut head = [0; 9];
        let head_len = match n {
            0..=127 => {
                head[0] = n as u8;
                1
            }
            -4096..=4095 => {
                let bits = n as u16 & 0x1fff;
                head[0] = 0xc0 | (bits >> 8) as u8;
                head[1] = bits as u8;
                2
            }
            _ => {
                let (mark, width) = match n {
                    -0x8000..=0x7fff => (0xf1, 2),
                    -0x80_0000..=0x7f_ffff => (0xf2, 3),
                    -0x8000_0000..=0x7fff_ffff => (0xf3, 4),
                    _ => (0xf4, 8),
                };
                head[0] = mark;
                head[1..=width].copy_from_slice(&n.to_le_bytes()[..width]);
                1 + width
            }
        };
        Self::framed(head, head_len, &[])
    }

    #[inline]
    fn framed(head: [u8; 9], head_len: usize, body: &'a [u8]) -> Self {
        let mut back = [0; 5];
        let back_len = write_back(head_len + body.len(), &mut back);
        Self {
            head,
            head_len: head_len as u8,
            back_len,
            back,
            body,
        }
    }

    /// Its length in bytes.
    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.head_len) + self.body.len() + usize::from(self.back_len)
    }

    /// Writes it over bytes that are as many.
    #[inline]
    pub(super) fn write(&self, target: &mut [u8]) {
        let (head_len, back_at) = (
            usize::from(self.head_len),
            usize::from(self.head_len) + self.body.len(),
        );
        target[..head_len].copy_from_slice(&self.head[..head_len]);
        target[head_len..back_at].copy_from_slice(self.body);
        target[back_at..].copy_from_slice(&self.back[..usize::from(self.back_len)]);
    }

    /// Appends it.
    pub(super) fn append(&self, target: &mut impl Extend<u8>) {
        let parts = [
            &self.head[..usize::from(self.head_len)],
            self.body,
            &self.back[..usize::from(self.back_len)],
        ];
        for part in parts {
            target.extend(part.iter().copied());
        }
    }
}

/// Writes how long an entry is without this; returns how many bytes that took.
#[inline]
fn write_back(len: usize, back: &mut [u8; 5]) -> u8 {
    if len < 128 {
        back[0] = len as u8;
        return 1;
    }
    let count = back_len(len);
    for (place, byte) in back[..count].iter_mut().rev().enumerate() {
        *byte = (len >> (7 * place)) as u8 | 0x80;
    }
    back[0] &= 0x7f;
    count as u8
}

/// How many bytes it takes to write that length to be read backwards.
#[inline]
fn back_len(len: usize) -> usize {
    match len {
        // COMPAT: the largest number of each width is written one byte wider.
        0..0x80 => 1,
        0x80..0x3fff => 2,
        0x3fff..0x1f_ffff => 3,
        0x1f_ffff..0xfff_ffff => 4,
        _ => 5,
    }
}

/// The first element of some entries, and the length of its entry.
///
/// # Panics
/// When the bytes are not entries.
#[inline]
pub(super) fn first(entries: &[u8]) -> (StringRef<'_>, usize) {
    let mark = entries[0];
    // PERF: short strings are what lists hold most.
    if mark & 0xc0 == 0x80 {
        let end = 1 + usize::from(mark & 0x3f);
        return (StringRef::Bytes(&entries[1..end]), end + 1);
    }
    if mark < 0x80 {
        return (StringRef::Int(i64::from(mark)), 2);
    }
    first_long(mark, entries)
}

fn first_long(mark: u8, entries: &[u8]) -> (StringRef<'_>, usize) {
    let integer = |width: usize| {
        let mut bytes = [0; 8];
        bytes[8 - width..].copy_from_slice(&entries[1..=width]);
        let n = i64::from_le_bytes(bytes) >> (64 - 8 * width);
        (StringRef::Int(n), width + 2)
    };
    let string = |head: usize, len: usize| {
        let end = head + len;
        (StringRef::Bytes(&entries[head..end]), end + back_len(end))
    };
    match mark {
        0xc0..=0xdf => {
            let bits = u16::from_be_bytes([mark & 0x1f, entries[1]]);
            let n = ((bits << 3) as i16) >> 3;
            (StringRef::Int(i64::from(n)), 3)
        }
        0xe0..=0xef => {
            let len = u16::from_be_bytes([mark & 0x0f, entries[1]]);
            string(2, usize::from(len))
        }
        0xf0 => {
            let len = u32::from_le_bytes([entries[1], entries[2], entries[3], entries[4]]);
            string(5, len as usize)
        }
        0xf1 => integer(2),
        0xf2 => integer(3),
        0xf3 => integer(4),
        _ => integer(8),
    }
}

/// Where the last of some entries begins.
///
/// # Panics
/// When the bytes are not entries.
#[inline]
pub(super) fn last_start(entries: &[u8]) -> usize {
    let mut at = entries.len() - 1;
    let mut len = usize::from(entries[at] & 0x7f);
    let mut shift = 7;
    while entries[at] & 0x80 != 0 {
        at -= 1;
        len |= usize::from(entries[at] & 0x7f) << shift;
        shift += 7;
    }
    at - len
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
    fn entries_are_read_as_they_were_written_from_both_ends() {
        let mut elements: Vec<Vec<u8>> = Vec::new();
        for shift in 0..64 {
            for near in [-1i64, 0, 1] {
                let n = (1i64 << shift).wrapping_add(near);
                elements.push(n.to_string().into_bytes());
                elements.push(n.wrapping_neg().to_string().into_bytes());
            }
        }
        for len in [
            0, 1, 5, 62, 63, 64, 65, 125, 126, 127, 128, 4095, 4096, 16379, 16380, 16381, 16382,
            70_000,
        ] {
            elements.push(vec![b'x'; len]);
        }
        for word in [
            "-",
            "+1",
            "01",
            "-0",
            " 1",
            "9223372036854775808",
            "12345678901234567890",
        ] {
            elements.push(word.as_bytes().to_vec());
        }
        elements.push(vec![0x80]);
        let mut bytes = Vec::new();
        for element in &elements {
            let entry = Entry::new(element);
            let at = bytes.len();
            entry.append(&mut bytes);
            assert_eq!(bytes.len() - at, entry.len());
            let mut written = vec![0xaa; entry.len()];
            entry.write(&mut written);
            assert_eq!(written, bytes[at..]);
            assert_eq!(last_start(&bytes), at);
        }
        let mut at = 0;
        for (number, element) in elements.iter().enumerate() {
            assert_eq!(start_of(&bytes, elements.len(), number), at);
            let (read, len) = first(&bytes[at..]);
            let text = match read {
                StringRef::Int(n) => n.to_string().into_bytes(),
                StringRef::Bytes(bytes) => bytes.to_vec(),
                StringRef::Shared(_) => unreachable!(),
            };
            assert_eq!(text, *element);
            at += len;
        }
        assert_eq!(at, bytes.len());
    }

    #[test]
    fn known_encodings_are_written() {
        let cases: &[(&[u8], &[u8])] = &[
            (b"", &[0x80, 1]),
            (b"a", &[0x81, b'a', 2]),
            (b"127", &[127, 1]),
            (b"128", &[0xc0, 128, 2]),
            (b"-1", &[0xdf, 0xff, 2]),
            (b"4096", &[0xf1, 0, 0x10, 3]),
            (b"-32769", &[0xf2, 0xff, 0x7f, 0xff, 4]),
            (b"2147483648", &[0xf4, 0, 0, 0, 0x80, 0, 0, 0, 0, 9]),
        ];
        for (element, expected) in cases {
            let mut bytes = Vec::new();
            Entry::new(element).append(&mut bytes);
            assert_eq!(bytes, *expected);
        }
        let long = vec![b'y'; 200];
        let mut bytes = Vec::new();
        Entry::new(&long).append(&mut bytes);
        assert_eq!((bytes[0], bytes[1]), (0xe0, 200));
        assert_eq!(bytes[202..], [1, 0x80 | (202 - 128)]);
    }
}
