//! The value type of hashes beyond what is packed.

/// Pages of hashes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hash {}

impl Hash {
    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}
