//! The value type of sorted beyond what is packed.

/// Pages of sorted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zset {}

impl Zset {
    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}
