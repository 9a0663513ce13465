//! Why bytes are not a value.
//!
//! Always true: an error says what is wrong; what a client is told is its caller's.

use russet_pack::Malformed;
use thiserror::Error;

use crate::{ObjectType, Version};

/// Why bytes are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The checksum at the end is of other bytes.
    #[error("the checksum does not match")]
    Checksum,
    /// A version that is not known.
    #[error("version {} is not known", .0.0)]
    Version(Version),
    /// A type that is not known, or that of a module.
    #[error("type {} is not known", .0.0)]
    UnknownType(ObjectType),
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Cut,
    /// Something follows the value.
    #[error("something follows the value")]
    Trailing,
    /// A length, a string or a number in a form that is not known.
    #[error("a form that is not known")]
    Form,
    /// A packed part is broken.
    #[error("a packed part: {0}")]
    Packed(#[from] Malformed),
    /// A collection without elements.
    #[error("a collection without elements")]
    Empty,
    /// Elements that do not go together: half a pair, twice the same, out of order, not a score.
    #[error("elements that do not go together")]
    Elements,
    /// Parts of a stream that contradict each other.
    #[error("a stream whose parts contradict each other")]
    Stream,
}
