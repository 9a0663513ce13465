//! Listpacks: short strings and integers in one run of bytes.
//!
//! An entry is named by the offset where it begins, counted from the first byte of the listpack; a
//! cursor is such an offset and nothing more. Inserting in front of an entry is an edit at its
//! offset, appending one at [`Listpack::end`].
//!
//! ```text
//!   header ┐ first() ┐     ┌ next(at)          last() ┐ ┌ end()
//!         [000000][entry][entry][entry] … [entry][entry][FF]
//! ```
//!
//! Always true: nothing here allocates to read, and no bytes make a reader panic or run forever.
//! Always true: two values are equal exactly if their entries by [`encode`] are equal byte by byte.
//! Not here: which collections are kept so — `crates/engine/src/types/`

mod edit;
mod entry;
mod iter;
mod validate;
mod wire;

pub use edit::{Builder, append, canonical, encode, entry_len, fix_header, splice};
pub use entry::Entry;
pub use iter::{Iter, Offsets};
use russet_base::num;
pub use wire::{
    COUNT_UNKNOWN, EMPTY, END, HEADER_LEN, encode_int, encode_str, header, int_entry_len,
    str_entry_len,
};

use crate::Malformed;

/// The bytes of an empty listpack.
#[must_use]
pub fn new() -> Vec<u8> {
    EMPTY.to_vec()
}

/// The first of some entries that stand without a header, and the offset of the next entry.
///
/// # Examples
/// ```
/// use russet_pack::listpack::{Entry, encode, first_of, last_of};
/// let mut entries = Vec::new();
/// encode(b"one", &mut entries);
/// encode(b"2", &mut entries);
/// assert_eq!(first_of(&entries), Some((Entry::Str(b"one"), 5)));
/// assert_eq!(last_of(&entries), Some(5));
/// ```
#[inline]
#[must_use]
pub fn first_of(entries: &[u8]) -> Option<(Entry<'_>, usize)> {
    wire::read(entries, 0)
}

/// The offset of the last of some entries that stand without a header.
#[inline]
#[must_use]
pub fn last_of(entries: &[u8]) -> Option<usize> {
    let (body, way) = wire::way_back(entries, entries.len())?;
    entries.len().checked_sub(way)?.checked_sub(body)
}

/// A view of bytes that are known to be a listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listpack<'a> {
    bytes: &'a [u8],
}

impl<'a> Listpack<'a> {
    /// A view of trusted bytes, from the header to the end; nothing is checked.
    #[inline]
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A view of untrusted bytes, all of them checked.
    ///
    /// # Errors
    /// The bytes are not a listpack, or not only one.
    pub fn validate(bytes: &'a [u8]) -> Result<Self, Malformed> {
        validate::validate(bytes)
    }

