//! The bytes of a string, whether it is stored as bytes or as an integer.
//!
//! Always true: nothing is allocated; bytes that are stored are borrowed.
//! Not here: replies that share large strings — they match on `StringRef`

use std::fmt;
use std::ops::Deref;

use russet_base::num::{I64Buf, digits10, format_i64};

use crate::value::StringRef;

/// The bytes of a string: borrowed, or the decimal form of an integer.
#[derive(Clone, Copy)]
pub struct StringBytes<'a>(Bytes<'a>);

#[derive(Clone, Copy)]
enum Bytes<'a> {
    Borrowed(&'a [u8]),
    Digits { bytes: [u8; DIGITS_MAX], len: u8 },
}

/// The length of the longest integer.
const DIGITS_MAX: usize = "-9223372036854775808".len();

impl<'a> StringRef<'a> {
    /// The bytes of the string.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::StringRef;
    ///
    /// assert_eq!(*StringRef::Int(-7).as_bytes(), *b"-7");
    /// assert_eq!(*StringRef::Bytes(b"seven").as_bytes(), *b"seven");
    /// ```
    #[inline]
    pub fn as_bytes(self) -> StringBytes<'a> {
        StringBytes(match self {
            Self::Bytes(bytes) => Bytes::Borrowed(bytes),
            Self::Shared(bytes) => Bytes::Borrowed(bytes),
            Self::Int(number) => {
                let (mut bytes, mut digits) = ([0; DIGITS_MAX], I64Buf::new());
                let text = format_i64(number, &mut digits);
                bytes[..text.len()].copy_from_slice(text);
                let len = text.len() as u8;
                Bytes::Digits { bytes, len }
            }
        })
    }

    /// How many bytes the string has.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Shared(bytes) => bytes.len(),
            Self::Int(number) => digits10(number.unsigned_abs()) + usize::from(number < 0),
        }
    }

    /// Whether the string has no bytes.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A copy of the bytes.
    pub fn to_vec(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Deref for StringBytes<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Borrowed(bytes) => bytes,
            Bytes::Digits { bytes, len } => &bytes[..usize::from(*len)],
        }
    }
}

impl AsRef<[u8]> for StringBytes<'_> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for StringBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_spelled_as_they_are_measured() {
        for number in [0, 7, -7, 10, -10, 99, i64::MAX, i64::MIN] {
            let string = StringRef::Int(number);
            assert_eq!(*string.as_bytes(), *number.to_string().as_bytes());
            assert_eq!(string.len(), string.to_vec().len());
        }
        let shared = bytes::Bytes::from_static(b"shared");
        assert_eq!(*StringRef::Shared(&shared).as_bytes(), *b"shared");
        assert!(StringRef::Bytes(b"").is_empty());
    }
}
