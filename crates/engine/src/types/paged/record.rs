//! How one record lies in a page.
//!
//! ```text
//!  head            value length       deadline       field · value
//!  varint          varint, if PAIRS   6 B if timed
//!  └ (field length + 1) · 2 + timed       in a table of pairs
//!    (field length + 1)                   in a table of fields alone
//!  0, u16          the record is too long for a page: number in the page's list of boxes
//! ```
//! Always true: what `Record::encode` writes takes `Record::size` bytes and decodes to the same.
//! Not here: where in the page it lies — `page.rs`

use crate::value::Millis;

/// Bytes of a reference to a box.
pub(super) const BOXED_SIZE: usize = 3;
const DEADLINE_SIZE: usize = 6;

/// A field, with its value and deadline in a table of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// The field, or member.
    pub(crate) field: &'a [u8],
    /// The value; empty in a table of fields alone.
    pub(crate) value: &'a [u8],
    /// When the field is due: at least 0 and below 2^48. None in a table of fields alone.
    pub(crate) deadline: Option<Millis>,
}

/// The record or other content of a page at an offset.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stored<'a> {
    /// The record, and how many bytes it takes.
    Inline(Record<'a>, usize),
    /// The number of the box that has it.
    Boxed(u16),
}

impl<'a> Stored<'a> {
    /// The record, unless it is boxed.
    pub(super) fn record(self) -> Option<Record<'a>> {
        match self {
            Self::Inline(record, _) => Some(record),
            Self::Boxed(_) => None,
        }
    }
}

impl<'a> Record<'a> {
    /// A field without value or deadline.
    pub(crate) fn field(field: &'a [u8]) -> Self {
        Self {
            field,
            value: &[],
            deadline: None,
        }
    }

    /// Bytes that it takes.
    #[inline]
    pub(super) fn size<const PAIRS: bool>(&self) -> usize {
        let mut size = varint_size(self.head::<PAIRS>()) + self.field.len();
        if PAIRS {
            size += varint_size(self.value.len() as u64) + self.value.len();
            size += if self.deadline.is_some() {
                DEADLINE_SIZE
            } else {
                0
            };
        }
        size
    }

    fn head<const PAIRS: bool>(&self) -> u64 {
        let len = self.field.len() as u64 + 1;
        if PAIRS {
            len << 1 | u64::from(self.deadline.is_some())
        } else {
            len
        }
    }

    /// Writes it to the front of bytes that have room.
    #[inline]
    pub(super) fn encode<const PAIRS: bool>(&self, bytes: &mut [u8]) {
        let mut at = put_varint(bytes, self.head::<PAIRS>());
        if PAIRS {
            at += put_varint(&mut bytes[at..], self.value.len() as u64);
            if let Some(deadline) = self.deadline {
                let deadline = (deadline as u64).to_le_bytes();
                bytes[at..at + DEADLINE_SIZE].copy_from_slice(&deadline[..DEADLINE_SIZE]);
                at += DEADLINE_SIZE;
            }
        }
        bytes[at..at + self.field.len()].copy_from_slice(self.field);
        if PAIRS {
            at += self.field.len();
            bytes[at..at + self.value.len()].copy_from_slice(self.value);
        }
    }

    /// Reads what lies at the front of bytes.
    #[inline]
    pub(super) fn decode<const PAIRS: bool>(bytes: &'a [u8]) -> Stored<'a> {
        let (head, mut at) = varint(bytes);
        if head == 0 {
            return Stored::Boxed(u16::from_le_bytes([bytes[1], bytes[2]]));
        }
        if !PAIRS {
            let end = at + head as usize - 1;
            return Stored::Inline(Self::field(&bytes[at..end]), end);
        }
        let field_len = (head >> 1) as usize - 1;
        let (value_len, more) = varint(&bytes[at..]);
        at += more;
        let mut deadline = None;
        if head & 1 == 1 {
            let mut word = [0; 8];
            word[..DEADLINE_SIZE].copy_from_slice(&bytes[at..at + DEADLINE_SIZE]);
            deadline = Some(u64::from_le_bytes(word) as Millis);
            at += DEADLINE_SIZE;
        }
        let middle = at + field_len;
        let end = middle + value_len as usize;
        let record = Self {
            field: &bytes[at..middle],
            value: &bytes[middle..end],
            deadline,
        };
        Stored::Inline(record, end)
    }
}

/// Writes a reference to a box.
pub(super) fn put_boxed(bytes: &mut [u8], number: u16) {
    bytes[0] = 0;
    bytes[1..BOXED_SIZE].copy_from_slice(&number.to_le_bytes());
}

fn varint_size(n: u64) -> usize {
    if n < 0x80 {
        1
    } else {
        (70 - n.leading_zeros() as usize) / 7
    }
}

#[inline]
fn put_varint(bytes: &mut [u8], mut n: u64) -> usize {
    let mut at = 0;
    while n >= 0x80 {
        bytes[at] = n as u8 | 0x80;
        n >>= 7;
        at += 1;
    }
    bytes[at] = n as u8;
    at + 1
}

#[inline]
fn varint(bytes: &[u8]) -> (u64, usize) {
    if bytes[0] < 0x80 {
        return (u64::from(bytes[0]), 1);
    }
    let (mut n, mut at) = (u64::from(bytes[0] & 0x7f), 1);
    loop {
        let byte = bytes[at];
        n |= u64::from(byte & 0x7f) << (7 * at);
        at += 1;
        if byte < 0x80 {
            return (n, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const PAIRS: bool>(record: Record<'_>) {
        let mut bytes = vec![0xee; record.size::<PAIRS>() + 5];
        record.encode::<PAIRS>(&mut bytes);
        match Record::decode::<PAIRS>(&bytes) {
            Stored::Inline(found, size) => {
                assert_eq!((found, size), (record, record.size::<PAIRS>()));
            }
            Stored::Boxed(_) => panic!("it is not boxed"),
        }
        assert_eq!(bytes[record.size::<PAIRS>()], 0xee);
    }

    #[test]
    fn records_of_every_length_are_read_as_they_were_written() {
        for field_len in [0, 1, 61, 62, 63, 125, 126, 127, 128, 8190, 8191, 20_000] {
            let field = vec![b'f'; field_len];
            check::<false>(Record::field(&field));
            for value_len in [0, 1, 127, 128, 16_383, 16_384] {
                let value = vec![b'v'; value_len];
                for deadline in [None, Some(0), Some((1 << 48) - 1)] {
                    check::<true>(Record {
                        field: &field,
                        value: &value,
                        deadline,
                    });
                }
            }
        }
    }

    #[test]
    fn a_pair_of_short_strings_costs_two_bytes_and_a_short_field_one() {
        let record = Record {
            field: &[b'f'; 62],
            value: &[b'v'; 127],
            deadline: None,
        };
        assert_eq!(record.size::<true>(), 62 + 127 + 2);
        assert_eq!(Record::field(&[b'f'; 126]).size::<false>(), 127);
    }
}
