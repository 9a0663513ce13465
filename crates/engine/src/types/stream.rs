//! The value type of streams beyond what is packed.

/// Pages of streams.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {}

impl Stream {
    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}
