//! Why bytes are not a value.
//!
//! Always true: an error says what is wrong; the text for a client is its caller's.

use std::fmt;

use russet_pack::Malformed;
use thiserror::Error;

use crate::shape::Shape;
use crate::wire::{ObjectType, Version};

/// Why bytes are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The checksum at the end does not match the bytes before it.
    #[error("the checksum does not match")]
    Checksum,
    /// The version is unknown.
    #[error("version {} is unknown", .0.0)]
    Version(Version),
    /// The type is unknown, or belongs to a module.
    #[error("type {} is unknown", .0.0)]
    UnknownType(ObjectType),
    /// The bytes end before the value does.
    #[error("the bytes end too early")]
    Cut,
    /// Bytes follow the value.
    #[error("bytes follow the value")]
    Trailing,
    /// A length, a string, a number or a node of a list has an invalid encoding.
    #[error("an invalid length or string encoding")]
    Form,
    /// A part that is needed as a whole is longer than [`Limits::item_max`].
    ///
    /// [`Limits::item_max`]: crate::Limits::item_max
    #[error("a part of {len} bytes is longer than the limit")]
    TooLong {
        /// The length that the part declares.
        len: u64,
    },
    /// A packed part is broken.
    #[error("{part} integrity check failed: {why}")]
    Packed {
        /// The kind of the part.
        part: Part,
        /// The reason.
        why: Malformed,
    },
    /// The elements of a packed part are inconsistent: half a pair, out of order, an invalid score.
    #[error("{part} integrity check failed: inconsistent elements")]
    Elements {
        /// The kind of the part.
        part: Part,
    },
    /// A packed part contains an element twice.
    #[error("{part} with dup elements: integrity check failed")]
    Repeated {
        /// The kind of the part.
        part: Part,
    },
    /// A compressed string is broken.
    #[error("a compressed string: {0}")]
    Compressed(Malformed),
    /// A collection has no elements.
    #[error("a collection without elements")]
    Empty,
    /// A score is not a number, or a deadline is out of range.
    #[error("an invalid score or deadline")]
    Number,
    /// A block of a stream does not follow its grammar.
    #[error("Stream listpack integrity check failed: not entries of a stream")]
    StreamBlock,
    /// Parts of a stream contradict each other.
    #[error("a stream whose parts contradict each other")]
    Stream,
}

/// The kind of a packed part, in the words that are searched for in logs.
// COMPAT: tools and tests match on `… integrity check failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A ziplist.
    Ziplist(Shape),
    /// A listpack.
    Listpack(Shape),
    /// A zipmap.
    Zipmap,
    /// An intset.
    Intset,
    /// A block of a stream.
    Stream,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shape, form) = match self {
            Self::Ziplist(shape) => (shape, "ziplist"),
            Self::Listpack(shape) => (shape, "listpack"),
            Self::Zipmap => return f.write_str("Zipmap"),
            Self::Intset => return f.write_str("Intset"),
            Self::Stream => return f.write_str("Stream listpack"),
        };
        let name = match shape {
            Shape::List => "List",
            Shape::Intset | Shape::Set => "Set",
            Shape::Zset => "Zset",
            Shape::Hash | Shape::HashEx => "Hash",
        };
        write!(f, "{name} {form}")
    }
}
