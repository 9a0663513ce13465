//! What can be wrong with bytes of a stranger.
//!
//! Always true: an error says what and where; nobody shows it to a client as it is.

use thiserror::Error;

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The header is cut off, or its size is not the size of the bytes.
    #[error("the header does not fit its bytes")]
    Header,
    /// An element that is not known, or does not end within the bytes.
    #[error("a broken element at offset {at}")]
    Element {
        /// Where it begins.
        at: usize,
    },
    /// The bytes that lead back over an element do not lead to its begin.
    #[error("a wrong way back behind the element at offset {at}")]
    WayBack {
        /// Where the element begins.
        at: usize,
    },
    /// The header counts another number of elements than there are.
    #[error("{found} elements where the header counts {counted}")]
    Count {
        /// What the header says.
        counted: usize,
        /// What is there.
        found: usize,
    },
    /// The end is missing, or something follows it.
    #[error("the end is not where it belongs")]
    End,
}
