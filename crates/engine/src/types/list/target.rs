//! An element that others are compared with.

use russet_base::num::parse_i64;

use crate::value::StringRef;

/// An element that others are compared with: bytes, and the integer that they spell.
///
/// # Examples
/// ```
/// use russet_engine::{StringRef, Target};
/// let target = Target::new(b"7");
/// assert!(target.is(StringRef::Int(7)) && target.is(StringRef::Bytes(b"7")));
/// assert!(!target.is(StringRef::Bytes(b"07")));
/// ```
#[derive(Debug)]
pub struct Target<'a> {
    bytes: &'a [u8],
    integer: Option<i64>,
}

impl<'a> Target<'a> {
    /// To compare with these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        let integer = parse_i64(bytes);
        Self { bytes, integer }
    }

    /// Whether an element is equal.
    #[inline]
    pub fn is(&self, element: StringRef<'_>) -> bool {
        match element {
            StringRef::Int(n) => self.integer == Some(n),
            StringRef::Bytes(bytes) => bytes == self.bytes,
            StringRef::Shared(bytes) => bytes == self.bytes,
        }
    }
}
