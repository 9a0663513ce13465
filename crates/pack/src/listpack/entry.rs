//! One value of a listpack, as it lies there.
//!
//! Always true: an integer's text is canonical, so it comes back byte for byte.
//! Not here: its bytes — `wire.rs`

use std::cmp::Ordering;

use russet_base::num::{self, I64Buf};

/// A value of a listpack: an integer, or any other bytes.
///
/// In a listpack whose entries are all [canonical](super::Listpack::is_canonical), equal values
/// are equal entries. The order of entries has no meaning; that of their text is
/// [`cmp_text`](Self::cmp_text).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry<'a> {
    /// An integer.
    Int(i64),
    /// Bytes that do not spell an integer.
    Str(&'a [u8]),
}

impl<'a> Entry<'a> {
    /// The entry that [`encode`](super::encode) makes of `value`.
    #[inline]
    #[must_use]
    pub fn of(value: &'a [u8]) -> Self {
        num::parse_i64(value).map_or(Self::Str(value), Self::Int)
    }

    /// The value as text; an integer is printed into `buf`.
    #[inline]
    #[must_use]
    pub fn as_bytes<'b>(&self, buf: &'b mut I64Buf) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            Self::Int(n) => num::format_i64(n, buf),
            Self::Str(text) => text,
        }
    }

    /// The value as text, in a vector.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.as_bytes(&mut I64Buf::new()).to_vec()
    }

    /// Appends the value as text.
    #[inline]
    pub fn push_to(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Int(n) => num::push_i64(n, out),
            Self::Str(text) => out.extend_from_slice(text),
        }
    }

    /// The value as an integer, if it spells one.
    #[inline]
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Int(n) => Some(n),
            Self::Str(text) => num::parse_i64(text),
        }
    }

    /// The length of the value as text.
    #[inline]
    #[must_use]
    pub fn text_len(&self) -> usize {
        match *self {
            Self::Int(n) => usize::from(n < 0) + num::digits10(n.unsigned_abs()),
            Self::Str(text) => text.len(),
        }
    }

    /// Compares the values as text, byte by byte.
    #[must_use]
    pub fn cmp_text(&self, other: &Self) -> Ordering {
        let (mut own, mut others) = (I64Buf::new(), I64Buf::new());
        self.as_bytes(&mut own).cmp(other.as_bytes(&mut others))
    }

    /// Whether the value is `text`.
    #[inline]
    #[must_use]
    pub fn is(&self, text: &[u8]) -> bool {
        match *self {
            Self::Int(n) => num::parse_i64(text) == Some(n),
            Self::Str(own) => own == text,
        }
    }
}
