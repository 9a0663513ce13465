//! The value type of lists beyond what is packed.

/// Pages of lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {}

impl List {
    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}
