//! The value type of sets beyond what is packed.

/// Pages of sets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set {}

impl Set {
    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}
