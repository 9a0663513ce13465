//! How long strings may be before they come in pieces or are refused.
//!
//! Always true: a limit bounds what must be in memory at one time, never what a value may be.
//! Not here: where limits are looked at — `string.rs`

/// Up to which lengths strings are read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// An element, a member of a set or a string value that is longer comes in pieces, unless the
    /// window holds all of it.
    pub text_max: u64,
    /// A packed collection, member with a score, field, or name that is longer is refused with
    /// [`Error::TooLong`](crate::Error::TooLong). Nothing is reserved for a declared length; this
    /// bounds the bytes that a caller has to keep until the item is complete.
    pub item_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_max: 64 << 10,
            item_max: u64::from(u32::MAX),
        }
    }
}
