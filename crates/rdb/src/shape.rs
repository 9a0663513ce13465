//! The shapes of packed bytes, and the identifiers of entries of streams.
//!
//! Always true: plain values that items, errors and the small parts of values share.
//! Not here: items — `item.rs`

/// The meaning of the bytes of a [`Packed`](crate::Packed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A listpack of elements.
    List,
    /// An intset.
    Intset,
    /// A listpack of distinct members.
    Set,
    /// A listpack of distinct members with their scores, ordered by score.
    Zset,
    /// A listpack of distinct fields with their values.
    Hash,
    /// A listpack of distinct fields with their values and deadlines (0: no deadline).
    HashEx,
}

/// The identifier of an entry of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The time in milliseconds.
    pub ms: u64,
    /// The sequence number within the millisecond.
    pub seq: u64,
}
