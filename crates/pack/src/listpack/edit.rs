//! Changing a listpack: entries are made elsewhere, then spliced in.
//!
//! An edit is an offset, the number of bytes to remove, and the bytes of the entries to insert; it
//! works on any store of bytes. The header is then brought up to date: by [`fix_header`] where
//! the bytes can be changed, or by writing [`header`] over the first six.
//!
//! ```text
//!  store of your own   splice(at, remove, entries)  then  fix_header(bytes, removed, added)
//!  Vec<u8>             splice · append · Builder
//! ```
//!
//! Not here: how an entry is made — [`super::encode`]

use russet_base::num;

use super::wire::{END, HEADER_LEN, encode_int, encode_str, header, int_entry_len, str_entry_len};
use super::{COUNT_UNKNOWN, EMPTY, Entry, Listpack};
use crate::Buffer;

/// Appends the entry of `value`: a canonical integer becomes an integer.
///
/// # Panics
/// `value` is 4 GiB or more.
///
/// # Examples
/// ```
/// use russet_pack::listpack::encode;
/// let mut entry = Vec::new();
/// encode(b"7", &mut entry);
/// encode(b"07", &mut entry);
/// assert_eq!(entry, b"\x07\x01\x8207\x03");
/// ```
#[inline]
pub fn encode<B: Buffer>(value: &[u8], into: &mut B) {
    match num::parse_i64(value) {
        Some(n) => encode_int(n, into),
        None => encode_str(value, into),
    }
}

/// Bytes of the entry that [`encode`] makes of `value`.
#[inline]
#[must_use]
pub fn entry_len(value: &[u8]) -> usize {
    match num::parse_i64(value) {
        Some(n) => int_entry_len(n),
        None => str_entry_len(value.len()),
    }
}

/// Brings the header up to date after `removed` entries were removed and `added` were inserted.
///
/// The size is that of `bytes`, the whole listpack. An unknown count stays unknown.
#[inline]
pub fn fix_header(bytes: &mut [u8], removed: usize, added: usize) {
    let total = bytes.len();
    if let Some(place) = bytes.first_chunk_mut::<HEADER_LEN>() {
        let counted = usize::from(u16::from_le_bytes([place[4], place[5]]));
        let count = match counted {
            COUNT_UNKNOWN => counted,
            _ => counted.saturating_sub(removed).saturating_add(added),
        };
        *place = header(total, count);
    }
}

/// Replaces `remove` bytes at `at` (`removed` entries) by the `added` entries in `entries`.
///
/// # Panics
/// The bytes to remove are not there.
pub fn splice(
    bytes: &mut Vec<u8>,
    (at, remove): (usize, usize),
    entries: &[u8],
    (removed, added): (usize, usize),
) {
    bytes.splice(at..at + remove, entries.iter().copied());
    fix_header(bytes, removed, added);
}

/// Appends one entry.
///
/// # Panics
/// `value` is 4 GiB or more.
pub fn append(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.pop();
    encode(value, bytes);
    bytes.push(END);
    fix_header(bytes, 0, 1);
}

/// Makes a listpack from its first entry to its last.
///
/// # Examples
/// ```
/// use russet_pack::listpack::{Builder, Listpack};
/// let mut builder = Builder::new();
/// builder.push(b"one");
/// builder.push_int(2);
/// let bytes = builder.finish();
/// assert_eq!(Listpack::new(&bytes).len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    /// The header's room and the entries; no end yet.
    bytes: Vec<u8>,
    count: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// No entries yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: EMPTY[..HEADER_LEN].to_vec(),
            count: 0,
        }
    }

    /// Room for a listpack of `total` bytes.
    #[must_use]
    pub fn with_capacity(total: usize) -> Self {
        let mut bytes = Vec::with_capacity(total.max(EMPTY.len()));
        bytes.extend_from_slice(&EMPTY[..HEADER_LEN]);
        Self { bytes, count: 0 }
    }

    /// Appends a value: a canonical integer becomes an integer.
    ///
    /// # Panics
    /// `value` is 4 GiB or more.
    pub fn push(&mut self, value: &[u8]) {
        encode(value, &mut self.bytes);
        self.count += 1;
    }

    /// Appends an integer.
    pub fn push_int(&mut self, n: i64) {
        encode_int(n, &mut self.bytes);
        self.count += 1;
    }

    /// Appends a value of another listpack; a string that spells an integer becomes an integer.
    pub fn push_entry(&mut self, entry: Entry<'_>) {
        match entry {
            Entry::Int(n) => self.push_int(n),
            Entry::Str(value) => self.push(value),
        }
    }

    /// Appends the bytes of `count` whole entries.
    pub fn push_raw(&mut self, entries: &[u8], count: usize) {
        self.bytes.extend_from_slice(entries);
        self.count += count;
    }

    /// The number of entries.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The size that the listpack would have if it ended here.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len() + 1
    }

    /// Returns the listpack.
    ///
    /// # Panics
    /// The listpack is 4 GiB or more.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(END);
        let header = header(self.bytes.len(), self.count);
        self.bytes[..HEADER_LEN].copy_from_slice(&header);
        self.bytes
    }
}

/// The same entries, each in the form that [`encode`] gives it.
#[must_use]
pub fn canonical(list: Listpack<'_>) -> Vec<u8> {
    let mut builder = Builder::with_capacity(list.bytes().len());
    list.iter().for_each(|entry| builder.push_entry(entry));
    builder.finish()
}