    /// All bytes, header and end included.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The number of entries: from the header, or counted if they are too many for it.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.counted().unwrap_or_else(|| self.offsets().count())
    }

    /// The count in the header, unless there are too many for it.
    #[inline]
    #[must_use]
    pub fn counted(self) -> Option<usize> {
        let count = self.bytes.get(4..HEADER_LEN)?;
        let count = usize::from(u16::from_le_bytes(*count.first_chunk()?));
        (count != COUNT_UNKNOWN).then_some(count)
    }

    /// Whether there are no entries.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bytes.len() <= EMPTY.len()
    }

    /// The offset of the end, at which entries are appended.
    #[inline]
    #[must_use]
    pub fn end(self) -> usize {
        self.bytes.len().saturating_sub(1)
    }

    /// The offset of the first entry.
    #[inline]
    #[must_use]
    pub fn first(self) -> Option<usize> {
        (!self.is_empty()).then_some(HEADER_LEN)
    }

    /// The offset of the last entry.
    #[inline]
    #[must_use]
    pub fn last(self) -> Option<usize> {
        wire::step_back(self.bytes, self.end())
    }

    /// The offset of the entry behind the entry at `at`.
    #[inline]
    #[must_use]
    pub fn next(self, at: usize) -> Option<usize> {
        let next = at.checked_add(self.span(at)?)?;
        (next < self.end()).then_some(next)
    }

    /// The offset of the entry in front of the entry at `at`, which may be [`end`](Self::end).
    #[inline]
    #[must_use]
    pub fn prev(self, at: usize) -> Option<usize> {
        wire::step_back(self.bytes, at)
    }

    /// The entry at `at`.
    #[inline]
    #[must_use]
    pub fn get(self, at: usize) -> Option<Entry<'a>> {
        wire::read(self.bytes, at).map(|(entry, _)| entry)
    }

    /// The entry at `at` and the offset behind it, which is [`end`](Self::end) behind the last one.
    #[inline]
    #[must_use]
    pub fn read(self, at: usize) -> Option<(Entry<'a>, usize)> {
        wire::read(self.bytes, at)
    }

    /// The size of the entry at `at` with its back length: the number of bytes that removing it
    /// removes.
    #[inline]
    #[must_use]
    pub fn span(self, at: usize) -> Option<usize> {
        let body = wire::body_len(self.bytes, at)?;
        body.checked_add(wire::way_back_len(body))
    }

    /// The offset of the `count`-th entry behind the entry at `at`; [`end`](Self::end) if there are
    /// fewer.
    #[inline]
    #[must_use]
    pub fn skip(self, mut at: usize, count: usize) -> usize {
        for _ in 0..count {
            match self.span(at) {
                Some(span) => at += span,
                None => return self.end(),
            }
        }
        at.min(self.end())
    }

    /// The offset of the entry at `index`; a negative index counts from the end, -1 is the last.
    #[must_use]
    pub fn seek(self, index: i64) -> Option<usize> {
        let forward = match (self.counted(), usize::try_from(index)) {
            (Some(count), Ok(index)) if index >= count => return None,
            // The shorter way.
            (Some(count), Ok(index)) if index > count / 2 => Err(count - 1 - index),
            (_, Ok(index)) => Ok(index),
            (_, Err(_)) => Err(usize::try_from(-1 - index).ok()?),
        };
        match forward {
            Ok(index) => Some(self.skip(HEADER_LEN, index)).filter(|&at| at < self.end()),
            Err(back) => {
                let mut at = self.last()?;
                for _ in 0..back {
                    at = self.prev(at)?;
                }
                Some(at)
            }
        }
    }

    /// The offset of the first entry that is `value`, comparing every `skip + 1`-th entry.
    ///
    /// # Examples
    /// ```
    /// use russet_pack::listpack::{Builder, Listpack};
    /// let mut builder = Builder::new();
    /// ["field", "x", "x", "field"].iter().for_each(|text| builder.push(text.as_bytes()));
    /// let bytes = builder.finish();
    /// let pairs = Listpack::new(&bytes);
    /// assert_eq!(pairs.find(b"x", 1), pairs.seek(2));
    /// assert_eq!(pairs.find(b"y", 1), None);
    /// ```
    #[must_use]
    pub fn find(self, value: &[u8], skip: usize) -> Option<usize> {
        self.find_from(HEADER_LEN, value, skip)
    }

    /// Finds an entry like [`find`](Self::find), from the entry at `at` on.
    #[must_use]
    pub fn find_from(self, at: usize, value: &[u8], skip: usize) -> Option<usize> {
        match num::parse_i64(value) {
            Some(n) => self.position(at, skip, |entry| match entry {
                Entry::Int(found) => found == n,
                Entry::Str(text) => text == value,
            }),
            None => self.position(at, skip, |entry| match entry {
                Entry::Int(_) => false,
                Entry::Str(text) => is_same(text, value),
            }),
        }
    }

    #[inline]
    fn position(
        self,
        mut at: usize,
        skip: usize,
        is_it: impl Fn(Entry<'a>) -> bool,
    ) -> Option<usize> {
        while at < self.end() {
            let (entry, next) = wire::read(self.bytes, at)?;
            if is_it(entry) {
                return Some(at);
            }
            at = self.skip(next, skip);
        }
        None
    }

    /// The entries; from both ends.
    #[inline]
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        Iter::new(self, HEADER_LEN, self.end())
    }

    /// The entries from the one at `at` on; from both ends.
    #[inline]
    #[must_use]
    pub fn iter_from(self, at: usize) -> Iter<'a> {
        Iter::new(self, at, self.end())
    }

    /// The offsets of the entries; from both ends.
    #[inline]
    #[must_use]
    pub fn offsets(self) -> Offsets<'a> {
        Offsets::new(self, HEADER_LEN, self.end())
    }

    /// Whether every entry has the form that [`encode`] gives it: what equality by bytes relies on.
    #[must_use]
    pub fn is_canonical(self) -> bool {
        self.offsets().all(|at| match self.get(at) {
            Some(Entry::Int(n)) => self.span(at) == Some(int_entry_len(n)),
            Some(Entry::Str(text)) => {
                num::parse_i64(text).is_none() && self.span(at) == Some(str_entry_len(text.len()))
            }
            None => false,
        })
    }
}

/// Whether two texts are the same.
// PERF: names that are looked up often have one length and one beginning, so the ends are compared
// first; no call is made unless they are equal.
#[inline]
fn is_same(text: &[u8], value: &[u8]) -> bool {
    if text.len() != value.len() {
        return false;
    }
    match (text.split_last_chunk::<8>(), value.split_last_chunk::<8>()) {
        (Some((head, tail)), Some((others, other))) => tail == other && head == others,
        _ => text.iter().rev().eq(value.iter().rev()),
    }
}

impl<'a> IntoIterator for Listpack<'a> {
    type Item = Entry<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

#[cfg(test)]
mod tests;
