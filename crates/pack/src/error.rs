//! Errors in bytes that come from outside.
//!
//! Always true: an error says what is wrong and where.

use thiserror::Error;

/// A defect in bytes that come from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The header is cut off, or its size is not the size of the bytes.
    #[error("the header does not fit its bytes")]
    Header,
    /// An element is unknown, or does not end within the bytes.
    #[error("a broken element at offset {at}")]
    Element {
        /// The offset at which the element begins.
        at: usize,
    },
    /// The back length of an element does not lead to its beginning.
    #[error("a wrong back length of the element at offset {at}")]
    WayBack {
        /// The offset at which the element begins.
        at: usize,
    },
    /// The count in the header differs from the number of elements.
    #[error("{found} elements where the header counts {counted}")]
    Count {
        /// The count in the header.
        counted: usize,
        /// The number of elements.
        found: usize,
    },
    /// The end is missing, or something follows it.
    #[error("the end is not where it belongs")]
    End,
}
